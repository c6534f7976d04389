"""Files of `gate verify -f`: read the images that they name, and write the verified digests back into them."""

from collections.abc import Sequence
from dataclasses import dataclass

from gate.cli import paths
from gate.cli.printing import advise, say, show, write
from gate.deploy import manifests
from gate.deploy.manifests import LARGEST, Deployment, Settled
from gate.errors import InputError
from gate.io import files
from gate.io.run_context import RunContext
from gate.model.verification import UnreadField, VerifyResult
from gate.pipeline.verify import Target
from gate.text import one_line

_STDIN = "standard input"
_SHOWN = 20
"""Maximum number of unread fields that are printed."""


@dataclass(frozen=True)
class DeploymentFile:
    """A file that names images, as it was read."""

    name: str
    text: bytes
    deployment: Deployment


def read(context: RunContext, name: str, settled: Settled) -> DeploymentFile:
    """Read a file that names images; `-` is standard input. Raises `InputError`."""
    text = files.read(paths.source(context, name), limit=LARGEST, what="the file")
    name = _STDIN if name == paths.STDOUT else name
    deployment = manifests.parse_manifests(text, name, settled)
    for note in deployment.notes:
        say(f"note: {one_line(note, 400)}")
    return DeploymentFile(name, text, deployment)


def unread_fields(deployment_files: Sequence[DeploymentFile]) -> tuple[UnreadField, ...]:
    """Return the fields that may name an image and could not be read."""
    return tuple(
        UnreadField(
            place=f"{one_line(file.name, 200)}:{unread.line}:{unread.column}",
            path=unread.path,
            kind=one_line(unread.kind, 200),
            field=unread.field,
            why=one_line(unread.why, 400),
            hint=unread.hint,
        )
        for file in deployment_files
        for unread in file.deployment.unread
    )


def targets(
    images: Sequence[str], deployment_files: Sequence[DeploymentFile], unread: Sequence[UnreadField]
) -> tuple[Target, ...]:
    """Return every image once, with all places that name it. Raises `InputError` when the files name none."""
    places: dict[str, list[str]] = {image: [] for image in images}
    for file in deployment_files:
        for named in file.deployment.images:
            places.setdefault(named.image, []).append(f"{one_line(file.name, 200)}:{named.line} ({named.path})")
    if not places and not unread:
        raise InputError("the files name no image", hint="check that the files are complete")
    return tuple(Target(image, tuple(where)) for image, where in places.items())


def pin(
    context: RunContext,
    deployment_files: Sequence[DeploymentFile],
    results: Sequence[VerifyResult],
    *,
    dry_run: bool = False,
) -> None:
    """Write the verified digests into the files, whatever the tags name by now: all files or none.

    With `dry_run` the changes are printed as a diff on standard error, and nothing is written.
    """
    # `NAME:TAG@DIGEST`: the tag stays for people.
    names = {result.image: f"{result.image.partition('@')[0]}@{result.digest}" for result in results}
    pinned = [(file, manifests.pin(file.text, file.deployment, names)) for file in deployment_files]
    outputs = {file.name: paths.output(context, file.name) for file in deployment_files if file.name != _STDIN}
    for file, text in pinned:
        if dry_run:
            show(_diff(file, text), err=True)
        elif file.name == _STDIN:
            write([text])
        elif text != file.text:
            files.write(outputs[file.name], text)
            say(f"pinned the images in {one_line(file.name, 200)}")
        else:
            say(f"the images in {one_line(file.name, 200)} are pinned already")


def _diff(file: DeploymentFile, new: bytes) -> str:
    """Return the change of a file like `diff -u`, safe to show."""
    import difflib

    before, after = (text.decode("utf-8", "replace").splitlines() for text in (file.text, new))
    name = one_line(file.name, 200)
    return "".join(f"{line}\n" for line in difflib.unified_diff(before, after, name, name, lineterm=""))


def explain_unread(unread: Sequence[UnreadField], deployment_files: Sequence[DeploymentFile]) -> None:
    """Print each unread field, and the lines for gate.yaml that say how to read it."""
    if not unread:
        return
    for field in unread[:_SHOWN]:
        say(f"error: {field.place}: {field.path}: {field.why}", fg="red")
        if field.hint:
            advise(field.hint)
    if len(unread) > _SHOWN:
        say(f"error: and {len(unread) - _SHOWN:,} more that cannot be read", fg="red")
    if lines := manifests.settling_lines(file.deployment for file in deployment_files):
        advise("say in gate.yaml which fields name images; keep one of the lines for each kind:")
        show("".join(f"{line}\n" for line in lines), err=True)
