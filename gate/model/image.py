"""Names of images: what a person types (`ImageRef`), and what everything after works on (`PinnedImage`).

Reference grammar: github.com/distribution/reference (regexp.go, normalize.go). Descriptors, manifests and
platforms: OCI image-spec v1.1 (descriptor.md, image-index.md).
"""

import re
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, StringConstraints

from gate.errors import UsageError
from gate.text import is_digits, one_line

DOCKER_HUB = "docker.io"
Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_PART = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")
_REGISTRY = re.compile(
    r"(?:(?:[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9])(?:\.(?:[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9]))*"
    r"|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?"
)
_PORTS = 65535
_LONGEST = 255  # repository name with its registry: distribution/reference NameTotalLengthMax


class Frozen(BaseModel):
    """A value: never changed, and no unknown field is let in unseen."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class ImageRef(Frozen):
    """An image as it was typed, with Docker's defaults filled in; `tag` and `digest` may both be there."""

    registry: str
    repository: str
    tag: str | None = None
    digest: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a reference the way Docker does. Raises `UsageError` with the mend in its hint."""
        shown = one_line(text, 120)
        if not text or text != text.strip() or not text.isprintable() or not text.isascii() or " " in text:
            raise UsageError(
                f"not an image reference: {shown!r}",
                hint="a reference is like ghcr.io/owner/app:tag, without spaces or control characters",
            )
        if text.startswith("-"):
            raise UsageError(
                f"not an image reference: {shown!r}",
                hint="it starts like an option; put options before images",
            )
        if "://" in text:
            raise UsageError(
                f"not an image reference: {shown!r}", hint=f"leave the scheme out: {shown.split('://', 1)[1]}"
            )
        name, at, digest = text.partition("@")
        if at and not _DIGEST.fullmatch(digest):
            raise UsageError(
                f"not a digest: {one_line(digest, 100)!r}",
                hint="a digest is sha256: and 64 lower-case hexadecimal digits",
            )
        name, tag = _split_tag(name)
        if tag is not None and not _TAG.fullmatch(tag):
            raise UsageError(
                f"not a tag: {one_line(tag, 140)!r}",
                hint="a tag has at most 128 letters, digits, '_', '.', '-', and starts with none of '.-'",
            )
        registry, repository = _split_registry(name)
        _check_name(registry, repository, text[len(name) :])
        return cls(
            registry=registry,
            repository=repository,
            tag=tag if tag or digest else "latest",
            digest=digest or None,
        )

    @property
    def name(self) -> str:
        """`registry/repository`, without tag and digest."""
        return f"{self.registry}/{self.repository}"

    def __str__(self) -> str:
        """The canonical form, every default spelled out."""
        return self.name + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")


def is_tag(text: str) -> bool:
    """Whether an image may have this tag."""
    return _TAG.fullmatch(text) is not None


def is_digest(text: object) -> bool:
    """Whether `text` is a digest of the one kind that we know."""
    return isinstance(text, str) and _DIGEST.fullmatch(text) is not None


def looks_like_path(text: str) -> bool:
    """Whether it is no image's name but a file's: from Docker Hub such a name would be asked for in vain, or worse."""
    if text.startswith(("./", "../", "/", "~")):
        return True
    first, slash, _ = text.partition("/")
    return not (slash and _is_host(first)) and text.endswith((".json", ".sarif", ".tar", ".tar.gz", ".tgz"))


def _split_tag(name: str) -> tuple[str, str | None]:
    head, colon, last = name.rpartition(":")
    if colon and "/" not in last:
        return head, last
    return name, None


def _is_host(first: str) -> bool:
    # Docker also takes an upper-case first part for a host; that hides the commonest slip, an owner's
    # name as GitHub shows it, behind a registry that does not exist.
    return "." in first or ":" in first or first == "localhost"


def _split_registry(name: str) -> tuple[str, str]:
    first, slash, rest = name.partition("/")
    if slash and _is_host(first):
        host = DOCKER_HUB if first in {"index.docker.io", "registry-1.docker.io"} else first.lower()
        return host, f"library/{rest}" if host == DOCKER_HUB and "/" not in rest else rest
    return DOCKER_HUB, name if slash else f"library/{name}"


def _check_name(registry: str, repository: str, rest: str) -> None:
    """Raise `UsageError` for what is no name; `rest` is the tag and digest that were typed after it."""
    shown = one_line(f"{registry}/{repository}", 140)
    if not _REGISTRY.fullmatch(registry):
        raise UsageError(
            f"not a registry: {one_line(registry, 100)!r}",
            hint="a registry is a host name, with a port where needed: ghcr.io, localhost:5000",
        )
    port = registry.rpartition(":")[2] if not registry.endswith("]") else ""
    if is_digits(port) and not 1 <= int(port) <= _PORTS:
        raise UsageError(
            f"not a port: {port}, in {one_line(registry, 100)!r}", hint=f"a port is a number from 1 to {_PORTS}"
        )
    if len(registry) + 1 + len(repository) > _LONGEST:
        raise UsageError(
            f"image name is too long: {shown!r}",
            hint=f"registry and repository together have at most {_LONGEST} characters",
        )
    if all(_PART.fullmatch(part) for part in repository.split("/")):
        return
    lower = repository.lower()
    if lower != repository and all(_PART.fullmatch(part) for part in lower.split("/")):
        raise UsageError(f"image names are lower case: {shown!r}", hint=f"write {registry}/{lower}{rest}")
    raise UsageError(
        f"not an image name: {shown!r}",
        hint="a name has lower-case letters and digits, with '.', '_', '-' between them and '/' between its parts",
    )


class Platform(Frozen):
    """What a manifest runs on, as the OCI image index names it."""

    os: str
    architecture: str
    variant: str | None = None
    os_version: str = ""
    """`os.version`, which Windows images have; not part of the platform's name."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `os/architecture[/variant]`. Raises `UsageError`."""
        parts = text.split("/")
        if len(parts) not in {2, 3} or not all(re.fullmatch(r"[A-Za-z0-9._-]+", part) for part in parts):
            raise UsageError(
                f"not a platform: {one_line(text, 100)!r}",
                hint="a platform is like linux/amd64 or linux/arm/v7",
            )
        return cls(os=parts[0], architecture=parts[1], variant=parts[2] if len(parts) == 3 else None)  # noqa: PLR2004 os, architecture, variant

    def covers(self, other: Self) -> bool:
        """Whether asking for this one may be answered by `other`: arm64 and arm64/v8 are the same machine."""
        mine, theirs = self._normal(), other._normal()
        return mine[:2] == theirs[:2] and (self.variant is None or mine[2] == theirs[2])

    def _normal(self) -> tuple[str, str, str]:
        default = {"arm64": "v8", "arm": "v7"}.get(self.architecture, "")
        return self.os, self.architecture, self.variant or default

    def __str__(self) -> str:
        """`linux/amd64`, `linux/arm/v7`."""
        return f"{self.os}/{self.architecture}" + (f"/{self.variant}" if self.variant else "")


class Layer(Frozen):
    """One layer of a platform's image: `digest` and `size` (bytes) as on the wire, `diff_id` of the unpacked tar."""

    digest: Digest
    size: int
    diff_id: Digest
    media_type: str = ""
    created_by: str = ""
    """The history entry that made it (a Dockerfile instruction), made safe to show; empty when unknown."""


class PlatformImage(Frozen):
    """One platform's manifest, with everything in it checked against its digest."""

    platform: Platform
    digest: Digest
    """Of the manifest."""
    config_digest: Digest
    """Of the image configuration: what Docker calls the image ID."""
    layers: tuple[Layer, ...] = ()
    size: int
    """Bytes on the wire: manifest, configuration and layers."""
    created: str = ""


class PinnedImage(Frozen):
    """An image named by its digest: the only kind that is scanned, judged or signed.

    `name` is what people call it (`ghcr.io/owner/app`, or the path of a layout or archive); `digest` is that of
    the index when there is one, of the manifest otherwise.
    """

    name: str
    tag: str | None = None
    digest: Digest
    is_index: bool = False
    local: bool = False
    """From a layout or an archive: it has no registry, and cannot be signed there."""
    platforms: tuple[PlatformImage, ...] = ()
    references: tuple[str, ...] = ()
    """Full references in the annotations of a layout or the tags of an archive: `ghcr.io/owner/app:1.2`; unproven."""

    def __str__(self) -> str:
        """`registry/repository@sha256:…`."""
        return f"{self.name}@{self.digest}"
