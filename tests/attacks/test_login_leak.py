"""A login is sent to its own registry and the token server of that registry, and to no other host."""

import base64
import json
import shutil

import pytest

from gate.errors import RegistryError
from gate.registry.auth import Challenge, token_request
from gate.registry.credentials import Credential
from tests.lab.proxy import Proxy, certificates, server_context
from tests.registry.liar import Fault, Liar
from tests.registry.small import Content

SECRET = "hush-registry"
PACKED = base64.b64encode(f"me:{SECRET}".encode()).decode()
NAMES = ("registry.example", "auth.example", "evil.example")


@pytest.fixture
def content():
    content = Content()
    content.image(tag="1")
    return content


@pytest.fixture
def registry(content):
    """The registry that the login is for."""
    with Liar(content) as served:
        served.auth, served.users, served.public = "bearer", {"me": SECRET}, False
        yield served


@pytest.fixture
def hostile(content):
    """A registry that takes any login, and asks for one."""
    with Liar(content) as served:
        served.auth, served.users = "basic", {"me": SECRET}
        yield served


@pytest.fixture
def tls(content, tmp_path_factory):
    """Start a server with TLS, and a certificate of every name in `NAMES`."""
    folder = certificates(tmp_path_factory.mktemp("ca"), *NAMES)
    servers = []

    def start():
        server = Liar(content, context=server_context(folder))
        servers.append(server.__enter__())
        return server

    start.authority = {"SSL_CERT_FILE": str(folder / "ca.pem")}
    yield start
    for server in servers:
        server.__exit__()


def login(host):
    return {"GATE_REGISTRY": host, "GATE_REGISTRY_USERNAME": "me", "GATE_REGISTRY_PASSWORD": SECRET}


def logged(gate, host):
    """Docker's configuration with the login for a host."""
    folder = gate.folder / "docker"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"auths": {host: {"auth": PACKED}}}))
    return {"DOCKER_CONFIG": str(folder)}


def got_the_login(server):
    """Whether the login, or a token got by it elsewhere, reached a server, in whatever place."""
    heard = [f"{one.path} {one.headers} {one.body!r}" for one in server.asked]
    return any(SECRET in text or PACKED in text or ("token-" in text and not server.tokens) for text in heard)


def look(gate, image, **env):
    return gate("inspect", image, "--json", env=env)


def test_the_login_opens_its_own_registry(gate, registry):
    look(gate, f"{registry.host}/o/app:1", **login(registry.host))
    assert got_the_login(registry)


@pytest.mark.parametrize("auth", ["basic", "bearer"])
@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_another_registry_gets_no_login(gate, registry, hostile, auth, name):
    hostile.auth = auth
    said = look(gate, f"{name}:{hostile.port}/o/app:1", **login(registry.host))
    assert hostile.asked
    assert not got_the_login(hostile)
    assert said.code == (0 if auth == "bearer" else 6)
    assert SECRET not in said.out + said.err


def test_the_same_registry_under_another_name_gets_no_login(gate, registry):
    look(gate, f"localhost:{registry.port}/o/app:1", **login(registry.host))
    assert registry.asked
    assert not got_the_login(registry)


def test_without_gate_registry_the_login_is_for_ghcr_alone(gate, hostile):
    env = login("")
    said = look(gate, f"{hostile.host}/o/app:1", **env)
    assert said.code == 6
    assert f"GATE_REGISTRY={hostile.host}" in said.err
    assert not got_the_login(hostile)


def test_the_token_of_a_job_is_for_ghcr_alone(gate, hostile):
    env = {"GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "me", "GITHUB_TOKEN": SECRET}
    assert look(gate, f"{hostile.host}/o/app:1", **env).code == 6
    assert look(gate, f"{hostile.host}/o/app:1", **env, GATE_REGISTRY=hostile.host).code == 6
    assert not got_the_login(hostile)


def test_a_registry_that_a_manifest_names_gets_no_login(gate, registry, hostile, signing_key):
    (gate.folder / "pod.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n"
        f"  - {{name: a, image: '{registry.host}/o/app:1'}}\n  - {{name: b, image: '{hostile.host}/o/app:1'}}\n"
    )
    said = gate("verify", "-f", "pod.yaml", "--key", signing_key.public, env=login(registry.host))
    assert said.code != 0
    assert got_the_login(registry)
    assert hostile.asked
    assert not got_the_login(hostile)


@pytest.mark.parametrize("value", ["https://ghcr.io", "ghcr.io/octo", "a b", "me@ghcr.io", "\n", "-x"])
def test_what_is_no_registry_gets_nothing_and_is_told(gate, hostile, value):
    said = look(gate, f"{hostile.host}/o/app:1", **login(value))
    assert said.code == 2
    assert hostile.asked == []


@pytest.mark.parametrize("auth", ["basic", "bearer"])
@pytest.mark.parametrize("place", ["/manifests/", "/blobs/"])
@pytest.mark.parametrize("source", [login, None])
def test_no_redirect_takes_the_login_along(gate, content, registry, hostile, auth, place, source):
    registry.auth, hostile.auth = auth, ""
    asking = {"WWW-Authenticate": f'{auth.capitalize()} realm="http://{registry.host}/token"'}
    moved = Fault(status=307, headers={"Location": f"http://{hostile.host}/v2/o/app/manifests/{content.tags['1']}"})
    if place == "/blobs/":
        registry.blobs_at = f"http://{hostile.host}"
    else:
        registry.faults = {"manifests/1": Fault(status=401, headers=asking, times=1), place: moved}
    look(gate, f"{registry.host}/o/app:1", **(login(registry.host) if source else logged(gate, registry.host)))
    assert got_the_login(registry)
    assert hostile.asked
    assert not got_the_login(hostile)


@pytest.mark.parametrize("auth", ["basic", "bearer"])
@pytest.mark.parametrize("place", ["/manifests/", "/blobs/"])
def test_a_host_that_is_redirected_to_cannot_ask_for_the_login(gate, registry, hostile, auth, place):
    """It would name itself as token server."""
    hostile.auth, hostile.public = auth, False
    registry.auth = ""
    moved = f"http://{hostile.host}/v2/o/app/manifests/1"
    if place == "/blobs/":
        registry.blobs_at = f"http://{hostile.host}"
    else:
        registry.faults = {place: Fault(status=307, headers={"Location": moved})}
    said = look(gate, f"{registry.host}/o/app:1", **login(registry.host))
    assert said.code == 6
    assert hostile.asked
    assert not got_the_login(hostile)


def test_logging_in_is_not_answered_by_where_the_registry_redirects(gate, registry, hostile):
    registry.faults = {"/v2/": Fault(status=307, headers={"Location": f"http://{hostile.host}/v2/"})}
    for auth in ("basic", "bearer"):
        hostile.auth = auth
        said = gate("login", registry.host, "-u", "me", env={"GATE_TOKEN": SECRET})
        assert said.code == 6
        assert not got_the_login(hostile)
    assert not (gate.folder.parent / "home" / ".docker").exists()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_of_the_token_request_takes_no_login_along(gate, registry, hostile, status):
    registry.faults = {"/token": Fault(status=status, headers={"Location": f"http://{hostile.host}/token"})}
    look(gate, f"{registry.host}/o/app:1", **login(registry.host))
    assert got_the_login(registry)
    assert hostile.asked
    assert not got_the_login(hostile)


def test_a_token_server_elsewhere_gets_the_login_when_the_registry_names_it_over_tls(gate, tls):
    registry, tokens = tls(), tls()
    registry.auth, registry.realm = "bearer", "https://auth.example/token"
    tokens.users, tokens.public, tokens.tokens = {"me": SECRET}, False, registry.tokens
    ports = {"registry.example": registry.port, "auth.example": tokens.port}
    with Proxy(ports=ports).running() as proxy:
        env = {"HTTPS_PROXY": proxy.address, **tls.authority, **login("registry.example")}
        look(gate, "registry.example/o/app:1", **env)
    assert any(PACKED in str(one.headers) for one in tokens.asked)
    assert not any(PACKED in str(one.headers) for one in registry.asked)
    assert any("token-" in str(one.headers) for one in registry.asked)


@pytest.mark.parametrize("realm", ["https://evil.example/token", "http://evil.example/token"])
def test_a_registry_without_the_login_cannot_have_it_by_naming_the_token_server(gate, tls, realm):
    hostile = tls()
    hostile.auth, hostile.realm = "bearer", realm
    with Proxy(hostile.port).running() as proxy:
        env = {"HTTPS_PROXY": proxy.address, "HTTP_PROXY": proxy.address, **tls.authority, **login("registry.example")}
        look(gate, "evil.example/o/app:1", **env)
    assert hostile.asked
    assert not got_the_login(hostile) or not any(PACKED in str(one.headers) for one in hostile.asked)


@pytest.mark.parametrize(
    "realm", ["http://evil.example/token", "http://registry.example/token", "https://evil.example/t"]
)
def test_a_token_server_that_is_named_in_plain_http_gets_nothing(gate, registry, hostile, tls, realm):
    """Whoever is on the way can have named it."""
    tokens = tls()
    registry.realm = realm
    ports = {"registry.example": registry.port, "evil.example": tokens.port if realm[4] == "s" else hostile.port}
    with Proxy(ports=ports).running() as proxy:
        env = {"HTTPS_PROXY": proxy.address, "HTTP_PROXY": proxy.address, **tls.authority, **login("registry.example")}
        said = gate("inspect", "registry.example/o/app:1", "--plain-http", env=env)
    assert said.code == 6
    assert "names a token server that no login may be sent to" in said.err
    assert not any(got_the_login(one) for one in (registry, hostile, tokens))


@pytest.mark.parametrize(
    ("registry", "realm"),
    [
        ("https://h/v2/", "http://h/token"),
        ("https://h/v2/", "http://127.0.0.1/token"),
        ("http://127.0.0.1:5000/v2/", "http://h/token"),
        ("http://127.0.0.1:5000/v2/", "http://evil.example\\@127.0.0.1/token"),
        ("http://127.0.0.1:5000/v2/", "http://evil.example#@127.0.0.1/token"),
        ("http://127.0.0.1:5000/v2/", "http://127.0.0.1@evil.example/token"),
        ("http://127.0.0.1:5000/v2/", "http://127.0.0.1.evil.example/token"),
        ("http://127.0.0.1:5000/v2/", "http://localhost.evil.example/token"),
        ("http://h/v2/", "http://127.0.0.1/token"),
        ("http://h/v2/", "http://h/token"),
        ("http://h/v2/", "https://auth.example/token"),
    ],
)
@pytest.mark.parametrize("credential", [Credential("x", "me", SECRET), Credential("x", identity_token=SECRET)])
def test_token_servers_that_get_no_login(registry, realm, credential):
    with pytest.raises(RegistryError, match="no login may be sent"):
        token_request(Challenge("bearer", {"realm": realm}), "o/app", credential, registry=registry)


def test_a_helper_program_is_asked_for_the_registry_alone(gate, registry, hostile):
    """`credsStore` is asked for each host by its name, and sees none of our variables."""
    folder = gate.folder / "docker"
    folder.mkdir()
    (folder / "config.json").write_text('{"credsStore": "spy"}')
    program = gate.folder / "docker-credential-spy"
    log = gate.folder / "asked"
    program.write_text(f"#!/bin/sh\ncat >>{log}\nenv >>{log}\necho credentials not found\nexit 1\n")
    program.chmod(0o755)
    env = {"DOCKER_CONFIG": str(folder), "PATH": f"{gate.folder}:{gate.context.env['PATH']}", **login(registry.host)}
    look(gate, f"{hostile.host}/o/app:1", **env)
    assert shutil.which("docker-credential-spy", path=env["PATH"])
    assert hostile.host in log.read_text()
    assert SECRET not in log.read_text()
