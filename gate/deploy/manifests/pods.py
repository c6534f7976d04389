"""Check the pod of a built-in workload of Kubernetes: it exists, and each of its containers names an image.

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
VARIABLE = "substitute the variables first: envsubst, or the tool that does it at deployment"


def check_pod(node: Node, path: tuple[str, ...], owner: str, found: FoundImages) -> None:
    """Raise `InputError` when there is no pod at this path, or its containers are not lists."""
    for key in path:
        inner = fields(node).get(key)
        if inner is None or not isinstance(inner.value, dict):
            raise found.problem(node, f"{owner}: there is no {'.'.join(path)}")
        node = inner
    containers = node.value.get("containers")
    if containers is None or not isinstance(containers.value, list) or not containers.value:
        raise found.problem(node, f"{owner}: {'.'.join(path)} has no containers")
    for key, called in CONTAINERS.items():
        listed = node.value.get(key)
        if is_given(listed) and not isinstance(listed.value, list):
            raise found.problem(listed, f"{owner}: {called}s are not a list")


def element_name(node: Node, number: int) -> str:
    """The name of a container or volume, or its number."""
    return one_line(word(fields(node).get("name")), 80) or str(number)
