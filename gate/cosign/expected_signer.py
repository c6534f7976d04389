"""Predict the signer of a result from the identity token, before anything is signed.

How a token becomes a certificate: github.com/sigstore/fulcio, config/identity/config.yaml (the templates of each
issuer), docs/oidc.md and docs/oid-info.md.
"""

import base64
import binascii
from typing import Any

from gate.attestation.identity import github_server
from gate.cosign.sign import SigningSettings, public_key
from gate.cosign.signing_identity import SigningIdentity
from gate.cosign.verify_command import Key
from gate.errors import InputError, UsageError
from gate.io import strict_json
from gate.model.evidence import Signer

_GITLAB = "https://gitlab.com"
_BUILDKITE = "https://agent.buildkite.com"


def expected_signer(by: SigningIdentity, settings: SigningSettings) -> Signer | Key:
    """Return the identity that the certificate for the token will hold, or the key.

    Without a token (GitHub Actions) request one first. The token is not validated here: the certificate authority
    does that. Raises `UsageError` for a malformed token, and what `gate.cosign.sign.public_key` raises.
    """
    if by.key:
        return Key(by.key, public_key(by, settings))
    claims = _claims(by.token)
    issuer = _text(claims, "iss")
    if server := github_server(issuer):
        repository = f"{server}/{_text(claims, 'repository')}"
        return Signer(
            subject=f"{server}/{_text(claims, 'job_workflow_ref')}",
            issuer=issuer,
            repository=repository,
            repository_id=_number(claims, "repository_id"),
            owner_id=_number(claims, "repository_owner_id"),
            ref=_text(claims, "ref"),
            commit=_text(claims, "sha"),
            event=_text(claims, "event_name"),
            run=f"{repository}/actions/runs/{_text(claims, 'run_id')}/attempts/{_text(claims, 'run_attempt')}",
        )
    if "ci_config_ref_uri" in claims:
        return _gitlab(claims, issuer)
    return Signer(subject=_subject(claims, issuer), issuer=issuer)


def _gitlab(claims: dict[str, Any], issuer: str) -> Signer:
    """Return the signer of a GitLab job; without repository and run when the server is not gitlab.com.

    Each private Fulcio names its own GitLab server differently.
    """
    project = f"{_GITLAB}/{_text(claims, 'project_path')}"
    is_gitlab_com = issuer == _GITLAB
    kind = "heads" if _text(claims, "ref_type") == "branch" else "tags"
    return Signer(
        subject=f"https://{_text(claims, 'ci_config_ref_uri')}",
        issuer=issuer,
        repository=project if is_gitlab_com else "",
        repository_id=_text(claims, "project_id"),
        owner_id=_text(claims, "namespace_id"),
        ref=f"refs/{kind}/{_text(claims, 'ref')}",
        commit=_text(claims, "sha"),
        event=_text(claims, "pipeline_source"),
        run=f"{project}/-/jobs/{_text(claims, 'job_id')}" if is_gitlab_com else "",
    )


def _subject(claims: dict[str, Any], issuer: str) -> str:
    """Return the certificate's subject as Fulcio derives it for this issuer (a private one may derive another)."""
    if issuer == _BUILDKITE:
        return f"https://buildkite.com/{_text(claims, 'organization_slug')}/{_text(claims, 'pipeline_slug')}"
    if isinstance(account := claims.get("kubernetes.io"), dict):
        service = account.get("serviceaccount")
        name = _text(service if isinstance(service, dict) else {}, "name")
        return f"https://kubernetes.io/namespaces/{_text(account, 'namespace')}/serviceaccounts/{name}"
    return _text(claims, "email" if "email" in claims else "sub")


def _claims(token: str) -> dict[str, Any]:
    parts = token.split(".")
    body = parts[1] if len(parts) == 3 else ""  # noqa: PLR2004 header, claims, signature
    try:
        claims = strict_json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)), "the identity token")
    except (InputError, binascii.Error, ValueError):
        claims = None  # reported below without its cause, which may quote the token
    if not isinstance(claims, dict):
        raise UsageError(
            "the identity token cannot be read", hint="it has to be an OIDC token for the audience sigstore"
        )
    return claims


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise UsageError(f"the identity token has no {name}", hint="is it one for the audience sigstore?")
    return value


def _number(claims: dict[str, Any], name: str) -> str:
    """Return a number that GitHub writes as text; empty for an older server that omits it."""
    return _text(claims, name) if claims.get(name) else ""
