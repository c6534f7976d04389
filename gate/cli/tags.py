"""`gate tags`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gate.cli import paths, requests
from gate.cli.declare import argument, command, file, flag, json_file, option, text
from gate.cli.options import PlainHttpOption, PolicyFileOption
from gate.cli.printing import say, show
from gate.errors import ExitCode, RegistryError, UsageError
from gate.io import files, strict_json
from gate.io.run_context import RunContext
from gate.text import one_line

if TYPE_CHECKING:
    from pathlib import Path

    from gate.maintenance.tags import Event
    from gate.model.image import ImageRef

_LARGEST = 16 << 20
"""Bytes of a list of tags."""


@dataclass(frozen=True)
class TagsOptions(PlainHttpOption, PolicyFileOption):
    """Options of `gate tags`."""

    image: str | None = argument("[IMAGE]", required=False)
    git_ref: str = text("--git-ref", metavar="REF", help="Git ref of the build: refs/heads/main. [default: the job's]")
    commit: str = text("--commit", metavar="SHA", help="Commit of the build. [default: the job's]")
    known_tags: str | None = file(
        "--known-tags", help="Existing tags, one a line, instead of asking the registry; - is standard input."
    )
    version_prefix: str | None = option(
        "--version-prefix",
        policy="tags.version_prefix",
        metavar="TEXT",
        help="Prefix of the version in Git tags: api/ for api/v1.0.0.",
    )
    github_output: bool = flag("--github-output", help="Set the outputs `tags` and `version` of this step.")
    json_file: str | None = json_file("the tags")


@command(
    TagsOptions,
    examples=["gate tags ghcr.io/owner/app", "gate tags ghcr.io/owner/app --git-ref refs/tags/v1.4.0 --json"],
)
def tags(options: TagsOptions) -> int:
    """Print the tags for an image built by this event, one a line; with IMAGE as references.

    A release is `latest` only when it is the newest: the registry is asked for the existing tags of IMAGE.
    """
    from gate.maintenance.tags import image_tags, read_event

    context = paths.here()
    paths.check_stdin(options.policy_file, options.known_tags)
    paths.check_output(context, options.json_file)
    image = _image(options.image) if options.image else None
    output_file = _github_output_file(context) if options.github_output else None
    rules = requests.loaded(context, options).policy.tags
    event = read_event(context, ref=options.git_ref, commit=options.commit)
    releases, why_unknown = _releases(context, image, event, rules.version_prefix, options)
    event_tags = image_tags(event, rules, releases)
    lines = [f"{image.name}:{tag}" if image else tag for tag in event_tags.tags]
    notes = [*why_unknown, *event_tags.notes]
    for note in notes:
        say(f"note: {one_line(note, 600)}")
    if output_file:
        _append_outputs(output_file, lines, version=event_tags.tags[0])
    if options.json_file:
        document = {"tags": event_tags.tags, "images": lines if image else [], "notes": notes}
        paths.put(context, options.json_file, [strict_json.dumps(document, indent=2)], json=True)
    if options.json_file != paths.STDOUT and not output_file:
        show("".join(f"{line}\n" for line in lines))
    return ExitCode.PASSED


def _image(text: str) -> "ImageRef":
    """Parse an image name without tag and digest. Raises `UsageError`."""
    from gate.model.image import ImageRef

    ref = ImageRef.parse(text)
    if ref.digest or ":" in text.rpartition("/")[2]:
        raise UsageError(f"{one_line(text, 200)} has a tag already", hint=f"name the image alone: {ref.name}")
    return ref


def _github_output_file(context: RunContext) -> "Path":
    """Return the file for outputs of this step of GitHub Actions. Raises `UsageError`."""
    file = context.env.get("GITHUB_OUTPUT", "")
    if not file:
        raise UsageError("there is no GITHUB_OUTPUT to write to", hint="it is there in a step of GitHub Actions")
    return context.cwd / file


def _releases(
    context: RunContext, image: "ImageRef | None", event: "Event", prefix: str, options: TagsOptions
) -> tuple[frozenset[tuple[int, int, int]] | None, Sequence[str]]:
    """Return the releases of the image, or None and why they are unknown. Only releases need them."""
    from gate.maintenance.tags import parse_version, released

    version = parse_version(event.name, prefix) if event.kind == "tag" else None
    if version is None or version.pre:
        return None, ()
    if options.known_tags:
        return released(_read_known_tags(context, options.known_tags), prefix), ()
    if image is None:
        return None, ()
    from gate.registry.access import Access
    from gate.registry.tags import tags as registry_tags

    try:
        access = Access(plain_http=options.plain_http, timeout=20, deadline=40)
        return released(registry_tags(image, context=context, access=access), prefix), ()
    except RegistryError as exc:
        return None, (exc.problem,)


def _read_known_tags(context: RunContext, file: str) -> list[str]:
    """Read tags from a file, the last word of each line, as `git tag` and `git ls-remote --tags` print them."""
    data = files.read(paths.source(context, file), limit=_LARGEST, what="the list of tags")
    lines = (line.split() for line in data.decode("utf-8", "replace").splitlines())
    return [words[-1].removeprefix("refs/tags/").removesuffix("^{}") for words in lines if words]


def _append_outputs(file: "Path", lines: Sequence[str], *, version: str) -> None:
    """Add `tags` and `version` to the outputs of the step. Raises `InputError`.

    The mark that ends a value is random, so that no tag can contain it.
    """
    import secrets

    mark = f"gate_{secrets.token_hex(16)}"
    text = "\n".join([f"tags<<{mark}", *lines, mark, f"version={version}", ""])
    with files.input_errors("the outputs of this step cannot be written", files.NOT_WRITTEN):
        files.append(file, text.encode())  # half of an output would swallow that of the next step
