"""Trivy and cosign from their releases into the user's cache: fetched, checked against the lock, kept by hash.

What is used afterwards, and what is known of it, is `gate.toolbox`.
"""

from gate.tools.install import Installed, Vouch, install
from gate.tools.listing import Row, changed, listing
from gate.tools.renew import Signed, renew
from gate.tools.source import Folder, Releases, Source

__all__ = [
    "Folder",
    "Installed",
    "Releases",
    "Row",
    "Signed",
    "Source",
    "Vouch",
    "changed",
    "install",
    "listing",
    "renew",
]
