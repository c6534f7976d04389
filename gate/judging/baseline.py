"""Baseline to compare findings with: an earlier verdict, SARIF written by gate, or the scan of another image."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gate.errors import InputError
from gate.io import strict_json
from gate.model.findings import Kind, Scan, Severity
from gate.model.reported_name import repository_of
from gate.text import is_digits, one_line

_HINT = "give what --json or --sarif wrote earlier"
_EXCUSED = {"accepted", "not-affected"}


@dataclass(frozen=True, slots=True)
class BaselineFinding:
    """A finding of the baseline."""

    severity: Severity
    """Severity that it was judged as; the worst, where several had the fingerprint."""
    known_exploited: bool
    """Whether it was in the KEV catalog then; false when the document does not say."""
    excused: bool
    """Whether an exception or a VEX statement applied to it: once that ends, the baseline does not excuse it."""

    def outgrown(self, severity: Severity, *, unrated: bool, exploited: bool) -> str:
        """Why the finding counts although it is in the baseline; empty when the baseline excuses it.

        `severity` is what it is judged as now, and `unrated` that it has no severity rating.
        """
        if self.excused:
            return "in the baseline it was accepted or excused, which holds no longer"
        if exploited and not self.known_exploited:
            return "it was not known to be exploited in the baseline"
        if severity.rank > self.severity.rank and not (unrated and self.severity is Severity.UNKNOWN):
            return f"it is worse than in the baseline, where it was {self.severity}"
        return ""


@dataclass(frozen=True)
class Baseline:
    """The earlier findings of one image, by fingerprint."""

    name: str
    findings: Mapping[str, BaselineFinding]
    image: str
    """`registry/repository` of that image."""
    kinds: frozenset[Kind] | None = None
    """Kinds that were scanned for; None when the document does not say."""
    platforms: frozenset[str] | None = None
    """Platforms that were scanned; None when the document does not say."""


@dataclass(frozen=True)
class Earlier:
    """The baselines in one document, one for each image."""

    name: str
    baselines: tuple[Baseline, ...] = field(repr=False)

    def of(self, image: str, *, any_image: bool = False) -> Baseline:
        """The baseline of the image `registry/repository`; with `any_image`, the only one for any image.

        Raises `InputError`.
        """
        same = [baseline for baseline in self.baselines if baseline.image == image]
        if len(same) == 1:
            return same[0]
        if len(self.baselines) == 1 and any_image:
            return self.baselines[0]
        if len(self.baselines) == 1:
            raise InputError(
                f"the baseline {one_line(self.name, 200)} is of {one_line(self.baselines[0].image, 200)}, "
                f"not of {one_line(image, 200)}",
                hint="take one of the same image, or say that another is meant: --baseline-of-any-image",
            )
        raise InputError(
            f"the baseline {one_line(self.name, 200)} holds {len(same) or 'no'} verdicts of {one_line(image, 200)}",
            hint="take a baseline with one verdict, or with exactly one of that image",
        )


def parse_baseline(data: bytes, name: str) -> Earlier:
    """Parse an earlier verdict or SARIF file. Raises `InputError`."""
    shown = one_line(name, 200)
    try:
        document = strict_json.load_object(data, f"the baseline {shown}")
    except InputError as exc:
        raise InputError(exc.problem, hint=exc.hint or _HINT) from exc
    if not document.keys() & {"verdicts", "runs"}:
        raise InputError(f"the baseline {shown} is neither a verdict nor SARIF", hint=_HINT)
    parts, read_part = (document["verdicts"], _verdict) if "verdicts" in document else (document["runs"], _sarif)
    if not isinstance(parts, list | None) or not all(isinstance(part, dict) for part in parts or ()):
        raise InputError(f"the baseline {shown} holds something that is no verdict of ours", hint=_HINT)
    if not parts:
        raise InputError(f"the baseline {shown} holds no verdict and no run", hint=_HINT)
    return Earlier(name, tuple(read_part(part, name) for part in parts))


def of_scan(scan: Scan) -> Baseline:
    """Use the scan of another image, made now: the KEV catalog is the same for both."""
    subject = scan.subject
    known = (
        (one.fingerprint, BaselineFinding(one.severity, known_exploited=True, excused=False)) for one in scan.findings
    )
    platforms = frozenset(one.platform for one in scan.platforms)
    return Baseline(str(subject), _worst(known), subject.name, frozenset(scan.kinds), platforms)


def _verdict(verdict: Mapping[str, Any], name: str) -> Baseline:
    subject = verdict.get("subject")
    image = subject.get("name") if isinstance(subject, dict) else None
    if not isinstance(image, str) or "findings" not in verdict:
        raise InputError(f"the baseline {one_line(name, 200)} holds something that is no verdict of ours", hint=_HINT)
    try:
        known = _worst(_judged(one) for one in _list(verdict["findings"]))
        kinds = frozenset(map(Kind, _list(verdict["kinds"]))) if "kinds" in verdict else None
        platforms = _platforms(verdict.get("platforms"))
    except (KeyError, TypeError, ValueError) as exc:
        raise InputError(
            f"the baseline {one_line(name, 200)} holds a finding that is none of ours", hint=_HINT
        ) from exc
    return Baseline(name, known, image, kinds, platforms)


def _platforms(listed: Any) -> frozenset[str] | None:
    return None if listed is None else frozenset(_text(platform["platform"]) for platform in listed)


def _judged(one: Any) -> tuple[str, BaselineFinding]:
    known = BaselineFinding(Severity(one["severity"]), one["known_exploited"] is True, one["decision"] in _EXCUSED)
    return _text(one["finding"]["fingerprint"]), known


def _sarif(run: Mapping[str, Any], name: str) -> Baseline:
    """Read one run, which is about one image."""
    shown, tool = one_line(name, 200), run.get("tool")
    driver = tool.get("driver") if isinstance(tool, dict) else None
    if not isinstance(driver, dict) or driver.get("name") != "gate":
        other = driver.get("name", "an unnamed tool") if isinstance(driver, dict) else "an unnamed tool"
        problem = f"is SARIF by {one_line(str(other), 60)}, whose fingerprints are not comparable with ours"
        raise InputError(f"the baseline {shown} {problem}", hint=_HINT)
    try:
        properties = run["properties"]
        image = repository_of(_text(properties["image"]).partition("@")[0])
        platforms = _platforms(properties.get("platforms"))
        known = _worst(_result(one) for one in _list(run.get("results")))
    except (AttributeError, KeyError, TypeError, ValueError) as exc:
        raise InputError(f"the baseline {shown} holds a result that is none of ours", hint=_HINT) from exc
    return Baseline(name, known, image, platforms=platforms)


def _result(one: Any) -> tuple[str, BaselineFinding]:
    fingerprint, colon, number = _text(one["partialFingerprints"]["primaryLocationLineHash"]).partition(":")
    if not colon or not is_digits(number):
        raise ValueError(number)
    properties = one["properties"]
    exploited, excused = properties.get("knownExploited") is True, bool(one.get("suppressions"))
    return fingerprint, BaselineFinding(Severity(properties["severity"]), exploited, excused)


def _list(value: Any) -> list[Any]:
    """A list; null is an empty one."""
    if not isinstance(value, list | None):
        raise TypeError(value)
    return value or []


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError(value)
    return value


def _worst(findings: Iterable[tuple[str, BaselineFinding]]) -> dict[str, BaselineFinding]:
    """Combine findings with the same fingerprint: the worst severity, and excused when any was."""
    worst: dict[str, BaselineFinding] = {}
    for fingerprint, finding in findings:
        other = worst.get(fingerprint, finding)
        worst[fingerprint] = BaselineFinding(
            max(finding.severity, other.severity, key=lambda severity: severity.rank),
            finding.known_exploited or other.known_exploited,
            finding.excused or other.excused,
        )
    return worst
