"""`--verbose`: what was asked of whom, what came back and how long it took; never a secret."""

import pytest

from gate.io import verbose
from tests.registry.liar import Liar
from tests.registry.small import Content

SECRET = "hush-registry"


@pytest.fixture
def registry():
    """A registry that gives a token to `me` alone."""
    content = Content()
    content.image(tag="1")
    with Liar(content) as served:
        served.auth, served.users, served.public = "bearer", {"me": SECRET}, False
        yield served


def login(registry):
    return {"GATE_REGISTRY": registry.host, "GATE_REGISTRY_USERNAME": "me", "GATE_REGISTRY_PASSWORD": SECRET}


def test_every_request_is_a_line_on_standard_error_without_a_secret(gate, registry):
    args = ("inspect", f"{registry.host}/o/app:1", "--json", "--quiet")
    quiet = gate(*args, env=login(registry))
    said = gate(*args, "-v", env=login(registry))
    assert said.code == quiet.code == 0
    assert (said.out, quiet.err) == (quiet.out, "")
    assert f"  GET http://{registry.host}/v2/o/app/manifests/1: 401 in 0." in said.err
    assert f"  GET http://{registry.host}/v2/o/app/manifests/1: 200 in 0." in said.err
    assert "token" in said.err
    assert SECRET not in said.err
    assert not any(token in said.err for token in registry.tokens)
    assert "?" not in said.err


def test_every_program_is_a_line_with_its_exit_code(scan, layouts):
    said = scan(f"oci:{layouts.folder}:clean", "--verbose")
    assert said.code == 0
    assert "  trivy image: exit code 0 in " in said.err


def test_a_run_after_it_is_silent_again(gate, registry):
    gate("inspect", f"{registry.host}/o/app:1", "--verbose", env=login(registry))
    assert gate("inspect", f"{registry.host}/o/app:1", "-q", env=login(registry)).err == ""


def test_the_variable_is_that_of_every_command(gate, registry, monkeypatch):
    monkeypatch.setenv("GATE_VERBOSE", "1")
    assert " GET http" in gate("inspect", f"{registry.host}/o/app:1", env=login(registry)).err


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (
            lambda: verbose.asked("PUT", "https://me:hush@example.com:8443/a/b?sig=hush#hush", 201, 0.123),
            "PUT https://example.com:8443/a/b: 201 in 0.12 s",
        ),
        (lambda: verbose.asked("GET", "http://a/b", None, 2), "GET http://a/b: no answer in 2.00 s"),
        (lambda: verbose.ran("/bin/cosign", ["sign", "--x=hush"], 1, 2), "cosign sign: exit code 1 in 2.00 s"),
        (lambda: verbose.ran("trivy", ["--token=hush"], 0, 2), "trivy: exit code 0 in 2.00 s"),
        (lambda: verbose.from_cache("epss\x1b[31m", "/c"), "epss [31m: from the cache /c"),
    ],
)  # fmt: skip
def test_a_line_has_no_login_no_query_and_no_option(call, line):
    lines = []
    call()  # nobody listens
    with verbose.listening(lines.append):
        call()
    call()
    assert lines == [line]
