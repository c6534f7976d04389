"""The command's entry: `gate`, or `python -m gate`."""

import gc
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

_COLLECT_AFTER = 50_000
"""New objects after which Python looks for reference cycles. Its own 700 has it walk a large report again and again."""


def main() -> None:
    """Run the command line and end with its exit code."""
    gc.set_threshold(_COLLECT_AFTER)
    try:
        from gate.cli import exhaustion, printing, run  # noqa: F401 what puts errors into words, while there is memory
    except (MemoryError, ImportError, OSError, RuntimeError) as exc:
        _not_started(exc)

    # No other package of the environment has any business with what is judged here.
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    _open_streams()
    caught: list[int] = []
    before = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGHUP)}
    heard = [one for one, handler in before.items() if handler != signal.SIG_IGN]  # nohup means what it says

    def stop(number: int, _: FrameType | None) -> None:
        """End as on Ctrl-C: no child and no folder is left. Asking again does not stop the tidying up."""
        for one in heard:
            signal.signal(one, signal.SIG_IGN)
        caught.append(number)
        raise KeyboardInterrupt

    for one in heard:
        signal.signal(one, stop)
    code = run(sys.argv[1:])
    for one in heard:
        signal.signal(one, before[one])
    if caught and code:
        code = 128 + caught[0]
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            code = code or 3  # what was to be read from us did not get out
            # or Python fails at it once more on its way out (https://docs.python.org/3/library/signal.html#note-on-sigpipe)
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    sys.exit(code)


def _not_started(exc: BaseException) -> NoReturn:
    """End when not even the command line could be loaded. Nothing else is: there may be no memory for it."""
    words = f"error: gate could not start: {type(exc).__name__}: {exc}\n hint: memory or file handles may be short\n"
    os.write(2, words.encode("utf-8", "replace"))
    sys.exit(5)


def _open_streams() -> None:
    """Stand something in for streams that the caller has closed, or the next file that is opened takes their place.

    Words may get lost; an answer may not: what is written to a closed standard output fails.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_WRONLY if number == 2 else os.O_RDONLY)  # noqa: PLR2004 standard error
    if sys.stdin is None:
        sys.stdin = open(0, closefd=False)  # noqa: SIM115 for the whole life
    if sys.stdout is None:
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115


if __name__ == "__main__":
    main()
