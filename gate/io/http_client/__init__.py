"""HTTP client with redirects, retries, proxies, TLS and deadlines; the only package that imports urllib3.

In: URLs, headers and the environment (proxy, CA certificates). Out: a `Reply`, or `RegistryError`.
It knows hosts and statuses, nothing of registries. Importing it takes time: import it where it is used.
Start with `client.Http`.
"""

from gate.io.http_client.client import Http
from gate.io.http_client.errors import TransientError
from gate.io.http_client.response import Reply

__all__ = ["Http", "Reply", "TransientError"]
