"""The registry: from the name of an image to its content, every byte of it checked here and not by others.

`acquire` fetches images and lays each platform out for the scanner; `resolve` asks what a tag points at now.
"""

from gate.registry.access import Access, Acquired
from gate.registry.acquire import acquire, resolve

__all__ = ["Access", "Acquired", "acquire", "resolve"]
