"""Keep the start and the end of what a program writes."""

KEPT = 1 << 20
"""Bytes of each output stream that are kept: answers and last words, never documents."""


class BoundedOutput:
    """A stream that keeps its first and last half-megabyte: `sh` itself drops output without a word."""

    def __init__(self) -> None:
        """Nothing is written yet; `cut` says whether something was left out."""
        self._head = bytearray()
        self._tail = bytearray()
        self.cut = False

    def write(self, data: bytes) -> int:
        """Take what the program wrote; the number of bytes."""
        free = max(KEPT // 2 - len(self._head), 0)
        self._head += data[:free]
        self._tail += data[free:]
        if len(self._tail) > KEPT // 2:
            del self._tail[: len(self._tail) - KEPT // 2]
            self.cut = True
        return len(data)

    def text(self) -> str:
        """What was kept, bytes that are no UTF-8 replaced."""
        return bytes(self._head + self._tail).decode("utf-8", "replace")
