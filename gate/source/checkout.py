"""The repository that an image was built from: its Dockerfiles and lock files, and which lines brought a finding.

A file that was found and cannot be read places nothing; one that was chosen is an error.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from gate.errors import InputError
from gate.io.files import read
from gate.model.findings import Finding, Kind, Occurrence, PlatformScan
from gate.model.location import SourceLocation
from gate.model.platforms import Manifests
from gate.source import dockerfile, lockfiles
from gate.text import one_line

_LARGEST = 50_000_000
_LARGEST_DOCKERFILE = 1_000_000
_DEEPEST = 6
_MOST = 200
_MOST_FOLDERS = 20_000
_SKIPPED = frozenset({"node_modules", "vendor", "venv", "site-packages", "build", "dist", "target", "__pycache__"})


@dataclass(frozen=True)
class _File:
    """A file of the repository, and the instructions or pins in it."""

    path: str
    folder: str
    name: str
    place: Path

    @cached_property
    def instructions(self) -> tuple[dockerfile.Instruction, ...]:
        with suppress(InputError):
            return self.read_instructions()
        return ()

    @cached_property
    def lines(self) -> list[str]:
        with suppress(InputError):
            return self._text(_LARGEST, "the lock file").splitlines()
        return []

    @cached_property
    def pins(self) -> dict[lockfiles.Pin, int]:
        return dict(lockfiles.pins(self.name, "\n".join(self.lines)))

    def read_instructions(self) -> tuple[dockerfile.Instruction, ...]:
        """Raise `InputError` when it cannot be read."""
        return dockerfile.instructions(self._text(_LARGEST_DOCKERFILE, "the Dockerfile"))

    def _text(self, limit: int, what: str) -> str:
        return read(self.place, limit=limit, what=what).decode("utf-8", "replace")

    def spot(self, line: int) -> SourceLocation:
        return SourceLocation(self.path, line, line, len(self.lines[line - 1]) + 1)


class Checkout:
    """Places findings in a folder of the repository; a `SourceLocator`."""

    def __init__(self, root: Path, chosen: Path | None = None, target: str = "") -> None:
        """Look for lock files and, unless one is `chosen`, for Dockerfiles below `root`.

        `target` is the stage that was built. Raises `InputError` when `chosen` is not in the repository, or no
        Dockerfile has that stage.
        """
        self._target = target
        files = list(_walk(root))
        self._locks = [file for file in files if lockfiles.rank(file.name) is not None][:_MOST]
        self._dockerfiles = [file for file in files if _is_dockerfile(file.name)][:_MOST]
        if chosen is not None:
            self._dockerfiles = [_chosen(root, chosen)]
        if target:
            _check_stage(target, self._dockerfiles)
        self._covering: dict[str, list[_File]] = {}

    def image(self, platforms: tuple[PlatformScan, ...]) -> "ImageCheckout":
        """What the repository tells of one image."""
        fitting = [made for file in self._dockerfiles if (made := self._fit(file, platforms))]
        return ImageCheckout(self, platforms, fitting[0] if len(fitting) == 1 else {})

    def covers(self, ecosystem: str) -> list[_File]:
        """The lock files that may name packages of that ecosystem."""
        covering = self._covering.get(ecosystem)
        if covering is None:
            covering = [file for file in self._locks if lockfiles.covers(file.name, ecosystem)]
            self._covering[ecosystem] = covering
        return covering

    def _fit(self, file: _File, platforms: tuple[PlatformScan, ...]) -> "dict[tuple[str, str], _Brought]":
        found: dict[tuple[str, str], _Brought] = {}
        for scan in platforms:
            made = dockerfile.attribute([layer.created_by for layer in scan.layers], file.instructions, self._target)
            manifest, twice = scan.key, set()
            for layer, instruction in zip(scan.layers, made, strict=False):
                for key in {(manifest, layer.diff_id), (manifest, layer.digest)}:
                    brought = _Brought.of(file, instruction) if instruction else None
                    if key in found and found[key] != brought:
                        twice.add(key)
                    if brought:
                        found[key] = brought
            for key in twice:
                found.pop(key, None)
            if any(made):
                last = max(instruction.start_line for instruction in made if instruction)
                stages = [each for each in file.instructions if each.keyword == "FROM" and each.start_line <= last]
                found[manifest, ""] = _Brought.of(file, stages[-1])
        return found


class ImageCheckout:
    """Places the findings of one image; `layers` has the instruction of each, by manifest and layer.

    The empty layer stands for the image's configuration.
    """

    def __init__(
        self, checkout: Checkout, platforms: tuple[PlatformScan, ...], layers: "dict[tuple[str, str], _Brought]"
    ) -> None:
        """See `Checkout.image`."""
        self._checkout, self._layers = checkout, layers
        self._manifests = Manifests(platforms)
        self._seen: dict[tuple[Occurrence, ...], tuple[list[_Brought], _Brought | None]] = {}

    def locate(self, finding: Finding) -> SourceLocation | None:
        """The line of a lock file for packages of this repository, else the instruction that made the layer."""
        covering = self._checkout.covers(finding.ecosystem)
        if not self._layers and not covering:  # so it is for most images, and there may be 25,000 findings
            return None
        known, in_config = self._known(finding.occurrences)
        if covering and not any(brought.base for brought in known) and (line := _lock(finding, covering, known)):
            return line
        if known:
            return known[0].spot
        return in_config.spot if in_config and finding.kind is Kind.MISCONFIGURATION and not finding.path else None

    def _known(self, occurrences: tuple[Occurrence, ...]) -> "tuple[list[_Brought], _Brought | None]":
        """What brought it, and the stage that the image is of."""
        if not self._layers:
            return [], None
        found = self._seen.get(occurrences)
        if found is None:
            places = [
                (key, place.diff_id or place.layer) for place in occurrences for key in self._manifests.keys(place)
            ]
            brought = (self._layers.get(place) for place in places)
            stage = self._layers.get((places[0][0], "")) if places else None
            found = self._seen[occurrences] = [each for each in brought if each is not None], stage
        return found


def _lock(finding: Finding, covering: list[_File], known: "list[_Brought]") -> SourceLocation | None:
    if not finding.package or not finding.installed:
        return None
    pin = lockfiles.normal(finding.ecosystem, finding.package, finding.installed)
    naming = [file for file in covering if pin in file.pins]
    folders = {file.folder for file in naming}
    if len(folders) > 1:  # several projects in one repository: only the one that the Dockerfile stands in
        folders = {place.folder for place in known}
        naming = [file for file in naming if file.folder in folders]
        folders = {file.folder for file in naming}
    if len(folders) != 1:
        return None
    first = min(naming, key=lambda file: lockfiles.rank(file.name) or 0)
    return first.spot(first.pins[pin])


@dataclass(frozen=True)
class _Brought:
    """The instruction that made a layer; `base` when it is the base image's."""

    spot: SourceLocation
    folder: str
    base: bool

    @classmethod
    def of(cls, file: _File, made_by: dockerfile.Instruction) -> "_Brought":
        spot = SourceLocation(file.path, made_by.start_line, made_by.end_line, made_by.end_column)
        return cls(spot, file.folder, made_by.keyword == "FROM")


def _is_dockerfile(name: str) -> bool:
    low = name.lower()
    return low.startswith(("dockerfile", "containerfile")) or low.endswith((".dockerfile", ".containerfile"))


def _file(root: Path, place: Path) -> _File:
    path = PurePosixPath(place.relative_to(root).as_posix())
    return _File(str(path), str(path.parent), path.name, place)


def _chosen(root: Path, chosen: Path) -> _File:
    place = (root / chosen).resolve()
    try:
        file = _file(root.resolve(), place)
    except ValueError as exc:
        raise InputError(
            f"{one_line(str(chosen), 200)} is not in the repository",
            hint="GitHub shows results only at files of the repository; start gate in its checkout",
        ) from exc
    if not any(instruction.keyword == "FROM" for instruction in file.read_instructions()):
        raise InputError(
            f"{one_line(str(chosen), 200)} is not a Dockerfile: there is no FROM in it",
            hint="name the file that the image was built from",
        )
    return file


def _check_stage(target: str, files: list[_File]) -> None:
    names = dict.fromkeys(name for file in files for name in dockerfile.stage_names(file.instructions))
    if target.lower() not in names:
        raise InputError(
            f"no Dockerfile has the stage {one_line(target, 100)!r}",
            hint=f"there are {one_line(', '.join(names), 300)}" if names else "no stage of any has a name",
        )


def _walk(root: Path) -> Iterator[_File]:
    """Files worth a look, by path; links are not followed, and folders of installed packages are left out."""
    for visited, (folder, folders, names) in enumerate(os.walk(root)):
        depth = len(Path(folder).relative_to(root).parts)
        folders[:] = sorted(
            name for name in folders if depth < _DEEPEST and not name.startswith(".") and name not in _SKIPPED
        )
        for name in sorted(names):
            place = Path(folder, name)
            if (_is_dockerfile(name) or lockfiles.rank(name) is not None) and not place.is_symlink():
                yield _file(root, place)
        if visited >= _MOST_FOLDERS:
            return
