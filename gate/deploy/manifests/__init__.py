"""Which images a deployment names, and the same file back with digests. Text in, values out.

Kubernetes manifests (YAML or JSON, as Helm, kustomize and kubectl write them), Compose files and plain lists.
"""

from gate.deploy.manifests.parse import LARGEST, parse_manifests
from gate.deploy.manifests.pin import pin
from gate.deploy.manifests.settle import settling_lines
from gate.deploy.manifests.values import Deployment, Named, Settled, Unread

__all__ = ["LARGEST", "Deployment", "Named", "Settled", "Unread", "parse_manifests", "pin", "settling_lines"]
