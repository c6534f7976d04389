"""The trusted signers of a policy as an engine can check them: issuer and subject of a certificate, or a public key."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gate.attestation.identity import full_ref, is_gitlab, named_repository, needs_source
from gate.deploy.admission.patterns import anchored, glob, is_wild, literal, one_of
from gate.errors import InputError
from gate.policy import Identity, Trust
from gate.text import one_line

_REPOSITORY = re.compile(r"(?P<server>https?://[^/]+)/(?P<name>[^/]+/[^/]+)")
_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----\s+([A-Za-z0-9+/=\s]+?)\s+-----END PUBLIC KEY-----")


@dataclass(frozen=True)
class Workflow:
    """The workflow run that a certificate has to name in its extensions. Expressions are anchored."""

    server: str
    repository: str
    """Expression for `owner/name`."""
    refs: str
    """Expression; empty: any."""
    events: tuple[str, ...]
    """Empty: any."""
    reusable: bool
    """A workflow of another repository: the subject names neither the repository nor the ref of the run."""


@dataclass(frozen=True)
class Signer:
    """A trusted signer: a public `key`, or an issuer and a subject."""

    number: int
    """From 1, in the order of the policy."""
    description: str
    """Safe to show."""
    issuer: str = ""
    subject: str = ""
    """Exact; empty when there is an `expression`."""
    expression: str = ""
    """For the whole subject, anchored."""
    key: str = ""
    """Public key in PEM."""
    workflow: Workflow | None = None
    pins_ids: bool = False
    """Whether the policy pins the ids of the repository or its owner."""
    gitlab: bool = False
    """A job of GitLab, whose project is in an extension that no engine reads."""

    def identity(self, expression_key: str) -> dict[str, Any]:
        """Issuer and subject as engines have them; `expression_key` is the engine's key for a regular expression."""
        subject = {"subject": self.subject} if self.subject else {expression_key: self.expression}
        return {"issuer": self.issuer, **subject}


def signer_names(signers: Iterable[Signer]) -> str:
    """`signer 1, signer 3`."""
    return ", ".join(f"signer {signer.number}" for signer in signers)


def read_signers(trust: Trust, keys: Mapping[str, bytes]) -> tuple[Signer, ...]:
    """The signers that `trust` names; `keys` holds its key files. Raises `InputError` when there are none."""
    if not trust.identities:
        raise InputError(
            "the policy has no trusted identities, so there is nothing that a cluster could enforce",
            hint="name who may have signed in trust.identities of gate.yaml",
        )
    return tuple(_signer(number, identity, keys) for number, identity in enumerate(trust.identities, 1))


def _signer(number: int, identity: Identity, keys: Mapping[str, bytes]) -> Signer:
    if identity.key is not None:
        return Signer(number, f"the key {one_line(identity.key, 120)}", key=_public_key(identity.key, keys))
    if identity.subject is not None:
        return _by_subject(number, identity, identity.subject)
    return _by_workflow(number, identity)


def _by_subject(number: int, identity: Identity, subject: str) -> Signer:
    """One subject; that of a workflow counts only when its own repository ran it, as for `gate verify`."""
    description = f"{one_line(subject, 200)} (issuer {one_line(identity.issuer, 200)})"
    workflow, gitlab = None, is_gitlab(identity)
    if gitlab and not named_repository(subject):
        raise InputError(
            f"signer {number} is a GitLab subject that names no project, so no signature would match: {description}",
            hint="a subject of GitLab is like https://gitlab.com/group/project//.gitlab-ci.yml@refs/heads/main",
        )
    if needs_source(identity) and not gitlab:
        repository = _REPOSITORY.fullmatch(named_repository(subject))
        if not repository:
            raise InputError(
                f"signer {number} is a GitHub subject that names no workflow, so no signature would match: "
                f"{description}",
                hint="write repository, workflow and refs in trust.identities",
            )
        workflow = Workflow(repository["server"], anchored(literal(repository["name"])), "", (), reusable=False)
    return Signer(
        number,
        description,
        identity.issuer,
        subject,
        workflow=workflow,
        pins_ids=_pins_ids(identity),
        gitlab=gitlab,
    )


def _pins_ids(identity: Identity) -> bool:
    return bool(identity.repository_id or identity.owner_id)


def _by_workflow(number: int, identity: Identity) -> Signer:
    """The subject is the workflow file at the ref of the run; a reusable workflow is named with its own ref."""
    repository, refs = identity.repository or "", tuple(full_ref(ref) for ref in identity.refs)
    file, at, pinned = (identity.workflow or "").partition("@")
    path = file if at else f"{repository}/{file}"
    versions = (full_ref(pinned),) if at else refs
    workflow = Workflow(
        identity.server,
        anchored(glob(repository)),
        anchored(one_of(glob(ref) for ref in refs)),
        identity.events,
        reusable=bool(at),
    )
    where = f"{one_line(repository, 120)} on {one_line(', '.join(identity.refs), 200)}"
    description = f"{one_line(identity.workflow or '', 200)} {'called by' if at else 'of'} {where}"
    subject = expression = ""
    if is_wild(path) or len(set(versions)) > 1 or is_wild(versions[0]):
        version = one_of(glob(ref) for ref in versions)
        expression = anchored(f"{literal(identity.server)}/{glob(path, without='@')}@{version}")
    else:
        subject = f"{identity.server}/{path}@{versions[0]}"
    return Signer(
        number, description, identity.issuer, subject, expression, workflow=workflow, pins_ids=_pins_ids(identity)
    )


def _public_key(name: str, keys: Mapping[str, bytes]) -> str:
    """One public key. Nothing else that is in the file, perhaps a private key, gets into the policy."""
    shown = one_line(name, 120)
    if name not in keys:
        raise InputError(f"the key {shown} was not read", hint="the file has to be next to the policy")
    pem = _PEM.fullmatch(keys[name].decode("utf-8", "replace").strip())
    if not pem:
        raise InputError(
            f"{shown} is not one public key",
            hint="clusters read PEM: a block BEGIN PUBLIC KEY and nothing else, as cosign.pub has it",
        )
    body = "".join(pem[1].split())
    lines = "\n".join(body[start : start + 64] for start in range(0, len(body), 64))
    return f"-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n"
