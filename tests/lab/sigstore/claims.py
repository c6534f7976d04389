"""What a token says of who holds it: a job of GitHub Actions or GitLab CI, or a person."""

from typing import Any

ISSUER = "https://token.actions.githubusercontent.com"
GITHUB = "https://github.com"
GITLAB = "https://gitlab.com"
PEOPLE = "https://accounts.example.org"

Claims = dict[str, Any]


def github_claims(
    *,
    repository: str = "octo/app",
    ref: str = "refs/heads/main",
    workflow: str = ".github/workflows/release.yml",
    event: str = "push",
    called: str = "",
    commit: str = "a" * 40,
    repository_id: str = "1001",
    owner_id: str = "2002",
) -> Claims:
    """A job of `workflow` in `repository`; of a reusable workflow when `called` (`owner/name/PATH@REF`) names one."""
    own = f"{repository}/{workflow}@{ref}"
    _, kind, name = ref.split("/", 2)
    return {
        "iss": ISSUER,
        "sub": f"repo:{repository}:pull_request" if event == "pull_request" else f"repo:{repository}:ref:{ref}",
        "repository": repository,
        "repository_id": repository_id,
        "repository_owner": repository.partition("/")[0],
        "repository_owner_id": owner_id,
        "repository_visibility": "public",
        "ref": ref,
        "ref_name": name,
        "ref_type": "tag" if kind == "tags" else "branch",
        "sha": commit,
        "workflow": "release",
        "workflow_ref": own,
        "workflow_sha": commit,
        "job_workflow_ref": called or own,
        "job_workflow_sha": "b" * 40 if called else commit,
        "event_name": event,
        "run_id": "7",
        "run_attempt": "1",
        "runner_environment": "github-hosted",
        "actor": "octocat",
    }


def gitlab_claims(
    *,
    issuer: str = GITLAB,
    project: str = "octo/app",
    ref: str = "main",
    config: str = ".gitlab-ci.yml",
    source: str = "push",
) -> Claims:
    """A job of GitLab CI (docs.gitlab.com/ci/secrets/id_token_authentication, "Token payload")."""
    server = issuer.removeprefix("https://")
    return {
        "iss": issuer,
        "sub": f"project_path:{project}:ref_type:branch:ref:{ref}",
        "namespace_id": "2002",
        "namespace_path": project.rpartition("/")[0],
        "project_id": "1001",
        "project_path": project,
        "project_visibility": "public",
        "pipeline_source": source,
        "job_id": "7",
        "ref": ref,
        "ref_type": "branch",
        "ref_path": f"refs/heads/{ref}",
        "runner_environment": "gitlab-hosted",
        "sha": "a" * 40,
        "ci_config_ref_uri": f"{server}/{project}//{config}@refs/heads/{ref}",
        "ci_config_sha": "a" * 40,
    }


def email_claims(address: str, issuer: str = PEOPLE) -> Claims:
    """A person, by the word of an e-mail provider."""
    return {"iss": issuer, "sub": f"user-of-{address}", "email": address, "email_verified": True}


def server(issuer: str) -> str:
    """Where the repositories are that such an issuer speaks of: github.com, or an enterprise's own GitHub."""
    return GITHUB if issuer == ISSUER else issuer.removesuffix("/_services/token")


def workflow_uri(claims: Claims) -> str:
    """What Fulcio calls that job in its certificate (its config/identity/config.yaml)."""
    if "ci_config_ref_uri" in claims:
        return f"https://{claims['ci_config_ref_uri']}"
    return f"{server(claims['iss'])}/{claims['job_workflow_ref']}"


def job_env(claims: Claims) -> dict[str, str]:
    """The variables that GitHub gives to the job, without those that open the token endpoint."""
    names = ("repository", "repository_owner", "ref", "ref_type", "ref_name", "sha", "workflow", "workflow_ref")
    more = ("workflow_sha", "event_name", "run_id", "run_attempt", "actor")
    told = {f"GITHUB_{name.upper()}": str(claims[name]) for name in (*names, *more)}
    return {"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": server(claims["iss"]), **told}
