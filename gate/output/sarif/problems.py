"""What is wrong with a SARIF file, gathered without a flood."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

_BASE = "https://docs.github.com/en/code-security"
SUPPORT = f"{_BASE}/reference/code-scanning/sarif-files/sarif-support"
LIMITS = f"{_BASE}/code-scanning/troubleshooting-sarif-uploads/results-exceed-limit"

Kind = Literal["refused", "cut", "ignored", "advice"]
ORDER = ("refused", "cut", "ignored", "advice")
_SHOWN = 3


@dataclass(frozen=True)
class Problem:
    """One thing that GitHub will refuse the file for, cut, ignore, or that could be better."""

    kind: Kind
    where: str
    """A JSON pointer; empty for the whole file."""
    message: str
    """What is wrong, and what to do."""
    rule: str
    """Where GitHub says so."""


class Problems:
    """Gathers problems; of many grouped the first few are kept and the rest counted."""

    def __init__(self) -> None:
        """Begin with none."""
        self._found: dict[tuple[Kind, str], list[Problem]] = {}
        self._count: Counter[tuple[Kind, str]] = Counter()

    def add(self, kind: Kind, where: str, what: str, do: str, rule: str = SUPPORT, *, shown: str = "") -> None:  # noqa: PLR0913 the parts of a problem
        """Note that `what` is wrong at `where`; grouped is what has the same `what`. `shown` is the offending text."""
        key = kind, what
        self._count[key] += 1
        if self._count[key] <= _SHOWN:
            words = f"{what}: {shown}" if shown else what
            self._found.setdefault(key, []).append(Problem(kind, where, f"{words}. {do}", rule))

    def all(self) -> tuple[Problem, ...]:
        """All of them, the gravest kind first, each kind in the order of the file."""
        found = []
        for key, some in self._found.items():
            found += some
            if more := self._count[key] - len(some):
                found.append(Problem(key[0], "", f"{key[1]}: {more:,} more like this", some[0].rule))
        return tuple(sorted(found, key=lambda one: ORDER.index(one.kind)))
