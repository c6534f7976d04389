"""What GitHub says of the package, and of the job that this is."""

from collections.abc import Iterator
from http import HTTPStatus
from urllib.parse import quote, urlsplit

from gate.github import api, oidc, packages
from gate.github import errors as said
from gate.github.actions_context import current_run
from gate.github.scopes import prefix
from gate.model.ci_run import GITHUB_SERVER
from gate.model.diagnosis import CheckState, DiagnosisRow
from gate.pipeline.doctor.context import Case, row
from gate.registry.credentials import GHCR
from gate.text import one_line


def is_github(case: Case) -> bool:
    """Whether the registry is that of the GitHub whose API would be asked."""
    server = urlsplit(api.base(case.world)).hostname or ""
    if server == "api.github.com":
        return case.host == GHCR
    host = urlsplit(f"//{case.host}").hostname or ""
    server = server.removeprefix("api.")
    return host == server or host.endswith(f".{server}")


def package(case: Case) -> Iterator[DiagnosisRow]:
    """Who sees the package, and which repository it is linked to: what decides is a switch on its page."""
    image = case.asked.image
    if not image or not is_github(case):
        return
    if not (token := _token(case)):
        mend = "GATE_GITHUB_TOKEN with a classic token that has read:packages"
        yield row("package", CheckState.UNKNOWN, "there is no token to ask GitHub with", mend)
        return
    owner, name = packages.split(image.repository)
    with api.Api(case.world, token, deadline=case.asked.timeout) as github:
        yield from _single_sign_on(github.ask("GET", f"/orgs/{quote(owner)}/packages/container/{quote(name, safe='')}"))
        found = packages.find(github, owner, name)
    settings = _settings(case, found, owner, name)
    if found.visibility == "public":
        yield row("package", CheckState.OK, "public: everybody may pull it")
    else:
        mend = f"if everybody may have it: {settings}, Danger Zone, Change visibility"
        yield row("package", CheckState.OK, f"{found.visibility or 'not public'}: who pulls it has to log in", mend)
    yield _link(case, found, settings)


def identity(case: Case) -> Iterator[DiagnosisRow]:
    """Whether this job gets an identity token, with which `gate sign` signs."""
    if not case.world.in_actions:
        return
    if (run := current_run(case.world)) and run.outsider:
        mend = "`gate sign` and `gate upload` do nothing in such a run: do it in that of the push that follows"
        yield row("run", CheckState.WARNING, run.outsider, mend)
    if not case.world.env.get("ACTIONS_ID_TOKEN_REQUEST_URL"):
        mend = "if it signs: `permissions: id-token: write` in the job; a pull request of a fork never gets it"
        yield row("identity", CheckState.WARNING, "this job may not ask for an identity token", mend)
        return
    oidc.token(case.world)
    yield row("identity", CheckState.OK, "this job gets identity tokens")


def code_scanning(case: Case) -> Iterator[DiagnosisRow]:
    """Whether the repository of this job has code scanning."""
    repository, token = case.world.env.get("GITHUB_REPOSITORY", ""), _token(case)
    if not case.world.in_actions or not repository:
        return
    if not token:
        mend = "env: GITHUB_TOKEN: ${{ github.token }}"
        yield row("code scanning", CheckState.UNKNOWN, "there is no token to ask GitHub with", mend)
        return
    with api.Api(case.world, token, deadline=case.asked.timeout) as github:
        answer = github.ask("GET", f"/repos/{quote(repository)}/code-scanning/analyses", query={"per_page": "1"})
        if answer.ok or (answer.status == HTTPStatus.NOT_FOUND and "no analysis found" in answer.message.lower()):
            yield row("code scanning", CheckState.OK, "it is on" if answer.ok else "it is on, and has no results yet")
            return
        problem = said.refused(answer, github.host, "to tell about code scanning")
    off = "not enabled" in answer.message.lower() or "must be enabled" in answer.message.lower()
    yield row("code scanning", CheckState.BROKEN if off else CheckState.UNKNOWN, problem.problem, problem.hint)


def _token(case: Case) -> str:
    """The job's, or what the person named; else the login itself when it is a token of this GitHub."""
    env = case.world.env
    own = env.get("GATE_GITHUB_TOKEN", "").strip() or env.get("GITHUB_TOKEN", "").strip()
    login = case.credential.password if case.credential and is_github(case) else ""
    return own or (login if prefix(login) else "")


def _single_sign_on(answer: api.Answer) -> Iterator[DiagnosisRow]:
    header = answer.headers.get("x-github-sso", "")
    if header.startswith("required"):
        url = header.partition("url=")[2].strip()
        page = url if url.startswith("https://") else "https://github.com/settings/tokens, Configure SSO"
        yield row(
            "sso", CheckState.BROKEN, "the organization demands single sign-on for this token", f"authorise it: {page}"
        )
    elif header.startswith("partial-results"):
        yield row(
            "sso", CheckState.WARNING, "the token is not authorised for every organization", "Configure SSO beside it"
        )


def _settings(case: Case, found: packages.Package, owner: str, name: str) -> str:
    server = case.world.env.get("GITHUB_SERVER_URL", "").rstrip("/")
    server = server if server.startswith("https://") else GITHUB_SERVER
    whose = "orgs" if found.path.startswith("/orgs/") else "users"
    return one_line(f"{server}/{whose}/{quote(owner)}/packages/container/{quote(name, safe='')}/settings", 400)


def _link(case: Case, found: packages.Package, settings: str) -> DiagnosisRow:
    mine = case.world.env.get("GITHUB_REPOSITORY", "") if case.world.in_actions else ""
    if mine and found.repository.lower() != mine.lower():
        linked = f"linked to {found.repository}" if found.repository else "linked to no repository"
        text = f"the package is {linked}: the GITHUB_TOKEN of {mine} may use it only where its settings say so"
        return row(
            "link", CheckState.WARNING, text, f"{settings}, Manage Actions access, Add Repository {mine}, role Write"
        )
    if not found.repository:
        mend = f"{settings}, or the label org.opencontainers.image.source=https://github.com/OWNER/NAME in the image"
        return row("link", CheckState.WARNING, "the package is linked to no repository: no GITHUB_TOKEN opens it", mend)
    return row("link", CheckState.OK, f"the package is linked to {found.repository}")
