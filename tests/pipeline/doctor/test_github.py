"""What `gate doctor` learns of tokens, packages and jobs from GitHub."""

import json
from datetime import UTC, datetime

import pytest

from tests.builders import NOW
from tests.lab.github import TOKEN, GitHub
from tests.lab.packages import Packages
from tests.lab.referrers import MemoryRegistry

CLASSIC = "gh" + "p_" + "k" * 36
FINE = "_".join(("github", "pat", "k" * 36))
KINDS = {
    CLASSIC: "ok: it is a classic token",
    "0123456789abcdef0123456789abcdef01234567": "ok: it is a classic token",
    "gh" + "o_" + "k" * 36: "ok: it is a token of an OAuth app",
    "gh" + "s_" + "k" * 36: "warning: it is a token of a job or of an app: it expires within hours",
    "gh" + "u_" + "k" * 36: "warning: it is a user token of an app",
    "gh" + "r_" + "k" * 36: "broken: it is a refresh token",
    FINE: "broken: it is a fine-grained token (github_pat_…), which ghcr.io does not accept",
    "correct horse": "warning: it is not a GitHub token",
}


def login(token=CLASSIC):
    return {"GATE_REGISTRY_USERNAME": "octo", "GATE_REGISTRY_PASSWORD": token}


@pytest.mark.parametrize("token", KINDS)
def test_the_kind_of_a_token_is_told_by_its_first_letters(doctor, token):
    said = doctor("--offline", env=login(token))
    assert said.row("token").startswith(KINDS[token])
    assert token not in said.out + said.err
    assert said.code == 3 or not KINDS[token].startswith("broken")


def test_the_token_of_a_job_is_good_in_the_job(doctor):
    env = {"GITHUB_ACTIONS": "true", "GITHUB_TOKEN": TOKEN}
    assert doctor("--offline", env=env).row("token") == "ok: it is a token of a job or of an app"


def test_a_token_for_another_registry_is_not_looked_at(doctor):
    assert doctor("quay.io/octo/app", "--offline", env=login()).row("token") == []


@pytest.fixture
def registry(layouts):
    with MemoryRegistry() as served:
        served.push(layouts, "clean", "octo/app:1")
        yield served


@pytest.fixture
def look(doctor, registry):
    """Look at an image, with this GitHub behind its registry."""

    def call(server, env=None, now=None):
        place = f"{registry.host}/octo/app:1"
        url = {"GITHUB_API_URL": server.url, "GATE_REGISTRY": registry.host}
        return doctor(place, "--db-repository", place, env={**url, **(env or {})}, now=now)

    return call


@pytest.fixture
def github():
    with GitHub() as served:
        yield served


def know(github, scopes, ends=""):
    headers = {"X-OAuth-Scopes": scopes} if scopes is not None else {}
    headers |= {"GitHub-Authentication-Token-Expiration": ends} if ends else {}
    github.fault("GET", "^/user$", status=200, body=b'{"login": "octo"}', headers=headers)
    github.refuse("GET", "/packages/", 404, "Package not found.")


@pytest.mark.parametrize(
    ("scopes", "told"),
    [
        ("read:packages", "ok: read:packages"),
        ("write:packages, read:packages", "ok: read:packages, write:packages"),
        ("repo, read:packages", "warning: the token can do more than packages: repo"),
        ("gist", "broken: the token has no scope for packages; its scopes: gist"),
        ("", "broken: the token has no scope for packages; its scopes: none"),
        (None, "unknown: GitHub does not report the scopes"),
    ],
)
def test_the_scopes_of_a_token_are_held_against_what_it_is_for(look, github, scopes, told):
    know(github, scopes)
    assert look(github, login()).row("scopes").startswith(told)


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        (f"{NOW:%Y}-01-01 00:00:00 UTC", "broken: the token expired"),
        (f"{NOW.year + 1}-12-01 08:00:00 UTC", "ok: the token expires"),
        (f"{NOW.year + 1}-12-01 08:00:00 -0500", "ok: the token expires"),
    ],
)
def test_the_end_of_a_token_is_told(look, github, ends, told):
    know(github, "read:packages", ends)
    now = datetime(NOW.year, 6, 1, tzinfo=UTC)
    assert look(github, login(), now=now).row("expiry").startswith(told)


def test_a_token_that_ends_soon_is_a_warning(look, github):
    know(github, "read:packages", "2026-06-10 00:00:00 UTC")
    said = look(github, login(), now=datetime(2026, 6, 1, tzinfo=UTC))
    assert said.row("expiry").startswith("warning: the token expires soon, on 2026-06-10 00:00 UTC")


def test_a_token_without_an_end_or_with_one_that_nobody_can_read_has_no_row_for_it(look, github):
    know(github, "read:packages", "the day after tomorrow")
    assert look(github, login()).row("expiry") == []


def test_a_token_that_github_does_not_know_is_told(look, github):
    github.refuse("GET", "", 401, "Bad credentials")
    said = look(github, login())
    assert "GitHub does not know the token" in said.row("scopes")
    assert said.code in {3, 6}


def test_single_sign_on_is_told_with_its_page(look, github):
    url = "https://github.com/orgs/octo/sso?authorization_request=x"
    know(github, "read:packages")
    github.mend()
    github.fault("GET", "^/user$", status=200, body=b"{}", headers={"X-OAuth-Scopes": "read:packages"})
    body = json.dumps({"message": "Resource protected by organization SAML enforcement."}).encode()
    github.fault("GET", "/packages/", status=403, body=body, headers={"X-GitHub-SSO": f"required; url={url}"})
    row = look(github, login()).row("sso")
    assert row.startswith("broken: the organization demands single sign-on")
    assert url in row


def test_a_token_that_some_organizations_do_not_know_is_a_warning(look, github):
    sso = {"X-GitHub-SSO": "partial-results; organizations=21955855,20582480"}
    github.fault("GET", "/packages/", status=404, body=b"{}", headers=sso)
    assert look(github, {"GITHUB_TOKEN": TOKEN}).row("sso").startswith("warning")


def test_a_page_for_single_sign_on_that_is_none_is_not_shown(look, github):
    github.fault("GET", "", status=403, body=b"{}", headers={"X-GitHub-SSO": "required; url=javascript:evil"})
    said = look(github, {"GITHUB_TOKEN": TOKEN})
    assert "evil" not in said.out
    assert "https://github.com/settings/tokens" in said.row("sso")


@pytest.fixture(params=["Organization", "User", "mine"])
def packages(registry, request):
    with Packages(registry, kind=request.param) as served:
        yield served


def settings(packages):
    whose = "orgs" if packages.kind == "Organization" else "users"
    return f"https://github.com/{whose}/octo/packages/container/app/settings"


def test_a_private_package_is_told_with_the_page_of_its_switch(look, packages):
    said = look(packages, {"GITHUB_TOKEN": TOKEN})
    assert said.row("package").startswith("ok: private: pulling it needs a login")
    assert settings(packages) in said.row("package")
    assert said.row("link") == "ok: the package is linked to octo/app"


def test_a_public_package_is_for_everybody(look, packages):
    packages.visibility = "public"
    assert look(packages, {"GITHUB_TOKEN": TOKEN}).row("package") == "ok: public: pulling it needs no login"


def test_a_package_that_is_linked_to_no_repository_is_told(look, packages):
    packages.linked = ""
    row = look(packages, {"GITHUB_TOKEN": TOKEN}).row("link")
    assert row.startswith("warning: the package is linked to no repository")
    assert settings(packages) in row


def test_a_package_of_another_repository_than_the_job_names_the_one_switch(look, packages):
    packages.linked = "octo/other"
    packages.fault("GET", "/code-scanning/", status=200, body=b"[]")
    env = {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "octo/app", "GITHUB_TOKEN": TOKEN}
    row = look(packages, env).row("link")
    assert row.startswith("warning: the package is linked to octo/other")
    assert f"{settings(packages)}, Manage Actions access, Add Repository octo/app, role Write" in row


def test_a_package_that_nobody_sees_could_not_be_told(look, github):
    github.refuse("GET", "/packages/", 404, "Package not found.")
    said = look(github, {"GITHUB_TOKEN": TOKEN})
    assert said.row("package").startswith("unknown")
    assert "read:packages" in said.row("package")
    assert TOKEN not in said.out


def test_without_a_token_the_package_could_not_be_told(look, github):
    assert look(github).row("package").startswith("unknown: there is no token")
    assert not github.requests


@pytest.fixture
def job(look, github):
    """Look at an image in a job of Actions."""
    github.refuse("GET", "/packages/", 404, "Package not found.")
    return lambda **more: look(github, {**github.env, **more})


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (200, "[]", "ok: enabled"),
        (404, '{"message": "no analysis found"}', "ok: enabled, without results yet"),
        (403, '{"message": "Advanced Security must be enabled for this repository."}', "broken"),
        (403, '{"message": "Code scanning is not enabled for this repository."}', "broken"),
        (403, '{"message": "Resource not accessible by integration"}', "unknown"),
        (404, '{"message": "Not Found"}', "unknown"),
    ],
)
def test_code_scanning_is_told_on_off_or_not_known(job, github, status, body, told):
    github.fault("GET", "/code-scanning/", status=status, body=body.encode())
    assert job().row("code scanning").startswith(told)


def test_a_job_without_a_token_is_told_how_to_give_it_one(job, github):
    row = job(GITHUB_TOKEN="").row("code scanning")
    assert row.startswith("unknown: there is no token")
    assert "${{ github.token }}" in row


def test_a_job_without_an_identity_is_told_what_it_lacks(job, github):
    github.fault("GET", "/code-scanning/", status=200, body=b"[]")
    assert "id-token: write" in job().row("identity")


def test_a_job_with_an_identity_is_good_and_its_token_is_not_shown(job, github, registry):
    github.fault("GET", "/code-scanning/", status=200, body=b"[]")
    registry.fault("GET", "^/oidc", status=200, body=b'{"value": "ey.secret.token"}')
    said = job(ACTIONS_ID_TOKEN_REQUEST_URL=f"{registry.url}/oidc?v=1", ACTIONS_ID_TOKEN_REQUEST_TOKEN="bearer")
    assert said.row("identity") == "ok: this job gets identity tokens"
    assert "secret" not in said.out


def test_a_run_with_the_code_of_a_fork_is_told_as_such(job, github, tmp_path):
    github.fault("GET", "/code-scanning/", status=200, body=b"[]")
    event = tmp_path / "event.json"
    head, base = {"repo": {"full_name": "evil/app"}}, {"repo": {"full_name": "acme/app"}}
    event.write_text(json.dumps({"pull_request": {"head": head, "base": base}}))
    said = job(GITHUB_EVENT_NAME="pull_request", GITHUB_EVENT_PATH=str(event))
    assert said.row("run").startswith("warning: this run has the code of a fork (evil/app)")
    assert job().row("run") == []


def test_an_address_that_no_token_may_go_to_ends_nothing(doctor):
    said = doctor("--offline", env={"GITHUB_API_URL": "http://evil.example", **login()})
    assert said.row("token").startswith("broken: no token is sent to")
    assert said.row("policy").startswith("ok")


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"owner": 1}', '{"owner": {"login": "octo"}, "visibility": 1}', "<a>"]
)
def test_answers_that_are_none_end_nothing(look, github, body):
    github.fault("GET", "", status=200, body=body.encode())
    said = look(github, {**github.env, **login()})
    assert said.row("policy").startswith("ok")
    assert said.code in {3, 6}
