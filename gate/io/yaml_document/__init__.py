"""YAML read without trust: the only room that knows `ruamel.yaml`.

`read` is for files of our own kind, one plain document; `nodes.trees` for what others deploy, with all that they use.
Plain words are read as YAML 1.2's core schema does (`yes` is a word, a date stays a word), so that what a value is
does not depend on the reader.
"""

from gate.io.yaml_document.document import LARGEST, Document, Path, dump, read
from gate.io.yaml_document.scalars import decoded

__all__ = ["LARGEST", "Document", "Path", "decoded", "dump", "read"]
