"""Find URIs that GitHub refuses: it parses them with Go's net/url, which is stricter than other readers."""

import re

SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


def unparsable(uri: str) -> str:
    """Why Go's parser refuses a URI; empty when it takes it."""
    before, _, fragment = uri.partition("#")
    if _CONTROL.search(uri):
        return "has a control character"
    if before.startswith(":"):
        return "begins with a colon"
    scheme = SCHEME.match(before)
    rest = before[scheme.end() :] if scheme else before
    path = rest.partition("?")[0]
    if not scheme and not path.startswith("/") and ":" in path.partition("/")[0]:
        return "has a colon before its first slash"
    if scheme and not path.startswith("/"):
        return ""  # an opaque URI, whose scheme is judged elsewhere
    if _ESCAPE.search(path) or _ESCAPE.search(fragment):
        return "has a `%` that encodes nothing"
    return ""
