"""The command's entry: `gate`, or `python -m gate`."""

import os
import sys


def main() -> None:
    """Run the command line and end with its exit code."""
    import gc

    from gate.cli import run

    # A short life with a hundred thousand findings that all stay: looking for garbage among them finds none, and
    # taking them apart one by one at the end helps nobody.
    gc.disable()
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        code = code or 3  # what was to be read from us did not get out
    os._exit(code)


if __name__ == "__main__":
    main()
