"""Which files the bills of materials of a call go to."""

from collections.abc import Iterable, Sequence
from pathlib import Path

_SUFFIXES = {"cyclonedx": ".cdx.json", "spdx-json": ".spdx.json"}


def files(path: Path, formats: Sequence[str]) -> list[Path]:
    """A file for each format: the first goes to the one that was named, another beside it with its own suffix."""
    others = list(dict.fromkeys(formats))[1:]
    return [path, *(path.with_name(_stem(path) + _SUFFIXES[form]) for form in others)]


def places(path: Path, images: Sequence[Iterable[str]]) -> list[dict[str, Path]]:
    """Where the SBOM of each image's platforms goes.

    One file when there is one platform; otherwise the platform, and the image, stand before the suffix.
    """
    named = [list(platforms) for platforms in images]
    several = sum(map(len, named)) > 1
    suffixes = "".join(path.suffixes[-2:])
    stem = path.name.removesuffix(suffixes)
    found = []
    for place, platforms in enumerate(named, 1):
        targets = {}
        for platform in platforms:
            marks = [f"{place}"] if len(named) > 1 else []
            marks += [platform.replace("/", "-")] if several else []
            targets[platform] = path.with_name(".".join([stem, *marks]) + suffixes) if marks else path
        found.append(targets)
    return found


def _stem(path: Path) -> str:
    """The name of an SBOM without `.json` and what says its format."""
    return path.name.removesuffix(".json").removesuffix(".cdx").removesuffix(".spdx")
