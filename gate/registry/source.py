"""Where an image comes from, whichever place that is."""

from collections.abc import Callable, Iterable
from typing import Protocol

from gate.model.image import Layer
from gate.registry.local_files import Files
from gate.registry.local_names import LocalTarget
from gate.registry.manifests import Descriptor, Document

Sink = Callable[[Iterable[bytes]], None]


class Source(Protocol):
    """One image in a registry, a layout or an archive; used from several threads."""

    @property
    def name(self) -> str:
        """What people call it, without tag and digest."""
        ...

    @property
    def tag(self) -> str | None:
        """The tag that was asked for."""
        ...

    @property
    def local(self) -> bool:
        """Whether it is on this machine, outside any registry."""
        ...

    @property
    def references(self) -> tuple[str, ...]:
        """Full references that a local image brings along, once `top` was read; unproven."""
        ...

    def top(self) -> Document:
        """Fetch what was named: a manifest or an index."""
        ...

    def manifest(self, descriptor: Descriptor) -> Document:
        """Fetch one that an index names, and check it against its digest."""
        ...

    def config(self, descriptor: Descriptor) -> bytes:
        """Fetch a configuration; one of a local image is not yet checked."""
        ...

    def layer(self, layer: Layer, sink: Sink) -> None:
        """Open a layer and hand its bytes, not yet checked, to `sink`; again if the connection breaks."""
        ...


class LocalSource:
    """What the sources of layouts and archives have in common."""

    local = True

    def __init__(self, files: Files, target: LocalTarget) -> None:
        """Nothing is read yet."""
        self._files = files
        self._target = target
        self.name = target.name
        self.tag = target.tag
        self.references: tuple[str, ...] = ()
