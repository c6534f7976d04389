"""Pull one image with every layer verified, as a process: `python -m bench.pull IMAGE FOLDER`."""

import os
import sys
from pathlib import Path

os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"  # as `gate` itself does

from gate.progress import Silent
from gate.registry import Access
from gate.registry.acquire import acquire
from gate.world import World

image, folder = sys.argv[1], Path(sys.argv[2])
acquire([image], platforms=None, workspace=folder, world=World(), access=Access(), progress=Silent())
