"""Plan which versions of a package may be deleted. Pure: it sends no requests and deletes nothing.

`Graph` holds the versions and their dependencies, `plan` applies the `Rules` and returns a `Plan`. A version that the
rules do not release is kept, with everything that is needed to pull and verify it.
"""

from gate.maintenance.prune.graph import Graph, closure
from gate.maintenance.prune.planning import plan
from gate.maintenance.prune.record import Fate, IncompleteVersion, KeptVersion, PruneRecord, Recorded
from gate.maintenance.prune.versions import Incomplete, Node, Plan, Rules, Step, Version, VersionKind

__all__ = [
    "Fate",
    "Graph",
    "Incomplete",
    "IncompleteVersion",
    "KeptVersion",
    "Node",
    "Plan",
    "PruneRecord",
    "Recorded",
    "Rules",
    "Step",
    "Version",
    "VersionKind",
    "closure",
    "plan",
]
