"""A value in a manifest that may name an image."""

from typing import NamedTuple

from gate.deploy.manifests.found import word
from gate.deploy.manifests.paths import FieldPath
from gate.io.yaml_document.nodes import Node
from gate.text import one_line


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
