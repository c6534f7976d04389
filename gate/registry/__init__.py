"""The registry: from the name of an image to its content, every byte of it checked here and not by others.

`acquire` fetches images and lays each platform out for the scanner; `resolve` asks what a tag points at now; `look`
(for many images `sightings`) tells what evidence lies beside, `tags` what tags there are. `find_login` gives the login
that is handed on to another program.
"""

from gate.registry.access import Access, Acquired
from gate.registry.acquire import acquire, resolve
from gate.registry.credentials import Credential
from gate.registry.credentials import find as find_login
from gate.registry.evidence import look, sightings
from gate.registry.failures import AlteredError, MissingError
from gate.registry.graph import leads, nodes, there
from gate.registry.sights import Damaged, PassedOver, Sight, Sighted
from gate.registry.tags import tags

__all__ = [
    "Access",
    "Acquired",
    "AlteredError",
    "Credential",
    "Damaged",
    "MissingError",
    "PassedOver",
    "Sight",
    "Sighted",
    "acquire",
    "find_login",
    "leads",
    "look",
    "nodes",
    "resolve",
    "sightings",
    "tags",
    "there",
]
