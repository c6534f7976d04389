"""Which line of a Dockerfile made which layer.

Text only: nothing is built or read here. Syntax as in docs.docker.com/reference/dockerfile; what the builders write
into an image's history as in moby/buildkit `frontend/dockerfile/dockerfile2llb/convert.go`, moby's classic builder
(`#(nop)`), buildah (as the classic one) and kaniko (the instruction itself).

A Dockerfile is taken for that of an image only when every instruction that makes a layer is found, in order, at the
end of the image's history. Layers before them came with `FROM`. Where two readings fit, a layer gets no line at all.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from gate.masking import masked

_MOST = 500  # instructions or layers; an image has at most 127
_DIRECTIVE = re.compile(r"#\s*([A-Za-z]+)\s*=\s*(.+?)\s*$")
_HEREDOC = re.compile(r"(?:^|\s)\d*<<(-?)([\"']?)([A-Za-z_][\w.-]*)\2(?=\s|$|[;|&>)])")
_FLAG = re.compile(r"--[a-z][a-z-]*(?:=(?:\"[^\"]*\"|'[^']*'|\S*))?(?:\s+|$)")
_VARIABLE = re.compile(r"\$(?:\{[^}]*\}|\w+)")
_SHELL = re.compile(r"[\w./\\:-]*(?:sh|cmd|powershell)(?:\.exe)?", re.IGNORECASE)
_NOP = re.compile(r"\S+(?: -o \S+)* -\w*c #\(nop\) ?")
_LEGACY_COPY = re.compile(r"(?:COPY|ADD) (?:--\S+ )*(?:file|dir|multi):\S+ in (.+)")
_SURE = 40
_CUT = "…"


@dataclass(frozen=True)
class Instruction:
    """One instruction, its continuation lines joined; lines count from 1, the last one included."""

    keyword: str
    arguments: str
    start_line: int
    end_line: int
    end_column: int
    """After the last character of the last line, counted from 1."""
    documents: tuple[str, ...] = ()
    """The bodies of its here-documents."""


def instructions(text: str) -> tuple[Instruction, ...]:
    """Every instruction of a Dockerfile, in order. Anything can be read; what is no instruction is left out."""
    lines = text.removeprefix("\ufeff").splitlines()
    escape = _escape(lines)
    found = []
    place = 0
    while place < len(lines):
        start = place
        if not lines[place].strip() or lines[place].lstrip().startswith("#"):
            place += 1
            continue
        joined, place = _continued(lines, place, escape)
        keyword, _, rest = joined.strip().partition(" ")
        documents: list[str] = []
        if keyword.upper() in {"RUN", "COPY", "ADD"}:
            place = _documents(lines, place, rest, documents)
        last = lines[place - 1]
        found.append(
            Instruction(keyword.upper(), rest.strip(), start + 1, place, max(len(last), 1) + 1, tuple(documents))
        )
    return tuple(found)


def _escape(lines: Sequence[str]) -> str:
    for line in lines:
        directive = _DIRECTIVE.match(line)
        if not directive:
            break
        if directive[1].lower() == "escape" and directive[2] in {"`", "\\"}:
            return directive[2]
    return "\\"


def _continued(lines: Sequence[str], place: int, escape: str) -> tuple[str, int]:
    """The instruction that begins at `place` as one line, and where the next one may begin."""
    joined, open_ = "", True
    while open_ and place < len(lines):
        line = lines[place]
        place += 1
        if joined and (not line.strip() or line.lstrip().startswith("#")):
            continue  # comments and empty lines stand between continued ones
        bare = line.rstrip()
        open_ = bare.endswith(escape)
        joined += bare.removesuffix(escape).replace("\t", " ")
    return joined, place


def _documents(lines: Sequence[str], place: int, rest: str, documents: list[str]) -> int:
    """Read the here-documents that `rest` announces; an end that never comes means that there was none."""
    for tabs, _, name in _HEREDOC.findall(rest):
        for end in range(place, len(lines)):
            if (lines[end].lstrip("\t") if tabs else lines[end]) == name:
                documents.append("\n".join(lines[place:end]))
                place = end + 1
                break
        else:
            break
    return place


def attribute(
    history: Sequence[str], dockerfile: Sequence[Instruction], target: str = ""
) -> tuple[Instruction | None, ...]:
    """For each layer of `history` (the instructions that made them, oldest first) its instruction in the Dockerfile.

    `FROM` stands for every layer of the base image, None for a layer that is not certain. Empty when the Dockerfile
    is not that of the image. `target` names the stage that was built; without one it is the last, or else the only
    one that fits.
    """
    stages = _stages(dockerfile)
    if len(history) > _MOST or len(dockerfile) > _MOST or not all(history) or not stages:
        return ()
    if target:
        chosen = [stage for stage in stages if stage.name == target.lower()]
        return _align(history, chosen[-1], stages) if chosen else ()
    if last := _align(history, stages[-1], stages):
        return last
    others = [found for stage in stages[:-1] if (found := _align(history, stage, stages))]
    return others[0] if len(others) == 1 else ()


def stage_names(dockerfile: Sequence[Instruction]) -> tuple[str, ...]:
    """The names of its stages, in lower case, those without one left out."""
    return tuple(stage.name for stage in _stages(dockerfile) if stage.name)


@dataclass(frozen=True)
class _Stage:
    start: Instruction
    name: str
    base: str
    body: tuple[Instruction, ...]


def _stages(dockerfile: Sequence[Instruction]) -> list[_Stage]:
    starts = [place for place, one in enumerate(dockerfile) if one.keyword == "FROM"]
    found = []
    for start, end in zip(starts, [*starts[1:], len(dockerfile)], strict=False):
        words = [word for word in dockerfile[start].arguments.split() if not word.startswith("--")]
        name = words[2].lower() if len(words) == 3 and words[1].lower() == "as" else ""  # noqa: PLR2004 image AS name
        base = words[0].strip("\"'").lower() if words else ""
        found.append(_Stage(dockerfile[start], name, base, tuple(dockerfile[start + 1 : end])))
    return found


def _chain(stage: _Stage, stages: Sequence[_Stage]) -> list[_Stage]:
    """The stage and those it is built upon, the lowest first; empty when a variable hides which they are."""
    chain = [stage]
    before = list(stages[: stages.index(stage)])
    while True:
        base = chain[0].base
        if "$" in base:
            return [] if any(one.name and _like(base, one.name) for one in before) else chain
        under = [place for place, one in enumerate(before) if one.name == base]
        if not under:
            return chain
        chain.insert(0, before[under[-1]])
        before = before[: under[-1]]


def _align(history: Sequence[str], stage: _Stage, stages: Sequence[_Stage]) -> tuple[Instruction | None, ...]:
    chain = _chain(stage, stages)
    if not chain:
        return ()
    steps = _steps(chain)
    if not any(step.always for step in steps):
        return ()  # nothing that would show whose Dockerfile this is
    layers = [_Made.read(text) for text in history]
    # fits[i][j]: steps from i on make exactly the layers from j on
    fits = [[False] * (len(layers) + 1) for _ in range(len(steps) + 1)]
    fits[-1][-1] = True
    for i in range(len(steps) - 1, -1, -1):
        for j in range(len(layers), -1, -1):
            skipped = not steps[i].always and fits[i + 1][j]
            fits[i][j] = skipped or (j < len(layers) and fits[i + 1][j + 1] and steps[i].made(layers[j]))
    firsts = [j for j in range(len(layers) + 1) if fits[0][j] and (j == 0 or chain[0].base != "scratch")]
    choices: list[set[Instruction]] = [set() for _ in layers]
    for first in firsts:
        for choice in choices[:first]:
            choice.add(chain[0].start)
    now = set(firsts)
    for i, step in enumerate(steps):
        reached = set()
        for j in now:
            if not step.always and fits[i + 1][j]:
                reached.add(j)
            if j < len(layers) and fits[i + 1][j + 1] and step.made(layers[j]):
                choices[j].add(step.instruction)
                reached.add(j + 1)
        now = reached
    return tuple(next(iter(choice)) if len(choice) == 1 else None for choice in choices) if firsts else ()


@dataclass(frozen=True)
class _Made:
    """A history entry without what the builder put around it."""

    text: str
    legacy: bool

    @classmethod
    def read(cls, text: str) -> "_Made":
        plain = _flat(text).removesuffix("# buildkit").rstrip()
        bare = _NOP.sub("", plain, count=1)
        return cls(bare.strip(), bare != plain)


def _flat(text: str) -> str:
    return " ".join(text.split())


@dataclass(frozen=True)
class _Step:
    """An instruction that makes a layer: always, or (WORKDIR) only with some builders."""

    instruction: Instruction
    folder: str

    @property
    def always(self) -> bool:
        return self.instruction.keyword != "WORKDIR"

    def made(self, layer: _Made) -> bool:
        """Whether `layer` may be this instruction's."""
        keyword = self.instruction.keyword
        if keyword == "RUN":
            return not layer.legacy and self._ran(layer.text)
        if keyword == "WORKDIR":
            return _like(f"WORKDIR {self.folder}", layer.text)
        if found := _LEGACY_COPY.fullmatch(layer.text) if layer.legacy else None:
            return layer.text.startswith(keyword) and self._goes_to(found[1].strip())
        shown = _FLAG.sub("", layer.text) if layer.text.startswith(f"{keyword} --") else layer.text
        copied = f"{keyword} {' '.join(self._words)}"
        if shown.endswith(_CUT):
            return copied.startswith(shown[:-1]) and len(shown) > _SURE
        return _like(copied, shown)

    def _goes_to(self, place: str) -> bool:
        """Whether a COPY ends there, as written or from the root."""
        last = self._words[-1] if self._words else ""
        return _like(last, place) or _like(_below(self.folder, last), place.rstrip("/") or "/")

    @cached_property
    def _words(self) -> list[str]:
        arguments = _unflagged(self.instruction.arguments)
        return _json(arguments) or [word.replace('"', "").replace("'", "") for word in arguments.split()]

    @cached_property
    def _commands(self) -> tuple[str, ...]:
        """What a RUN may be shown as: as it was written down, or with its secrets hidden; none when unknown."""
        written = self._written
        return (*written, *(hidden for one in written if (hidden := masked(one)) != one))

    @cached_property
    def _written(self) -> tuple[str, ...]:
        arguments = _unflagged(self.instruction.arguments)
        if words := _json(arguments):
            return (_flat(" ".join(words)),)
        if not self.instruction.documents:
            return (_flat(arguments),)
        if _HEREDOC.sub("", arguments).strip():
            names = [found[2] for found in _HEREDOC.findall(arguments)]
            bodies = zip(self.instruction.documents, names, strict=False)
            return (_flat(" ".join([arguments, *(f"{body}\n{name}" for body, name in bodies)])),)
        body = self.instruction.documents[0]
        return () if body.startswith("#!") else (_flat(body),)

    def _ran(self, text: str) -> bool:
        if text.startswith(("COPY ", "ADD ", "WORKDIR ")):
            return False
        ran = text.removeprefix("RUN ")
        if not self._commands:
            return text.startswith("RUN ")
        return any(_is_run(ran, command) for command in self._commands)


def _unflagged(arguments: str) -> str:
    while flag := _FLAG.match(arguments):
        arguments = arguments[flag.end() :]
    return arguments


def _is_run(ran: str, command: str) -> bool:
    if not command:
        return False
    if ran.endswith(_CUT):
        start = ran.find(command[:_SURE])
        return start >= 0 and len(ran) - start > _SURE and command.startswith(ran[start:-1]) and _is_shell(ran[:start])
    return ran.endswith(command) and _is_shell(ran.removesuffix(command))


def _is_shell(text: str) -> bool:
    """Whether that may stand before a command: nothing, build arguments (`|1 A=b`), a shell with its options."""
    words = text.split()
    if not words:
        return True
    if not text.endswith(" "):
        return False
    if re.fullmatch(r"\|\d+", words[0]):
        return words[-1].startswith(("-", "/")) or "=" in words[-1]
    return bool(_SHELL.fullmatch(words[0])) and (len(words) == 1 or words[-1].startswith(("-", "/")))


def _steps(chain: Sequence[_Stage]) -> list[_Step]:
    folder, found = "/", []
    for stage in chain:
        if stage is chain[0] and stage.base != "scratch":
            folder = "$BASE"  # only the base image knows
        for one in stage.body:
            if one.keyword == "WORKDIR":
                folder = _below(folder, one.arguments.strip("\"'"))
            if one.keyword in {"RUN", "COPY", "ADD", "WORKDIR"}:
                found.append(_Step(one, folder))
    return found


def _below(folder: str, path: str) -> str:
    if path.startswith(("/", "$")):
        return path.rstrip("/") or "/"
    inner = "/".join(part for part in path.split("/") if part not in {"", "."})
    return f"{folder.rstrip('/')}/{inner}" if inner else folder


def _like(template: str, text: str) -> bool:
    """Whether `text` may be `template` with its variables filled in. Takes time in proportion to the text."""
    first, *rest = _VARIABLE.split(template)
    if not rest:
        return template == text
    *middle, last = rest
    if not text.startswith(first) or len(text) < len(first) + len(last) or not text.endswith(last):
        return False
    place, end = len(first), len(text) - len(last)
    for part in middle:
        place = text.find(part, place, end)
        if place < 0:
            return False
        place += len(part)
    return True


def _json(text: str) -> list[str]:
    """The words of the JSON form; empty when it is not that."""
    if not text.startswith("["):
        return []
    try:
        words = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return words if isinstance(words, list) and all(isinstance(word, str) for word in words) else []
