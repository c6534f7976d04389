"""Names of the files that SBOMs are written to."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from gate.model.findings import PlatformScan
from gate.model.verdict import Failure, Verdict, in_call_order

_KIND = len("sha256:")
_SHORT = _KIND + 12
_SUFFIXES = {"cyclonedx": ".cdx.json", "spdx-json": ".spdx.json"}


def files(path: Path, formats: Sequence[str]) -> list[Path]:
    """Return a file for each format: `path` for the first, the same name with another suffix for the second."""
    others = list(dict.fromkeys(formats))[1:]
    stem = path.name.removesuffix(".json").removesuffix(".cdx").removesuffix(".spdx")
    return [path, *(path.with_name(stem + _SUFFIXES[form]) for form in others)]


def places(path: Path, verdicts: Sequence[Verdict], failures: Sequence[Failure] = ()) -> list[dict[str, Path]]:
    """Return for each verdict the files of its platforms' SBOMs, by manifest digest; all are distinct.

    For one platform of one image it is `path`. Otherwise the number of the image in the call and the platform are put
    before the suffix, and the digest too where an image has several manifests of one platform.
    """
    images = in_call_order(verdicts, failures)
    numbers = [number for number, image in enumerate(images, 1) if isinstance(image, Verdict)]
    named = [_names(verdict.platforms) for verdict in verdicts]
    several = len(images) > 1 or sum(map(len, named)) > 1
    suffixes = "".join(path.suffixes[-2:])
    stem = path.name.removesuffix(suffixes)
    files_of_images = []
    for number, names in zip(numbers, named, strict=True):
        targets = {}
        for digest, name in names.items():
            marks = [f"{number}"] if len(images) > 1 else []
            marks += [name] if several else []
            targets[digest] = path.with_name(".".join([stem, *marks]) + suffixes) if marks else path
        files_of_images.append(targets)
    return files_of_images


def _names(platforms: Sequence[PlatformScan]) -> dict[str, str]:
    """Return a part of a file name for each manifest, by digest, distinct on any file system and without dots."""
    names: dict[str, str] = {}
    for scan in platforms:
        if scan.digest is not None:
            names.setdefault(scan.digest, re.sub(r"[^A-Za-z0-9_-]", "-", scan.platform))
    same = Counter(name.casefold() for name in names.values())
    short = len({digest[:_SHORT] for digest in names}) == len(names)
    return {
        digest: name if same[name.casefold()] == 1 else f"{name}-{(digest[:_SHORT] if short else digest)[_KIND:]}"
        for digest, name in names.items()
    }
