"""The rules of the policy that look at the image and its scan as a whole."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from gate.errors import UsageError
from gate.model.findings import Database, Kind, Scan
from gate.model.image import Platform
from gate.model.platforms import Manifests, labelled_gaps
from gate.model.verdict import Notice, NoticeKind, Reason
from gate.policy import Policy, spell
from gate.text import one_line, plural

_DRIFT = timedelta(days=1)  # clocks differ, and a database may be stamped ahead of its upload; more is no date
NOTHING = "the policy judges nothing: every rule on findings and size is switched off"


def judged_kinds(policy: Policy) -> tuple[Kind, ...]:
    """The kinds of finding that a rule of the policy looks at."""
    rules = policy.fail_on
    asked = {
        Kind.VULNERABILITY: rules.severity or rules.known_exploited or rules.epss is not None or policy.limits,
        Kind.SECRET: rules.secrets,
        Kind.MISCONFIGURATION: rules.misconfigurations,
        Kind.LICENCE: rules.licences,
    }
    return tuple(kind for kind, wanted in asked.items() if wanted)


def judges_nothing(policy: Policy) -> bool:
    """Whether the policy has no rule on findings or size: an image that was not judged has not passed."""
    return not judged_kinds(policy) and (policy.size is None or policy.size.max is None)


def database_age(scan: Scan, now: datetime) -> float | None:
    """Age of the vulnerability database in hours, never below 0; None when it is unknown."""
    age = _age(scan.scanner.database, now)
    return None if age is None else max(age.total_seconds() / 3600, 0.0)


def reasons(scan: Scan, policy: Policy, now: datetime) -> Iterator[Reason]:
    """Ways in which the image, whatever was found in it, breaks the policy."""
    if judges_nothing(policy):
        yield Reason(rule="fail_on", message=NOTHING)
    yield from _platforms(scan, policy)
    if policy.size is not None and policy.size.max is not None:
        yield from _size(scan, policy.size.max)
    if policy.fail_on.end_of_life:
        yield from (Reason(rule="fail_on.end_of_life", message=said) for said in _ended(scan))
    if policy.fail_on.unscanned:
        yield from (Reason(rule="fail_on.unscanned", message=said) for said in _unseen(scan, policy))
    if Kind.VULNERABILITY in scan.kinds:
        yield from _database(scan.scanner.database, policy.max_database_age, now)


def notices(scan: Scan, policy: Policy) -> Iterator[Notice]:
    """What the same rules would say, were they not switched off, and what the scanner kept back."""
    if not policy.fail_on.end_of_life:
        yield from (Notice(kind=NoticeKind.END_OF_LIFE, message=said) for said in _ended(scan))
    if not policy.fail_on.unscanned:
        yield from (Notice(kind=NoticeKind.COVERAGE, message=said) for said in _unseen(scan, policy))
    if muted := sum(1 for finding in scan.findings if finding.muted):
        said = f"the scanner itself had set {plural(muted, 'finding')} aside: that is not trusted, they are judged"
        yield Notice(kind=NoticeKind.COVERAGE, message=said)


def _platforms(scan: Scan, policy: Policy) -> Iterator[Reason]:
    if not scan.platforms:
        yield Reason(rule="platforms", message="no platform of the image was scanned")
    if policy.platforms == "all":
        return
    scanned = [known for one in scan.platforms if (known := _platform(one.platform))]
    for name in policy.platforms:
        asked = Platform.parse(name)
        if not any(asked.covers(one) for one in scanned):
            yield Reason(rule="platforms", message=f"{asked} has to pass, and was not scanned")


def _platform(name: str) -> Platform | None:
    """A platform as a report names it; None when it does not."""
    try:
        return Platform.parse(name)
    except UsageError:
        return None


def _size(scan: Scan, most: int) -> Iterator[Reason]:
    if said := oversize(scan.subject.size, most):
        yield Reason(rule="size.max", message=said)


def oversize(size: int | None, most: int) -> str:
    """How an image of `size` bytes (None: unknown) breaks `size.max`; empty when it does not."""
    if size is None:
        return "the policy limits the size, and the size of the image is unknown"
    return f"the image has {size:,} bytes, more than {most:,}" if size > most else ""


def overgrown(before: int, after: int, most: str | int) -> str:
    """How a platform that had `before` bytes and has `after` breaks `size.growth`; empty when it does not."""
    grown = after - before
    share = isinstance(most, str)
    # The share of the policy is compared exactly: 10% of 1,000 bytes are 100, and 100 are allowed.
    allowed = Fraction(most.removesuffix("%")) * before / 100 if isinstance(most, str) else most
    if grown <= allowed:
        return ""
    percent = f" ({grown / before:+.1%})".replace("%", " %") if before else ""
    return f"grew by {grown:,} bytes{percent}, more than {most if share else f'{most:,} bytes'}"


def _ended(scan: Scan) -> Iterator[str]:
    names = Manifests(scan.platforms).labels
    for one in scan.platforms:
        if one.os is not None and one.os.end_of_life:
            name = one_line(f"{one.os.family} {one.os.name}", 100)
            where = one_line(names[one.key], 60)
            yield f"{name} gets no security updates any more ({where})"


def _unseen(scan: Scan, policy: Policy) -> Iterator[str]:
    gaps = [(one_line(label, 60), gap.message) for label, gap in labelled_gaps(scan.platforms)]
    for kind in judged_kinds(policy):
        if kind not in scan.kinds:
            said = f"the policy judges {kind.plural}, which were not looked for"
            gaps.append(("", said))
    for label, message in dict.fromkeys(gaps):
        yield f"{one_line(message, 300)}{f' ({label})' if label else ''}"


def _age(database: Database | None, now: datetime) -> timedelta | None:
    if database is None:
        return None
    updated = database.updated_at if database.updated_at.tzinfo else database.updated_at.replace(tzinfo=UTC)
    age = now - updated
    return age if age >= -_DRIFT else None


def _database(database: Database | None, most: timedelta, now: datetime) -> Iterator[Reason]:
    age = _age(database, now)
    if database is None:
        yield Reason(rule="max_database_age", message="the age of the vulnerability database is unknown")
    elif age is None:
        message = f"the vulnerability database is of {database.updated_at:%Y-%m-%d}, in the future: its age is unknown"
        yield Reason(rule="max_database_age", message=message)
    elif age > most:
        hours = age.total_seconds() / 3600
        age_text = f"{hours / 24:.1f} days" if hours >= 48 else f"{hours:.0f} hours"  # noqa: PLR2004 two days
        said = f"the vulnerability database is {age_text} old, older than max_database_age ({spell(most)}) allows"
        yield Reason(rule="max_database_age", message=said)
