"""Read a plain list of images: one reference a line, `#` starts a comment."""

import re

from gate.deploy.manifests.found import FoundImages
from gate.io.yaml_document.nodes import Node

_WORD = re.compile(r"[A-Za-z0-9\[][A-Za-z0-9._/:@\[\]-]*(?<!:)")


def is_list(text: str) -> bool:
    """Whether the first line with content is a single word that does not start YAML or JSON."""
    for line in text.split("\n"):
        if words := _words(line):
            return len(words) == 1 and bool(_WORD.fullmatch(words[0]))
    return False


def read_list(found: FoundImages) -> None:
    """Collect the reference of each line. Raises `InputError`."""
    start = 0
    for number, line in enumerate(found.text.split("\n"), 1):
        if words := _words(line):
            place = start + line.index(words[0])
            node = Node(words[0], place, place + len(words[0]))
            if len(words) > 1:
                raise found.problem(
                    node, "more than one word on a line", "write one reference a line; # starts a comment"
                )
            found.add(node, f"line {number}", filled="write the value in place of the variable")
        start += len(line) + 1


def _words(line: str) -> list[str]:
    """The first word of a line and the rest of it, without the comment."""
    word, *more = line.split(maxsplit=1) or ["#"]
    if word.startswith("#"):
        return []
    return [word] if not more or more[0].startswith("#") else [word, *more]
