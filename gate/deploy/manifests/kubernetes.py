"""Kubernetes objects: every image that one names, and every field that may name one and cannot be read.

Kinds are identified by API group and name. `kinds.json` knows those of Kubernetes and of common operators; for any
other the fields' names decide, and `manifests` of the policy has the last word.
"""

from gate.deploy.manifests.fields import FieldReader
from gate.deploy.manifests.found import RENDER, FoundImages, fields, is_given, word
from gate.deploy.manifests.kinds import known_kind, runs_pods
from gate.deploy.manifests.parameters import Parameters
from gate.deploy.manifests.pods import check_pod
from gate.errors import InputError
from gate.io.yaml_document.nodes import Node
from gate.text import one_line


def is_object(root: dict[str, Node]) -> bool:
    """Whether it says what it is, as every Kubernetes object does."""
    return bool(word(root.get("apiVersion")) and word(root.get("kind")))


def read_kubernetes(root: Node, found: FoundImages) -> None:
    """Take the images of an object, or of a list of them. Raises `InputError`."""
    _object(root, word(root.value.get("apiVersion")), word(root.value.get("kind")), found)


def check_settled(found: FoundImages) -> None:
    """Raise `InputError` when the policy takes a workload of Kubernetes' own for one that runs nothing."""
    for key, paths in found.settled.items():
        if paths == "none" and runs_pods(key):
            raise InputError(
                f"the policy says under manifests that {key} names no image, and it runs pods",
                hint="take it out of gate.yaml: pods are read in any case",
            )


def _object(node: Node, version: str, kind: str, found: FoundImages, parameters: Parameters | None = None) -> None:
    if "{{" in version + kind:
        raise found.problem(node, "the kind is a template", RENDER)
    items = node.value.get("items")
    if items and isinstance(items.value, list):  # kubectl takes whatever has items for a list
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

    FieldReader(found, owner, key, known, parameters, embedded).read(node)


def _item(item: Node, version: str, kind: str, found: FoundImages) -> None:
    own = fields(item)
    if own and not is_given(own.get("kind")) and not is_given(own.get("apiVersion")) and kind != "List":
        _object(item, version, kind.removesuffix("List"), found)  # a typed list says it once for all
    elif is_object(own):
        read_kubernetes(item, found)
    else:
        raise found.problem(item, "an element of a list that is no Kubernetes object")


def _name(node: Node) -> str:
    metadata = fields(node.value.get("metadata"))
    name = word(metadata.get("name")) or word(metadata.get("generateName")) or "without a name"
    space = word(metadata.get("namespace"))
    return one_line(f"{space}/{name}" if space else name, 140)
