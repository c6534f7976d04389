"""Logins: how registries ask for them, where they come from, and where they never go."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.errors import InputError, RegistryError, ToolFailedError, ToolMissingError, UsageError
from gate.io.http_client import Reply
from gate.io.run_context import RunContext
from gate.registry.auth import Challenge, challenges, token_request
from gate.registry.credentials import Credential, find
from gate.registry.response_errors import refused
from tests.registry.liar import Fault

OURS = {"GATE_REGISTRY_USERNAME": "me", "GATE_REGISTRY_PASSWORD": "s3cret"}


@pytest.fixture
def ours(liar):
    """Our variables, for the liar."""
    return OURS | {"GATE_REGISTRY": liar.host}


@pytest.fixture
def image(content, liar):
    content.image(tag="1")
    liar.users = {"me": "s3cret"}
    return f"{liar.host}/o/app:1"


@pytest.fixture
def docker(tmp_path, context):
    """Write Docker's configuration; give a run context that sees it."""

    def docker(doc, **env):
        (tmp_path / ".docker").mkdir(exist_ok=True)
        (tmp_path / ".docker" / "config.json").write_text(doc if isinstance(doc, str) else json.dumps(doc))
        return RunContext(env={**context.env, **env}, cwd=tmp_path)

    return docker


@pytest.fixture
def helper(tmp_path, context):
    """Put a credential helper on the search path; it notes what it was asked and sees."""

    def helper(name, answer, code=0):
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        program = folder / f"docker-credential-{name}"
        program.write_text(
            f"#!/bin/sh\ncat > {tmp_path}/asked\nenv > {tmp_path}/env\nprintf %s '{answer}'\nexit {code}\n"
        )
        program.chmod(0o755)
        return {"PATH": f"{folder}:/usr/bin:/bin"}

    return helper


def packed(user, password):
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def sent(liar):
    """The logins that the registry saw, in order and without repetition."""
    return list(dict.fromkeys(asked.headers.get("Authorization", "") for asked in liar.asked))


def test_a_public_image_needs_a_token_but_no_login(image, liar, pull):
    liar.auth = "bearer"
    pull(image)
    assert sent(liar) == ["", "Bearer token-0"]
    (ask,) = [asked.path for asked in liar.asked if asked.path.startswith("/token")]
    assert ask == "/token?service=liar%2C+inc&scope=repository%3Ao%2Fapp%3Apull"


def test_a_private_image_is_pulled_with_our_variables(image, liar, pull, ours):
    liar.auth, liar.public = "bearer", False
    pull(image, env=ours)
    assert sent(liar) == ["", f"Basic {packed('me', 's3cret')}", "Bearer token-0"]


def test_a_registry_that_wants_basic_gets_it(image, liar, pull, ours):
    liar.auth = "basic"
    pull(image, env=ours)
    assert sent(liar) == ["", f"Basic {packed('me', 's3cret')}"]


def test_nothing_is_sent_to_a_registry_that_does_not_ask(image, liar, pull, ours):
    pull(image, env=ours)
    assert sent(liar) == [""]


def test_images_of_one_repository_share_a_token(content, image, liar, pull):
    liar.auth = "bearer"
    content.image(tag="2")
    pull(image, f"{liar.host}/o/app:2", jobs=1)
    assert len(liar.tokens) == 1


def test_a_token_that_ran_out_on_the_way_is_renewed_once(image, liar, pull):
    liar.auth = "bearer"
    liar.faults = {
        "/blobs/": Fault(status=401, headers={"WWW-Authenticate": f'Bearer realm="http://{liar.host}/token"'}, times=1)
    }
    (got,) = pull(image, jobs=1)
    assert len(got.layouts) == 1
    assert len(liar.tokens) == 2


def test_a_registry_that_never_accepts_its_own_tokens_is_not_asked_for_ever(image, liar, pull):
    liar.faults = {
        "/manifests/": Fault(status=401, headers={"WWW-Authenticate": f'Bearer realm="http://{liar.host}/token"'})
    }
    with pytest.raises(RegistryError, match="wants a login"):
        pull(image)
    assert liar.count("/manifests/") == 2


def test_an_identity_token_is_exchanged(image, liar, pull, docker):
    liar.auth, liar.public, liar.identity_token = "bearer", False, "id-token"
    docker({"auths": {liar.host: {"auth": packed("<token>", ""), "identitytoken": "id-token"}}})
    pull(image)
    (ask,) = [asked for asked in liar.asked if asked.path == "/token"]
    assert ask.method == "POST"
    assert b"grant_type=refresh_token" in ask.body
    assert b"scope=repository%3Ao%2Fapp%3Apull" in ask.body
    assert "Authorization" not in ask.headers


@pytest.mark.parametrize("auth", ["bearer", "basic"])
def test_a_login_is_never_sent_to_where_a_registry_redirects(image, liar, other, pull, auth, ours):
    liar.auth, liar.blobs_at = auth, f"http://{other.host}"
    pull(image, env=ours)
    assert other.count("/blobs/") == 2
    assert sent(other) == [""]


def test_a_redirect_within_the_registry_keeps_the_login(content, image, liar, pull, ours):
    liar.auth = "basic"
    digest = content.tags["1"]
    liar.faults = {"/manifests/1": Fault(status=307, headers={"Location": f"/v2/o/app/manifests/{digest}"})}
    (got,) = pull(image, env=ours)
    assert got.image.digest == digest


@pytest.mark.parametrize("auth", ["bearer", "basic"])
def test_a_refused_login_is_told_by_its_source_and_never_shown(image, liar, pull, auth, ours):
    liar.auth, liar.public = auth, False
    with pytest.raises(RegistryError) as caught:
        pull(image, env=ours | {"GATE_REGISTRY_PASSWORD": "wr0ng"})
    assert "login from GATE_REGISTRY_USERNAME and GATE_REGISTRY_PASSWORD" in caught.value.problem
    assert "wr0ng" not in f"{caught.value.problem}{caught.value.hint}{caught.value.__cause__}"
    assert "docker login" in caught.value.hint


@pytest.mark.parametrize("auth", ["bearer", "basic"])
def test_a_private_image_without_a_login_says_how_to_log_in(image, liar, pull, auth):
    liar.auth, liar.public = auth, False
    with pytest.raises(RegistryError) as caught:
        pull(image)
    assert f"docker login {liar.host}" in caught.value.hint


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b'{"token": 5}', b'{"token": "a\\r\\nX-Evil: 1"}', b'{"token": ""}', b'{"token": "\\u00e9"}'],
)
def test_an_answer_without_a_token_is_refused(image, liar, pull, body):
    liar.auth = "bearer"
    liar.faults = {"/token": Fault(body=body)}
    with pytest.raises(RegistryError, match="answered without a token"):
        pull(image)


def test_a_token_of_megabytes_is_not_read(image, liar, pull):
    liar.auth = "bearer"
    liar.faults = {"/token": Fault(body=b'{"token": "' + b"x" * (2 << 20) + b'"}')}
    with pytest.raises(RegistryError, match="longer than 1,048,576 bytes"):
        pull(image)


def test_a_challenge_that_nobody_knows_is_refused(image, liar, pull):
    liar.faults = {"/manifests/": Fault(status=401, headers={"WWW-Authenticate": "Negotiate"})}
    with pytest.raises(RegistryError, match="wants a login"):
        pull(image)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (
            'Bearer realm="https://h/t",service="a, b",scope="x:y:pull,push"',
            [("bearer", {"realm": "https://h/t", "service": "a, b", "scope": "x:y:pull,push"})],
        ),
        ('Basic realm="x", Bearer realm=https', [("basic", {"realm": "x"}), ("bearer", {"realm": "https"})]),
        ('BEARER REALM = "a\\"b\\\\"', [("bearer", {"realm": 'a"b\\'})]),
        ('Negotiate abc==, Basic realm="r"', [("negotiate", {}), ("basic", {"realm": "r"})]),
        (', ,Basic realm="r",,', [("basic", {"realm": "r"})]),
        ('Basic realm="first", realm="second"', [("basic", {"realm": "first"})]),
        ('realm="of nobody"', []),
        ('Basic realm="open', [("basic", {}), ("realm", {})]),
        ("", []),
    ],
)
def test_challenges_are_read_as_rfc_9110_has_them(header, expected):
    assert [(each.scheme, dict(each.parameters)) for each in challenges(header)] == expected


@given(st.text(alphabet=st.sampled_from('Basic realm="\\, \t=/é\x00')) | st.text(max_size=300))
def test_any_challenge_can_be_read(header):
    assert all(isinstance(each, Challenge) for each in challenges(header))


@pytest.mark.parametrize(
    "realm",
    [
        "http://h/token",
        "http://127.0.0.1/token",
        "https://me@h/token",
        "https://h\\@evil.example/token",
        "https://h:port/token",
        "ftp://h/",
        "/token",
        "",
        "https://",
        "https://[::1",
        "https://h/\r\nX: y",
        "https://h/#x",
    ],
)
def test_a_login_is_never_sent_to_an_unsound_realm(realm):
    with pytest.raises(RegistryError, match="no login may be sent"):
        token_request(
            Challenge("bearer", {"realm": realm}), "o/app", Credential("x", "me", "s3cret"), registry="https://h/v2/"
        )


def test_a_realm_may_have_a_query_and_another_host():
    ask = token_request(
        Challenge("bearer", {"realm": "https://auth.example/t?a=b"}), "o/app", None, registry="https://h/v2/"
    )
    assert ask.url == "https://auth.example/t?a=b&service=&scope=repository%3Ao%2Fapp%3Apull"


# Where logins come from


def test_half_a_login_is_refused(context):
    with pytest.raises(UsageError, match="GATE_REGISTRY_USERNAME is set without GATE_REGISTRY_PASSWORD"):
        find("h", RunContext(env={**context.env, "GATE_REGISTRY_USERNAME": "me"}))
    with pytest.raises(UsageError, match="GATE_REGISTRY_PASSWORD is set without GATE_REGISTRY_USERNAME"):
        find("h", RunContext(env={**context.env, "GATE_REGISTRY_PASSWORD": "x"}))


def test_our_variables_win_over_docker_and_docker_over_the_token_of_actions(docker, context):
    token = {"GITHUB_ACTIONS": "true", "GITHUB_TOKEN": "ghs_x", "GITHUB_ACTOR": "octo"}
    doc = {"auths": {"ghcr.io": {"auth": packed("docker", "d")}}}
    assert find("ghcr.io", docker(doc, **token, **OURS)).username == "me"
    assert find("ghcr.io", docker(doc, **token)).username == "docker"
    assert find("ghcr.io", docker({}, **token)) == Credential("GITHUB_TOKEN", "octo", "ghs_x")
    assert find("ghcr.io", docker({})) is None


def test_the_token_of_actions_is_for_ghcr_alone_and_for_actions_alone(docker):
    assert find("ghcr.io.evil.example", docker({}, GITHUB_ACTIONS="true", GITHUB_TOKEN="ghs_x")) is None
    assert find("ghcr.io", docker({}, GITHUB_TOKEN="ghs_x")) is None


@pytest.mark.parametrize("key", ["ghcr.io", "https://ghcr.io", "https://ghcr.io/v1/", "http://GHCR.io/"])
def test_docker_names_a_registry_in_several_ways(docker, key):
    found = find("ghcr.io", docker({"auths": {key: {"auth": packed("me", "a:b")}}}))
    assert (found.username, found.password) == ("me", "a:b")


@pytest.mark.parametrize("key", ["https://index.docker.io/v1/", "index.docker.io", "docker.io"])
def test_docker_hub_has_a_key_of_its_own(docker, key):
    assert find("docker.io", docker({"auths": {key: {"username": "me", "password": "p"}}})).username == "me"


def test_a_login_for_one_registry_is_not_used_for_another(docker):
    context = docker({"auths": {"ghcr.io": {"auth": packed("me", "p")}}})
    assert find("ghcr.io.evil.example", context) is None
    assert find("evil.example", context) is None


def test_an_empty_entry_is_no_login(docker):
    assert find("ghcr.io", docker({"auths": {"ghcr.io": {}, "h": None}})) is None
    assert find("h", docker({"auths": {"h": None}})) is None


def test_the_folder_of_dockers_configuration_can_be_chosen(tmp_path, context):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "config.json").write_text(json.dumps({"auths": {"h": {"auth": packed("me", "p")}}}))
    env = {**context.env, "DOCKER_CONFIG": "elsewhere"}
    assert find("h", RunContext(env=env, cwd=tmp_path)).username == "me"


@pytest.mark.parametrize(
    "doc",
    [
        "",
        "[]",
        '{"a": 1, "a": 2}',
        '{"auths": []}',
        '{"credHelpers": 5}',
        '{"auths": {"h": {"auth": "%%%"}}}',
        '{"auths": {"h": {"auth": 5}}}',
        '{"auths": {"h": {"auth": "bm9jb2xvbg=="}}}',
        '{"auths": {"h": {"auth": "/w=="}}}',
        '{"credsStore": "../../bin/evil"}',
        '{"credsStore": "-x"}',
        '{"credsStore": ["x"]}',
    ],
)
def test_a_broken_configuration_is_an_error_and_not_anonymous(docker, doc):
    with pytest.raises(InputError):
        find("h", docker(doc))


def test_a_helper_is_asked_for_its_registry_and_sees_none_of_our_secrets(docker, helper, tmp_path):
    env = helper("mine", '{"ServerURL": "h", "Username": "me", "Secret": "p"}')
    context = docker({"credHelpers": {"h": "mine"}, "credsStore": "other"}, **env, GITHUB_TOKEN="ghs_x")
    found = find("h", context)
    assert (found.username, found.password, found.source) == ("me", "p", "docker-credential-mine")
    assert (tmp_path / "asked").read_text() == "h"
    assert "ghs_x" not in (tmp_path / "env").read_text()


def test_the_store_is_asked_for_docker_hub_by_the_key_that_docker_uses(docker, helper, tmp_path):
    env = helper("store", '{"Username": "<token>", "Secret": "id"}')
    found = find("docker.io", docker({"credsStore": "store"}, **env))
    assert found.identity_token == "id"
    assert (tmp_path / "asked").read_text() == "https://index.docker.io/v1/"


def test_a_store_that_knows_nothing_leaves_us_anonymous(docker, helper):
    env = helper("store", "credentials not found in native keychain", code=1)
    assert find("h", docker({"credsStore": "store", "auths": {"h": {}}}, **env)) is None


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("locked", 1),
        ("", 2),
        ("garbage", 0),
        ("[]", 0),
        ('{"Username": 5, "Secret": "hush"}', 0),
        ('{"Secret": "hush"', 0),
        ('{"Username": "me", "Secret": "hush"}', 1),
        ("hush", 2),
    ],
)
def test_a_helper_that_fails_is_an_error_and_not_anonymous(docker, helper, answer, code):
    with pytest.raises(ToolFailedError) as caught:
        find("h", docker({"credsStore": "store"}, **helper("store", answer, code)))
    assert "hush" not in f"{caught.value.problem}{caught.value.hint}{caught.value.__cause__}"


def test_a_helper_that_is_not_there_is_named(docker):
    with pytest.raises(ToolMissingError, match="docker-credential-nothing"):
        find("h", docker({"credsStore": "nothing"}))


def test_a_credential_never_shows_its_secret():
    shown = repr(Credential("x", "me", "s3cret", "id-t0ken"))
    assert "s3cret" not in shown
    assert "id-t0ken" not in shown


# What GHCR means


def words(status, credential=None, host="ghcr.io"):
    body = b'{"errors": [{"code": "DENIED", "message": "denied"}]}'
    error = refused(Reply(status, {}, host, iter([body])), f"{host}/o/app:1", host, credential)
    return error.problem, error.hint


def test_ghcr_denies_what_is_private_and_what_is_not_there_in_one_word():
    problem, hint = words(403)
    assert problem == (
        "ghcr.io denies anonymous users access to ghcr.io/o/app:1 (DENIED: denied): it is private, or it does not exist"
    )
    assert all(part in hint for part in ("read:packages", "packages: read", "SSO", "linked to the repository"))


def test_ghcr_does_not_know_fine_grained_tokens():
    assert "fine-grained" in words(403, Credential("docker", "me", "github_pat_x"))[1]


def test_the_token_of_actions_needs_its_permission_and_the_link():
    hint = words(403, Credential("GITHUB_TOKEN", "me", "ghs_x"))[1]
    assert "`permissions: packages: read`" in hint
    assert "linked to this repository" in hint


def test_not_there_on_ghcr_may_be_private():
    assert "private package looks the same" in words(404)[1]
    assert "private" not in words(404, host="h")[1]


def test_elsewhere_the_hint_is_dockers():
    assert "docker login h" in words(403, Credential("x", "me", "p"), host="h")[1]


def entry(user):
    return {"auth": packed(user, "secret")}


def written(path, auths):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"auths": auths}))
    return path


@pytest.fixture
def places(tmp_path, context):
    """Every place where a login can be kept, the first first, each with a login named after it."""
    named = written(tmp_path / "named.json", {"ghcr.io": entry("named")})
    written(tmp_path / "run/containers/auth.json", {"ghcr.io": entry("runtime")})
    written(tmp_path / ".config/containers/auth.json", {"ghcr.io": entry("config")})
    written(tmp_path / ".docker/config.json", {"ghcr.io": entry("docker")})
    inline = json.dumps({"auths": {"ghcr.io": entry("inline")}})
    env = {
        "HOME": str(tmp_path),
        "REGISTRY_AUTH_FILE": str(named),
        "XDG_RUNTIME_DIR": str(tmp_path / "run"),
        "DOCKER_AUTH_CONFIG": inline,
    }
    return RunContext(env={**context.env, **env}, cwd=tmp_path)


def without(context, *names):
    return RunContext(env={name: value for name, value in context.env.items() if name not in names}, cwd=context.cwd)


def test_logins_are_looked_for_in_the_order_of_podman_and_then_of_docker(places):
    assert find("ghcr.io", places).username == "named"
    places = without(places, "REGISTRY_AUTH_FILE")
    assert find("ghcr.io", places).username == "runtime"
    places = without(places, "XDG_RUNTIME_DIR")
    assert find("ghcr.io", places).username == "config"
    (places.cwd / ".config/containers/auth.json").unlink()
    assert find("ghcr.io", places).username == "inline"
    assert find("ghcr.io", without(places, "DOCKER_AUTH_CONFIG")).username == "docker"


def test_the_file_of_registry_auth_file_stands_in_place_of_every_other_file(places):
    written(places.cwd / "named.json", {"other.example": entry("other")})
    assert find("ghcr.io", without(places, "DOCKER_AUTH_CONFIG")) is None
    (places.cwd / "named.json").unlink()
    with pytest.raises(InputError, match="REGISTRY_AUTH_FILE"):
        find("ghcr.io", places)


@pytest.mark.parametrize(
    ("repository", "user"),
    [("octo/app", "app"), ("octo/app/cache", "app"), ("octo/apple", "octo"), ("other/app", "all"), ("", "all")],
)
@pytest.mark.parametrize("file", [".config/containers/auth.json", ".docker/config.json"])
def test_the_longest_namespace_that_holds_the_repository_wins(tmp_path, context, file, repository, user):
    auths = {"ghcr.io": entry("all"), "ghcr.io/octo": entry("octo"), "ghcr.io/octo/app": entry("app")}
    written(tmp_path / file, auths)
    assert (
        find("ghcr.io", RunContext(env={**context.env, "HOME": str(tmp_path)}, cwd=tmp_path), repository).username
        == user
    )


def test_a_login_for_a_namespace_is_for_no_other(tmp_path, context):
    written(tmp_path / ".config/containers/auth.json", {"ghcr.io/octo": entry("octo")})
    home = RunContext(env={**context.env, "HOME": str(tmp_path)}, cwd=tmp_path)
    assert find("ghcr.io", home, "other/app") is None
    assert find("ghcr.io", home) is None


def test_a_place_without_a_login_for_the_registry_hides_no_other_place(places):
    written(places.cwd / "run/containers/auth.json", {"quay.io": entry("quay")})
    assert find("ghcr.io", without(places, "REGISTRY_AUTH_FILE")).username == "config"


@pytest.mark.parametrize("text", ["[]", "{", '{"auths": []}', '{"auths": {"ghcr.io": {"auth": "%"}}}'])
def test_a_broken_place_is_told_and_its_content_is_not(places, text):
    written(places.cwd / "x", {})
    broken = RunContext(
        env={**without(places, "REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR").env, "DOCKER_AUTH_CONFIG": text}, cwd=places.cwd
    )
    (places.cwd / ".config/containers/auth.json").unlink()
    with pytest.raises(InputError, match="DOCKER_AUTH_CONFIG"):
        find("ghcr.io", broken)


def test_two_repositories_of_one_registry_are_pulled_with_a_login_each(content, liar, pull, tmp_path, context):
    liar.auth, liar.public = "basic", False
    liar.users = {"one": "secret", "two": "secret"}
    content.image(tag="1")
    auths = {f"{liar.host}/o/app": entry("one"), liar.host: entry("two")}
    written(tmp_path / "auth.json", auths)
    pull(f"{liar.host}/o/app:1", env={"REGISTRY_AUTH_FILE": str(tmp_path / "auth.json")})
    assert sent(liar) == ["", f"Basic {packed('one', 'secret')}"]
