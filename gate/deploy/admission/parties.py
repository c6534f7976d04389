"""Whom the policy trusts, as an engine can be told: issuer and subject of a certificate, or a public key."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gate.attestation.identity import full_ref, is_gitlab, named_repository, needs_source
from gate.deploy.admission.patterns import anchored, glob, is_wild, literal, one_of
from gate.errors import InputError
from gate.policy import Identity, Trust
from gate.text import one_line

_REPOSITORY = re.compile(r"(?P<server>https?://[^/]+)/(?P<name>[^/]+/[^/]+)")
_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----\s+([A-Za-z0-9+/=\s]+?)\s+-----END PUBLIC KEY-----")


@dataclass(frozen=True)
class Origin:
    """What of a workflow's run stands in the certificate's extensions. Expressions are anchored."""

    server: str
    repository: str
    """For `owner/name`."""
    refs: str
    """Empty: any."""
    events: tuple[str, ...]
    """None: any."""
    elsewhere: bool
    """A reusable workflow of another repository: the subject names neither the repository nor the ref of the run."""


@dataclass(frozen=True)
class Party:
    """Somebody who is trusted."""

    number: int
    """From 1, in the order of the policy."""
    issuer: str = ""
    subject: str = ""
    """Exact; empty when there is an `expression`."""
    expression: str = ""
    """For the whole subject, anchored."""
    key: str = ""
    """The public key in PEM; then there is neither issuer nor subject."""
    origin: Origin | None = None
    """Of a workflow."""
    numbers: bool = False
    """Whether ids of the repository or its owner are pinned."""
    shown: str = ""
    """For a person."""
    gitlab: bool = False
    """A job of GitLab, whose project stands in an extension that no engine reads."""


def parties(trust: Trust, keys: Mapping[str, bytes]) -> tuple[Party, ...]:
    """Whom `trust` names; `keys` are the files that it names. Raises `InputError` when that is nobody."""
    if not trust.identities:
        raise InputError(
            "the policy has no trusted identities, so there is nothing that a cluster could enforce",
            hint="name who may have signed in trust.identities of gate.yaml",
        )
    return tuple(_party(number, one, keys) for number, one in enumerate(trust.identities, 1))


def _party(number: int, identity: Identity, keys: Mapping[str, bytes]) -> Party:
    if identity.key is not None:
        return Party(number, key=_public(identity.key, keys), shown=f"the key {one_line(identity.key, 120)}")
    if identity.subject is not None:
        return _exact(number, identity, identity.subject)
    return _workflow(number, identity)


def _exact(number: int, identity: Identity, subject: str) -> Party:
    """One subject; that of a workflow counts only when its own repository ran it, as for `gate verify`."""
    shown = f"{one_line(subject, 200)} (issuer {one_line(identity.issuer, 200)})"
    origin, gitlab = None, is_gitlab(identity)
    if gitlab and not named_repository(subject):
        raise InputError(
            f"signer {number} is trusted by a subject of GitLab that names no project, so nothing counts: {shown}",
            hint="a subject of GitLab is like https://gitlab.com/group/project//.gitlab-ci.yml@refs/heads/main",
        )
    if needs_source(identity) and not gitlab:
        named = _REPOSITORY.fullmatch(named_repository(subject))
        if not named:
            raise InputError(
                f"signer {number} is trusted by a subject of GitHub that names no workflow, so nothing counts: {shown}",
                hint="write repository, workflow and refs in trust.identities",
            )
        origin = Origin(named["server"], anchored(literal(named["name"])), "", (), elsewhere=False)
    return Party(
        number, identity.issuer, subject, origin=origin, numbers=_numbers(identity), shown=shown, gitlab=gitlab
    )


def _numbers(identity: Identity) -> bool:
    return bool(identity.repository_id or identity.owner_id)


def _workflow(number: int, identity: Identity) -> Party:
    """The subject is the workflow that ran, at its ref; a reusable one stands there with a ref of its own."""
    repository, refs = identity.repository or "", tuple(full_ref(one) for one in identity.refs)
    workflow, at, pinned = (identity.workflow or "").partition("@")
    path = workflow if at else f"{repository}/{workflow}"
    versions = (full_ref(pinned),) if at else refs
    origin = Origin(
        identity.server,
        anchored(glob(repository)),
        anchored(one_of(glob(one) for one in refs)),
        identity.events,
        elsewhere=bool(at),
    )
    where = f"{one_line(repository, 120)} on {one_line(', '.join(identity.refs), 200)}"
    shown = f"{one_line(identity.workflow or '', 200)} {'called by' if at else 'of'} {where}"
    if is_wild(path) or len(set(versions)) > 1 or is_wild(versions[0]):
        version = one_of(glob(one) for one in versions)
        expression = anchored(f"{literal(identity.server)}/{glob(path, without='@')}@{version}")
        subject = ""
    else:
        expression, subject = "", f"{identity.server}/{path}@{versions[0]}"
    return Party(number, identity.issuer, subject, expression, origin=origin, numbers=_numbers(identity), shown=shown)


def _public(name: str, keys: Mapping[str, bytes]) -> str:
    """One public key and nothing else: what stands around it in the file, a private key perhaps, goes nowhere."""
    shown = one_line(name, 120)
    if name not in keys:
        raise InputError(f"the key {shown} was not read", hint="the file has to be next to the policy")
    found = _PEM.fullmatch(keys[name].decode("utf-8", "replace").strip())
    if not found:
        raise InputError(
            f"{shown} is not one public key",
            hint="clusters read PEM: a block BEGIN PUBLIC KEY and nothing else, as cosign.pub has it",
        )
    body = "".join(found[1].split())
    lines = "\n".join(body[place : place + 64] for place in range(0, len(body), 64))
    return f"-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n"
