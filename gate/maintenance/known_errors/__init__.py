"""Errors that tools around images are known to end with: their words, what they mean, and what mends them.

The table is `known.json`; `docs/troubleshooting.md` is the same in prose, and a test holds the two together.
"""

from gate.maintenance.known_errors.known import Trouble, known
from gate.maintenance.known_errors.search import ENOUGH, Seen, search

__all__ = ["ENOUGH", "Seen", "Trouble", "known", "search"]
