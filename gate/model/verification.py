"""Results of `gate verify`: one row for each check of an image, and whether it is verified."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Literal

from gate.model.image import Frozen


class Check(StrEnum):
    """A check of `gate verify`."""

    IMAGE = "image"
    """The image exists, and all its platforms could be read."""
    SIGNATURE = "signature"
    VERDICT = "verdict"
    SBOM = "sbom"
    REJUDGED = "rejudged"
    """The attested SBOM, judged again with today's vulnerability database."""


class State(StrEnum):
    """Result of a check. Only `good` passes."""

    GOOD = "good"
    MISSING = "missing"
    """There is no such evidence."""
    UNTRUSTED = "untrusted"
    """The evidence is by a signer that is not trusted."""
    REFUSED = "refused"
    """Trusted evidence refuses the image: the verdict is FAILED, or the image fails when judged again."""
    MISMATCHED = "mismatched"
    """Trusted evidence is about another digest, policy or platform."""
    STALE = "stale"
    """Trusted evidence is too old, or dated in the future."""
    TAMPERED = "tampered"
    """Evidence, or the image itself, does not match its digest or signature."""
    UNKNOWN = "unknown"
    """The check was not possible: unreachable, access denied, or a tool or trusted root is missing."""


class VerifyRow(Frozen):
    """Result of one check of one manifest."""

    check: Check
    state: State
    digest: str = ""
    """Digest of the manifest or index; empty when it is unknown."""
    platform: str = ""
    """Empty for an index."""
    why: str
    """The reason, in one sentence."""
    hint: str = ""
    signer: str = ""
    repository: str = ""
    """Repository whose run signed, by the certificate: `https://github.com/owner/name`."""
    repository_id: str = ""
    """Numeric id of that repository, by the certificate."""
    owner_id: str = ""
    """Numeric id of the owner of that repository, by the certificate."""
    at: datetime | None = None
    """Signing time by a transparency log or timestamp authority, or else as the signer states it."""
    format: str = ""


class Cluster(Frozen):
    """Whether an admission controller can read the attached evidence, by its formats."""

    engine: str
    reads: bool | None
    """None when it is unknown."""
    since: str = ""
    """The first version that can."""
    why: str
    source: str = ""
    """Source of this information."""


class VerifyResult(Frozen):
    """Result for one image."""

    image: str
    """The image as named in the call or file."""
    name: str = ""
    """`registry/repository`."""
    digest: str = ""
    """Digest that the reference was resolved to; empty when that failed."""
    verified: bool
    rows: tuple[VerifyRow, ...]
    places: tuple[str, ...] = ()
    """Where it is named in files: `file:line`."""
    clusters: tuple[Cluster, ...] = ()
    """Which admission controllers can read the evidence, with `--explain`."""

    @property
    def undecided(self) -> bool:
        """Whether it is not verified only because checks were not possible."""
        states = {row.state for row in self.rows} - {State.GOOD}
        return not self.verified and states <= {State.UNKNOWN} and bool(states)


class UnreadField(Frozen):
    """A field of a Kubernetes manifest that may name an image and cannot be read."""

    place: str
    """`file:line:column`."""
    path: str
    """Object and field: `Widget shop/web, spec.icon.image`."""
    kind: str = ""
    """`group/Kind`, as in `manifests` of the policy."""
    field: str = ""
    """`spec.icon.image`, as in `manifests` of the policy."""
    why: str
    hint: str = ""


class VerifyFile(Frozen):
    """The file of `gate verify --json`."""

    version: Literal[1] = 1
    gate: str
    verified: bool
    """Whether every image is verified and every field was read; false when there is no image."""
    verified_at: datetime
    results: tuple[VerifyResult, ...]
    unread: tuple[UnreadField, ...] = ()
    """Fields of the files that may name an image and could not be read."""


def all_verified(results: Sequence[VerifyResult], unread: Sequence[UnreadField] = ()) -> bool:
    """Whether there is an image, each is verified, and every field that may name another was read."""
    return bool(results) and not unread and all(one.verified for one in results)


def concluded(rows: tuple[VerifyRow, ...]) -> bool:
    """Whether there is a row and every row is good."""
    return bool(rows) and all(row.state is State.GOOD for row in rows)
