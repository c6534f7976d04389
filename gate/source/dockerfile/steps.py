"""Instructions that make a layer, and what the builders write down of them."""

import json
import re
from dataclasses import dataclass
from functools import cached_property

from gate.io.redact import masked
from gate.source.dockerfile.instructions import HEREDOC, Instruction
from gate.source.dockerfile.variables import like

_FLAG = re.compile(r"--[a-z][a-z-]*(?:=(?:\"[^\"]*\"|'[^']*'|\S*))?(?:\s+|$)")
_SHELL = re.compile(r"[\w./\\:-]*(?:sh|cmd|powershell)(?:\.exe)?", re.IGNORECASE)
_NOP = re.compile(r"\S+(?: -o \S+)* -\w*c #\(nop\) ?")
_LEGACY_COPY = re.compile(r"(?:COPY|ADD) (?:--\S+ )*(?:file|dir|multi):\S+ in (.+)")
_SURE = 40
_CUT = "…"


@dataclass(frozen=True)
class Made:
    """A history entry without what the builder put around it."""

    text: str
    legacy: bool

    @classmethod
    def read(cls, text: str) -> "Made":
        """An entry as the image has it."""
        plain = _flat(text).removesuffix("# buildkit").rstrip()
        bare = _NOP.sub("", plain, count=1)
        return cls(bare.strip(), bare != plain)


def _flat(text: str) -> str:
    return " ".join(text.split())


@dataclass(frozen=True)
class Step:
    """An instruction that makes a layer: always, or (WORKDIR) only with some builders."""

    instruction: Instruction
    folder: str

    @property
    def always(self) -> bool:
        """Whether every builder makes a layer of it."""
        return self.instruction.keyword != "WORKDIR"

    def made(self, layer: Made) -> bool:
        """Whether `layer` may be this instruction's."""
        keyword = self.instruction.keyword
        if keyword == "RUN":
            return not layer.legacy and self._ran(layer.text)
        if keyword == "WORKDIR":
            return like(f"WORKDIR {self.folder}", layer.text)
        if found := _LEGACY_COPY.fullmatch(layer.text) if layer.legacy else None:
            return layer.text.startswith(keyword) and self._goes_to(found[1].strip())
        shown = _FLAG.sub("", layer.text) if layer.text.startswith(f"{keyword} --") else layer.text
        copied = f"{keyword} {' '.join(self._words)}"
        if shown.endswith(_CUT):
            return copied.startswith(shown[:-1]) and len(shown) > _SURE
        return like(copied, shown)

    def _goes_to(self, place: str) -> bool:
        """Whether a COPY ends there, as written or from the root."""
        last = self._words[-1] if self._words else ""
        return like(last, place) or like(below(self.folder, last), place.rstrip("/") or "/")

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
        if HEREDOC.sub("", arguments).strip():
            names = [found[2] for found in HEREDOC.findall(arguments)]
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
    if re.fullmatch(r"\|[0-9]+", words[0]):
        return words[-1].startswith(("-", "/")) or "=" in words[-1]
    return bool(_SHELL.fullmatch(words[0])) and (len(words) == 1 or words[-1].startswith(("-", "/")))


def below(folder: str, path: str) -> str:
    """The folder that `path` names from `folder`."""
    if path.startswith(("/", "$")):
        return path.rstrip("/") or "/"
    inner = "/".join(part for part in path.split("/") if part not in {"", "."})
    return f"{folder.rstrip('/')}/{inner}" if inner else folder


def _json(text: str) -> list[str]:
    """The words of the JSON form; empty when it is not that."""
    if not text.startswith("["):
        return []
    try:
        words = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return words if isinstance(words, list) and all(isinstance(word, str) for word in words) else []
