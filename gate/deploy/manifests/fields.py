"""Read the fields of one Kubernetes object: images that they name, and fields that may name one and cannot be read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from gate.deploy.manifests import references
from gate.deploy.manifests.found import RENDER, FoundImages, fields, is_given, word
from gate.deploy.manifests.kinds import KindOfObject
from gate.deploy.manifests.parameters import Parameters, UnknownValueError, has_variable
from gate.deploy.manifests.paths import ELEMENT, FieldPath, PathSet, last_key, path_text
from gate.deploy.manifests.pods import CONTAINERS, VARIABLE, element_name
from gate.deploy.manifests.references import Reference, UnreadableError, VersionElsewhereError
from gate.deploy.manifests.values import APPENDED, WHOLE, Named, Unread
from gate.io.yaml_document.nodes import Node
from gate.text import one_line

_UNREAD_METADATA = {"labels", "annotations", "managedFields"}
_TEXT = "put that manifest into a file of its own, and verify it too"


class Field(NamedTuple):
    """A value that may name an image, and where it is."""

    path: FieldPath
    node: Node
    label: str = ""
    """What people call it if that says more than its path: the image of a container or volume."""

    @property
    def shown(self) -> str:
        """Its text, safe to show."""
        return repr(one_line(word(self.node), 120))

    def member(self, part: str, node: Node) -> "Field":
        """A member of this value."""
        return Field((*self.path, part), node, self.label)


@dataclass(frozen=True)
class FieldReader:
    """Reads one object. Its depth was limited when the text was parsed."""

    found: FoundImages
    owner: str
    """For people: `Widget shop/web`."""
    key: str
    """`group/Kind`, as the policy names it."""
    kind: KindOfObject
    parameters: Parameters
    embedded: Callable[[Node], None]
    """Reads an object that is embedded in this one, such as a trigger's template."""

    @cached_property
    def _listed(self) -> PathSet | None:
        """The fields that the policy names; None when it names none for this kind."""
        paths = self.found.settled.get(self.key)
        return PathSet(paths) if paths is not None and paths != "none" else None

    def read(self, node: Node) -> None:
        """Collect the images of the object. Raises `InputError` for a broken built-in workload of Kubernetes."""
        members = fields(node)
        if not self.kind.pod and references.is_split(members, under_image_key=False):
            self._split(Field((), node))
        for key, inner in members.items():
            if key not in {"metadata", "status"}:
                self._member((key,), inner, members)

    def _into(self, path: FieldPath, node: Node, taken: frozenset[str] = frozenset()) -> None:
        """Read the members of a mapping or list, without those that are `taken`."""
        for element in node.value if isinstance(node.value, list) else ():
            self._element((*path, ELEMENT), element)
        members = fields(node)
        if word(members.get("apiVersion")) and word(members.get("kind")) and {"metadata", "spec"} & members.keys():
            self.embedded(node)
            return
        if not taken and not self.kind.pod and references.is_split(members, under_image_key=False):
            self._split(Field(path, node))
            taken = references.split_members(members)
        for key, inner in members.items():
            if key not in taken and not (path[-1:] == ("metadata",) and key in _UNREAD_METADATA):
                self._member((*path, key), inner, members)

    def _element(self, path: FieldPath, node: Node) -> None:
        if path in self.kind.images or self._is_listed(path):
            self._image(Field(path, node), {}, named=True)
        else:
            self._into(path, node)

    def _member(self, path: FieldPath, node: Node, around: Mapping[str, Node]) -> None:
        key, field = path[-1], Field(path, node)
        if path in self.kind.images:
            self._image(field, {}, named=True)
        elif self._is_listed(path):
            self._image(field, {name: other for name, other in around.items() if "ersion" not in name}, named=True)
        elif path in self.kind.ignored:
            return
        elif path in self.kind.texts and word(node):
            self._unread(field, "it holds a manifest as text, which is not verified", hint=_TEXT)
        elif key in CONTAINERS and isinstance(node.value, list):
            self._containers(path, node)
        elif key == "volumes" and isinstance(node.value, list):
            self._volumes(path, node)
        elif key == "rbd" and {"monitors", "pool"} & fields(node).keys():
            return  # a Ceph disk is called image too
        elif not self.kind.pod and references.is_image_key(key):
            self._image(field, around, named=False)
        else:
            self._into(path, node)

    def _is_listed(self, path: FieldPath) -> bool:
        return self._listed is not None and path in self._listed

    def _containers(self, path: FieldPath, node: Node) -> None:
        for number, container in enumerate(node.value, 1):
            label = f"{self.owner}, {CONTAINERS[path[-1]]} {element_name(container, number)}"
            image = fields(container).get("image")
            if is_given(image):
                self._pod_image(Field((*path, ELEMENT, "image"), image, label))
            elif self.kind.pod:
                raise self.found.problem(container, f"{label} has no image")
            elif references.is_qualified(word(container)):
                self._image(Field((*path, ELEMENT), container, label), {}, named=True)
            self._into((*path, ELEMENT), container, frozenset({"image"}))

    def _volumes(self, path: FieldPath, node: Node) -> None:
        for number, volume in enumerate(node.value, 1):
            label = f"{self.owner}, volume {element_name(volume, number)}"
            image = fields(volume).get("image")
            reference = fields(image).get("reference")
            if is_given(reference):
                self._pod_image(Field((*path, ELEMENT, "image", "reference"), reference, label))
            elif self.kind.pod and is_given(image):
                raise self.found.problem(image, f"{label} has no reference to its image")
            elif is_given(image):
                self._image(Field((*path, ELEMENT, "image"), image), {}, named=False)
            self._into((*path, ELEMENT), volume, frozenset({"image"}))

    def _pod_image(self, field: Field) -> None:
        if self.kind.pod:
            self.found.add(field.node, field.label, filled=VARIABLE)
        else:
            self._image(field, {}, named=True)

    def _image(self, field: Field, around: Mapping[str, Node], *, named: bool) -> None:
        """Read a value that may name an image; `named`: it certainly does, so a single word is an image too."""
        path, node, _ = field
        members = fields(node)
        named = named or self._is_listed(path) or path in self.kind.images
        if not is_given(node) or (isinstance(node.value, bool) and not named):
            return
        if isinstance(node.value, list):
            for element in node.value:
                self._image(field.member(ELEMENT, element), {}, named=named)
        elif references.is_split(members, under_image_key=True):
            self._split(field)
            self._into(path, node, references.split_members(members))
        elif members:
            images = references.image_members(last_key(path), members)
            for key in images:
                self._image(field.member(key, members[key]), {}, named=named)
            self._into(path, node, frozenset(images))
        elif not isinstance(node.value, dict):
            self._text(field, around, named=named)

    def _split(self, field: Field) -> None:
        try:
            reference = references.read_split(fields(field.node))
            references.check_reference(reference.image)
        except UnreadableError as exc:
            self._unread(field, str(exc))
        else:
            self._take(field, reference)

    def _text(self, field: Field, around: Mapping[str, Node], *, named: bool) -> None:
        if has_variable(word(field.node)):
            self._variable(field)
            return
        try:
            reference = references.read_text(last_key(field.path), field.node, around)
            references.check_reference(reference.image)
        except UnreadableError as exc:
            self._unread(field, str(exc), nameable=isinstance(exc, VersionElsewhereError))
            return
        if named or references.is_qualified(reference.image):
            self._take(field, reference)
        else:
            self._unread(field, f"{field.shown} may or may not be an image", nameable=True)

    def _variable(self, field: Field) -> None:
        """Read a text with a variable: possible if the object has the values of its parameters."""
        variables, text = self.kind.variables, word(field.node)
        try:
            values = self.parameters.resolve(text, variables)
            for value in values:
                references.check_reference(value.text)
        except UnknownValueError as exc:
            hint = "give the parameter a default" if variables else RENDER if "{{" in text else VARIABLE
            self._unread(field, f"{field.shown} {exc}", hint=hint)
        except UnreadableError as exc:
            self._unread(field, f"{field.shown}: {exc}")
        else:
            note = f"{field.shown}: the default is verified, but a run can set another image"
            self.found.note(field.node, f"{self._label(field)}: {note}")
            for text, holder in values:
                pinned, form = (holder, WHOLE) if holder else (field.node, APPENDED)
                self._take(field, Reference(text, field.node, pinned, form))

    def _label(self, field: Field) -> str:
        return field.label or f"{self.owner}, {one_line(path_text(field.path), 160)}"

    def _take(self, field: Field, reference: Reference) -> None:
        image, node, pinned, form = reference
        if self._is_excluded(field.path):
            note = f"{one_line(image, 120)!r} is not verified: the policy says that it is not an image"
            self.found.note(node, f"{self._label(field)}: {note}")
            return
        path = "" if field.label else path_text(field.path)
        named = Named(image, 0, 0, self._label(field), form=form, kind=self.key, field=path)
        self.found.add_reference(node, pinned, named)

    def _unread(self, field: Field, why: str, *, hint: str = "", nameable: bool = False) -> None:
        if self._is_excluded(field.path):
            return
        unread = Unread(
            line=0,
            column=0,
            path=self._label(field),
            why=why,
            hint=hint,
            kind=self.key,
            field=path_text(field.path),
            nameable=nameable,
            required=bool(field.label) or field.path in self.kind.images,
        )
        self.found.add_unread(field.node, unread)

    def _is_excluded(self, path: FieldPath) -> bool:
        """Whether the policy excludes this field. Lists of containers and volumes cannot be excluded."""
        if self.found.settled.get(self.key) == "none":
            return True
        if self._listed is None or path in self.kind.images or path in self._listed or self._listed.has_below(path):
            return False
        return not any(key in CONTAINERS or key == "volumes" for key in path)
