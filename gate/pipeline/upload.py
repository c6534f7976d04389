"""Upload SARIF files to GitHub code scanning: check all, send them, and wait until each is processed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from gate.errors import InputError, RegistryError
from gate.github import api
from gate.github.target import Target
from gate.github.upload import Delivery, Processed, processed, send
from gate.io.deadline import Deadline
from gate.io.run_context import RunContext
from gate.output.sarif.split import Part, parts
from gate.text import one_line

WAIT = 900.0
"""Seconds to wait for GitHub to process a file: most take a minute."""


@dataclass(frozen=True)
class Ready:
    """A SARIF file, or a part of one that was split, ready to send."""

    name: str
    part: Part


@dataclass(frozen=True)
class Outcome:
    """Result of an upload. Texts are safe to show."""

    ready: Ready
    made: Processed = field(default_factory=Processed)
    problem: str = ""
    """Why it is unknown whether GitHub processed the file."""
    hint: str = ""

    @property
    def good(self) -> bool:
        """Whether GitHub processed the whole file without errors."""
        return not self.problem and not self.made.errors


def prepare(files: Sequence[tuple[str, bytes]]) -> list[Ready]:
    """Split and check the files, each a name and its bytes. Raises `InputError` for files that GitHub would reject."""
    ready: list[Ready] = []
    for name, data in files:
        shown = one_line(name, 200)
        try:
            found = parts(data)
        except InputError as exc:
            raise InputError(f"{shown}: {exc.problem}", hint=exc.hint) from exc
        for place, part in enumerate(found, 1):
            ready.append(Ready(f"{shown} ({place} of {len(found)})" if len(found) > 1 else shown, part))
    seen: dict[tuple[str, str], str] = {}
    for one in ready:
        for key in one.part.keys:
            if key in seen:
                tool, category = (one_line(text, 100) for text in key)
                raise InputError(
                    f"{one.name} would replace {seen[key]} on GitHub: both have results of {tool} in the category "
                    f"{category or 'without a name'}",
                    hint="give each run an `automationDetails.id` of its own, ending in `/` (`gate scan --category`)",
                )
        seen |= dict.fromkeys(one.part.keys, one.name)
    return ready


def upload(
    ready: Sequence[Ready], target: Target, context: RunContext, *, checkout: Path, wait: float
) -> Iterator[Outcome]:
    """Send all files, then yield each result; `wait` seconds for the sending, and for the processing of each file.

    Sending stops at the first error. Raises `UsageError` before anything is sent.
    """
    root = checkout.absolute().as_uri().rstrip("/") + "/"
    context = replace(context, deadline=Deadline.after(wait * (len(ready) + 1), "`gate upload --wait`"))
    with api.Api(context, api.token(context), deadline=context.deadline.seconds) as github:
        sent: list[str] = []
        failed: RegistryError | None = None
        for one in ready:
            try:
                delivery = Delivery(one.part.packed, one.part.tool, one.part.keys, context.now, root)
                sent.append(send(github, target, delivery, wait=wait))
            except RegistryError as exc:
                failed = exc
                break
        for one, sarif_id in zip(ready, sent, strict=False):
            try:
                yield Outcome(one, processed(github, target, sarif_id, wait=wait))
            except RegistryError as exc:
                yield Outcome(one, problem=exc.problem, hint=exc.hint)
        if failed:
            left = ready[len(sent) :]
            yield Outcome(left[0], problem=failed.problem, hint=failed.hint)
            for one in left[1:]:
                yield Outcome(one, problem="not sent, because the one before it could not be")


def check(context: RunContext) -> None:
    """Raise `UsageError` when the token is missing or the API URL is invalid."""
    api.token(context)
    api.base(context)
