"""Kubernetes objects to pull private images: a Secret with the login, an ExternalSecret, and patches that use it.

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


class ObjectName(Frozen):
    """Name and namespace of a Kubernetes object."""

    name: str
    namespace: str = ""
    """Empty: the namespace in which it is applied."""

    def checked(self) -> "ObjectName":
        """Return itself. Raises `UsageError` when Kubernetes would refuse a name."""
        if len(self.name) > _LONGEST or not _SUBDOMAIN.fullmatch(self.name):
            raise UsageError(
                f"not a valid name in Kubernetes: {one_line(self.name, 120)!r}",
                hint="use lower-case letters, digits, '-' and '.'; it begins and ends with a letter or digit",
            )
        if self.namespace and not _LABEL.fullmatch(self.namespace):
            raise UsageError(
                f"not a valid namespace: {one_line(self.namespace, 120)!r}",
                hint="use at most 63 lower-case letters, digits and '-'; it begins and ends with a letter or digit",
            )
        return self

    @property
    def metadata(self) -> Document:
        """`metadata` of a manifest."""
        return {"name": self.name, **({"namespace": self.namespace} if self.namespace else {})}


class SecretStoreKey(Frozen):
    """The store and key from which an ExternalSecret reads the token."""

    store: str
    key: str
    cluster: bool = False
    """Whether it is a ClusterSecretStore instead of a SecretStore."""


def secret(name: ObjectName, host: str, username: str, password: str) -> Document:
    """The Secret with the login for the registry `host`, also as input of kubeseal. Raises `UsageError`."""
    login = {"auth": _base64(f"{username}:{password}".encode())}
    content = strict_json.dumps({"auths": {_server(host): login}})
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": name.checked().metadata,
        "type": _KIND,
        "data": {_MEMBER: _base64(content)},
    }


def external_secret(name: ObjectName, host: str, username: str, source: SecretStoreKey) -> Document:
    """The ExternalSecret that makes this Secret from a token in a secret store. Raises `UsageError`.

    It contains no token. User name and key are checked because characters of the template syntax could change it.
    """
    if not _PLAIN.fullmatch(username):
        raise UsageError(
            f"the user name cannot be used in a template: {one_line(username, 80)!r}",
            hint="use letters, digits and '@._+-'",
        )
    if not _KEY.fullmatch(source.key):
        raise UsageError(
            f"not a key of a secret store: {one_line(source.key, 120)!r}",
            hint="it has at most 500 visible ASCII characters, without braces",
        )
    kind = "ClusterSecretStore" if source.cluster else "SecretStore"
    login = f'{{{{ printf "{username}:%s" (trim .token) | b64enc }}}}'
    content = f'{{"auths":{{"{_server(host)}":{{"auth":"{login}"}}}}}}'
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": name.checked().metadata,
        "spec": {
            "refreshInterval": "1h",
            "secretStoreRef": {"name": ObjectName(name=source.store).checked().name, "kind": kind},
            "target": {"name": name.name, "template": {"type": _KIND, "data": {_MEMBER: content}}},
            "data": [{"secretKey": "token", "remoteRef": {"key": source.key}}],
        },
    }


def patch(kind: Literal["ServiceAccount", "Pod"], user: ObjectName, name: str) -> Document:
    """A patch that has a service account or pod pull with the Secret `name`. Raises `UsageError`."""
    pulls = {"imagePullSecrets": [{"name": name}]}
    head = {"apiVersion": "v1", "kind": kind, "metadata": user.checked().metadata}
    return {**head, **(pulls if kind == "ServiceAccount" else {"spec": pulls})}


def _server(host: str) -> str:
    return "https://index.docker.io/v1/" if host == DOCKER_HUB else host


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
