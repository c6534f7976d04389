"""Find known errors of docker, Trivy, cosign, GitHub and Kubernetes in a log, with cause and remedy.

`search` reads a log and returns the matches. The table is `known.json`; `docs/troubleshooting.md` is generated from it.
"""

from gate.maintenance.known_errors.known import KnownError, known
from gate.maintenance.known_errors.search import ENOUGH, Match, search

__all__ = ["ENOUGH", "KnownError", "Match", "known", "search"]
