"""Who may sign, and who is believed."""

import re
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema, model_validator

from gate.model.ci_run import GITHUB_SERVER
from gate.model.image import Frozen
from gate.policy.field_types import Path, Span, Text

GITHUB_ISSUER = "https://token.actions.githubusercontent.com"
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._*?-]+")
_WORKFLOW = re.compile(
    r"\.github/workflows/[\w.*?/-]+\.ya?ml|[\w.-]+/[\w.-]+/\.github/workflows/[\w./-]+\.ya?ml@[\w./*-]+", re.ASCII
)


def _digits(text: str) -> str:
    if not re.fullmatch(r"[0-9]{1,20}", text):
        raise ValueError('an id is digits in quotes: "1296269"')
    return text


Number = Annotated[
    str,
    AfterValidator(_digits),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,20}$", "examples": ["1296269"]}),
]
Attached = Literal["verdict", "vulnerabilities", "sbom"]
Required = Literal["signature", "verdict", "sbom"]


class Sign(Frozen):
    """When `gate sign` may sign, and what it attaches."""

    refs: tuple[Text, ...] = ("main", "v*")
    """In GitHub Actions: a bare name is a branch, a bare pattern a tag, in full what it says."""
    events: tuple[Text, ...] = ("push", "workflow_dispatch", "release")
    formats: Annotated[tuple[Literal["bundle", "legacy"], ...], Field(min_length=1)] = ("bundle",)
    """How signature and evidence are stored; `legacy` for clusters that read only cosign 2's tags."""
    attach: tuple[Attached, ...] = ("verdict", "vulnerabilities", "sbom")
    max_age: Span = Field(default=timedelta(hours=24), json_schema_extra={"default": "24h"})
    """A verdict older than this is not signed under any more."""


class Identity(Frozen):
    """Somebody who is trusted: a workflow of GitHub Actions, any other exact identity, or a key. One form each."""

    issuer: Text = GITHUB_ISSUER
    """Exact."""
    server: Text = GITHUB_SERVER
    """Where the repository is: another one for GitHub Enterprise Server."""
    repository: Text | None = None
    """`owner/name`; the name may be a pattern."""
    workflow: Text | None = None
    """`.github/workflows/release.yml`, or of a reusable one `owner/name/.github/workflows/build.yml@refs/tags/v1`."""
    refs: tuple[Text, ...] = ()
    events: tuple[Text, ...] = ()
    """None: any."""
    subject: Text | None = None
    """The whole subject alternative name, exact. A workflow counts only when its own repository ran it."""
    repository_id: Number | None = None
    """The number of the repository that ran it, which no other has when the name is given up; in quotes."""
    owner_id: Number | None = None
    """The number of the owner of that repository."""
    key: Path | None = None
    """A public key file, relative to the policy file."""

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        workflow = (self.repository, self.workflow, self.refs)
        forms = [any(workflow), self.subject is not None, self.key is not None]
        if sum(forms) != 1:
            raise ValueError("it is either repository, workflow and refs, or issuer and subject, or key")
        if forms[0] and not all(workflow):
            raise ValueError("repository, workflow and refs belong together: all three have to be given")
        if self.repository is not None and not _REPOSITORY.fullmatch(self.repository):
            raise ValueError("the repository is like owner/name, and the owner is no pattern")
        if self.workflow is not None and not _WORKFLOW.fullmatch(self.workflow):
            raise ValueError(
                "the workflow is like .github/workflows/release.yml, or, a reusable one, like "
                "owner/name/.github/workflows/build.yml@refs/tags/v1"
            )
        if forms[2] and (self.repository_id or self.owner_id):
            raise ValueError("a key has no repository_id and no owner_id")
        if forms[1] and "issuer" not in self.model_fields_set:
            raise ValueError("a subject needs its issuer")
        return self


class Trust(Frozen):
    """What `gate verify` asks for before a deploy."""

    identities: tuple[Identity, ...] = ()
    """Who may have signed; any one of them. Without one nothing is verified."""
    require: Annotated[tuple[Required, ...], Field(min_length=1)] = ("signature", "verdict", "sbom")
    max_age: Span = Field(default=timedelta(days=7), json_schema_extra={"default": "7d"})
    """An older verdict is stale."""
    policies: tuple[Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")], ...] | Literal["any"] = ()
    """SHA-256 of the policies that a verdict may have been made under, in addition to this one; `any` for all."""
    verifiers: tuple[Text, ...] = ()
    """Ids of other tools (`verifier.id`) whose SLSA verification summaries count as verdicts, besides those of gate."""
    signed_vex: bool = False
    """A VEX file counts only with a Sigstore bundle next to it (`FILE.sigstore.json`) by a trusted identity."""
