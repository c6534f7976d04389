"""Checks that ask GitHub: visibility and repository of the package, identity token and code scanning of this job."""

from collections.abc import Iterator
from http import HTTPStatus
from urllib.parse import quote, urlsplit

from gate.github import api, oidc, packages
from gate.github import errors as github_errors
from gate.github.actions_context import current_run
from gate.github.scopes import prefix
from gate.model.ci_run import GITHUB_SERVER
from gate.model.diagnosis import CheckState, DiagnosisRow
from gate.pipeline.doctor.setup import Setup, broken, ok, row, unknown, warning
from gate.registry.credentials import GHCR
from gate.text import one_line


def is_github(setup: Setup) -> bool:
    """Whether the registry belongs to the GitHub server whose API is configured."""
    server = urlsplit(api.base(setup.context)).hostname or ""
    if server == "api.github.com":
        return setup.host == GHCR
    host = urlsplit(f"//{setup.host}").hostname or ""
    server = server.removeprefix("api.")
    return host == server or host.endswith(f".{server}")


def package(setup: Setup) -> Iterator[DiagnosisRow]:
    """Check the package's visibility and the repository that it is linked to."""
    image = setup.request.image
    if not image or not is_github(setup):
        return
    if not (token := _token(setup)):
        fix = "GATE_GITHUB_TOKEN with a classic token that has read:packages"
        yield unknown("package", "there is no token for the GitHub API", fix)
        return
    owner, name = packages.split(image.repository)
    with api.Api(setup.context, token, deadline=setup.request.timeout) as github:
        yield from _single_sign_on(github.ask("GET", f"/orgs/{quote(owner)}/packages/container/{quote(name, safe='')}"))
        details = packages.find(github, owner, name)
    settings = _settings(setup, details, owner, name)
    if details.visibility == "public":
        yield ok("package", "public: pulling it needs no login")
    else:
        fix = f"to make it public: {settings}, Danger Zone, Change visibility"
        yield ok("package", f"{details.visibility or 'not public'}: pulling it needs a login", fix)
    yield _link(setup, details, settings)


def identity(setup: Setup) -> Iterator[DiagnosisRow]:
    """Check whether this job can get an OIDC identity token, which keyless signing needs."""
    if not setup.context.in_actions:
        return
    if (run := current_run(setup.context)) and run.outsider:
        fix = "`gate sign` and `gate upload` do nothing in such a run: do it in that of the push that follows"
        yield warning("run", run.outsider, fix)
    if not setup.context.env.get("ACTIONS_ID_TOKEN_REQUEST_URL"):
        fix = "if it signs: `permissions: id-token: write` in the job; a pull request of a fork never gets it"
        yield warning("identity", "this job may not ask for an identity token", fix)
        return
    oidc.token(setup.context)
    yield ok("identity", "this job gets identity tokens")


def code_scanning(setup: Setup) -> Iterator[DiagnosisRow]:
    """Check whether code scanning is enabled in the repository of this job."""
    repository, token = setup.context.env.get("GITHUB_REPOSITORY", ""), _token(setup)
    if not setup.context.in_actions or not repository:
        return
    if not token:
        fix = "env: GITHUB_TOKEN: ${{ github.token }}"
        yield unknown("code scanning", "there is no token for the GitHub API", fix)
        return
    with api.Api(setup.context, token, deadline=setup.request.timeout) as github:
        answer = github.ask("GET", f"/repos/{quote(repository)}/code-scanning/analyses", query={"per_page": "1"})
        if answer.ok or (answer.status == HTTPStatus.NOT_FOUND and "no analysis found" in answer.message.lower()):
            yield ok("code scanning", "enabled" if answer.ok else "enabled, without results yet")
            return
        problem = github_errors.refused(answer, github.host, "to read the state of code scanning")
    off = "not enabled" in answer.message.lower() or "must be enabled" in answer.message.lower()
    yield row("code scanning", CheckState.BROKEN if off else CheckState.UNKNOWN, problem.problem, problem.hint)


def _token(setup: Setup) -> str:
    """GATE_GITHUB_TOKEN, GITHUB_TOKEN, or the registry password when it is a token of this GitHub server."""
    env = setup.context.env
    own = env.get("GATE_GITHUB_TOKEN", "").strip() or env.get("GITHUB_TOKEN", "").strip()
    login = setup.credential.password if setup.credential and is_github(setup) else ""
    return own or (login if prefix(login) else "")


def _single_sign_on(answer: api.Answer) -> Iterator[DiagnosisRow]:
    header = answer.headers.get("x-github-sso", "")
    if header.startswith("required"):
        url = header.partition("url=")[2].strip()
        page = url if url.startswith("https://") else "https://github.com/settings/tokens, Configure SSO"
        yield broken("sso", "the organization demands single sign-on for this token", f"authorise it: {page}")
    elif header.startswith("partial-results"):
        yield warning("sso", "the token is not authorised for every organization", "Configure SSO on its page")


def _settings(setup: Setup, found: packages.Package, owner: str, name: str) -> str:
    server = setup.context.env.get("GITHUB_SERVER_URL", "").rstrip("/")
    server = server if server.startswith("https://") else GITHUB_SERVER
    whose = "orgs" if found.path.startswith("/orgs/") else "users"
    return one_line(f"{server}/{whose}/{quote(owner)}/packages/container/{quote(name, safe='')}/settings", 400)


def _link(setup: Setup, found: packages.Package, settings: str) -> DiagnosisRow:
    mine = setup.context.env.get("GITHUB_REPOSITORY", "") if setup.context.in_actions else ""
    if mine and found.repository.lower() != mine.lower():
        linked = f"linked to {found.repository}" if found.repository else "linked to no repository"
        text = f"the package is {linked}: the GITHUB_TOKEN of {mine} may use it only where its settings say so"
        return warning("link", text, f"{settings}, Manage Actions access, Add Repository {mine}, role Write")
    if not found.repository:
        fix = f"{settings}, or the label org.opencontainers.image.source=https://github.com/OWNER/NAME in the image"
        return warning("link", "the package is linked to no repository: no GITHUB_TOKEN opens it", fix)
    return ok("link", f"the package is linked to {found.repository}")
