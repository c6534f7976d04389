"""What is known beforehand of a kind of big document."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gate.strictjson.parts import objects, raw
from gate.strictjson.records import struct


@dataclass(frozen=True)
class Outline:
    """What a kind of big document is made of.

    It is gone through once then, where without it is once at each level: that takes a tenth of reading it, each time.
    """

    members: tuple[str, ...]
    """Left as they stand in the document, like `inner`."""
    objects: str
    """The member that is a list of objects."""
    inner: tuple[str, ...]
    """Members of those."""
    lists: tuple[str, ...]
    """Those of their members that are long lists."""

    def kind(self, lists: Mapping[str, Any], *, strict: bool = False) -> Any:
        """The type of the document, with these lists."""
        found = dict.fromkeys(self.inner, raw()) | {name: kind | None for name, kind in lists.items()}
        return self._type(struct(found, strict=strict), strict=strict)

    @property
    def parts(self) -> Any:
        """The type of the document of which only the objects are told apart."""
        return self._type(objects())

    @property
    def elements(self) -> Any:
        """The type of the document whose lists are told apart, and that holds nothing that is not named here."""
        return self.kind(dict.fromkeys(self.lists, list[raw()]), strict=True)  # type: ignore[misc]

    def _type(self, inner: Any, *, strict: bool = False) -> Any:
        return struct(dict.fromkeys(self.members, raw()) | {self.objects: list[inner] | None}, strict=strict)
