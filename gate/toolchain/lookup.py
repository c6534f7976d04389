"""Choose the Trivy and cosign to use: search order, lock and deny list.

What brings them there is `gate.tools`.
"""

from gate.toolchain.deny import about, denials, refuse, version_of
from gate.toolchain.find import FoundProgram, found, installed, listed, place, sha256
from gate.toolchain.lock import NAMES, File, KnownProgram, Lock, Name, Release, Signer, here, read_lock

__all__ = [
    "NAMES",
    "File",
    "FoundProgram",
    "KnownProgram",
    "Lock",
    "Name",
    "Release",
    "Signer",
    "about",
    "denials",
    "found",
    "here",
    "installed",
    "listed",
    "place",
    "read_lock",
    "refuse",
    "sha256",
    "version_of",
]
