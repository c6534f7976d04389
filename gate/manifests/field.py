"""A value in a manifest that may name an image."""

from typing import NamedTuple

from gate.manifests.found import word
from gate.manifests.paths import FieldPath
from gate.text import one_line
from gate.yamldoc.nodes import Node


class Field(NamedTuple):
    """A value that may name an image, and where it is."""

    path: FieldPath
    node: Node
    label: str = ""
    """What people call it, where that is more than its path: the image of a container or volume."""

    @property
    def shown(self) -> str:
        """Its text, safe to show."""
        return repr(one_line(word(self.node), 120))

    def member(self, part: str, node: Node) -> "Field":
        """A member of it."""
        return Field((*self.path, part), node, self.label)
