"""Policy keys `sign` (when to sign) and `trust` (whose signatures count)."""

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
    """When `gate sign` signs, and what it attaches."""

    refs: tuple[Text, ...] = ("main", "v*")
    """Refs to sign on in CI: a name is a branch (`main`), a pattern a tag (`v*`); or full (`refs/heads/release/*`)."""
    events: tuple[Text, ...] = ("push", "workflow_dispatch", "release")
    formats: Annotated[tuple[Literal["bundle", "legacy"], ...], Field(min_length=1)] = ("bundle",)
    """Storage formats of signatures and evidence; `legacy` for clusters that read only the tags of cosign 2."""
    attach: tuple[Attached, ...] = ("verdict", "vulnerabilities", "sbom")
    max_age: Span = Field(default=timedelta(hours=24), json_schema_extra={"default": "24h"})
    """Maximum age of a verdict that is signed."""


class Identity(Frozen):
    """A trusted signer: a GitHub Actions workflow, another exact identity, or a key."""

    issuer: Text = GITHUB_ISSUER
    """OIDC issuer, exact."""
    server: Text = GITHUB_SERVER
    """URL of the GitHub server; another one for GitHub Enterprise Server."""
    repository: Text | None = None
    """`owner/name`; the name may be a pattern."""
    workflow: Text | None = None
    """`.github/workflows/release.yml`, or a reusable one: `owner/name/.github/workflows/build.yml@refs/tags/v1`."""
    refs: tuple[Text, ...] = ()
    events: tuple[Text, ...] = ()
    """Allowed events; empty allows any."""
    subject: Text | None = None
    """Exact subject alternative name of the certificate. A workflow counts only when its own repository ran it."""
    repository_id: Number | None = None
    """Numeric id of the repository that ran the workflow, in quotes; unlike a name it is never reused."""
    owner_id: Number | None = None
    """Numeric id of the owner of that repository, in quotes."""
    key: Path | None = None
    """Path of a public key, relative to the policy file."""

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
    """What `gate verify` requires."""

    identities: tuple[Identity, ...] = ()
    """Trusted signers; a signature by one of them is enough. Without any, nothing is verified."""
    require: Annotated[tuple[Required, ...], Field(min_length=1)] = ("signature", "verdict", "sbom")
    max_age: Span = Field(default=timedelta(days=7), json_schema_extra={"default": "7d"})
    """Maximum age of a verdict."""
    policies: tuple[Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")], ...] | Literal["any"] = ()
    """SHA-256 of policies whose verdicts count besides those of this policy; `any` for all."""
    verifiers: tuple[Text, ...] = ()
    """Ids (`verifier.id`) of other tools whose SLSA verification summaries count as verdicts."""
    signed_vex: bool = False
    """Whether a VEX file counts only with a Sigstore bundle next to it (`FILE.sigstore.json`) by a trusted signer."""
