"""Read GitHub Actions workflows: permissions of jobs, and the actions and images that they run.

docs.github.com/actions/reference/workflows-and-actions/workflow-syntax: `permissions`, `uses`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gate.io import yaml_document
from gate.io.yaml_document.nodes import Node, trees
from gate.text import one_line

_PINNED = re.compile(r"(?:\./.*|docker://.+@sha256:[0-9a-f]{64}|[^@]+@[0-9a-f]{40})", re.DOTALL)
_SHOWN = 5
Permissions = Mapping[str, str] | str | None
"""Each scope with `read`, `write` or `none`; `read-all` or `write-all`; None when not declared."""


@dataclass(frozen=True)
class Job:
    """A job; its permissions are its own or else the workflow's."""

    name: str
    permissions: Permissions


@dataclass(frozen=True)
class Use:
    """An action, a workflow or an image that is run, and its line."""

    name: str
    line: int

    @property
    def pinned(self) -> bool:
        """Whether it is of this repository, or named by a commit or a digest."""
        return bool(_PINNED.fullmatch(self.name))


@dataclass(frozen=True)
class Workflow:
    """A workflow."""

    name: str
    permissions: Permissions
    jobs: tuple[Job, ...]
    uses: tuple[Use, ...]


def read_workflow(data: bytes, name: str) -> Workflow:
    """Read a workflow file; malformed parts are left out. Raises `InputError` when it is not YAML."""
    text = yaml_document.decoded(data, name, yaml_document.LARGEST)
    top = next((_members(node) for node in trees(text, name)), {})
    whole = _permissions(top.get("permissions"))
    jobs, uses = [], []
    for job, node in _members(top.get("jobs")).items():
        keys = _members(node)
        own = _permissions(keys.get("permissions"))
        jobs.append(Job(one_line(job, 100), whole if own is None else own))
        steps = keys["steps"].value if "steps" in keys else []
        for job_or_step in (keys, *map(_members, steps if isinstance(steps, list) else [])):
            used = job_or_step.get("uses")
            if used and isinstance(used.value, str):
                uses.append(Use(one_line(used.value, 200), text.count("\n", 0, used.start) + 1))
    return Workflow(name, whole, tuple(jobs), tuple(uses))


def broad(workflow: Workflow) -> Iterator[str]:
    """Describe permissions that are granted without need."""
    silent = [job.name for job in workflow.jobs if job.permissions is None]
    if silent:
        yield f"no permissions are declared for {_listed(silent)}: they get the repository's default"
    if all_ := [job.name for job in workflow.jobs if job.permissions == "write-all"]:
        yield f"{_listed(all_)} may write everything (`write-all`)"
    if isinstance(workflow.permissions, Mapping) and len(workflow.jobs) > 1:
        writes = [scope for scope, may in workflow.permissions.items() if may == "write"]
        if writes:
            yield f"every one of {len(workflow.jobs)} jobs may write {_listed(writes)}: grant it to one job"


def _permissions(node: Node | None) -> Permissions:
    if node is None:
        return None
    if isinstance(node.value, str):
        return node.value
    return {one_line(scope, 60): str(may.value) for scope, may in _members(node).items()}


def _members(node: Any) -> dict[str, Node]:
    return node.value if isinstance(node, Node) and isinstance(node.value, dict) else {}


def _listed(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more:,} more" if more > 0 else "")
