"""Read Kubernetes objects: the images that they name, and the fields that may name an image and cannot be read.

Kinds are identified by API group and name. `kinds.json` lists those of Kubernetes and of common operators; in other
kinds the names of fields decide. `manifests` of the policy overrides both.
"""

from gate.deploy.manifests.fields import FieldReader
from gate.deploy.manifests.found import RENDER, FoundImages, fields, is_given, word
from gate.deploy.manifests.kinds import KindOfObject, known_kind, runs_pods
from gate.deploy.manifests.parameters import Parameters
from gate.deploy.manifests.pods import check_pod
from gate.errors import InputError
from gate.io.yaml_document.nodes import Node
from gate.text import one_line


def is_object(root: dict[str, Node]) -> bool:
    """Whether it has `apiVersion` and `kind`, as every Kubernetes object has."""
    return bool(word(root.get("apiVersion")) and word(root.get("kind")))


def read_kubernetes(root: Node, found: FoundImages) -> None:
    """Collect the images of an object, or of a list of objects. Raises `InputError`."""
    _object(root, word(root.value.get("apiVersion")), word(root.value.get("kind")), found)


def check_settled(found: FoundImages) -> None:
    """Raise `InputError` when the policy says of a built-in workload of Kubernetes that it names no image."""
    for key, paths in found.settled.items():
        if paths == "none" and runs_pods(key):
            raise InputError(
                f"the policy says in manifests that {key} names no image, but it runs pods",
                hint="remove it from gate.yaml: pods are always read",
            )


def _object(node: Node, version: str, kind: str, found: FoundImages, parameters: Parameters | None = None) -> None:
    if "{{" in version + kind:
        raise found.problem(node, "the kind is a template", RENDER)
    items = node.value.get("items")
    if items and isinstance(items.value, list):  # kubectl treats every object with items as a list
        for item in items.value:
            _item(item, version, kind, found)
        if kind.endswith("List"):
            return
    group = version.rpartition("/")[0]
    owner = f"{one_line(kind, 80)} {_name(node)}"
    if group == "kustomize.config.k8s.io":
        raise found.problem(
            node, f"{owner} is not rendered", "render it first: kustomize build FOLDER | gate verify -f -"
        )
    known, key = known_kind(group, kind), f"{group}/{kind}" if group else kind
    if known and known.note and key not in found.settled:
        found.note(node, f"{owner} {known.note}")
    if known and (known.note or known.runs_nothing) and key not in found.settled:
        return
    if known and known.pod:
        check_pod(node, known.pod, owner, found)
    parameters = parameters or Parameters(node)

    def embedded(inner: Node) -> None:
        members = fields(inner)
        _object(inner, word(members.get("apiVersion")), word(members.get("kind")), found, parameters)

    FieldReader(found, owner, key, known or KindOfObject(), parameters, embedded).read(node)


def _item(item: Node, version: str, kind: str, found: FoundImages) -> None:
    own = fields(item)
    if own and not is_given(own.get("kind")) and not is_given(own.get("apiVersion")) and kind != "List":
        _object(item, version, kind.removesuffix("List"), found)  # a typed list names the kind once for all items
    elif is_object(own):
        read_kubernetes(item, found)
    else:
        raise found.problem(item, "an element of this list is not a Kubernetes object")


def _name(node: Node) -> str:
    metadata = fields(node.value.get("metadata"))
    name = word(metadata.get("name")) or word(metadata.get("generateName")) or "without a name"
    space = word(metadata.get("namespace"))
    return one_line(f"{space}/{name}" if space else name, 140)
