"""Pull one image with every layer verified, as a process: `python -m bench.pull IMAGE FOLDER`."""

import sys
from pathlib import Path

from gate.progress import Silent
from gate.registry import Access
from gate.registry.acquire import acquire
from gate.world import World

image, folder = sys.argv[1], Path(sys.argv[2])
acquire([image], platforms=None, workspace=folder, world=World(), access=Access(), progress=Silent())
