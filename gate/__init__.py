"""`gate`: between a built container image and production on the GitHub Container Registry.

The contract is the command, its exit codes, its documents and `schemas/`; the Python modules are private.
"""

__version__ = "0.1.0"
