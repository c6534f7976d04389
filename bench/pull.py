"""Pull one image with every layer verified, as a process: `python -m bench.pull IMAGE FOLDER`."""

import gc
import os
import sys
from pathlib import Path

from gate.unplugged import unplug


def main(image: str, folder: str) -> None:
    """As `gate` itself does, which looks for no garbage and takes nothing apart at its end."""
    gc.disable()
    unplug()

    from gate.io.progress import Silent
    from gate.io.run_context import RunContext
    from gate.registry.access import Access
    from gate.registry.acquire import acquire

    acquire([image], platforms=None, workspace=Path(folder), context=RunContext(), access=Access(), progress=Silent())
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
