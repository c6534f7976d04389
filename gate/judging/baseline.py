"""What was there before: an earlier verdict, our own SARIF, or the scan of another image."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gate.errors import InputError
from gate.io import files, strict_json
from gate.model.findings import Kind, Scan, Severity
from gate.text import is_digits, one_line

_LARGEST = 1 << 30
_HINT = "give what --json or --sarif wrote earlier"
_EXCUSED = {"accepted", "not-affected"}


@dataclass(frozen=True, slots=True)
class BaselineFinding:
    """How a finding stood then."""

    severity: Severity
    """What it was judged as; the worst, where several shared the fingerprint."""
    known_exploited: bool
    """Whether it was on the list of exploited vulnerabilities then; a document that does not say so says no."""
    excused: bool
    """An exception or a VEX statement held for it: once that ends, having been there before is no excuse."""

    def outgrown(self, severity: Severity, *, unrated: bool, exploited: bool) -> str:
        """Why having been there before is no excuse now; empty when it is one.

        `severity` is what the finding is judged as now; `unrated` that it has no severity rating.
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
    """The findings of one image then, by fingerprint."""

    name: str
    findings: Mapping[str, BaselineFinding]
    image: str
    """`registry/repository` of that image."""
    kinds: frozenset[Kind] | None = None
    """What was looked for; None when the document does not say."""
    platforms: frozenset[str] | None = None
    """Where; None likewise."""


@dataclass(frozen=True)
class Earlier:
    """The baselines that one document holds, one an image."""

    name: str
    baselines: tuple[Baseline, ...] = field(repr=False)

    def of(self, image: str, *, any_image: bool = False) -> Baseline:
        """The baseline for the image `registry/repository`; with `any_image`, the only one serves any.

        Raises `InputError`.
        """
        same = [one for one in self.baselines if one.image == image]
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


def read_baseline(path: Path) -> Earlier:
    """Read an earlier verdict or SARIF file of ours. Raises `InputError`."""
    return parse_baseline(files.read(path, limit=_LARGEST, what="baseline"), path.name)


def parse_baseline(data: bytes, name: str) -> Earlier:
    """Read an earlier verdict or SARIF file from its bytes. Raises `InputError`."""
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
    found = [read_part(part, name) for part in parts or ()]
    if not found:
        raise InputError(f"the baseline {shown} holds no verdict and no run", hint=_HINT)
    return Earlier(name, tuple(found))


def of_scan(scan: Scan) -> Baseline:
    """The findings of another image, scanned now: what is exploited or not is so for both."""
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
    """A run is of one image, which our runs name."""
    shown, tool = one_line(name, 200), run.get("tool")
    driver = tool.get("driver") if isinstance(tool, dict) else None
    if not isinstance(driver, dict) or driver.get("name") != "gate":
        name = driver.get("name", "an unnamed tool") if isinstance(driver, dict) else "an unnamed tool"
        other = one_line(str(name), 60)
        raise InputError(
            f"the baseline {shown} is SARIF by {other}, whose fingerprints are not comparable with ours",
            hint=_HINT,
        )
    try:
        said = run["properties"]
        image, platforms = _text(said["image"]).partition("@")[0], _platforms(said.get("platforms"))
        known = _worst(_result(one) for one in _list(run.get("results")))
    except (AttributeError, KeyError, TypeError, ValueError) as exc:
        raise InputError(f"the baseline {shown} holds a result that is none of ours", hint=_HINT) from exc
    head, colon, last = image.rpartition(":")
    return Baseline(name, known, head if colon and "/" not in last else image, platforms=platforms)


def _result(one: Any) -> tuple[str, BaselineFinding]:
    fingerprint, colon, number = _text(one["partialFingerprints"]["primaryLocationLineHash"]).partition(":")
    if not colon or not is_digits(number):
        raise ValueError(number)
    said = one["properties"]
    known = BaselineFinding(
        Severity(said["severity"]), said.get("knownExploited") is True, bool(one.get("suppressions"))
    )
    return fingerprint, known


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
    """By fingerprint; of several that share one, the worst severity, and excused when any of them was."""
    found: dict[str, BaselineFinding] = {}
    for fingerprint, one in findings:
        other = found.get(fingerprint)
        found[fingerprint] = (
            one
            if other is None
            else BaselineFinding(
                max(one.severity, other.severity, key=lambda severity: severity.rank),
                one.known_exploited or other.known_exploited,
                one.excused or other.excused,
            )
        )
    return found
