"""Mask secrets in image history entries and labels."""

import re

from gate.text import UNSAFE, one_line

_HISTORY = 4000
"""Characters of a history entry that are looked at; more than any that is shown."""
_SHOWN = 500
_ARGUMENTS = re.compile(r"\A(RUN )?\|([0-9]{1,3}) ")
_ARGUMENT = re.compile(r"(?:\A| )[A-Za-z_][A-Za-z0-9_]*=")
_SHELL = re.compile(
    r"(?<= )(?:/\S*/)?(?:[a-z]{0,5}sh|powershell(?:\.exe)?|cmd(?:\.exe)?)(?: \S{1,20}){0,4}? (?:-[a-z]*c|-Command|/C) "
)
_WORD = (
    r"(?:token|secret|passw(?:or)?d|passphrase|(?<![a-z])pass(?![a-z])|(?<=[_-])pwd?(?![a-z])|credential|authorization"
    r"|(?<![a-z])auth(?![a-z])|(?<![a-z])sig(?:nature)?(?![a-z])"
    r"|(?:private|signing|encryption|api|access|ssh|deploy|account|master|service)[_-]?key)"
)
_URL_LOGIN = re.compile(
    r"(://)(?!git@|\*\*\*@)(?:[^\s\"'/?#]+|[^\s\"'/?#@:]+:(?![0-9]{1,5}/)[^\s\"'@]+)(?=@)", re.IGNORECASE
)
_KNOWN_SHAPE = re.compile(  # tokens that tell what they are
    r"(?:(?:gh[oprsu]_|github_pat_|glpat-)|\b(?:xox[abprs]-|npm_|pypi-|sk_live_|AKIA))[A-Za-z0-9_-]{10,}"
    r"|\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_.-]+|-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*"
)
_HEADER = re.compile(r"(?i)(?<![a-z])authorization[\"']? ?[:=] ?")
# Each ends where a value begins; the second of a pair has to stand before it in the same command.
_BEFORE_VALUES = (
    (re.compile(rf"(?i)(?<![\w.-])[\w.-]*{_WORD}[\w.-]*[\"']?(?: [:=] |: |[:=])"), None),
    (re.compile(rf"(?i)\b(?:ENV|ARG|LABEL) +[\w.-]*{_WORD}[\w.-]* +(?!=)"), None),
    (re.compile(rf"(?i)(?<![^\s\"'=])--?[a-z0-9-]*{_WORD}s?(?: +|[\"'], ?(?=[\"']))(?!-)"), None),
    (re.compile(r"(?i)\blogin +\S{1,200} +password +"), None),
    (re.compile(r"(?:echo|printf) +(?:-\w+ +)?[\"']?[\w.-]+:(?=[^\n]{0,300}chpasswd)"), None),
    (
        re.compile(r"(?<= )(?:-[a-zA-Z]{0,8}[uU]|--(?:proxy-)?user)(?: +|=|(?=[\w.]+:))"),
        re.compile(r"\b(?:curl|wget)\b"),
    ),
    (
        re.compile(r"(?<= )-p *(?=[^\s-])"),
        re.compile(r"\b(?:mysql\w*|mariadb[\w-]*|sshpass|7z\w?|login)(?= )"),
    ),
    (re.compile(r"(?<= )-P *(?=[^\s-])"), re.compile(r"\b(?:un)?zip(?= )")),
)
_SCHEMES = {"bearer", "basic", "token", "digest", "negotiate", "apikey"}
_VARIABLE = re.compile(r"\"?\$(?:[A-Za-z_]\w*|\{\w+\})\"?")
_REACH = 1000
"""Characters before an option in which its command is looked for."""


def masked(created_by: str) -> str:
    """A history entry on one line, without build arguments and without what looks or is named like a secret.

    Anybody who can pull the image can read them; a report, a log and an alert go further than that. What may be a
    secret is hidden with what stands around it rather than shown; time is in proportion to the text.
    """
    text = _without_arguments(UNSAFE.sub(" ", created_by[:_HISTORY]))
    text = _KNOWN_SHAPE.sub("***", _URL_LOGIN.sub(r"\1***", text))
    text = _hidden(text, _HEADER, whole=True)
    for pattern, command in _BEFORE_VALUES:
        text = _hidden(text, pattern, command)
    return one_line(text, _SHOWN)


def _without_arguments(text: str) -> str:
    """`|2 TOKEN=a b PASS=c /bin/sh -c make` without its arguments: only a shell says where the last value ends."""
    if not (found := _ARGUMENTS.match(text)):
        return text
    place = found.end() - 1
    for _ in range(int(found[2])):
        if name := _ARGUMENT.search(text, place):
            place = name.end()
    shell = _SHELL.search(text, place)
    return (found[1] or "") + (text[shell.start() :] if shell else "***")


def _hidden(text: str, pattern: re.Pattern[str], command: re.Pattern[str] | None = None, *, whole: bool = False) -> str:
    """`text` without the values that begin where `pattern` ends; `whole` ones end with the quote around them."""
    kept, place, quotes = [], 0, None
    for found in pattern.finditer(text):
        start = found.end()
        if start < place or (
            command and not command.search(_segment(text[max(0, start - _REACH) : found.start() + 1]))
        ):
            continue
        quotes = quotes or _quotes(text)
        end = _end(text, start, quotes[start], whole=whole)
        if end == start or (quotes[start] != "'" and _VARIABLE.fullmatch(text, start, end)):
            continue
        kept += [text[place:start], "***"]
        place = end
    return "".join([*kept, text[place:]])


def _segment(text: str) -> str:
    """The command that `text` ends in."""
    return re.split(r"[;&|\n]", text)[-1]


def _quotes(text: str) -> list[str]:
    """For each place, the end included, the quote that it stands in; empty outside of any."""
    found, inside, skip = [], "", False
    for character in text:
        found.append(inside)
        if skip:
            skip = False
        elif character == "\\" and inside != "'":
            skip = True
        elif character == inside:
            inside = ""
        elif character in "\"'" and not inside:
            inside = character
    return [*found, inside]


def _end(text: str, place: int, around: str, *, whole: bool) -> int:
    """Where the value that begins at `place` ends, in the quote `around` it, or as a word of a shell."""
    start, inner = place, ""
    while place < len(text):
        character = text[place]
        if inner:
            if character == "\\" and inner == '"':
                place += 1
            elif character == inner:
                inner = ""
        elif character == around:
            break
        elif character in "\"'":
            inner = character
        elif character == "\\":
            place += 1
        elif character in ",]" and text[place - 1] in "\"'" and place > start:
            break  # of a list
        elif character in " ;&|" and not (whole and around):
            if not whole or text[start:place].lower() not in _SCHEMES:
                break
            start = place + 1
        place += 1
    return min(place, len(text))
