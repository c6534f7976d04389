"""What a Kubernetes cluster needs to pull a private image: the login as a Secret, and who uses it.

Kubernetes: kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry. External Secrets Operator:
external-secrets.io/latest/api/externalsecret. Sealed Secrets: github.com/bitnami-labs/sealed-secrets.
"""

import base64
import re
from typing import Any, Literal

from gate.errors import UsageError
from gate.io import strict_json
from gate.model.image import DOCKER_HUB, Frozen
from gate.text import one_line

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
_LONGEST = 253
_PLAIN = re.compile(r"[A-Za-z0-9@._+-]{1,255}")
_KEY = re.compile(r"[!-z|~]{1,500}")  # without braces: they would begin a template
_KIND = "kubernetes.io/dockerconfigjson"
_MEMBER = ".dockerconfigjson"

Document = dict[str, Any]


class Place(Frozen):
    """How a thing in a cluster is called, and where it is."""

    name: str
    namespace: str = ""
    """Empty: wherever it is applied."""

    def checked(self) -> "Place":
        """Itself. Raises `UsageError` when Kubernetes would refuse a name."""
        if len(self.name) > _LONGEST or not _SUBDOMAIN.fullmatch(self.name):
            raise UsageError(
                f"not a name in Kubernetes: {one_line(self.name, 120)!r}",
                hint="it has lower-case letters, digits, '-' and '.', and begins and ends with a letter or digit",
            )
        if self.namespace and not _LABEL.fullmatch(self.namespace):
            raise UsageError(
                f"not a namespace: {one_line(self.namespace, 120)!r}",
                hint="it has at most 63 lower-case letters, digits and '-', and begins and ends with a letter or digit",
            )
        return self

    @property
    def metadata(self) -> Document:
        """As manifests have it."""
        return {"name": self.name, **({"namespace": self.namespace} if self.namespace else {})}


class Keeper(Frozen):
    """Where an ExternalSecret finds the token."""

    store: str
    key: str
    """What the store calls it."""
    cluster: bool = False
    """Whether the store is one of the cluster rather than of the namespace."""


def secret(place: Place, host: str, username: str, password: str) -> Document:
    """The Secret with the login for the registry `host`, which kubeseal takes as well. Raises `UsageError`."""
    login = {"auth": _packed(f"{username}:{password}".encode())}
    content = strict_json.dumps({"auths": {_called(host): login}})
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": place.checked().metadata,
        "type": _KIND,
        "data": {_MEMBER: _packed(content)},
    }


def external(place: Place, host: str, username: str, keeper: Keeper) -> Document:
    """The ExternalSecret that makes that Secret of a token that is kept elsewhere. Raises `UsageError`.

    No token is in it. What is put into its template has no character that could be one of the template's.
    """
    if not _PLAIN.fullmatch(username):
        raise UsageError(f"not a user name for a template: {one_line(username, 80)!r}", hint="name the account plainly")
    if not _KEY.fullmatch(keeper.key):
        raise UsageError(
            f"not a key of a secret store: {one_line(keeper.key, 120)!r}", hint="name what holds the token there"
        )
    kind = "ClusterSecretStore" if keeper.cluster else "SecretStore"
    login = f'{{{{ printf "{username}:%s" (trim .token) | b64enc }}}}'
    content = f'{{"auths":{{"{_called(host)}":{{"auth":"{login}"}}}}}}'
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": place.checked().metadata,
        "spec": {
            "refreshInterval": "1h",
            "secretStoreRef": {"name": Place(name=keeper.store).checked().name, "kind": kind},
            "target": {"name": place.name, "template": {"type": _KIND, "data": {_MEMBER: content}}},
            "data": [{"secretKey": "token", "remoteRef": {"key": keeper.key}}],
        },
    }


def patch(kind: Literal["ServiceAccount", "Pod"], user: Place, name: str) -> Document:
    """What makes a service account or a pod pull with the Secret `name`: applied, or merged. Raises `UsageError`."""
    pulls = {"imagePullSecrets": [{"name": name}]}
    head = {"apiVersion": "v1", "kind": kind, "metadata": user.checked().metadata}
    return {**head, **(pulls if kind == "ServiceAccount" else {"spec": pulls})}


def _called(host: str) -> str:
    return "https://index.docker.io/v1/" if host == DOCKER_HUB else host


def _packed(data: bytes) -> str:
    return base64.b64encode(data).decode()
