"""Measure the layers of an image: files, wasted space, files hidden by later layers, installed packages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import Field

from gate.io.redact import masked
from gate.model.image import Layer, PlatformImage
from gate.model.inspection import LayerFacts, PackageFacts, WastedSpace
from gate.registry.documents import Wire, members, validated
from gate.registry.oci_layout import digest_of
from gate.registry.package_sizes import DATABASES, LARGEST, heaviest, is_apart, together
from gate.registry.tar_entries import Entry, TarError, entries
from gate.registry.wasted_space import is_tool, kind_of
from gate.text import one_line

_ENTRIES = 500_000
"""Files of one image: their names are held in memory. The largest images seen have a quarter of it."""
_LABELS = 1000
_OPAQUE = ".wh..wh..opq"
_TOOLS = 20


@dataclass(frozen=True)
class Contents:
    """The layers of an image and their contents."""

    layers: tuple[LayerFacts, ...]
    labels: Mapping[str, str]
    """Labels with masked values, as in the history."""
    packages: tuple[PackageFacts, ...]
    tools: tuple[str, ...]
    unread: str = ""
    """Why not all layers were read; empty when all were."""


@dataclass
class _Above:
    """The paths of the layers above the current one; they hide equal paths below."""

    paths: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    """Deleted files and folders (with their content)."""
    emptied: set[str] = field(default_factory=set)
    """Opaque folders: only their content below is deleted."""
    left: int = _ENTRIES
    unread: int = LARGEST
    """Bytes of per-package status files that may still be read: there may be as many as entries."""

    def hides(self, name: str) -> bool:
        if name in self.paths or name in self.deleted:
            return True
        parts = name.split("/")
        folders = ("/".join(parts[:end]) for end in range(len(parts)))
        return any(folder in self.emptied or folder in self.deleted for folder in folders)


class _Inner(Wire):
    labels: dict[str, str] | None = Field(None, alias="Labels")


class _Labelled(Wire):
    config: _Inner | None = None


def contents(layout: Path, image: PlatformImage) -> Contents:
    """Read the layers of the layout that `acquire` wrote for `image`, from the uppermost down.

    Raises `RegistryError` when its configuration is malformed. `unread` names a layer whose tar cannot be read.
    """
    blobs = layout / "blobs" / "sha256"
    above, facts, unread = _Above(), [], ""
    tools: list[str] = []
    packages: tuple[PackageFacts, ...] = ()
    apart: tuple[PackageFacts, ...] = ()
    for layer in reversed(image.layers):
        path = blobs / layer.diff_id.removeprefix("sha256:")
        if not path.exists():
            facts.append(_plain(layer, None))
            unread = unread or "a layer is too large to be read"
            continue
        look = _Look(layer, path)
        try:
            look.into(above, tools)
        except TarError as exc:
            unread = unread or f"the layer {layer.digest[:19]} cannot be read completely: {exc}"
        packages = packages or look.packages
        apart = together((*apart, *look.apart))
        facts.append(look.facts())
    raw = (blobs / image.config_digest.removeprefix("sha256:")).read_bytes()
    labels = _labels(raw)
    if len(labels) > _LABELS:
        unread = unread or f"it has {len(labels):,} labels, of which the first {_LABELS:,} are shown"
    shown = _shown(dict(list(labels.items())[:_LABELS]))
    return Contents(tuple(reversed(facts)), shown, together((*packages, *apart)), tuple(tools[:_TOOLS]), unread)


class _Look:
    """Reads one layer."""

    def __init__(self, layer: Layer, path: Path) -> None:
        self._layer, self._path = layer, path
        self._files = self._gone = 0
        self._wasted: dict[str, tuple[int, str]] = {}
        self.packages: tuple[PackageFacts, ...] = ()
        """From the database of all packages."""
        self.apart: tuple[PackageFacts, ...] = ()
        """From status files of one package each, which several layers may add."""

    def into(self, above: _Above, tools: list[str]) -> None:
        paths, deleted, emptied = set(), set(), set()
        try:
            for entry in entries(self._path, above.left):
                above.left -= 1
                folder, _, last = entry.name.rpartition("/")
                if last == _OPAQUE:
                    emptied.add(folder)
                elif last.startswith(".wh."):
                    deleted.add(f"{folder}/{last[4:]}".lstrip("/"))
                elif entry.is_file:
                    paths.add(entry.name)
                    hidden = above.hides(entry.name)
                    self._take(entry, tools, hidden=hidden)
                    if not hidden:
                        self._read_packages(entry, above)
        finally:
            above.paths |= paths
            above.deleted |= deleted
            above.emptied |= emptied

    def _take(self, entry: Entry, tools: list[str], *, hidden: bool) -> None:
        self._files += 1
        if kind := kind_of(entry.name):
            total, first = self._wasted.get(kind, (0, entry.name))
            self._wasted[kind] = total + entry.size, first
        if hidden:
            self._gone += entry.size
            return
        if is_tool(entry.name):
            tools.append(f"/{one_line(entry.name, 100)}")

    def _read_packages(self, entry: Entry, above: _Above) -> None:
        if entry.name in DATABASES and entry.size <= LARGEST:
            self.packages = heaviest(self._read(entry))
        elif is_apart(entry.name):
            above.unread -= entry.size
            if above.unread < 0:
                raise TarError("its package status files are too large")
            self.apart = together((*self.apart, *heaviest(self._read(entry), apart=True)))

    def _read(self, entry: Entry) -> bytes:
        with self._path.open("rb") as file:
            file.seek(entry.place)
            return file.read(entry.size)

    def facts(self) -> LayerFacts:
        found = (
            WastedSpace(kind=kind, bytes=size, path=f"/{one_line(path, 200)}")
            for kind, (size, path) in self._wasted.items()
        )
        plain = _plain(self._layer, self._path.stat().st_size)
        return plain.model_copy(update={"files": self._files, "gone": self._gone, "wasted": tuple(found)})


def _plain(layer: Layer, unpacked: int | None) -> LayerFacts:
    return LayerFacts(digest=layer.digest, size=layer.size, unpacked=unpacked, created_by=layer.created_by)


def _labels(raw: bytes) -> dict[str, str]:
    what = f"the configuration {digest_of(raw)}"
    inner = validated(_Labelled, members(raw, what), what).config
    return (inner.labels if inner else None) or {}


def _shown(labels: Mapping[str, str]) -> dict[str, str]:
    """Mask values together with their names, because a name may reveal that the value is a secret."""
    pairs = ((one_line(name, 100), masked(f"{name}={value}")) for name, value in labels.items())
    return {name: text.partition("=")[2] for name, text in pairs}
