"""Propose lines of `manifests` in `gate.yaml` for fields that could not be read."""

import re
from collections.abc import Iterable, Iterator, Sequence

from gate.deploy.manifests.values import Deployment, Named, Unread
from gate.policy.deploying import KINDS

_MOST = 10
"""Kinds to propose lines for at a time."""


def settling_lines(deployments: Iterable[Deployment]) -> list[str]:
    """Alternative lines for each kind, of which the user keeps one. Empty when the policy cannot settle it."""
    read = list(deployments)
    images = [one for deployment in read for one in deployment.images]
    unread = [one for deployment in read for one in deployment.unread]
    kinds = [kind for kind in dict.fromkeys(one.kind for one in unread) if re.match(KINDS, kind)]
    lines = [line for kind in kinds[:_MOST] for line in _lines(kind, images, [o for o in unread if o.kind == kind])]
    return ["manifests:", *lines] if lines else []


def _lines(kind: str, images: Sequence[Named], unread: Sequence[Unread]) -> Iterator[str]:
    known = list(dict.fromkeys(one.field for one in images if one.kind == kind and one.field))
    maybe = list(dict.fromkeys(one.field for one in unread if one.nameable and one.field not in known))
    if any(one.required for one in unread):
        yield f"  {kind}: none  # leave this kind out of what is verified"
        return
    if maybe:
        yield f"  {kind}: [{_written((*known, *maybe))}]  # when {' and '.join(maybe)} names an image"
    if known:
        yield f"  {kind}: [{_written(known)}]  # when no other field names an image"
    yield f"  {kind}: none  # when no field names an image"


def _written(fields: Iterable[str]) -> str:
    return ", ".join(f'"{one}"' if set(one) & set("[]*") else one for one in fields)
