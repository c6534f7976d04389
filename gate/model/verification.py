"""The answer of `gate verify`: one row for each thing that was asked of an image, and what follows from them."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Literal

from gate.model.image import Frozen


class Check(StrEnum):
    """What was asked."""

    IMAGE = "image"
    """The reference leads to an image, and its platforms could be read."""
    SIGNATURE = "signature"
    VERDICT = "verdict"
    SBOM = "sbom"
    REJUDGED = "rejudged"
    """Today's database over the attested SBOM."""


class State(StrEnum):
    """The answer to one question. Only `GOOD` is a yes."""

    GOOD = "good"
    MISSING = "missing"
    """There is no such evidence."""
    UNTRUSTED = "untrusted"
    """There is, by somebody who is not trusted."""
    REFUSED = "refused"
    """Trusted evidence says no: the verdict is FAILED, or what was clean is not any more."""
    MISMATCHED = "mismatched"
    """Trusted evidence about something else: another digest, another policy, another platform."""
    STALE = "stale"
    """Trusted evidence that is too old, or from the future."""
    TAMPERED = "tampered"
    """Evidence, or the image itself, that is not what its digest or signature says."""
    UNKNOWN = "unknown"
    """It could not be found out: unreachable, denied, unreadable for want of a tool or a root of trust."""


class VerifyRow(Frozen):
    """One question about one manifest."""

    check: Check
    state: State
    digest: str = ""
    """Of the manifest or index asked about; empty when there is none."""
    platform: str = ""
    """Empty for an index as a whole."""
    why: str
    """One sentence for a person."""
    hint: str = ""
    signer: str = ""
    repository: str = ""
    """The repository whose run signed, by the certificate: `https://github.com/owner/name`."""
    repository_id: str = ""
    """The number of that repository, by the certificate."""
    owner_id: str = ""
    """The number of the owner of that repository, by the certificate."""
    at: datetime | None = None
    """When the evidence was signed, by a log's, an authority's or else the signer's word."""
    format: str = ""


class Cluster(Frozen):
    """What one admission controller will make of the evidence that is there, by its formats alone."""

    engine: str
    reads: bool | None
    """None: nobody knows."""
    since: str = ""
    """The first version that does."""
    why: str
    source: str = ""
    """Where that is written."""


class VerifyResult(Frozen):
    """What is known of one image."""

    image: str
    """As it was named."""
    name: str = ""
    """`registry/repository`."""
    digest: str = ""
    """What it was resolved to; empty when it could not be."""
    verified: bool
    rows: tuple[VerifyRow, ...]
    places: tuple[str, ...] = ()
    """Where it was named, `file:line`, when it came from a file."""
    clusters: tuple[Cluster, ...] = ()
    """Asked for with `--explain`."""

    @property
    def undecided(self) -> bool:
        """Whether it is not verified only because something could not be found out."""
        states = {row.state for row in self.rows} - {State.GOOD}
        return not self.verified and states <= {State.UNKNOWN} and bool(states)


class UnreadField(Frozen):
    """A field of a manifest that may name an image and cannot be read."""

    place: str
    """`file:line:column`."""
    path: str
    """The object and its field: `Widget shop/web, spec.icon.image`."""
    kind: str = ""
    """`group/Kind`, as `manifests` of the policy names it."""
    field: str = ""
    """`spec.icon.image`, as `manifests` of the policy names it."""
    why: str
    hint: str = ""


class VerifyFile(Frozen):
    """The machine's output of `gate verify --json`."""

    version: Literal[1] = 1
    gate: str
    verified: bool
    """Whether every image is and nothing is unread; false when there was none."""
    verified_at: datetime
    results: tuple[VerifyResult, ...]
    unread: tuple[UnreadField, ...] = ()
    """What may name an image in the files and could not be read."""


def all_verified(results: Sequence[VerifyResult], unread: Sequence[UnreadField] = ()) -> bool:
    """Whether there is an image, each is verified, and nothing that may name another was left unread."""
    return bool(results) and not unread and all(one.verified for one in results)


def concluded(rows: tuple[VerifyRow, ...]) -> bool:
    """Every row is good, and there is one: nothing asked is nothing verified."""
    return bool(rows) and all(row.state is State.GOOD for row in rows)
