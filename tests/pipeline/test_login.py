"""`gate login`: a token is checked, then kept where Docker keeps it, and shown to nobody."""

import base64
import json
import stat

import pytest

from gate.registry.credentials import find as find_login

TOKEN = "gh" + "p_" + "k" * 36


@pytest.fixture
def host(private, layouts):
    private.user("octo", TOKEN, pull=("octo/*",))
    private.push(layouts, "clean", "octo/app:1")
    private.push(layouts, "clean", "other/app:1")
    return private.host


@pytest.fixture
def config(gate):
    folder = gate.folder.parent / "home" / ".docker"
    folder.mkdir()
    return folder / "config.json"


@pytest.fixture
def helper(gate, tmp_path):
    """A credential helper that notes what it was told, on which command line, and with which environment."""

    def make(name, code=0, says=""):
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        program = folder / f"docker-credential-{name}"
        program.write_text(
            f'#!/bin/sh\ncat > {tmp_path}/told\necho "$@" > {tmp_path}/args\nenv > {tmp_path}/env\n'
            f"cat {tmp_path}/told >&2\nprintf '{says}'\nexit {code}\n"
        )
        program.chmod(0o755)
        return {"PATH": f"{folder}:/usr/bin:/bin"}

    return make


def packed(user, token):
    return base64.b64encode(f"{user}:{token}".encode()).decode()


def test_a_token_is_checked_and_stored_for_its_owner_alone(gate, host):
    said = gate("login", host, "-u", "octo", "--token-stdin", stdin=f"{TOKEN}\n")
    assert said.code == 0, said.err
    file = gate.folder.parent / "home" / ".docker" / "config.json"
    assert json.loads(file.read_text()) == {"auths": {host: {"auth": packed("octo", TOKEN)}}}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert TOKEN not in said.out + said.err
    assert "not encrypted" in said.err
    assert find_login(host, gate.context).password == TOKEN


def test_a_token_may_come_from_the_environment(gate, host):
    assert gate("login", host, "-u", "octo", env={"GATE_TOKEN": TOKEN}).code == 0
    assert find_login(host, gate.context).username == "octo"


@pytest.mark.parametrize(("user", "token"), [("octo", "gh" + "p_wrong"), ("nobody", TOKEN)])
def test_a_login_that_is_not_accepted_is_not_stored(gate, host, config, user, token):
    said = gate("login", host, "-u", user, "--token-stdin", stdin=token)
    assert said.code == 6
    assert "does not accept this login" in said.err
    assert token not in said.out + said.err
    assert not config.exists()


def test_a_token_is_asked_for_as_docker_does_and_then_for_nothing_in_particular(gate, private, host):
    assert gate("login", host, "-u", "octo", "--token-stdin", stdin=TOKEN).code == 0
    asked = [one.query.get("scope") for one in private.requests if one.path == "/token"]
    assert asked == [["repository:user/image:pull"], None]
    private.user("octo", TOKEN, pull=("*",))
    private.requests.clear()
    assert gate("login", host, "-u", "octo", "--token-stdin", stdin=TOKEN).code == 0
    assert [one.query.get("scope") for one in private.requests if one.path == "/token"] == [asked[0]]


def test_an_image_that_the_login_cannot_pull_is_told_before_it_is_stored(gate, host, config):
    args = ("login", host, "-u", "octo", "--token-stdin", "--pull")
    assert gate(*args, f"{host}/other/app:1", stdin=TOKEN).code == 6
    assert not config.exists()
    assert gate(*args, f"{host}/octo/app:1", stdin=TOKEN).code == 0
    assert gate(*args, "ghcr.io/octo/app:1", stdin=TOKEN).code == 2


def test_a_registry_that_asks_nobody_checks_nothing(gate, private, config):
    said = gate("login", private.host, "-u", "octo", "--token-stdin", stdin=TOKEN)
    assert said.code == 6
    assert "requires no login" in said.err
    assert not config.exists()


def test_a_registry_that_cannot_be_asked_stores_nothing(gate, private, config):
    private.fault("GET", "/v2/", status=404)
    assert gate("login", private.host, "-u", "octo", "--token-stdin", stdin=TOKEN).code == 6
    assert not config.exists()


def test_every_other_entry_keeps_its_bytes(gate, host, config):
    before = (
        '{\n\t"auths": {\n\t\t"ghcr.io": {\n\t\t\t"auth": "b2xkOnRva2Vu",\n\t\t\t"x": 1.0\n\t\t}\n\t},\n'
        '\t"HttpHeaders":   {"User-Agent": "D\\u00f6cker"},\n\t"detachKeys": "ctrl-e,e",\n'
        '\t"n": 12345678901234567890123\n}'
    )
    config.write_text(before)
    config.chmod(0o644)
    assert gate("login", host, "-u", "octo", "--token-stdin", stdin=TOKEN).code == 0
    after = config.read_text()
    for kept in (
        '"ghcr.io": {\n\t\t\t"auth": "b2xkOnRva2Vu",\n\t\t\t"x": 1.0\n\t\t}',
        '"HttpHeaders": {"User-Agent": "D\\u00f6cker"}',
        '"n": 12345678901234567890123',
    ):
        assert kept in after
    assert list(json.loads(after)["auths"]) == ["ghcr.io", host]
    assert stat.S_IMODE(config.stat().st_mode) == 0o600


def test_a_login_takes_the_place_of_the_one_before_it(gate, host, config):
    config.write_text(json.dumps({"auths": {host: {"auth": packed("old", "token")}}}))
    assert gate("login", host, "-u", "octo", "--token-stdin", stdin=TOKEN).code == 0
    assert json.loads(config.read_text()) == {"auths": {host: {"auth": packed("octo", TOKEN)}}}


def test_a_link_to_the_configuration_stays_a_link(gate, host, config):
    real = config.parent / "real.json"
    real.write_text("{}")
    config.symlink_to(real)
    assert gate("login", host, "-u", "octo", "--token-stdin", stdin=TOKEN).code == 0
    assert config.is_symlink()
    assert host in json.loads(real.read_text())["auths"]


@pytest.mark.parametrize("text", ["[]", "{", '{"auths": []}', '{"credsStore": "../x"}', '{"a": 1, "a": 2}'])
def test_a_broken_configuration_is_left_as_it_is(gate, host, config, text):
    config.write_text(text)
    assert gate("login", host, "-u", "octo", "--token-stdin", stdin=TOKEN).code == 3
    assert config.read_text() == text


@pytest.mark.parametrize("setting", [{"credsStore": "mine"}, {"credHelpers": {"HOST": "mine"}, "credsStore": "other"}])
def test_a_helper_gets_the_token_on_its_standard_input_alone(gate, host, config, helper, tmp_path, setting):
    known = json.loads(json.dumps(setting).replace("HOST", host))
    config.write_text(json.dumps({**known, "auths": {host: {"auth": packed("old", "token")}}}))
    said = gate("login", host, "-u", "octo", "--token-stdin", stdin=TOKEN, env=helper("mine"))
    assert said.code == 0
    assert json.loads((tmp_path / "told").read_text()) == {"ServerURL": host, "Username": "octo", "Secret": TOKEN}
    assert (tmp_path / "args").read_text() == "store\n"
    assert TOKEN not in (tmp_path / "env").read_text()
    assert json.loads(config.read_text()) == {**known, "auths": {host: {}}}  # as Docker marks it; nothing in clear text
    assert "not encrypted" not in said.err


def test_a_token_of_the_environment_is_kept_from_the_helper(gate, host, config, helper, tmp_path):
    config.write_text('{"credsStore": "mine"}')
    assert gate("login", host, "-u", "octo", env={**helper("mine"), "GATE_TOKEN": TOKEN}).code == 0
    assert TOKEN not in (tmp_path / "env").read_text()


def test_a_helper_that_fails_stores_nothing_and_shows_nothing(gate, host, config, helper):
    config.write_text('{"credsStore": "mine"}')
    said = gate("login", host, "-u", "octo", "--token-stdin", stdin=TOKEN, env=helper("mine", 1, TOKEN))
    assert said.code == 5
    assert TOKEN not in said.out + said.err
    assert config.read_text() == '{"credsStore": "mine"}'


def test_a_helper_that_is_not_there_is_named(gate, host, config):
    config.write_text('{"credsStore": "nothing"}')
    said = gate("login", host, "-u", "octo", "--token-stdin", stdin=TOKEN)
    assert said.code == 4
    assert "docker-credential-nothing" in said.err


def test_a_fine_grained_token_is_refused_before_anybody_is_asked(gate):
    said = gate("login", "-u", "octo", "--token-stdin", stdin="github_pat_" + "x" * 40)
    assert said.code == 2
    assert "fine-grained" in said.err
    assert "read:packages" in said.err


@pytest.mark.parametrize("token", ["", " \n", "two\nlines", "käse", "x" * 70_000])
def test_what_is_no_token_is_refused(gate, host, token):
    assert gate("login", host, "-u", "octo", "--token-stdin", stdin=token).code == 2


@pytest.mark.parametrize("user", ["", "a:b", "a b", "a\nb", "x" * 256])
def test_what_is_no_user_is_refused(gate, host, user):
    assert gate("login", host, "-u", user, "--token-stdin", stdin=TOKEN).code == 2


@pytest.mark.parametrize("name", ["", "ghcr.io/octo", "https://ghcr.io", "octo", "a b", "-x"])
def test_what_is_no_registry_is_refused(gate, name):
    assert gate("login", "-u", "octo", "--token-stdin", "--", name, stdin=TOKEN).code == 2


def test_without_a_token_nothing_is_asked(gate, host):
    said = gate("login", host, "-u", "octo")
    assert said.code == 2
    assert "never on the command line" in said.err


def test_a_login_that_is_used_in_place_of_the_stored_one_is_named(gate, private):
    private.user("octo", TOKEN, pull=("octo/*",))
    other = json.dumps({"auths": {private.host: {"auth": "bWU6c2VjcmV0"}}})
    for env, named in (
        ({"DOCKER_AUTH_CONFIG": other}, "DOCKER_AUTH_CONFIG takes precedence"),
        ({"REGISTRY_AUTH_FILE": "auth.json"}, "REGISTRY_AUTH_FILE replaces"),
        ({"DOCKER_AUTH_CONFIG": "{}"}, ""),
    ):
        said = gate("login", private.host, "-u", "octo", env={"GATE_TOKEN": TOKEN, **env})
        assert said.code == 0
        assert named in said.err if named else "is not used" not in said.err


def test_a_dry_run_checks_the_token_and_stores_nothing(gate, host):
    said = gate("login", host, "-u", "octo", "--token-stdin", "--dry-run", stdin=f"{TOKEN}\n")
    assert (said.code, "nothing was stored" in said.err) == (0, True), said.err
    assert not (gate.folder.parent / "home" / ".docker").exists()
    assert gate("login", host, "-u", "octo", "--token-stdin", "--dry-run", stdin="ghp_wrong\n").code != 0
