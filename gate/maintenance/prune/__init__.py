"""Which versions of a package may go: the graph of what needs what, and the rules. Pure: nothing is asked or deleted.

Whatever the rules do not say may go is kept, and so is all that it needs to be pulled and verified.
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
