"""Reads verdicts from files and folders, as much of them as a trend needs, within bounds."""

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gate.errors import InputError
from gate.io import files, strict_json
from gate.io.validation import describe
from gate.maintenance.trend import Change, Point, Read, Seen
from gate.model.findings import Kind, PlatformScan, Severity, Subject
from gate.model.image import Frozen
from gate.model.verdict import Decision
from gate.text import one_line

_LARGEST = 1 << 28
_DEEPEST, _MOST_FOLDERS = 4, 2_000
_MOST_FILES, _MOST_VERDICTS, _MOST_FINDINGS = 5_000, 2_000, 2_000_000
_FEWER = "name fewer verdicts, or one image's only"


class _Head(Frozen):
    """A verdict without its findings."""

    subject: Subject
    passed: bool
    judged_at: datetime
    database_age: float | None = None
    kinds: tuple[Kind, ...]
    platforms: tuple[PlatformScan, ...]
    counts: dict[Severity, int]
    decisions: dict[Decision, int]


class Reader:
    """Reads verdicts one after the other; equal findings of different verdicts are one object."""

    def __init__(self) -> None:
        """Start with nothing read."""
        self.passed_over: list[Path] = []
        """JSON files of a folder that hold something else."""
        self._known: dict[tuple[str, ...], Seen] = {}
        self._verdicts = 0
        self._findings = 0

    def read(self, paths: Sequence[Path]) -> Iterator[Read]:
        """Every verdict in the files, and in the JSON files of the folders. Raises `InputError`."""
        for path in paths:
            if path.is_dir():
                for file in _within(path):
                    yield from self._file(file, file.relative_to(path).as_posix(), picked=False)
            else:
                yield from self._file(path, path.name, picked=True)

    def _file(self, path: Path, name: str, *, picked: bool) -> Iterator[Read]:
        shown = one_line(name, 200)
        data = files.read(path, limit=_LARGEST, what="the verdict")
        document = strict_json.load_object(data, f"the verdict {shown}")
        if "verdicts" not in document:
            if picked:
                raise _no_verdict(shown, "there are no verdicts in it")
            self.passed_over.append(path)
            return
        if document.get("version") != 1:
            raise _no_verdict(shown, "it is of a version that this gate does not know")
        if not isinstance(document["verdicts"], list | None):
            raise _no_verdict(shown, "its verdicts are no list")
        for one in document["verdicts"] or ():
            self._verdicts += 1
            if self._verdicts > _MOST_VERDICTS:
                raise InputError(f"there are more than {_MOST_VERDICTS:,} verdicts", hint=_FEWER)
            try:
                yield self._verdict(one, name)
            except ValidationError as exc:
                raise _no_verdict(shown, describe(exc)) from exc
            except (AttributeError, KeyError, TypeError, ValueError) as exc:
                raise _no_verdict(shown, "a finding in it is none of ours") from exc

    def _verdict(self, verdict: Mapping[str, Any], source: str) -> Read:
        head = _Head.model_validate({name: verdict[name] for name in _Head.model_fields if name in verdict})
        when = head.judged_at if head.judged_at.tzinfo else head.judged_at.replace(tzinfo=UTC)
        return Read(
            image=head.subject.name,
            point=Point(
                judged_at=when.astimezone(UTC),
                source=source,
                tag=head.subject.tag,
                digest=head.subject.digest,
                passed=head.passed,
                counts=head.counts,
                refusing=head.decisions.get(Decision.REFUSES, 0),
                database_age=head.database_age,
            ),
            kinds=frozenset(head.kinds),
            platforms=tuple(sorted(one.platform for one in head.platforms)),
            looked=frozenset(one.platform for one in head.platforms)
            - {one.platform for one in head.platforms if one.gaps},
            findings=self._all(verdict),
        )

    def _all(self, verdict: Mapping[str, Any]) -> dict[str, Seen]:
        """By fingerprint; of several that share one the first, which is the worst."""
        found: dict[str, Seen] = {}
        listed = verdict.get("findings")
        if not isinstance(listed, list | None):
            raise TypeError(listed)
        for one in listed or ():
            self._findings += 1
            if self._findings > _MOST_FINDINGS:
                raise InputError(f"there are more than {_MOST_FINDINGS:,} findings", hint=_FEWER)
            fingerprint, seen = self._seen(one)
            found.setdefault(fingerprint, seen)
        return found

    def _seen(self, one: Any) -> tuple[str, Seen]:
        finding = one["finding"]
        platforms = sorted({_text(place["platform"]) for place in finding["occurrences"]})
        names = ("fingerprint", "id", "package", "kind")
        key = (*(_text(finding[name]) for name in names), _text(one["severity"]), *platforms)
        if (known := self._known.get(key)) is None:
            change = Change(fingerprint=key[0], id=key[1], package=key[2], kind=Kind(key[3]), severity=Severity(key[4]))
            known = self._known[key] = Seen(change, frozenset(platforms))
        return key[0], known


def _within(folder: Path) -> list[Path]:
    """The JSON files of a folder and of those in it, by name; links are not followed. Raises `InputError`."""
    found: list[Path] = []
    for visited, (place, folders, names) in enumerate(os.walk(folder, onerror=_unreadable)):
        deep = len(Path(place).relative_to(folder).parts) >= _DEEPEST
        folders[:] = [] if deep else sorted(one for one in folders if not one.startswith("."))
        paths = (Path(place, name) for name in sorted(names) if name.lower().endswith(".json"))
        found += [path for path in paths if path.is_file() and not path.is_symlink()]
        if len(found) > _MOST_FILES or visited >= _MOST_FOLDERS:
            raise InputError(f"{one_line(str(folder), 200)} holds too many files and folders", hint=_FEWER)
    return sorted(found)


def _unreadable(exc: OSError) -> None:
    raise InputError(f"the folder {one_line(str(exc.filename), 200)} cannot be read: {exc.strerror}") from exc


def _no_verdict(name: str, why: str) -> InputError:
    return InputError(f"{name} is no verdict: {one_line(why, 300)}", hint="make one with `gate scan --json FILE`")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value
