"""What two readers of YAML take in different ways in the text itself, before there is any structure.

go-yaml (kubectl, Compose) breaks lines at characters that YAML 1.2 takes for letters; kubectl cuts a stream at lines
that begin with `---` before it parses anything (k8s.io/apimachinery, pkg/util/yaml/decoder.go).
"""

import re

from gate.errors import InputError
from gate.text import one_line

_DOUBTFUL = (
    (
        re.compile("[\x85\u2028\u2029]|\r(?!\n)"),
        "a line break that some readers of YAML take for a letter",
        "end lines with a line feed, and write others as escapes in double quotes",
    ),
    (re.compile("\ufeff"), "a byte-order mark in the middle of the text", "leave it out"),
    (
        re.compile(r"^---(?!(?:[ \t]+#.*|[ \t]*)\r?$).", re.MULTILINE),
        "something stands on the line of a separator, where kubectl does not read it",
        "begin the document on the next line",
    ),
)


def refuse(text: str, name: str) -> None:
    """Raise `InputError` with line and column where there is such a thing."""
    for pattern, said, hint in _DOUBTFUL:
        if found := pattern.search(text):
            line = text.count("\n", 0, found.start()) + 1
            column = found.start() - text.rfind("\n", 0, found.start())
            raise InputError(f"{one_line(name, 200)}:{line}:{column}: {said}", hint=hint)
