"""What VEX says of a finding in an image: who is believed, and what speaks of nothing.

A statement excuses a finding only when it names this image, or the package itself. Where several speak of one
finding, the newest decides; a tie is decided against the excuse.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from gate.model import purl as purls
from gate.model.findings import Finding, Subject
from gate.model.image import Digest
from gate.model.purl import Purl
from gate.model.verdict import Notice, NoticeKind
from gate.text import one_line, plural

_SHOWN = 5
_REASONS = 3
LONG_AGO = datetime.min.replace(tzinfo=UTC)
"""The time of a statement that gives none."""


class Status(StrEnum):
    """What a statement says; the first two excuse."""

    NOT_AFFECTED = "not affected"
    FIXED = "fixed"
    AFFECTED = "affected"
    UNDER_INVESTIGATION = "under investigation"


_EXCUSES = {Status.NOT_AFFECTED, Status.FIXED}


@dataclass(frozen=True, slots=True)
class Product:
    """What a statement is about: an image (`pkg:oci/…`), perhaps only some packages in it, or a package anywhere."""

    purl: Purl
    packages: tuple[Purl, ...] | None = None
    """None: all of it."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One status of one vulnerability for some products."""

    ids: tuple[str, ...]
    status: Status
    products: tuple[Product, ...]
    why: str
    source: str
    """The file it stands in."""
    at: datetime = LONG_AGO
    remark: str = ""
    """Why a product of it stands for nothing that a scan can tell; empty when each may."""

    @property
    def excuses(self) -> bool:
        """Whether it says that the vulnerability does no harm."""
        return self.status in _EXCUSES


class Statements:
    """Finds what VEX says of a finding in one image, and counts which statements were of use."""

    def __init__(self, statements: Sequence[Statement], subject: Subject, digests: Iterable[Digest]) -> None:
        """`digests` are those of the manifests of the image's platforms."""
        self._all = statements
        self._subject = subject
        self._manifests = set(digests)
        self._used: set[int] = set()
        self._by_id: dict[str, list[int]] = {}
        for place, one in enumerate(statements):
            for identity in dict.fromkeys(name.casefold() for name in one.ids):
                self._by_id.setdefault(identity, []).append(place)

    def __bool__(self) -> bool:
        """Whether there is any statement at all."""
        return bool(self._all)

    def match(self, finding: Finding) -> Statement | None:
        """The statement that excuses a vulnerability, or None."""
        names = {finding.id.casefold(), *(alias.casefold() for alias in finding.aliases)}
        known = sorted({number for name in names for number in self._by_id.get(name, ())})
        if not known:
            return None
        manifests = dict.fromkeys((place.platform, place.manifest) for place in finding.occurrences) or {("", ""): None}
        excuses = [self._excuse(known, finding, *manifest) for manifest in manifests]
        return excuses[0] if all(excuses) else None

    def _excuse(self, known: Sequence[int], finding: Finding, platform: str, manifest: str) -> Statement | None:
        """The statement of `known` that excuses the finding in one manifest of the image, or None."""
        about = [number for number in known if self._is_about(self._all[number], finding, platform, manifest)]
        self._used.update(about)
        if not about:
            return None
        newest = max(self._all[number].at for number in about)
        decides = [self._all[number] for number in about if self._all[number].at == newest]
        return decides[0] if all(one.excuses for one in decides) else None

    def notices(self) -> list[Notice]:
        """For each file, the statements that speak of nothing in this image."""
        idle = [one for place, one in enumerate(self._all) if place not in self._used]
        total = Counter(one.source for one in self._all)
        found = []
        for source, count in Counter(one.source for one in idle).items():
            names = list(dict.fromkeys(one_line(one.ids[0], 60) for one in idle if one.source == source))
            more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
            said = f"{count} of {plural(total[source], 'statement')} in {one_line(source, 120)} "
            said += f"{'applies' if count == 1 else 'apply'} to nothing in this image: "
            remarks = dict.fromkeys(one.remark for one in idle if one.source == source and one.remark)
            why = "".join(f"; {one_line(remark, 240)}" for remark in list(remarks)[:_REASONS])
            found.append(Notice(kind=NoticeKind.VEX, message=said + ", ".join(names[:_SHOWN]) + more + why))
        return found

    def _is_about(self, statement: Statement, finding: Finding, platform: str, manifest: str) -> bool:
        seen = purls.found(finding.purl)
        return any(
            _covers(product, seen, finding)
            for product in statement.products
            if product.purl.type != "oci" or self._is_image(product.purl, platform, manifest)
        )

    def _is_image(self, purl: Purl, platform: str, manifest: str) -> bool:
        """Whether an image's purl is of this image: by its digest or its repository; a bare name is too little.

        The digest of one platform's manifest speaks of what is found in that manifest alone.
        """
        known = purl.qualifiers
        repository = known.get("repository_url", "").removeprefix("https://").removeprefix("index.").strip("/")
        if not repository and not purl.version:
            return False
        if repository and self._subject.name not in {repository, f"{repository}/{purl.name}"}:
            return False
        manifests = {manifest} if manifest else self._manifests
        if purl.version and purl.version != self._subject.digest and manifests != {purl.version}:
            return False
        if (tag := known.get("tag")) and tag != self._subject.tag:
            return False
        arch = known.get("arch")
        return not arch or platform.split("/")[1:2] == [arch]


def _covers(product: Product, seen: Purl | None, finding: Finding) -> bool:
    """Whether a product that is this image, or a package anywhere, covers the finding."""
    inside = product.packages
    if product.purl.type != "oci":
        # A part of a package: the scanner does not say what is part of what.
        if seen is None or inside is not None:
            return False
        return purls.covers(product.purl, seen, source=finding.source_package)
    if inside is None:
        return True
    return seen is not None and any(purls.covers(one, seen, source=finding.source_package) for one in inside)
