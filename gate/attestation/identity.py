"""Compare signers with the trusted identities of the policy, and show signers. Every pattern is anchored.

A pattern is one of `gate.io.globs`: whole, `*` within one part between slashes. A bare name of a ref is a branch, a
bare pattern with `*` a tag (`main`, `v*`); in full (`refs/heads/release/*`) it is what it says.
"""

import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

from pydantic import ValidationError

from gate.io import strict_json
from gate.io.globs import Glob
from gate.io.yaml_document import inline
from gate.model.ci_run import GITHUB_SERVER
from gate.model.evidence import Signer
from gate.policy import GITHUB_ISSUER, Identity
from gate.text import one_line

_WORKFLOW = re.compile(r"(?P<repository>https?://[^/@]+/[^/@]+/[^/@]+)/\.[a-z]+/workflows/[^@]+@.+")
"""The subject of a workflow's run: the file of the workflow, which any repository may call that can read it."""
_PROJECT = re.compile(r"(?P<repository>https?://[^/@]+/[^@]+?)//[^@]+@.+")
"""The subject of a job of GitLab: the file with its pipeline, which may be of another project that it includes."""
_GITLAB = "https://gitlab.com"
_GITHUB = f"{GITHUB_SERVER}/"
_USUAL = {"issuer": GITHUB_ISSUER, "server": GITHUB_SERVER}
"""Defaults of an identity."""
_ASKED = ("issuer", "subject", "repository", "repository_id", "owner_id", "ref", "event")
"""What of a certificate a policy can ask about."""


def ref_matches(patterns: tuple[str, ...], ref: str) -> bool:
    """Whether `ref` (in full: `refs/heads/main`) is one of `patterns`; no pattern is no match."""
    return any(Glob(full_ref(pattern)).matches(ref) for pattern in patterns)


def full_ref(pattern: str) -> str:
    """Spell a pattern out: `main` is `refs/heads/main`, `v*` is `refs/tags/v*`."""
    if pattern.startswith("refs/"):
        return pattern
    return f"refs/tags/{pattern}" if "*" in pattern or "?" in pattern else f"refs/heads/{pattern}"


def github_server(issuer: str) -> str:
    """Where the repositories are that GitHub's issuer speaks of; empty for another issuer."""
    if issuer == GITHUB_ISSUER or issuer.startswith(f"{GITHUB_ISSUER}/"):  # an enterprise has its name behind it
        return GITHUB_SERVER
    own = issuer.removesuffix("/_services/token")  # GitHub Enterprise Server
    return own if own != issuer else ""


def named_repository(subject: str) -> str:
    """`https://github.com/owner/name`, of the workflow or GitLab project in a subject; empty when it names none."""
    found = _WORKFLOW.fullmatch(subject) or _PROJECT.fullmatch(subject)
    return found["repository"] if found else ""


def is_gitlab(identity: Identity) -> bool:
    """Whether its subject is that of a job of GitLab, on gitlab.com or elsewhere."""
    subject = identity.subject
    return subject is not None and (identity.issuer == _GITLAB or bool(_PROJECT.fullmatch(subject)))


def needs_source(identity: Identity) -> bool:
    """Whether its subject is a file that other repositories may use, so that the one has to be checked that ran it.

    So it is on GitHub and GitLab. Fulcio names jobs of Buildkite, CircleCI and Codefresh by their own pipeline.
    """
    subject = identity.subject
    return subject is not None and (
        bool(named_repository(subject) or github_server(identity.issuer)) or is_gitlab(identity)
    )


def mismatch(identity: Identity, signer: Signer, *, advise: bool = True) -> str:
    """Why `signer` is not `identity`, in words that name both; empty when it is.

    `advise`: add the lines of `trust.identities` that would trust another caller of a reusable workflow.
    """
    if identity.key:
        return "" if signer.key == identity.key else "it is not signed with that key"
    if signer.issuer != identity.issuer:
        return f"the issuer is {_shown(signer.issuer)}, not {identity.issuer}"
    fields = _of_subject(identity, signer, advise=advise) if identity.subject else _of_workflow(identity, signer)
    return next(chain(fields, _of_numbers(identity, signer)), "")


def difference(expected: Signer, signer: Signer) -> str:
    """Why `signer` is not `expected` in everything that a policy can ask about; empty when it is."""
    for name in _ASKED:
        if name == "repository" and expected.repository_id and not expected.repository:
            continue  # what Fulcio calls its server is unknown; its number says which repository it is
        if getattr(signer, name) != getattr(expected, name):
            return f"the {name.replace('_', ' ')} is {_shown(getattr(signer, name))}, not {getattr(expected, name)}"
    return ""


def signer_text(signer: Signer | None) -> str:
    """Return a signer in short: a workflow on github.com by path and ref, any other signer in full."""
    if signer and signer.issuer == GITHUB_ISSUER and signer.subject.startswith(_GITHUB):
        return one_line(signer.subject.removeprefix(_GITHUB), 300) + _source(signer)
    return one_line(str(signer or "an unknown signer"), 300) + (_source(signer) if signer else "")


def _source(signer: Signer) -> str:
    """` (repository octo/app, id 1001, owner id 2002)` by the certificate; empty when that is unknown."""
    known = {
        "repository": signer.repository.removeprefix(_GITHUB),
        "id": signer.repository_id,
        "owner id": signer.owner_id,
    }
    facts = ", ".join(f"{name} {one_line(value, 200)}" for name, value in known.items() if value)
    return f" ({facts})" if facts else ""


def _of_subject(identity: Identity, signer: Signer, *, advise: bool) -> Iterator[str]:
    """What does not fit. Whoever uses a workflow or pipeline of others signs under its name, so that is checked too."""
    if signer.subject != identity.subject:
        yield f"{_shown(signer.subject)} is not {identity.subject}"
    if not needs_source(identity):
        return
    named, gitlab = named_repository(signer.subject), is_gitlab(identity)
    if not named:
        what = "project" if gitlab else "workflow"
        yield f"{_shown(signer.subject)} names no {what}, so the repository that has to have run it is unknown"
    if not signer.repository:
        yield f"the certificate does not name the repository that ran it, and the subject names {_shown(named)}"
    if gitlab and _path(signer.repository) != _path(named):
        yield (
            f"it was signed in {_shown(signer.repository)}, not in {_shown(named)}, which the subject names: every "
            "project that uses the pipeline of another one signs under the name of that pipeline"
        )
    if not gitlab and signer.repository != named:
        yield (
            f"it was signed in {_shown(signer.repository)}, not in {_shown(named)}, which the subject names: every "
            "repository that calls a reusable workflow signs under the name of that workflow"
            + (_how_to_trust(signer) if advise else "")
        )


def _path(project: str) -> str:
    """A project without its server: of that the issuer vouches, and Fulcio calls every GitLab `https://gitlab.com`."""
    return project.partition("://")[2].partition("/")[2]


def identity_fields(signer: Signer) -> dict[str, Any] | None:
    """Return the keys of `trust.identities` that trust this signer only; None when no identity can say that.

    A workflow is named by repository, workflow and ref, any other signer by issuer and subject; ids that the
    certificate shows are pinned. Keys with their default are left out.
    """
    if signer.key or re.search(r"[*?]", f"{signer.repository}{signer.subject}{signer.ref}"):
        return None  # in a policy these are wildcards
    server, _, path = signer.repository.partition("://")
    host, _, repository = path.partition("/")
    server = f"{server}://{host}"
    fields: dict[str, Any] = {"issuer": signer.issuer}
    if github_server(signer.issuer):
        called = signer.subject.removeprefix(f"{server}/")
        own = called.removesuffix(f"@{signer.ref}").removeprefix(f"{repository}/")
        fields |= {"server": server, "repository": repository, "refs": [_short_ref(signer.ref)]}
        fields["workflow"] = own if called == f"{repository}/{own}@{signer.ref}" else called
        order = ("issuer", "server", "repository", "workflow", "refs")
        fields = {name: fields[name] for name in order if _USUAL.get(name) != fields[name]}
    else:
        fields["subject"] = signer.subject
    fields |= {name: value for name in ("repository_id", "owner_id") if (value := getattr(signer, name))}
    try:
        identity = Identity.model_validate_json(strict_json.dumps(fields), strict=True)
    except ValidationError:
        return None
    return None if mismatch(identity, signer, advise=False) else fields


def _short_ref(ref: str) -> str:
    name = ref.removeprefix("refs/heads/")
    return name if full_ref(name) == ref else ref


def _how_to_trust(signer: Signer) -> str:
    """The lines of the policy that trust this run, for the end of a sentence; empty when they cannot be written."""
    if fields := identity_fields(signer):
        return f". To trust that repository, write under trust.identities: - {inline(fields)}"
    return ""


def _of_numbers(identity: Identity, signer: Signer) -> Iterator[str]:
    """What of the pinned numbers does not fit."""
    for what, pinned, found in (
        ("repository", identity.repository_id, signer.repository_id),
        ("owner", identity.owner_id, signer.owner_id),
    ):
        if pinned is None or found == pinned:
            continue
        if found:
            yield (
                f"the id of the {what} is {_shown(found)}, not {pinned}, which the policy pins: another {what} may "
                "have taken its name"
            )
        yield f"the certificate shows no id of the {what}, and the policy pins {what}_id {pinned}"


def _of_workflow(identity: Identity, signer: Signer) -> Iterator[str]:
    """What does not fit, the plainest first."""
    server, wanted = f"{identity.server}/", identity.repository or ""
    repository = signer.repository.removeprefix(server)
    if not signer.repository.startswith(server) or not Glob(wanted).matches(repository):
        yield f"it was signed in {_shown(signer.repository)}, not in {server}{wanted}"
    called, at, called_ref = signer.subject.removeprefix(server).partition("@")
    if not signer.subject.startswith(server) or not at:
        yield f"{_shown(signer.subject)} is not a workflow of {identity.server}"
    workflow, _, pinned = (identity.workflow or "").partition("@")
    if _is_elsewhere(workflow):
        if not Glob(workflow).matches(called):
            yield f"the workflow is {_shown(called)}, not {workflow}"
        if not ref_matches((pinned,), called_ref):
            yield f"the reusable workflow is at {_shown(called_ref)}, not {pinned}"
    else:
        if not called.startswith(f"{repository}/"):
            yield (
                f"it was signed by the reusable workflow {_shown(called)}, which signs under its own name: to trust "
                f"it, write workflow: {_shown(called)}@{_shown(called_ref)}"
            )
        if not Glob(workflow).matches(called.removeprefix(f"{repository}/")):
            yield f"the workflow is {_shown(called.removeprefix(f'{repository}/'))}, not {workflow}"
        if called_ref != signer.ref:
            yield f"the certificate names two refs, {_shown(called_ref)} and {_shown(signer.ref)}"
    if not ref_matches(identity.refs, signer.ref):
        yield f"it was signed on {_shown(signer.ref)}, not on {', '.join(identity.refs)}"
    if identity.events and signer.event not in identity.events:
        yield f"the event was {_shown(signer.event)}, not {', '.join(identity.events)}"


def _is_elsewhere(workflow: str) -> bool:
    """Whether it names its repository too: `owner/name/.github/workflows/build.yml@refs/tags/v1`."""
    return not workflow.startswith(".github/")


def _shown(text: str) -> str:
    return one_line(text, 200) or "nothing"
