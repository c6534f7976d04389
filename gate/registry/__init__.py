"""The registry: from the name of an image to its content, every byte of it checked here and not by others.

`look` (for many images `sightings`) tells what evidence lies beside an image. What fewer commands need is imported from
its own module: `acquire.acquire` fetches images and lays each platform out for the scanner, `acquire.resolve` asks what
a tag points at now, `tags.tags` what tags there are, `graph` what a manifest needs; `credentials.find` gives the login
that is handed on to another program.
"""

from gate.registry.access import Access, Acquired
from gate.registry.errors import AlteredError, MissingError
from gate.registry.evidence import look, sightings
from gate.registry.evidence_types import Damaged, PassedOver, Sight, Sighted

__all__ = [
    "Access",
    "Acquired",
    "AlteredError",
    "Damaged",
    "MissingError",
    "PassedOver",
    "Sight",
    "Sighted",
    "look",
    "sightings",
]
