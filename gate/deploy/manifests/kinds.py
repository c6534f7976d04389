"""The table of known Kubernetes kinds and the fields in which each names images, from `kinds.json`.

A kind is identified by API group and name: a `Service` of `serving.knative.dev` is not a `Service` of Kubernetes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, TypeAdapter

from gate.deploy.manifests.paths import NO_PATHS, PathSet, parse_path
from gate.io import files, strict_json

SHIPPED = Path(__file__).parent / "kinds.json"
_LARGEST = 1 << 20
_Path = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_*-]+(\[\])*(\.[A-Za-z0-9_*-]+(\[\])*)*$")]


class Variables(StrEnum):
    """The notation in which a kind refers to its parameters."""

    NONE = ""
    TEKTON = "tekton"
    ARGO = "argo"


class Project(BaseModel):
    """The kinds of one API group, as `kinds.json` lists them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    project: str
    group: str
    source: Annotated[str, StringConstraints(pattern=r"^https://")]
    variables: Variables = Variables.NONE
    pod: Mapping[str, _Path] = {}
    """Kinds that have one pod, and its path. It is mandatory."""
    images: Mapping[str, tuple[_Path, ...]] = {}
    """Kinds that name images in special fields. Lists of containers need no path."""
    texts: Mapping[str, tuple[_Path, ...]] = {}
    """Fields that hold a manifest as text."""
    ignored: Mapping[str, tuple[_Path, ...]] = {}
    """Fields that look like an image but name none."""
    none: tuple[str, ...] = ()
    """Kinds that run no containers."""
    elsewhere: tuple[str, ...] = ()
    """Kinds that deploy something whose images are not in the manifest, such as a Helm release."""
    patterns: tuple[str, ...] = ()
    """Kinds that describe pods in patterns; `*` stands for every kind of the group."""


@dataclass(frozen=True)
class KindOfObject:
    """One kind of the table."""

    pod: tuple[str, ...] = ()
    images: PathSet = NO_PATHS
    texts: PathSet = NO_PATHS
    ignored: PathSet = NO_PATHS
    variables: Variables = Variables.NONE
    runs_nothing: bool = False
    note: str = ""
    """Note for objects that deploy or describe something whose images are not verified."""


@cache
def projects() -> tuple[Project, ...]:
    """The whole table."""
    data = strict_json.loads(files.read(SHIPPED, limit=_LARGEST, what="the table of kinds"), "the table of kinds")
    return tuple(TypeAdapter(list[Project]).validate_python(data))


def known_kind(group: str, kind: str) -> KindOfObject | None:
    """Look up a kind; None when the table does not have it."""
    kinds = _kinds()
    return kinds.get((group, kind)) or kinds.get((group, "*"))


def runs_pods(key: str) -> bool:
    """Whether `group/Kind` is a built-in workload of Kubernetes."""
    group, _, kind = key.rpartition("/")
    known = _kinds().get((group, kind))
    return known is not None and bool(known.pod)


@cache
def _kinds() -> Mapping[tuple[str, str], KindOfObject]:
    kinds: dict[tuple[str, str], KindOfObject] = {}
    for project in projects():
        group_kinds = {name: KindOfObject(pod=parse_path(path)) for name, path in project.pod.items()}
        for name in {**project.images, **project.texts, **project.ignored}:
            group_kinds[name] = KindOfObject(
                images=PathSet(project.images.get(name, ())),
                texts=PathSet(project.texts.get(name, ())),
                ignored=PathSet(project.ignored.get(name, ())),
                variables=project.variables,
            )
        group_kinds |= {name: KindOfObject(runs_nothing=True) for name in project.none}
        note = "deploys something that is not in this file: its images are not verified"
        group_kinds |= {name: KindOfObject(note=note) for name in project.elsewhere}
        note = "describes pods in patterns: its images are not verified"
        group_kinds |= {name: KindOfObject(note=note) for name in project.patterns}
        kinds |= {(project.group, name): kind for name, kind in group_kinds.items()}
    return kinds
