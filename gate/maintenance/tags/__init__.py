"""The tags of an image for an event of a repository: a push, a pull request, a release.

`read_event` reads the event from the CI job, `image_tags` computes the tags by the rules of the policy. Whether a
release moves `latest`, `1.2` or `1` depends on the existing releases, which `released` reads from tags.
"""

from gate.maintenance.tags.event import Event, read_event
from gate.maintenance.tags.names import ImageTags, image_tags
from gate.maintenance.tags.version import Version, parse_version, released

__all__ = ["Event", "ImageTags", "Version", "image_tags", "parse_version", "read_event", "released"]
