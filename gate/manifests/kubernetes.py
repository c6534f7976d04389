"""Kubernetes objects: the images of every pod that one describes.

In the kinds that are known to run pods every container has an image. In other kinds, which may be anybody's, every
list of containers is looked at, wherever it stands; a container without an image there is a patch over one that is
described elsewhere. Where pods stand: kubernetes.io/docs/reference/kubernetes-api/workload-resources.
"""

from gate.manifests.found import RENDER, Found, fields, is_given, word
from gate.text import one_line
from gate.yamldoc.nodes import Node

HINT = "fill in what varies first: envsubst, or whatever fills it in where it is deployed"
_CONTAINERS = {
    "containers": "container",
    "initContainers": "init container",
    "ephemeralContainers": "ephemeral container",
}
_TEMPLATE = ("spec", "template", "spec")
_PODS = {
    ("", "Pod"): ("spec",),
    ("", "PodTemplate"): ("template", "spec"),
    ("", "ReplicationController"): _TEMPLATE,
    **{
        (group, kind): _TEMPLATE
        for group in ("apps", "extensions")
        for kind in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")
    },
    ("batch", "Job"): _TEMPLATE,
    ("batch", "CronJob"): ("spec", "jobTemplate", *_TEMPLATE),
}
"""By group and kind: where the one pod stands."""
_ELSEWHERE = {
    ("argoproj.io", "Application"),
    ("argoproj.io", "ApplicationSet"),
    ("helm.cattle.io", "HelmChart"),
    ("helm.toolkit.fluxcd.io", "HelmRelease"),
    ("kustomize.toolkit.fluxcd.io", "Kustomization"),
}
"""They say where to find what is deployed; what looks like a container in their values may be none."""
_DESCRIBED = {"kyverno.io", "policies.kyverno.io"}
"""Groups whose objects describe pods in patterns."""


def is_object(root: dict[str, Node]) -> bool:
    """Whether it says what it is, as every Kubernetes object does."""
    return bool(word(root.get("apiVersion")) and word(root.get("kind")))


def read(root: Node, found: Found) -> None:
    """Take the images of an object, or of a list of them. Raises `InputError`."""
    _object(root, word(root.value.get("apiVersion")), word(root.value.get("kind")), found)


def _object(node: Node, version: str, kind: str, found: Found) -> None:
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
    if group == "apiextensions.k8s.io":
        return
    if (group, kind) in _ELSEWHERE:
        found.note(node, f"{owner} deploys what is kept elsewhere: those images are not in this file")
    elif group in _DESCRIBED:
        found.note(node, f"{owner} describes pods in patterns: images in it are not looked at")
    else:
        where = _PODS.get((group, kind))
        if where:
            _check_pod(node, where, owner, found)
        _Walk(owner, found, known=where is not None, foreign=_is_foreign(group)).into(node)


def _item(item: Node, version: str, kind: str, found: Found) -> None:
    own = fields(item)
    if own and not is_given(own.get("kind")) and not is_given(own.get("apiVersion")) and kind != "List":
        _object(item, version, kind.removesuffix("List"), found)  # a typed list says it once for all
    elif is_object(own):
        read(item, found)
    else:
        raise found.problem(item, "an element of a list that is no Kubernetes object")


def _is_foreign(group: str) -> bool:
    return "." in group and not group.endswith(".k8s.io")


def _name(node: Node) -> str:
    metadata = fields(node.value.get("metadata"))
    name = word(metadata.get("name")) or word(metadata.get("generateName")) or "without a name"
    space = word(metadata.get("namespace"))
    return one_line(f"{space}/{name}" if space else name, 140)


def _check_pod(node: Node, where: tuple[str, ...], owner: str, found: Found) -> None:
    """The pod of a kind that has one is where it belongs, and has containers."""
    for key in where:
        inner = fields(node).get(key)
        if inner is None or not isinstance(inner.value, dict):
            raise found.problem(node, f"{owner}: there is no {'.'.join(where)}")
        node = inner
    containers = node.value.get("containers")
    if containers is None or not isinstance(containers.value, list) or not containers.value:
        raise found.problem(node, f"{owner}: {'.'.join(where)} has no containers")


class _Walk:
    """Looks for pods at every depth; how deep that can be has its bound where the text is read."""

    def __init__(self, owner: str, found: Found, *, known: bool, foreign: bool) -> None:
        self.owner, self.found, self.known, self.foreign = owner, found, known, foreign

    def into(self, node: Node, *, container: bool = False) -> None:
        for one in node.value if isinstance(node.value, list) else ():
            self.into(one)
        for key, inner in fields(node).items():
            if key in _CONTAINERS:
                self.containers(inner, _CONTAINERS[key])
            elif key == "volumes":
                self.volumes(inner)
            elif key != "image":
                self.into(inner)
            elif not container and self.foreign and word(inner):
                image = repr(one_line(inner.value, 120))
                self.found.note(inner, f"{self.owner}: {image} is in no list of containers, and is not looked at")

    def containers(self, node: Node, called: str) -> None:
        if not isinstance(node.value, list):
            if self.known and is_given(node):
                raise self.found.problem(node, f"{self.owner}: {called}s are no list")
            self.into(node)
            return
        for number, one in enumerate(node.value, 1):
            path = f"{self.owner}, {called} {_called(one, number)}"
            image = fields(one).get("image")
            if is_given(image):
                self.found.add(image, path, filled=HINT)
            elif self.known:
                raise self.found.problem(one, f"{path} has no image")
            self.into(one, container=True)

    def volumes(self, node: Node) -> None:
        if not isinstance(node.value, list):
            self.into(node)
            return
        for number, one in enumerate(node.value, 1):
            path = f"{self.owner}, volume {_called(one, number)}"
            image = fields(one).get("image")
            reference = fields(image).get("reference")
            if is_given(reference):
                self.found.add(reference, path, filled=HINT)
            elif self.known and is_given(image):
                raise self.found.problem(image, f"{path} has no reference to its image")
            self.into(one)


def _called(node: Node, number: int) -> str:
    return one_line(word(fields(node).get("name")), 80) or str(number)
