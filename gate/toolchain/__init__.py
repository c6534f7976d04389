"""Install and find the pinned Trivy and cosign: download releases, check them against the lock, keep them in the cache.

In: the lock (`lock.json`: releases and SHA-256 sums), the deny list (`deny.json`), GitHub or a folder with releases.
Out: the path of a checked program (`lookup.find`), the installed programs (`install`), a new lock (`renew`).
Denied releases are refused wherever a program comes from.
Start with `lookup.py` (which program is used) and `install.py` (`gate tools install`).
"""

from gate.toolchain.install import Installed, Vouch, install
from gate.toolchain.listing import ToolRow, changed, list_tools
from gate.toolchain.renew import Signed, renew
from gate.toolchain.source import Folder, Releases, ReleaseSource

__all__ = [
    "Folder",
    "Installed",
    "ReleaseSource",
    "Releases",
    "Signed",
    "ToolRow",
    "Vouch",
    "changed",
    "install",
    "list_tools",
    "renew",
]
