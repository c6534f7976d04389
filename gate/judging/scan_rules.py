"""Policy rules on the image and its scan as a whole."""

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
    """The kinds of findings that a rule of the policy judges."""
    rules = policy.fail_on
    judged = {
        Kind.VULNERABILITY: rules.severity or rules.known_exploited or rules.epss is not None or policy.limits,
        Kind.SECRET: rules.secrets,
        Kind.MISCONFIGURATION: rules.misconfigurations,
        Kind.LICENCE: rules.licences,
    }
    return tuple(kind for kind, rule in judged.items() if rule)


def judges_nothing(policy: Policy) -> bool:
    """Whether the policy has no rule on findings or size: an image that was not judged has not passed."""
    return not judged_kinds(policy) and (policy.size is None or policy.size.max is None)


def database_age(scan: Scan, now: datetime) -> float | None:
    """Age of the vulnerability database in hours, never below 0; None when it is unknown."""
    age = _age(scan.scanner.database, now)
    return None if age is None else max(age.total_seconds() / 3600, 0.0)


def reasons(scan: Scan, policy: Policy, now: datetime) -> Iterator[Reason]:
    """Reasons to refuse the image, whatever was found in it."""
    if judges_nothing(policy):
        yield Reason(rule="fail_on", message=NOTHING)
    yield from _platforms(scan, policy)
    most = policy.size.max if policy.size else None
    if most is not None and (message := oversize(scan.subject.size, most)):
        yield Reason(rule="size.max", message=message)
    if policy.fail_on.end_of_life:
        yield from (Reason(rule="fail_on.end_of_life", message=message) for message in _end_of_life(scan))
    if policy.fail_on.unscanned:
        yield from (Reason(rule="fail_on.unscanned", message=message) for message in _gaps(scan, policy))
    if Kind.VULNERABILITY in scan.kinds:
        yield from _database(scan.scanner.database, policy.max_database_age, now)


def notices(scan: Scan, policy: Policy) -> Iterator[Notice]:
    """Notices for rules that are switched off, and for findings that the scanner itself ignored."""
    if not policy.fail_on.end_of_life:
        yield from (Notice(kind=NoticeKind.END_OF_LIFE, message=message) for message in _end_of_life(scan))
    if not policy.fail_on.unscanned:
        yield from (Notice(kind=NoticeKind.COVERAGE, message=message) for message in _gaps(scan, policy))
    if muted := sum(1 for finding in scan.findings if finding.muted):
        message = f"the scanner itself had set {plural(muted, 'finding')} aside: that is not trusted, they are judged"
        yield Notice(kind=NoticeKind.COVERAGE, message=message)


def _platforms(scan: Scan, policy: Policy) -> Iterator[Reason]:
    if not scan.platforms:
        yield Reason(rule="platforms", message="no platform of the image was scanned")
    if policy.platforms == "all":
        return
    scanned = [known for one in scan.platforms if (known := _platform(one.platform))]
    for name in policy.platforms:
        required = Platform.parse(name)
        if not any(required.covers(platform) for platform in scanned):
            yield Reason(rule="platforms", message=f"{required} has to pass, and was not scanned")


def _platform(name: str) -> Platform | None:
    """Parse a platform of a report; None when it is not one."""
    try:
        return Platform.parse(name)
    except UsageError:
        return None


def oversize(size: int | None, most: int) -> str:
    """How an image of `size` bytes (None: unknown) breaks `size.max`; empty when it does not."""
    if size is None:
        return "the policy limits the size, and the size of the image is unknown"
    return f"the image has {size:,} bytes, more than {most:,}" if size > most else ""


def overgrown(before: int, after: int, most: str | int) -> str:
    """How a platform that grew from `before` to `after` bytes breaks `size.growth`; empty when it does not."""
    grown = after - before
    # A share is compared exactly: 10% of 1,000 bytes are 100, and 100 are allowed.
    allowed = Fraction(most.removesuffix("%")) * before / 100 if isinstance(most, str) else most
    if grown <= allowed:
        return ""
    percent = f" ({grown / before:+.1%})".replace("%", " %") if before else ""
    return f"grew by {grown:,} bytes{percent}, more than {most if isinstance(most, str) else f'{most:,} bytes'}"


def _end_of_life(scan: Scan) -> Iterator[str]:
    names = Manifests(scan.platforms).labels
    for one in scan.platforms:
        if one.os is not None and one.os.end_of_life:
            name = one_line(f"{one.os.family} {one.os.name}", 100)
            where = one_line(names[one.key], 60)
            yield f"{name} gets no security updates any more ({where})"


def _gaps(scan: Scan, policy: Policy) -> Iterator[str]:
    gaps = [(one_line(label, 60), gap.message) for label, gap in labelled_gaps(scan.platforms)]
    missing = [kind.plural for kind in judged_kinds(policy) if kind not in scan.kinds]
    gaps += [("", f"the policy judges {kinds}, which were not looked for") for kinds in missing]
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
        message = f"the vulnerability database is {age_text} old, older than max_database_age ({spell(most)}) allows"
        yield Reason(rule="max_database_age", message=message)
