"""Read image references from fields: in one text, or in parts such as `{repository, tag, digest}`."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from gate.deploy.manifests.found import fields, is_given, word
from gate.deploy.manifests.values import APPENDED, DIGEST, QUOTED, WHOLE
from gate.errors import UsageError
from gate.io.yaml_document.nodes import Node
from gate.model.image import ImageRef, is_digest
from gate.text import one_line

_IMAGE_KEY = re.compile(
    r"(?:.*[a-z0-9]I|.*[_-]i|i|I)mages?(?:[_-]?(?:[Nn]ame|[Rr]ef|[Rr]eference|[Uu]rl|URL|[Uu]ri|URI|[Rr]epository|[Ss]pec))?"
    r"|IMAGE(?:_NAME)?|.*[a-z](?:dockerimage|containerimage)|(?:docker|container|base)image"
)
_TEXTS = ("reference", "ref", "image", "imageName", "fullName", "uri", "url", "value", "default")
"""Members of an image object that may hold the whole reference in one text."""
_NAMES = ("repository", "repo", "imageRepository", "imageName", "image", "name")
_TAGS = ("tag", "imageTag", "versionTag")
_DIGESTS = ("digest", "imageDigest", "sha256", "sha", "hash")
_REGISTRIES = ("registry", "imageRegistry")
_VERSIONS = ("version", "imageVersion")
_SOURCE = re.compile(r"(?:https?|git|ssh)://|git@")


class Reference(NamedTuple):
    """An image that was read, and how to pin it."""

    image: str
    node: Node
    """The field that names it, for messages."""
    pinned: Node
    """The field that gets the digest."""
    form: str = WHOLE


class UnreadableError(Exception):
    """A field that may name an image and cannot be read; the message says why, and is safe to show."""


class VersionElsewhereError(UnreadableError):
    """The image has neither tag nor digest, and a version is in another field."""


def is_image_key(key: str) -> bool:
    """Whether a field with this name may name an image: `image`, `imageName`, `sidecarImage`, `redis_image`."""
    return _IMAGE_KEY.fullmatch(key) is not None


def is_qualified(text: str) -> bool:
    """Whether a text is certainly an image reference: it has a registry, a tag or a digest."""
    name, at, _ = text.partition("@")
    first, slash, _ = name.partition("/")
    host = bool(slash) and ("." in first or ":" in first or first == "localhost")
    return bool(at) or host or ":" in name.rpartition("/")[2]


def check_reference(text: str) -> None:
    """Raise `UnreadableError` when `text` is not an image reference."""
    try:
        ImageRef.parse(text)
    except UsageError as exc:
        raise UnreadableError(exc.problem) from exc


def is_split(members: Mapping[str, Node], *, under_image_key: bool) -> bool:
    """Whether a mapping names an image in parts."""
    repository, registry = _first(members, _NAMES[:3]), _first(members, _REGISTRIES)
    parts = _first(members, (*_TAGS, *_DIGESTS, *_VERSIONS))
    if under_image_key:
        alone = repository or parts or registry or _first(members, ("name",))
        return alone is not None and _first(members, _NAMES) is not None
    if repository is None:
        return registry is not None and parts is not None and _first(members, _NAMES) is not None
    return (parts is not None or is_qualified(word(repository))) and not _SOURCE.match(word(repository))


def split_members(members: Mapping[str, Node]) -> frozenset[str]:
    """The members that `read_split` reads."""
    return frozenset({_name_key(members), *_TAGS, *_DIGESTS, *_REGISTRIES, *_VERSIONS})


def image_members(key: str, members: Mapping[str, Node]) -> list[str]:
    """The members that may each be an image: entries of a map of images, or texts of one image object."""
    if key.lower().endswith("images"):
        return [name for name, node in members.items() if (word(node) or fields(node)) and "pull" not in name.lower()]
    return [name for name, node in members.items() if name in _TEXTS or is_qualified(word(node))]


def read_split(members: Mapping[str, Node]) -> Reference:
    """Put an image together from `{registry, repository, tag, digest}`. Raises `UnreadableError`."""
    reference = _joined(members[_name_key(members)], members, ())
    if ":" not in reference.image.rpartition("/")[2]:
        raise UnreadableError(f"{_shown(reference.image)} has neither tag nor digest: which image runs is unknown")
    return reference


def read_text(key: str, node: Node, around: Mapping[str, Node]) -> Reference:
    """Read an image in one text; its tag, digest or registry may be in fields `around` it. Raises `UnreadableError`."""
    if not word(node):
        raise UnreadableError("it is empty" if node.value == "" else "it is not a string: put it in quotes")
    image = re.sub(r"[_-]?(?:[Nn]ame|[Rr]ef|[Rr]epository)$", "", key)
    reference = _joined(node, around, (key, image, re.sub(r"[_-]?[Ii]mage$", "", image)))
    if key.lower().endswith("repository") and ":" not in reference.image.rpartition("/")[2]:
        raise UnreadableError(f"{_shown(reference.image)} has neither tag nor digest: which image runs is unknown")
    return reference


def _name_key(members: Mapping[str, Node]) -> str:
    return next(key for key in _NAMES if is_given(members.get(key)))


def _joined(node: Node, members: Mapping[str, Node], stems: tuple[str, ...]) -> Reference:
    written = _text(node, "its name")
    name = written.removeprefix("docker://").removeprefix("oci://")
    tag = _member(members, _TAGS, stems, "Tag", node)
    digest = _member(members, _DIGESTS, stems, "Digest", node)
    registry = _member(members, _REGISTRIES, stems, "Registry", node)
    version = _member(members, _VERSIONS, stems, "Version", node)
    own_tag = ":" in name.partition("@")[0].rpartition("/")[2]
    tag_text, digest_text = _text(tag, "its tag"), _text(digest, "its digest")
    if tag_text and (own_tag or "@" in name):
        raise UnreadableError(f"{_shown(name)} has a tag of its own, and {_shown(tag_text)} is another")
    if digest_text and ("@" in name or "@" in tag_text):
        raise UnreadableError(f"{_shown(name)} has two digests")
    if digest_text and not is_digest(digest_text):
        raise UnreadableError(f"{_shown(digest_text)} is not a digest")
    if is_given(version) and not (own_tag or tag_text or digest_text or "@" in name):
        raise VersionElsewhereError(f"{_shown(name)} has a version in another field: which image runs is unknown")
    image = _with_registry(name, _text(registry, "its registry"))
    split = tag_text or digest_text or image != written
    image += (f":{tag_text}" if tag_text else "") + (f"@{digest_text}" if digest_text else "")
    if digest is not None and (digest_text or (split and digest.value in {None, ""})):
        return Reference(image, node, digest, QUOTED if digest.value is None else DIGEST)
    if tag_text and tag is not None:
        return Reference(image, node, tag, APPENDED)
    return Reference(image, node, node, APPENDED if split else WHOLE)


def _with_registry(name: str, registry: str) -> str:
    first, slash, _ = name.partition("/")
    if not registry or (slash and first == registry):
        return name
    if slash and ("." in first or ":" in first or first == "localhost"):
        raise UnreadableError(f"{_shown(name)} has a registry of its own, and {_shown(registry)} is another")
    return f"{registry.removesuffix('/')}/{name}"


def _first(members: Mapping[str, Node], names: tuple[str, ...]) -> Node | None:
    return next((members[name] for name in names if is_given(members.get(name))), None)


def _member(
    members: Mapping[str, Node], names: tuple[str, ...], stems: tuple[str, ...], ending: str, own: Node
) -> Node | None:
    """The only member with one of these names; one without a value if there is no other. Raises `UnreadableError`."""
    more = (form for stem in stems if stem for form in (stem + ending, f"{stem}_{ending.lower()}"))
    known = [members[name] for name in dict.fromkeys((*names, *more)) if name in members]
    known = [node for node in known if node is not own]
    given = [node for node in known if node.value not in {None, ""}] if all(map(_is_plain, known)) else known
    if len(given) > 1:
        raise UnreadableError(f"there are several {ending.lower()}s for {_shown(word(own))}")
    return next(iter(given or known), None)


def _is_plain(node: Node) -> bool:
    return node.value is None or isinstance(node.value, str | int | float)


def _text(node: Node | None, called: str) -> str:
    if node is None or node.value is None:
        return ""
    if not isinstance(node.value, str):
        raise UnreadableError(f"{called} is not a string: put it in quotes")
    if "{{" in node.value or "$" in node.value:
        raise UnreadableError(f"{called} {_shown(node.value)} contains a variable")
    return node.value


def _shown(text: str) -> str:
    return repr(one_line(text, 120))
