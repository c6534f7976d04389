"""Image references as typed (`ImageRef`), and images pinned by digest (`PinnedImage`), which all else works on.

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
    """Base of immutable models that refuse unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class ImageRef(Frozen):
    """An image reference as typed, with Docker's defaults; it may have both tag and digest."""

    registry: str
    repository: str
    tag: str | None = None
    digest: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a reference the way Docker does. Raises `UsageError`."""
        shown = one_line(text, 120)
        problem = f"not an image reference: {shown!r}"
        if not text or text != text.strip() or not text.isprintable() or not text.isascii() or " " in text:
            hint = "a reference is like ghcr.io/owner/app:tag, without spaces or control characters"
            raise UsageError(problem, hint=hint)
        if text.startswith("-"):
            raise UsageError(problem, hint="it starts like an option; put options before images")
        if "://" in text:
            raise UsageError(problem, hint=f"leave the scheme out: {shown.split('://', 1)[1]}")
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
        tag = tag if tag or digest else "latest"
        return cls(registry=registry, repository=repository, tag=tag, digest=digest or None)

    @property
    def name(self) -> str:
        """`registry/repository`, without tag and digest."""
        return f"{self.registry}/{self.repository}"

    def __str__(self) -> str:
        """The canonical form, with all defaults."""
        return self.name + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")


def is_tag(text: str) -> bool:
    """Whether an image may have this tag."""
    return _TAG.fullmatch(text) is not None


def is_digest(text: object) -> bool:
    """Whether `text` is a SHA-256 digest (`sha256:…`)."""
    return isinstance(text, str) and _DIGEST.fullmatch(text) is not None


def looks_like_path(text: str) -> bool:
    """Whether the text looks like the path of a file rather than an image, which would be looked up on Docker Hub."""
    if text.startswith(("./", "../", "/", "~")):
        return True
    return not names_registry(text) and text.endswith((".json", ".sarif", ".tar", ".tar.gz", ".tgz"))


def names_registry(text: str) -> bool:
    """Whether a reference begins with a registry: `ghcr.io/owner/app` does, `app` and `owner/app` do not."""
    first, slash, _ = text.partition("/")
    return bool(slash) and _is_host(first)


def _split_tag(name: str) -> tuple[str, str | None]:
    head, colon, last = name.rpartition(":")
    if colon and "/" not in last:
        return head, last
    return name, None


def _is_host(first: str) -> bool:
    # Docker also takes an upper-case first part for a host. That would turn the most common mistake, an owner's name in
    # the upper case that GitHub shows, into a registry that does not exist.
    return "." in first or ":" in first or first == "localhost"


def _split_registry(name: str) -> tuple[str, str]:
    first, slash, rest = name.partition("/")
    if slash and _is_host(first):
        host = DOCKER_HUB if first in {"index.docker.io", "registry-1.docker.io"} else first.lower()
        return host, f"library/{rest}" if host == DOCKER_HUB and "/" not in rest else rest
    return DOCKER_HUB, name if slash else f"library/{name}"


def _check_name(registry: str, repository: str, rest: str) -> None:
    """Raise `UsageError` for an invalid name; `rest` is the tag and digest after it."""
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
            hint = "a platform is like linux/amd64 or linux/arm/v7"
            raise UsageError(f"not a platform: {one_line(text, 100)!r}", hint=hint)
        return cls(os=parts[0], architecture=parts[1], variant=parts[2] if len(parts) == 3 else None)  # noqa: PLR2004 os, architecture, variant

    def covers(self, other: Self) -> bool:
        """Whether `other` satisfies a request for this platform: arm64 and arm64/v8 are the same."""
        mine, theirs = self._normal(), other._normal()
        return mine[:2] == theirs[:2] and (self.variant is None or mine[2] == theirs[2])

    def _normal(self) -> tuple[str, str, str]:
        default = {"arm64": "v8", "arm": "v7"}.get(self.architecture, "")
        return self.os, self.architecture, self.variant or default

    def __str__(self) -> str:
        """`linux/amd64`, `linux/arm/v7`."""
        return f"{self.os}/{self.architecture}" + (f"/{self.variant}" if self.variant else "")


class Layer(Frozen):
    """One layer: `digest` and `size` (bytes) of the compressed blob, `diff_id` of the unpacked tar."""

    digest: Digest
    size: int
    diff_id: Digest
    media_type: str = ""
    created_by: str = ""
    """History entry that made it (a Dockerfile instruction), safe to show; empty when it is unknown."""


class PlatformImage(Frozen):
    """One platform's manifest, with everything in it checked against its digest."""

    platform: Platform
    digest: Digest
    """Digest of the manifest."""
    config_digest: Digest
    """Digest of the image configuration: Docker's image ID."""
    layers: tuple[Layer, ...] = ()
    size: int
    """Compressed size in bytes: manifest, configuration and layers."""
    created: str = ""


class PinnedImage(Frozen):
    """An image pinned by its digest: the only kind that is scanned, judged or signed.

    `name` is `ghcr.io/owner/app`, or the path of a layout or archive; `digest` is that of the index, or of the manifest
    of an image without one.
    """

    name: str
    tag: str | None = None
    digest: Digest
    is_index: bool = False
    local: bool = False
    """Whether it is from a layout or an archive, and so cannot be signed."""
    platforms: tuple[PlatformImage, ...] = ()
    references: tuple[str, ...] = ()
    """References in the annotations of a layout or the tags of an archive (`ghcr.io/owner/app:1.2`); not verified."""

    def __str__(self) -> str:
        """`registry/repository@sha256:…`."""
        return f"{self.name}@{self.digest}"
