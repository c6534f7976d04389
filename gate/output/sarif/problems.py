"""Problems of a SARIF file: of many alike the first three are listed and the rest counted."""

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
    """One problem: GitHub will refuse the file for it, cut it or ignore it, or it could be better."""

    kind: Kind
    where: str
    """A JSON pointer; empty for the whole file."""
    message: str
    """The problem, and what to do."""
    rule: str
    """The page of GitHub's documentation."""


class Problems:
    """Collect problems; of many with the same message the first few are kept and the rest counted."""

    def __init__(self) -> None:
        """Begin with none."""
        self._found: dict[tuple[Kind, str], list[Problem]] = {}
        self._count: Counter[tuple[Kind, str]] = Counter()

    def add(self, kind: Kind, where: str, what: str, do: str, rule: str = SUPPORT, *, shown: str = "") -> None:  # noqa: PLR0913 the parts of a problem
        """Add a problem at `where`; those with the same `what` are counted together. `shown` is the offending text."""
        key = kind, what
        self._count[key] += 1
        if self._count[key] <= _SHOWN:
            problem = f"{what}: {shown}" if shown else what
            self._found.setdefault(key, []).append(Problem(kind, where, f"{problem}. {do}", rule))

    def all(self) -> tuple[Problem, ...]:
        """All of them, the gravest kind first, each kind in the order of the file."""
        found = []
        for key, listed in self._found.items():
            found += listed
            if more := self._count[key] - len(listed):
                found.append(Problem(key[0], "", f"{key[1]}: {more:,} more like this", listed[0].rule))
        return tuple(sorted(found, key=lambda problem: ORDER.index(problem.kind)))
