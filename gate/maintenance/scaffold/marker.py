"""The marker of generated files: a line with a hash that tells whether somebody edited the file since.

Pins of actions are left out of the hash: Dependabot moves them, and they are kept when the file is written again.
"""

import re
from hashlib import sha256

_MARKER = re.compile(r"(?m)^(?:#|//) Written by gate init \(([0-9a-f]{16})\)[^\n]*\n")
_TEXT = "which updates this file as long as nobody edits it. Pins of actions may be moved."
_PIN = re.compile(r"(?m)(?<=uses: )([\w./:-]+)@([0-9a-f]{40}(?: # [A-Za-z0-9._-]{1,60})?)$")


def mark(text: str) -> str:
    """Put the marker before the text of a file, after the line that names the interpreter of a script."""
    end = text.index("\n") + 1 if text.startswith("#!") else 0
    first, rest = text[:end], text[end:]
    comment = "//" if rest.startswith("//") else "#"
    return f"{first}{comment} Written by gate init ({_hash(text)}), {_TEXT}\n{rest}"


def is_unedited(data: bytes) -> bool:
    """Whether a file has a marker and was not edited since it was written."""
    text = _plain(data)
    found = _MARKER.search(text)
    return found is not None and found[1] == _hash(text[: found.start()] + text[found.end() :])


def keep_pins(text: str, old: bytes, own: str) -> str:
    """Return `text` with the pins that the same actions have in the old file; the action `own` is pinned anew."""
    pins = {name: pin for name, pin in _PIN.findall(_plain(old)) if name != own.partition("@")[0]}
    return _PIN.sub(lambda found: f"{found[1]}@{pins.get(found[1], found[2])}", text)


def _hash(text: str) -> str:
    return sha256(_PIN.sub(r"\1@", text).encode()).hexdigest()[:16]


def _plain(data: bytes) -> str:
    """The text; git may have changed its line ends."""
    return data.decode("utf-8", "replace").replace("\r\n", "\n")
