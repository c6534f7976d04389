"""Match VEX statements with findings, and report statements that match nothing.

A statement excuses a finding only when it names this image, or the package itself. Of several about one finding, the
newest decides; on a tie the finding is not excused.
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
    """Status of a vulnerability in a product; the first two excuse a finding."""

    NOT_AFFECTED = "not affected"
    FIXED = "fixed"
    AFFECTED = "affected"
    UNDER_INVESTIGATION = "under investigation"


_EXCUSES = {Status.NOT_AFFECTED, Status.FIXED}


@dataclass(frozen=True, slots=True)
class Product:
    """Product of a statement: an image (`pkg:oci/…`) or some packages in it, or a package in any image."""

    purl: Purl
    packages: tuple[Purl, ...] | None = None
    """None: every package."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One status of one vulnerability for some products."""

    ids: tuple[str, ...]
    status: Status
    products: tuple[Product, ...]
    why: str
    source: str
    """Name of the VEX file."""
    at: datetime = LONG_AGO
    remark: str = ""
    """Why one of its products can match no finding; empty when each can."""

    @property
    def excuses(self) -> bool:
        """Whether the status excuses a finding."""
        return self.status in _EXCUSES


class Statements:
    """Finds the statement that excuses a finding of one image, and records which statements matched."""

    def __init__(self, statements: Sequence[Statement], subject: Subject, digests: Iterable[Digest]) -> None:
        """`digests` are the manifest digests of the image's platforms."""
        self._all = statements
        self._subject = subject
        self._manifests = set(digests)
        self._used: set[int] = set()
        self._by_id: dict[str, list[int]] = {}
        for place, one in enumerate(statements):
            for identity in dict.fromkeys(name.casefold() for name in one.ids):
                self._by_id.setdefault(identity, []).append(place)

    def match(self, finding: Finding) -> Statement | None:
        """The statement that excuses a vulnerability, or None."""
        if not self._all:
            return None
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
        """One notice for each file with statements that match nothing in this image."""
        idle = [one for place, one in enumerate(self._all) if place not in self._used]
        total = Counter(one.source for one in self._all)
        notices = []
        for source, count in Counter(one.source for one in idle).items():
            names = list(dict.fromkeys(one_line(one.ids[0], 60) for one in idle if one.source == source))
            more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
            message = f"{count} of {plural(total[source], 'statement')} in {one_line(source, 120)} "
            message += f"{'applies' if count == 1 else 'apply'} to nothing in this image: "
            remarks = dict.fromkeys(one.remark for one in idle if one.source == source and one.remark)
            why = "".join(f"; {one_line(remark, 240)}" for remark in list(remarks)[:_REASONS])
            notices.append(Notice(kind=NoticeKind.VEX, message=message + ", ".join(names[:_SHOWN]) + more + why))
        return notices

    def _is_about(self, statement: Statement, finding: Finding, platform: str, manifest: str) -> bool:
        seen = purls.found(finding.purl)
        return any(
            _covers(product, seen, finding)
            for product in statement.products
            if product.purl.type != "oci" or self._is_image(product.purl, platform, manifest)
        )

    def _is_image(self, purl: Purl, platform: str, manifest: str) -> bool:
        """Whether a purl names this image, by digest or repository; the name alone is not enough.

        The digest of a platform's manifest covers findings in that manifest only.
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
    """Whether a product, which is this image or a package, covers the finding."""
    packages = product.packages
    if product.purl.type == "oci":
        if packages is None:
            return True
    elif packages is None:
        packages = (product.purl,)
    else:
        return False  # parts of a package: the scanner does not report what is part of what
    return seen is not None and any(purls.covers(one, seen, source=finding.source_package) for one in packages)
