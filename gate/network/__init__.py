"""The one door to the network, and the only room that knows urllib3: HTTP, retries, proxies, TLS, deadlines.

It knows hosts and statuses, nothing of registries. Importing it takes time: do so where it is used.
"""

from gate.network.answers import Reply
from gate.network.failures import TransientError
from gate.network.http import Http

__all__ = ["Http", "Reply", "TransientError"]
