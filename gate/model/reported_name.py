"""Name of an image that is in no registry yet: what SARIF categories and paths call a layout or an archive.

It comes from `--name` or from the layout itself, and proves nothing: signatures, evidence, VEX and the choice of what
is scanned never use it.
"""

from collections.abc import Iterable

from gate.errors import UsageError
from gate.model.image import ImageRef, looks_like_path
from gate.text import one_line

_LONGEST = 512
_LISTED = 3
_HINT = "name an image without a digest: --name ghcr.io/owner/app"


def parse_name(text: str) -> str:
    """Read `--name`: `registry/repository`, with the tag if one was typed. Raises `UsageError`."""
    if text.startswith(("oci:", "oci-archive:", "docker-archive:")) or looks_like_path(text):
        raise UsageError(f"--name is an image in a registry, not {one_line(text, 200)!r}", hint=_HINT)
    ref = ImageRef.parse(text)
    if ref.digest:
        raise UsageError(f"--name takes no digest: {one_line(text, 200)!r}", hint=_HINT)
    return _with_typed_tag(ref, text)


def check_name(name: str, repositories: Iterable[str], *, any_local: bool) -> None:
    """Refuse a name for images that have one. Raises `UsageError`.

    `repositories` are the names of the images in registries; `any_local` says whether there are others.
    """
    others = sorted(set(repositories) - {repository_of(name)})
    if name and others and not any_local:
        raise UsageError(
            f"--name is for a layout or an archive, and {one_line(others[0], 200)} has its name",
            hint="leave --name out; --category chooses another category",
        )


def full_references(texts: Iterable[str]) -> tuple[str, ...]:
    """Those texts that name an image with its registry, in canonical form.

    `1.2`, `app:1` and podman's `localhost/app` name no registry, so they do not say which image it is.
    """
    found: dict[str, None] = {}
    for text in texts:
        host, slash, _ = text[:_LONGEST].partition("/")
        if len(text) > _LONGEST or not slash or not ("." in host or ":" in host):
            continue
        try:
            ref = ImageRef.parse(text)
        except UsageError:
            continue
        found[_with_typed_tag(ref, text)] = None
    return tuple(found)


def chosen_name(references: Iterable[str]) -> tuple[str, str]:
    """The name among the full references that an image brings along, and a notice that it is used, or why not.

    Both are empty when there is no reference. References of several repositories choose none.
    """
    names = sorted(set(references))
    repositories = sorted({repository_of(name) for name in names})
    if not names:
        return "", ""
    if len(repositories) > 1:
        listed = ", ".join(one_line(name, 100) for name in repositories[:_LISTED])
        return "", f"the image names itself in several ways ({listed}), so SARIF uses none of them: choose with --name"
    name = names[0] if len(names) == 1 else repositories[0]
    return name, f"SARIF calls this image {one_line(name, 300)}, as its own annotation does, unproven: --name overrides"


def image_name(name: str, reported_as: str, *, local: bool) -> str:
    """What stands for an image in SARIF and in ids: `ghcr.io/owner/app`, never its tag or digest.

    A layout or archive that is not reported under a name goes by the last part of its path only: where it lies on a
    disk says nothing of the image.
    """
    if not local:
        return name
    return repository_of(reported_as) or name.replace("\\", "/").rstrip("/").rpartition("/")[2]


def repository_of(name: str) -> str:
    """`registry/repository` of a reference that may have a tag."""
    head, colon, last = name.rpartition(":")
    return head if colon and "/" not in last else name


def tag_of(name: str) -> str:
    """The tag of a reference; empty when it has none."""
    return name.removeprefix(repository_of(name)).removeprefix(":")


def _with_typed_tag(ref: ImageRef, text: str) -> str:
    typed = text.partition("@")[0].rpartition(":")[2] == ref.tag
    return f"{ref.name}:{ref.tag}" if typed else ref.name
