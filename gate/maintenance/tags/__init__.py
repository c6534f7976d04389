"""The tags that an event of a repository gives to an image.

`read_event` tells the event, `named` the tags. What a release may move (`latest`, `1.2`, `1`) depends on the releases
there are: `released` reads them from tags, and without them they are unknown.
"""

from gate.maintenance.tags.event import Event, read_event
from gate.maintenance.tags.names import Named, named
from gate.maintenance.tags.version import Version, parse_version, released

__all__ = ["Event", "Named", "Version", "named", "parse_version", "read_event", "released"]
