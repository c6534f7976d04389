"""What lock files name, and on which line: text in, line numbers out.

Read line by line, the way the package managers write them; a file in another shape (minified) names nothing, and
nothing is then attributed to it. The line is that of the version, so that it is the one that an upgrade changes.
"""

import re
from collections.abc import Callable, Iterator, Mapping

Pin = tuple[str, str]
"""Name and version, as `normal` spells them."""

_PYTHON = frozenset({"python-pkg", "pip", "pipenv", "poetry", "uv", "pdm", "pylock"})
_NODE = frozenset({"node-pkg", "npm", "yarn", "pnpm", "bun"})
_GO = frozenset({"gobinary", "gomod"})
_RUST = frozenset({"rustbinary", "cargo"})
_RUBY = frozenset({"gemspec", "bundler"})
_PHP = frozenset({"composer", "composer-vendor"})
_DOTNET = frozenset({"dotnet-core", "nuget"})
_JAVA = frozenset({"jar", "gradle"})

_JSON_OPEN = re.compile(r'\s*"([^"]*)": \{')
_JSON_VERSION = re.compile(r'\s*"(?:version|resolved)": "=*([^"]+)"')
_JSON_NAME = re.compile(r'\s*"name": "([^"]+)"')
_TOML_NAME = re.compile(r'name = "([^"]+)"')
_TOML_VERSION = re.compile(r'version = "([^"]+)"')
_YARN_HEAD = re.compile(r'(?=[^ #])(?:"?(@?[^@",\s]+)@)?')
_YARN_VERSION = re.compile(r'  version:? "?([^"\s]+)"?')
_PNPM = re.compile(r"  ['\"]?/?((?:@[^/@\s]+/)?[^/@\s:]+)[@/]([0-9][^:()'\"_\s]*)")
_BUN = re.compile(r'\s*"[^"]+": \["((?:@[^/"]+/)?[^@"]+)@([^"]+)"')
_REQUIREMENT = re.compile(r"([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*===?\s*([\w.!+-]+)")
_GO_LINE = re.compile(r"(?:require\s+|\s+)?([\w.~-]+(?:/[\w.~-]+)+) (v[\w.+-]+)(?: h1:| //|\s*$)")
_GO_TOOLCHAIN = re.compile(r"(?:toolchain go|go )([0-9][\w.]*)\s*$")
_GEM = re.compile(r" {4}([\w.-]+) \(([0-9][^)\s-]*)[^)\s]*\)")
_GRADLE = re.compile(r"([\w.-]+:[\w.-]+):([^=\s:]+)=")

Found = Iterator[tuple[str, str, int]]
_Numbered = Iterator[tuple[int, str]]


def normal(ecosystem: str, name: str, version: str) -> Pin:
    """Spelled such that a scanner and a lock file agree."""
    if ecosystem in _PYTHON:
        name = re.sub(r"[-_.]+", "-", name).lower()
    if ecosystem in _GO | _PHP:
        version = version.removeprefix("v")
    if ecosystem in _GO:
        version = version.removeprefix("go")
    return name, version


def _pairs(heading: re.Pattern[str], version: re.Pattern[str]) -> Callable[[_Numbered], Found]:
    """Read names and versions: each `heading` begins an entry and may name it, a later line has its `version`."""

    def read(lines: _Numbered) -> Found:
        name = ""
        for number, line in lines:
            if opened := heading.match(line):
                name = (opened[1] or "").rpartition("node_modules/")[2]
            elif name and (match := version.match(line)):
                yield name, match[1], number
                name = ""

    return read


def _toml(lines: _Numbered) -> Found:
    """`[[package]]` with `name` and `version`: Poetry, uv, PDM, Cargo."""
    name, inside = "", False
    for number, line in lines:
        if line.startswith("["):
            name, inside = "", line.strip() in {"[[package]]", "[[packages]]"}
        elif inside and (named := _TOML_NAME.match(line)):
            name = named[1]
        elif name and (version := _TOML_VERSION.match(line)):
            yield name, version[1], number
            name = ""


def _go(lines: _Numbered) -> Found:
    for number, line in lines:
        if match := _GO_LINE.match(line):
            yield match[1], match[2], number
        elif toolchain := _GO_TOOLCHAIN.match(line):
            yield "stdlib", toolchain[1], number


def _matching(pattern: re.Pattern[str]) -> Callable[[_Numbered], Found]:
    def read(lines: _Numbered) -> Found:
        return ((match[1], match[2], number) for number, line in lines if (match := pattern.match(line)))

    return read


_json = _pairs(_JSON_OPEN, _JSON_VERSION)  # of npm, Pipenv and NuGet

_FILES: dict[str, tuple[frozenset[str], Callable[[_Numbered], Found]]] = {
    "package-lock.json": (_NODE, _json),
    "npm-shrinkwrap.json": (_NODE, _json),
    "yarn.lock": (_NODE, _pairs(_YARN_HEAD, _YARN_VERSION)),
    "pnpm-lock.yaml": (_NODE, _matching(_PNPM)),
    "bun.lock": (_NODE, _matching(_BUN)),
    "poetry.lock": (_PYTHON, _toml),
    "uv.lock": (_PYTHON, _toml),
    "pdm.lock": (_PYTHON, _toml),
    "pylock.toml": (_PYTHON, _toml),
    "Pipfile.lock": (_PYTHON, _json),
    "requirements.txt": (_PYTHON, _matching(_REQUIREMENT)),
    "go.mod": (_GO, _go),
    "go.sum": (_GO, _go),
    "Cargo.lock": (_RUST, _toml),
    "Gemfile.lock": (_RUBY, _matching(_GEM)),
    "composer.lock": (_PHP, _pairs(_JSON_NAME, _JSON_VERSION)),
    "packages.lock.json": (_DOTNET, _json),
    "gradle.lockfile": (_JAVA, _matching(_GRADLE)),
}
"""In one folder an earlier one wins."""


def rank(name: str) -> int | None:
    """Which of the lock files of a folder is asked first; None for a file that is none."""
    return next((place for place, known in enumerate(_FILES) if known == name), None)


def covers(name: str, ecosystem: str) -> bool:
    """Whether a lock file of that name may name packages of what the scanner calls `ecosystem`."""
    return name in _FILES and ecosystem in _FILES[name][0]


def pins(name: str, text: str) -> Mapping[Pin, int]:
    """What a lock file of that name pins, each with its line; the first line wins."""
    ecosystems, read = _FILES[name]
    found: dict[Pin, int] = {}
    for package, version, number in read(iter(enumerate(text.splitlines(), 1))):
        found.setdefault(normal(next(iter(ecosystems)), package, version), number)
    return found
