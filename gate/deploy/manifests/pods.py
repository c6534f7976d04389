"""The pod of a workload of Kubernetes' own: it has to be there, and each of its containers names an image.

Where pods are: kubernetes.io/docs/reference/kubernetes-api/workload-resources.
"""

from gate.deploy.manifests.found import FoundImages, fields, is_given, word
from gate.io.yaml_document.nodes import Node
from gate.text import one_line

CONTAINERS = {
    "containers": "container",
    "initContainers": "init container",
    "ephemeralContainers": "ephemeral container",
}
VARIABLE = "fill in what varies first: envsubst, or whatever fills it in where it is deployed"


def check_pod(node: Node, where: tuple[str, ...], owner: str, found: FoundImages) -> None:
    """The pod of a kind that has one is where it belongs, and its containers have images. Raises `InputError`."""
    for key in where:
        inner = fields(node).get(key)
        if inner is None or not isinstance(inner.value, dict):
            raise found.problem(node, f"{owner}: there is no {'.'.join(where)}")
        node = inner
    containers = node.value.get("containers")
    if containers is None or not isinstance(containers.value, list) or not containers.value:
        raise found.problem(node, f"{owner}: {'.'.join(where)} has no containers")
    for key, called in CONTAINERS.items():
        listed = node.value.get(key)
        if is_given(listed) and not isinstance(listed.value, list):
            raise found.problem(listed, f"{owner}: {called}s are no list")


def element_name(node: Node, number: int) -> str:
    """The name of a container or volume, or its number."""
    return one_line(word(fields(node).get("name")), 80) or str(number)
