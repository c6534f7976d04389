"""Exceptions: which findings they apply to, until when, and the notices about them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

from gate.errors import InputError
from gate.io import globs
from gate.model import purl
from gate.model.check_id import current_check
from gate.model.findings import Finding, Kind
from gate.model.verdict import ExceptionUse, Notice, NoticeKind
from gate.policy import Policy, PolicyException, spell
from gate.text import one_line, plural

WARNING_DAYS = 14


@dataclass(frozen=True)
class SourcedException:
    """An exception and the file that it is in. It applies to findings of `kinds` only; None for all kinds."""

    exception: PolicyException
    source: str = "exceptions"
    """The policy key or file, as shown to people."""
    rule: str = "exceptions"
    """Policy key that it comes from: `exceptions`, `trivyignore`."""
    kinds: frozenset[Kind] | None = None

    def holds_for(self, finding: Finding) -> bool:
        """Whether kind, path and package match. The caller compares the id, and `ended` the last day."""
        if self.kinds is not None and finding.kind not in self.kinds:
            return False
        if self._path is not None and not (finding.path and self._path.matches(finding.path)):
            return False
        package = self.exception.package
        if package is None:
            return True
        if self._purl is None:
            return bool(finding.package) and package in {finding.package, finding.source_package}
        seen = purl.found(finding.purl)
        # Trivy compares a purl of an ignore file with the package alone: more must not be accepted than was ignored.
        source = None if self.rule == "trivyignore" else finding.source_package
        return seen is not None and purl.covers(self._purl, seen, source=source)

    def ended(self, today: date) -> bool:
        """Whether its last day (UTC) is over."""
        return today > self.exception.expires

    @cached_property
    def why(self) -> str:
        """The reason to show for an accepted finding."""
        terms = self.exception
        return f"accepted by {terms.owner} until {terms.expires}: {terms.reason} ({self.source})"

    @cached_property
    def _purl(self) -> purl.Purl | None:
        package = self.exception.package or ""
        return purl.pattern(package) if package.startswith("pkg:") else None

    @cached_property
    def _path(self) -> globs.Glob | None:
        return globs.Glob(self.exception.path) if self.exception.path is not None else None


def collect_exceptions(
    policy: Policy, ignored: Iterable[SourcedException], now: datetime
) -> tuple[SourcedException, ...]:
    """Exceptions of the policy, then those of its ignore files.

    Raises `InputError` for one that ends later than the policy's `max_exception` allows.
    """
    exceptions = (*map(SourcedException, policy.exceptions), *ignored)
    longest, today = policy.max_exception, now.astimezone(UTC).date()
    for one in exceptions:
        if longest is not None and one.exception.expires > today + longest:
            raise InputError(
                f"the exception for {_named(one)} ends on {one.exception.expires}, "
                f"later than max_exception ({spell(longest)} from today) allows",
                hint=f"let it end on {today + longest} or before",
            )
    return exceptions


class Matcher:
    """Finds the exception that accepts a finding, and counts the uses of each."""

    def __init__(self, exceptions: Sequence[SourcedException], now: datetime) -> None:
        """The first match in order decides. Ended exceptions accept nothing, but their matches are counted."""
        self._all = exceptions
        self._today = now.astimezone(UTC).date()
        self._used = [0] * len(exceptions)
        self._by_id: dict[str, list[int]] = {}
        for place, one in enumerate(exceptions):
            self._by_id.setdefault(_spelled(one.exception.id), []).append(place)

    def match(self, finding: Finding) -> SourcedException | None:
        """Return the exception that accepts `finding`. Every exception that matches it counts as used."""
        if not self._all:  # usual, and a report may hold 100,000 findings
            return None
        names = {_spelled(name) for name in (finding.id, *finding.aliases)}
        places = sorted({place for name in names for place in self._by_id.get(name, ())})
        chosen = None
        for place in places:
            one = self._all[place]
            if one.holds_for(finding):
                self._used[place] += 1
                if chosen is None and not one.ended(self._today):
                    chosen = one
        return chosen

    def uses(self) -> tuple[ExceptionUse, ...]:
        """Each exception with the number of findings that it matched."""
        return tuple(
            ExceptionUse(
                id=one.exception.id,
                package=one.exception.package,
                path=one.exception.path,
                owner=one.exception.owner,
                reason=one.exception.reason,
                expires=one.exception.expires,
                source=one.source,
                used=used,
                ended=one.ended(self._today),
            )
            for one, used in zip(self._all, self._used, strict=True)
        )

    def notices(self) -> list[Notice]:
        """Notices about exceptions that have ended, end soon, or match nothing."""
        notices = []
        for one, used in zip(self._all, self._used, strict=True):
            name, owner, last = _named(one), one_line(one.exception.owner, 80), one.exception.expires
            if one.ended(self._today):
                kind = NoticeKind.EXCEPTION_ENDED
                counts = f"; {plural(used, 'finding')} that it named count again" if used else ""
                message = f"the exception for {name} ended on {last}{counts}: {owner} answers for it"
            elif not used:
                kind = NoticeKind.EXCEPTION_UNUSED
                message = f"the exception for {name} names nothing in this image: {owner} can remove it"
            elif last - self._today <= timedelta(days=WARNING_DAYS):
                kind = NoticeKind.EXCEPTION_ENDING
                left = (last - self._today).days
                when = f"in {plural(left, 'day')}" if left else "today"
                message = f"the exception for {name} ends {when}, on {last}: {owner} answers for it"
            else:
                continue
            notices.append(Notice(kind=kind, message=message))
        return notices


def _spelled(identity: str) -> str:
    """Normalise an id for comparison: ignore case, and use the current name of a check."""
    return current_check(identity).casefold()


def _named(one: SourcedException) -> str:
    """`CVE-… in zlib1g at usr/lib (exceptions)`."""
    known = one.exception
    package = f" in {one_line(known.package, 120)}" if known.package else ""
    path = f" at {one_line(known.path, 120)}" if known.path else ""
    return f"{one_line(known.id, 80)}{package}{path} ({one_line(one.source, 120)})"
