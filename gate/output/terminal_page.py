"""Styled terminal text that fits a width. The only user of `rich` for drawing."""

from collections.abc import Sequence
from io import StringIO
from types import MappingProxyType

from gate.output.formatting import middle
from gate.text import inert, plural, visible

Part = str | tuple[str, str]
"""A text, or a text with its style (`bold red`); never markup."""

STYLES = MappingProxyType(
    {"critical": "bold red", "high": "red", "medium": "yellow", "low": "blue", "unknown": "magenta"}
)
_NARROWEST, _WIDEST = 40, 400


class TerminalPage:
    """Collects lines and renders them as plain text, or with escape codes of the 16 ANSI colours.

    No line is wider than `width`, and none can be a workflow command of GitHub Actions.
    """

    def __init__(self, *, color: bool, width: int) -> None:
        """Start an empty page; `width` is clamped to 40 to 400 columns."""
        from rich.console import Console

        self.width = max(_NARROWEST, min(width, _WIDEST))
        self._file = StringIO()
        self._console = Console(
            file=self._file,
            width=self.width,
            force_terminal=color,
            color_system="standard" if color else None,
            highlight=False,
            markup=False,
            emoji=False,
            legacy_windows=False,
            _environ={},  # the command line has read the environment
        )

    def line(self, *parts: Part) -> None:
        """Add one line, cut at the width; without parts an empty one."""
        from rich.text import Text

        self._console.print(Text.assemble(*map(_shown, parts)), no_wrap=True, overflow="ellipsis", crop=True)

    def gap(self) -> None:
        """Add an empty line, unless the page is empty."""
        if self._file.tell():
            self.line()

    def more(self, count: int, noun: str) -> None:
        """Say that `count` more things are not shown; nothing when there are none."""
        if count > 0:
            self.line(f"  … and {plural(count, f'more {noun}')}")

    def prose(self, text: str, *, first: Sequence[Part] = ("  ",), style: str = "") -> None:
        """Add a text of any length, wrapped and indented; `first` is put before its first line."""
        from rich.text import Text

        head = Text.assemble(*map(_shown, first))
        for wrapped in Text(visible(text), style).wrap(self._console, max(20, self.width - head.cell_len)):
            wrapped.rstrip()
            self._console.print(Text.assemble(head, wrapped), no_wrap=True, overflow="ellipsis")
            head = Text(" " * head.cell_len)

    def text(self) -> str:
        """Return the page, ready to print."""
        return inert("".join(f"{line.rstrip()}\n" for line in self._file.getvalue().split("\n")[:-1]))


def _shown(part: Part) -> Part:
    return visible(part) if isinstance(part, str) else (visible(part[0]), part[1])


def cells(text: str) -> int:
    """Return the columns that a text takes on a terminal."""
    from rich.cells import cell_len

    return cell_len(text)


def fit(text: str, width: int) -> str:
    """Return `text` in exactly `width` columns: padded, or with its middle left out."""
    from rich.cells import set_cell_size

    return set_cell_size(text if cells(text) <= width else middle(text, width), width)
