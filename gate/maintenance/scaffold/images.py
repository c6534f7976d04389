"""The images that a repository builds: Dockerfile, build context and name of each."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from gate.errors import UsageError
from gate.maintenance.scaffold.checkout import GITHUB, Checkout
from gate.model.image import ImageRef
from gate.text import one_line

_PATH = re.compile(r"[A-Za-z0-9._/-]{1,300}")
_SIDES = re.compile(r"(?:(.+)\.)?(?:Dockerfile|Containerfile)(?:\.(.+))?")


@dataclass(frozen=True)
class Image:
    """An image that is built."""

    label: str
    """Short name that differs from those of the other images: `api`."""
    dockerfile: str
    """Path from the top of the checkout."""
    context: str
    """Build context, a folder; `.` is the top of the checkout."""
    name: str
    """Reference without a tag: `ghcr.io/owner/app`."""

    @property
    def registry(self) -> str:
        """Host of the registry."""
        return ImageRef.parse(self.name).registry


def images(
    checkout: Checkout, dockerfiles: Sequence[str], contexts: Sequence[str], names: Sequence[str]
) -> tuple[Image, ...]:
    """The image of each Dockerfile, with the context and the name at the same place, if there are any.

    Raises `UsageError`.
    """
    for option, values in (("--context", contexts), ("--image", names)):
        if values and len(values) != len(dockerfiles):
            raise UsageError(
                f"{option} was given {len(values)} times, and there are {len(dockerfiles)} Dockerfiles",
                hint=f"give {option} once for each --dockerfile, in the same order, or not at all",
            )
    files = [inside(one, "--dockerfile") for one in dockerfiles]
    folders = [inside(one, "--context") for one in contexts] or [_folder(one) for one in files]
    labels = [_label(one) for one in files]
    if not names:
        names = [_name(checkout, label if len(files) > 1 else "") for label in labels]
    names = [_image_name(one) for one in names]
    for what, values in (("the name", names), ("the label", labels)):
        if twice := next((one for one in values if values.count(one) > 1), ""):
            raise UsageError(f"two images get {what} {one_line(twice, 200)}", hint="name each of them: --image NAME")
    if len({ImageRef.parse(name).registry for name in names}) > 1:
        raise UsageError("the images are in different registries", hint="one workflow logs in to one registry")
    return tuple(Image(*one) for one in zip(labels, files, folders, names, strict=True))


def inside(path: str, option: str) -> str:
    """A path in the checkout, from its top. Raises `UsageError`."""
    plain = PurePosixPath(path)
    if not _PATH.fullmatch(path) or plain.is_absolute() or ".." in plain.parts or path.startswith("-"):
        raise UsageError(
            f"not a path that can be written into a workflow: {one_line(path, 200)!r}",
            hint=f"{option} is a path from the top of the checkout, of letters, digits and ._-/",
        )
    return str(plain)


def _folder(dockerfile: str) -> str:
    return str(PurePosixPath(dockerfile).parent)


def _label(dockerfile: str) -> str:
    """`services/api/Dockerfile` is `services-api`, `web.Dockerfile` and `Dockerfile.web` are `web`."""
    path = PurePosixPath(dockerfile)
    sides = _SIDES.fullmatch(path.name)
    words = [*path.parent.parts, *(one for one in (sides.groups() if sides else (path.name,)) if one)]
    return re.sub(r"[^a-z0-9]+", "-", "-".join(words).lower()).strip("-") or "app"


def default_registry(checkout: Checkout) -> str:
    """The registry that comes with the repository; empty when there is none."""
    match checkout.ci:
        case "github":
            return "ghcr.io" if checkout.host == GITHUB else f"containers.{checkout.host}"
        case "gitlab":
            return f"registry.{checkout.host}"
        case "forgejo":
            return checkout.host
    return ""


def _name(checkout: Checkout, suffix: str) -> str:
    registry = default_registry(checkout)
    if not registry:
        raise UsageError("the name of the image is unknown", hint="name it: --image REGISTRY/NAME")
    return f"{registry}/{checkout.repository.lower()}" + (f"-{suffix}" if suffix else "")


def _image_name(text: str) -> str:
    ref = ImageRef.parse(text)
    if ref.digest or ":" in text.rpartition("/")[2]:
        raise UsageError(f"{one_line(text, 200)} has a tag", hint=f"name the image alone: {ref.name}")
    return ref.name
