"""Write SARIF for GitHub code scanning, and say what GitHub will make of any SARIF file.

In: verdicts, and where the image's source is in the repository. Out: one SARIF 2.1.0 document with a run for each
image, within GitHub's limits (`limits`). Start at `render`; `runs`, `rules`, `results` and `locations` make the parts.
`check`, `split` and `diff` read SARIF files of any tool. This package is the only home of sarif_om.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gate.io.strict_json import dumps_line
from gate.model.location import SourceLocator
from gate.model.verdict import Failure, Verdict, in_call_order
from gate.output.sarif import limits
from gate.output.sarif.names import categories
from gate.output.sarif.runs import Source
from gate.output.sarif.truncate import fitted

_HEAD = {"$schema": limits.SCHEMA, "version": "2.1.0"}


@dataclass(frozen=True)
class Options:
    """Category and source locations of a document."""

    category: str = ""
    """The code scanning category; made from the image's name when empty."""
    platform_suffix: str = ""
    """Added to the category when only some platforms are scanned: their alerts must not close the others'."""
    places: SourceLocator | None = None
    """Knows the Dockerfile and the lock files; without it findings are shown at their path in the image."""
    source: Source = field(default_factory=Source)


@dataclass(frozen=True)
class Rendered:
    """A SARIF document, and messages on what GitHub will not show of the verdicts."""

    document: dict[str, Any]
    """As plain JSON types."""
    cut: tuple[str, ...] = ()


def category_names(images: Sequence[Verdict | Failure], options: Options) -> list[str]:
    """The category of each image of a call. It depends on all of them: no two are the same."""
    return categories([image.subject for image in images], options.category, options.platform_suffix)


def render(
    verdicts: Sequence[Verdict],
    options: Options,
    failures: Sequence[Failure] = (),
    names: Sequence[str] = (),
) -> Rendered:
    """One document with a run for each verdict, cut to what GitHub takes. The same verdicts give the same bytes.

    An image that failed has no run, since an empty one would close its alerts; the categories of the others are what
    they would be with it.
    `names` are the categories of the verdicts, where these are only some of the call's.
    """
    if not names:
        every = in_call_order(verdicts, failures)
        named = zip(every, category_names(every, options), strict=True)
        names = [name for image, name in named if isinstance(image, Verdict)]
    shown, names = verdicts[: limits.RUNS], names[: limits.RUNS]
    runs = fitted(list(zip(shown, names, strict=True)), options.places, options.source)
    cut = tuple(message for run in runs for message in run.cut)
    if len(verdicts) > len(shown):
        left = f"{len(verdicts) - len(shown)} of {len(verdicts)} images are left out of the SARIF file"
        reason = (
            f"GitHub refuses a file with more than {limits.RUNS} runs; write one file for each {limits.RUNS} images"
        )
        cut = (f"{left}: {reason}.", *cut)
    document: dict[str, Any] = {**_HEAD, "runs": [run.document for run in runs]}
    if len(verdicts) > len(shown):
        document["properties"] = {"cut": [cut[0]]}
    return Rendered(document, cut)


def to_bytes(document: dict[str, Any]) -> bytes:
    """The file as it is written: compact, in the order of the document."""
    return dumps_line(document)
