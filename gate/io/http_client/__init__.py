"""The one door to the network, and the only room that knows urllib3: HTTP, retries, proxies, TLS, deadlines.

It knows hosts and statuses, nothing of registries. Importing it takes time: do so where it is used.
"""

from gate.io.http_client.client import Http
from gate.io.http_client.errors import TransientError
from gate.io.http_client.response import Reply

__all__ = ["Http", "Reply", "TransientError"]
