"""Strict YAML with positions for errors; the only package that imports `ruamel.yaml`.

`read` is for our own files (policy, ignore file): one plain document. `nodes.trees` is for Kubernetes and Compose files
with all features that those use. Plain scalars follow YAML 1.2's core schema (`yes` and dates are text), so that a
value does not depend on the reader.
"""

from gate.io.yaml_document.document import LARGEST, Document, Path, dump, read
from gate.io.yaml_document.insert import add_item, inline, item_lines
from gate.io.yaml_document.scalars import decoded

__all__ = ["LARGEST", "Document", "Path", "add_item", "decoded", "dump", "inline", "item_lines", "read"]
