"""Find files that waste space in an image, and advise how to leave them out."""

import re
from collections.abc import Iterator, Sequence

from gate.model.inspection import LayerFacts
from gate.text import one_line

_HOME = r"(?:root|home/[^/]+)"
# Kind → paths relative to the root, and how to leave such files out.
_KINDS = {
    "apt lists": (r"var/lib/apt/lists/.+", "end the same RUN with rm -rf /var/lib/apt/lists/*"),
    "apt cache": (r"var/cache/apt/.+", "end the same RUN with apt-get clean"),
    "apk cache": (r"(?:var/cache|etc)/apk/cache/.+|var/cache/apk/.+", "install with apk add --no-cache"),
    "dnf cache": (r"var/cache/(?:dnf|yum|libdnf5)/.+", "end the same RUN with dnf clean all"),
    "pip cache": (rf"{_HOME}/\.cache/pip/.+", "install with pip install --no-cache-dir"),
    "npm cache": (rf"{_HOME}/\.npm/_cacache/.+", "end the same RUN with npm cache clean --force"),
    "build cache": (rf"{_HOME}/\.cache/(?:go-build|yarn|pnpm|uv)/.+", "give the RUN --mount=type=cache"),
    ".git": (r"(?:.+/)?\.git/.+", "write .git into .dockerignore"),
}
_PATTERNS = {kind: re.compile(pattern) for kind, (pattern, _) in _KINDS.items()}
_TOOL = re.compile(
    r"usr/(?:local/)?bin/(?:(?:[a-z0-9_]+-linux-[a-z]+-)?(?:gcc|g\+\+|clang)(?:-[0-9]+)?|make|cmake|rustc|javac|mvn)"
    r"|usr/local/go/bin/go|usr/local/cargo/bin/cargo|usr/lib/go(?:-[0-9.]+)?/bin/go"
)
_WORTH = 100_000
"""Bytes below which nothing is reported."""


def kind_of(path: str) -> str:
    """Return the kind of wasted space of the file at `path` (relative to the root); empty for none."""
    return next((kind for kind, pattern in _PATTERNS.items() if pattern.fullmatch(path)), "")


def is_tool(path: str) -> bool:
    """Check whether the file is a build tool, such as a compiler."""
    return _TOOL.fullmatch(path) is not None


def advice(layers: Sequence[LayerFacts], tools: Sequence[str]) -> Iterator[str]:
    """Yield advice on how to make the image smaller."""
    for number, layer in enumerate(layers, 1):
        for one in layer.wasted:
            if one.bytes >= _WORTH or one.kind == ".git":
                what = f"{_size(one.bytes)} of {one.kind} ({one_line(one.path, 120)})"
                yield f"layer {number} holds {what}: {_KINDS[one.kind][1]}"
        if layer.gone >= _WORTH:
            yield (
                f"layer {number} holds {_size(layer.gone)} that later layers delete or replace, pulled all the same: "
                "delete in the RUN that makes it, or COPY only the result from another stage"
            )
    if tools:
        named = ", ".join(one_line(tool, 60) for tool in tools[:4]) + (" and more" if len(tools) > 4 else "")  # noqa: PLR2004 listed
        yield f"it holds build tools ({named}): build in a stage of its own and COPY --from it"


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count >= _WORTH else f"{count:,} bytes"
