"""Read Compose files: the images of services and of image volumes (compose-spec, 05-services.md)."""

from gate.deploy.manifests.found import FoundImages, fields, is_given, word
from gate.io.yaml_document.nodes import Node
from gate.text import one_line

HINT = "substitute the variables first: docker compose config | gate verify -f -"
_KEYS = {"version", "name", "include", "services", "networks", "volumes", "configs", "secrets", "models"}


def is_compose(root: dict[str, Node]) -> bool:
    """Whether it has `services`, and no key that Compose would refuse."""
    return "services" in root and all(key in _KEYS or key.startswith("x-") for key in root)


def read_compose(root: Node, found: FoundImages) -> None:
    """Collect the images of every service. Raises `InputError`."""
    if is_given(include := root.value.get("include")):
        raise found.problem(include, "it includes other files, whose images are not in this file", HINT)
    services = root.value["services"]
    if is_given(services) and not isinstance(services.value, dict):
        raise found.problem(services, "services is not a mapping")
    for name, service in fields(services).items():
        path = f"services.{one_line(name, 80)}"
        if not isinstance(service.value, dict):
            raise found.problem(service, f"{path} is not a mapping")
        _service(service, path, fields(services), found)


def _service(service: Node, path: str, others: dict[str, Node], found: FoundImages) -> None:
    image = service.value.get("image")
    inherits = _inherits(service, path, others, found)
    if is_given(image):
        found.add(image, path, filled=HINT)
    elif is_given(service.value.get("build")):
        found.note(service, f"{path} is built at deployment and names no image")
    elif is_given(service.value.get("provider")):
        found.note(service, f"{path} is run by a provider, and names no image")
    elif not inherits:
        raise found.problem(service, f"{path} has neither an image nor a build", HINT)
    volumes = service.value.get("volumes")
    for volume in volumes.value if volumes and isinstance(volumes.value, list) else ():
        kind = volume.value.get("type") if isinstance(volume.value, dict) else None
        if word(kind) == "image":
            found.add(volume.value.get("source", volume), f"{path}, image volume", filled=HINT)
        elif "$" in word(kind):
            raise found.problem(volume, f"{path}: a volume whose type is a variable", HINT)


def _inherits(service: Node, path: str, others: dict[str, Node], found: FoundImages) -> bool:
    """Whether it extends another service of this file, whose image is read there."""
    extends = service.value.get("extends")
    if not is_given(extends):
        return False
    base = word(extends) or word(fields(extends).get("service"))
    if "file" in fields(extends) or base not in others:
        raise found.problem(extends, f"{path} extends a service that is not in this file", HINT)
    return True
