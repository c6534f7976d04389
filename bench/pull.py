"""Pull one image with every layer verified, as a process: `python -m bench.pull IMAGE FOLDER`."""

import sys
from pathlib import Path

from gate.unplugged import unplug


def main(image: str, folder: str) -> None:
    """As `gate` itself does."""
    unplug()

    from gate.progress import Silent
    from gate.registry import Access
    from gate.registry.acquire import acquire
    from gate.world import World

    acquire([image], platforms=None, workspace=Path(folder), world=World(), access=Access(), progress=Silent())


if __name__ == "__main__":
    main(*sys.argv[1:])
