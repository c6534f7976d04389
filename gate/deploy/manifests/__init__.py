"""Find the images that a deployment file names, and write digests into the file.

`parse_manifests` reads Kubernetes manifests (YAML or JSON, as Helm, kustomize and kubectl write them), Compose files
and plain lists into a `Deployment`: its images with their positions, and the fields that could not be read. `pin`
replaces the images in the text, `settling_lines` proposes lines for `gate.yaml`. Start reading in `parse`.
"""

from gate.deploy.manifests.parse import LARGEST, parse_manifests
from gate.deploy.manifests.pin import pin
from gate.deploy.manifests.settle import settling_lines
from gate.deploy.manifests.values import Deployment, Named, Settled, Unread

__all__ = ["LARGEST", "Deployment", "Named", "Settled", "Unread", "parse_manifests", "pin", "settling_lines"]
