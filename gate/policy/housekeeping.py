"""Parts of the policy that do not judge images: tags, pruning, and where the tools come from."""

import re
from datetime import timedelta
from functools import partial
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gate.model.image import Frozen
from gate.policy.field_types import Span, Text


class Tools(Frozen):
    """Which Trivy and cosign are used; a variable (`GATE_TRIVY`, `GATE_COSIGN`) that names one is stronger."""

    source: Literal["locked", "path"] = "locked"
    """`locked`: what `gate tools install` brought, where it did; `path`: what the machine has."""


_PLACES = re.compile(r"\{([^{}]*)\}|[{}]")


def _placed(known: tuple[str, ...], rule: str) -> str:
    for found in _PLACES.finditer(rule):
        if found[1] not in known:
            raise ValueError(f"{found[0]} is none of {', '.join(f'{{{one}}}' for one in known)}")
    return rule


BranchTag = Annotated[Text, AfterValidator(partial(_placed, ("branch", "sha")))]
PullTag = Annotated[Text, AfterValidator(partial(_placed, ("number",)))]
VersionTag = Annotated[Text, AfterValidator(partial(_placed, ("version", "major", "minor", "patch")))]
OtherTag = Annotated[Text, AfterValidator(partial(_placed, ("tag",)))]


class Tags(Frozen):
    """Which tags `gate tags` gives; places in braces are filled, then the whole is made a valid tag."""

    default_branch: Text | None = None
    """None: what GitHub says, or else `main`."""
    default: tuple[BranchTag, ...] = ("latest", "{branch}", "{branch}-{sha}")
    """For a push to the default branch; `{sha}` is the first seven digits of the commit."""
    branch: tuple[BranchTag, ...] = ("{branch}", "{branch}-{sha}")
    """For any other branch."""
    pull_request: tuple[PullTag, ...] = ("pr-{number}",)
    version: tuple[VersionTag, ...] = ("{version}", "{major}.{minor}", "{major}")
    """For a tag like `v1.2.3`, `1.2`, `2024.01.15` or `1.2.3rc2`."""
    version_prefix: Annotated[str, Field(max_length=100)] = ""
    """What stands before a version in the tags of one part of a repository: `api/` for `api/v1.0.0`."""
    other_tag: tuple[OtherTag, ...] = ()
    """For any other tag."""
    latest: bool = True
    """Whether the newest release is `latest` too."""


class Prune(Frozen):
    """What `gate prune` lets go: what every one of these lets go."""

    keep_last: Annotated[int, Field(ge=0)] | None = None
    """So many of the newest images with a tag stay, besides those of `keep_tags`; None: all of them."""
    keep_tags: tuple[Text, ...] = ()
    """Globs; what has such a tag stays."""
    older_than: Span = Field(default=timedelta(days=1), json_schema_extra={"default": "1d"})
    """What is younger stays."""
