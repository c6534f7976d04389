"""The table of known kinds: where each names its images. Data with its sources, in `kinds.json`.

A kind is known by its API group and its name together: a `Service` of `serving.knative.dev` is not a `Service`.
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
    """Kinds that have one pod, and its path; it must be there."""
    images: Mapping[str, tuple[_Path, ...]] = {}
    """Kinds that name images in fields of their own. Lists of containers in them need no path."""
    texts: Mapping[str, tuple[_Path, ...]] = {}
    """Fields that hold a whole manifest as text."""
    ignored: Mapping[str, tuple[_Path, ...]] = {}
    """Fields that look like an image and name none."""
    none: tuple[str, ...] = ()
    """Kinds that run nothing themselves."""
    elsewhere: tuple[str, ...] = ()
    """Kinds that have something deployed whose images are not in the manifest."""
    patterns: tuple[str, ...] = ()
    """Kinds that describe pods in patterns; `*` stands for every kind of the group."""


@dataclass(frozen=True)
class KindOfObject:
    """What the table says of one kind."""

    pod: tuple[str, ...] = ()
    images: PathSet = NO_PATHS
    texts: PathSet = NO_PATHS
    ignored: PathSet = NO_PATHS
    variables: Variables = Variables.NONE
    runs_nothing: bool = False
    note: str = ""
    """What to say of an object that deploys or describes something which is not looked at."""


@cache
def projects() -> tuple[Project, ...]:
    """The whole table."""
    data = strict_json.loads(files.read(SHIPPED, limit=_LARGEST, what="the table of kinds"), "the table of kinds")
    return tuple(TypeAdapter(list[Project]).validate_python(data))


def known_kind(group: str, kind: str) -> KindOfObject | None:
    """What the table says of a kind; None when it does not have it."""
    kinds = _kinds()
    return kinds.get((group, kind)) or kinds.get((group, "*"))


def runs_pods(key: str) -> bool:
    """Whether `group/Kind` is a workload of Kubernetes' own."""
    known = _kinds().get((key.rpartition("/")[0], key.rpartition("/")[2]))
    return known is not None and bool(known.pod)


@cache
def _kinds() -> Mapping[tuple[str, str], KindOfObject]:
    kinds: dict[tuple[str, str], KindOfObject] = {}
    for one in projects():
        found = {name: KindOfObject(pod=parse_path(path)) for name, path in one.pod.items()}
        for name in {**one.images, **one.texts, **one.ignored}:
            found[name] = KindOfObject(
                images=PathSet(one.images.get(name, ())),
                texts=PathSet(one.texts.get(name, ())),
                ignored=PathSet(one.ignored.get(name, ())),
                variables=one.variables,
            )
        found |= {name: KindOfObject(runs_nothing=True) for name in one.none}
        said = "deploys what is kept elsewhere: those images are not in this file"
        found |= {name: KindOfObject(note=said) for name in one.elsewhere}
        said = "describes pods in patterns: images in it are not looked at"
        found |= {name: KindOfObject(note=said) for name in one.patterns}
        kinds |= {(one.group, name): kind for name, kind in found.items()}
    return kinds
