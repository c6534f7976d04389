"""Trivy and cosign from their releases into the user's cache: fetched, checked against the lock, kept by hash.

What is used afterwards, and what is known of it, is `gate.toolchain.lookup`.
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
