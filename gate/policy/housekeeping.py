"""Policy keys `tools`, `tags` and `prune`, which do not judge images."""

import re
from datetime import timedelta
from functools import partial
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gate.model.image import Frozen
from gate.policy.field_types import Span, Text


class Tools(Frozen):
    """Which Trivy and cosign are used; `GATE_TRIVY` and `GATE_COSIGN` take precedence."""

    source: Literal["locked", "path"] = "locked"
    """`locked`: those that `gate tools install` installed, if any; `path`: those on the search path."""


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
    """Tags that `gate tags` prints; names in braces are replaced, and the result is made a valid tag."""

    default_branch: Text | None = None
    """The default branch; without it the one that GitHub names, or else `main`."""
    default: tuple[BranchTag, ...] = ("latest", "{branch}", "{branch}-{sha}")
    """For a push to the default branch; `{sha}` is the first seven digits of the commit."""
    branch: tuple[BranchTag, ...] = ("{branch}", "{branch}-{sha}")
    """For any other branch."""
    pull_request: tuple[PullTag, ...] = ("pr-{number}",)
    version: tuple[VersionTag, ...] = ("{version}", "{major}.{minor}", "{major}")
    """For a tag like `v1.2.3`, `1.2`, `2024.01.15` or `1.2.3rc2`."""
    version_prefix: Annotated[str, Field(max_length=100)] = ""
    """Prefix of version tags of one part of a repository: `api/` for `api/v1.0.0`."""
    other_tag: tuple[OtherTag, ...] = ()
    """For any other tag."""
    latest: bool = True
    """Whether the newest release gets the tag `latest` too."""


class Prune(Frozen):
    """Which versions `gate prune` keeps: those that any of these keys keeps."""

    keep_last: Annotated[int, Field(ge=0)] | None = None
    """Number of the newest tagged images to keep, besides those of `keep_tags`; without it all of them."""
    keep_tags: tuple[Text, ...] = ()
    """Patterns of tags to keep."""
    older_than: Span = Field(default=timedelta(days=1), json_schema_extra={"default": "1d"})
    """Younger versions are kept."""
