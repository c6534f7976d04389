"""The network door: proxies, TLS, redirects, addresses."""

import socket
import threading
from contextlib import contextmanager

import pytest

from gate.errors import InputError, RegistryError
from gate.io.http_client import Http, Reply, TransientError
from gate.io.http_client.proxy import is_loopback, proxy_for
from gate.model.image import ImageRef
from gate.registry.session import Session
from tests.lab.proxy import Proxy, certificates, server_context
from tests.registry.liar import Fault, Liar


@pytest.fixture
def proxy(liar):
    with Proxy(liar.port).running() as proxy:
        yield proxy


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """A private authority (ca.pem), and a certificate of registry.example that it vouches for."""
    return certificates(tmp_path_factory.mktemp("ca"), "registry.example")


@pytest.fixture
def secure(authority, content):
    """A liar that speaks TLS."""
    content.image(tag="1")
    with Liar(content, context=server_context(authority)) as secure:
        yield secure


def ask(url, env=None, method="GET", headers=None, body=None):
    with (
        Http(env or {}, idle=5, deadline=10, pause=0.01) as http,
        http.open(method, url, headers or {}, body=body) as reply,
    ):
        return reply.status, reply.read(1 << 20)


def test_a_private_authority_is_trusted_through_a_file_or_a_folder(secure, authority, pull):
    with Proxy(secure.port).running() as proxy:
        for trust in ({"SSL_CERT_FILE": f"{authority}/ca.pem"}, {"SSL_CERT_DIR": f"{authority}/hashed"}):
            (got,) = pull("registry.example/o/app:1", env={"HTTPS_PROXY": f"http://{proxy.address}", **trust})
            assert len(got.layouts) == 1
        assert all(head.startswith("CONNECT registry.example:443 ") for head in proxy.heads)


def test_a_certificate_that_nobody_vouches_for_is_refused_with_a_hint(secure, pull):
    with (
        Proxy(secure.port).running() as proxy,
        pytest.raises(RegistryError, match=r"certificate of registry\.example is not good") as caught,
    ):
        pull("registry.example/o/app:1", env={"HTTPS_PROXY": proxy.address})
    assert "SSL_CERT_FILE" in caught.value.hint
    assert secure.asked == []


def test_a_certificate_of_another_host_is_refused(secure, authority):
    with pytest.raises(RegistryError, match=r"certificate of localhost:.* is not good: .*match"):
        ask(f"https://localhost:{secure.port}/", {"SSL_CERT_FILE": f"{authority}/ca.pem"})


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_authorities_that_cannot_be_read_are_bad_input(name, tmp_path):
    with pytest.raises(InputError, match=name):
        ask("https://127.0.0.1:1/", {name: f"{tmp_path}/nothing"})
    (tmp_path / "bad.pem").write_text("no certificate")
    with pytest.raises(InputError, match=name):
        ask("https://127.0.0.1:1/", {name: f"{tmp_path}/bad.pem"})


def test_a_host_that_speaks_no_tls_is_told_apart(liar):
    with pytest.raises(RegistryError, match="does not speak TLS"):
        ask(f"https://{liar.host}/v2/")


def test_plain_http_goes_through_a_proxy_which_alone_gets_its_login(content, liar, proxy, pull):
    content.image(tag="1")
    env = {"HTTP_PROXY": f"http://us%40er:p%3Aw@{proxy.address}"}
    (got,) = pull("registry.example/o/app:1", plain_http=True, env=env)
    assert got.image.name == "registry.example/o/app"
    assert proxy.heads[0].startswith("GET http://registry.example/v2/o/app/manifests/1 ")
    assert "proxy-authorization: basic dXNAZXI6cDp3".lower() in proxy.heads[0].lower()


def test_a_registry_is_spoken_to_in_plain_http_only_when_asked(proxy, pull):
    with pytest.raises(RegistryError, match=r"registry\.example"):
        pull(
            "registry.example/o/app:1",
            env={"HTTPS_PROXY": f"http://{proxy.address}", "HTTP_PROXY": f"http://{proxy.address}"},
        )
    assert all(head.startswith("CONNECT") for head in proxy.heads)


def test_a_proxy_that_is_down_is_named_without_its_password(pull):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(
        RegistryError, match=r"the proxy does not lead to registry\.example: Connection refused"
    ) as caught:
        pull("registry.example/o/app:1", env={"HTTPS_PROXY": f"http://me:hush@127.0.0.1:{port}"})
    assert "hush" not in f"{caught.value.problem}{caught.value.hint}"


PROXY = "http://proxy:3128"


@pytest.mark.parametrize(
    ("url", "env", "expected"),
    [
        ("https://ghcr.io/", {}, None),
        ("https://ghcr.io/", {"HTTPS_PROXY": PROXY}, PROXY),
        ("https://ghcr.io/", {"https_proxy": PROXY, "HTTPS_PROXY": "http://other"}, PROXY),
        ("https://ghcr.io/", {"HTTPS_PROXY": "proxy:3128"}, PROXY),
        ("https://ghcr.io/", {"HTTP_PROXY": PROXY}, None),
        ("https://ghcr.io/", {"ALL_PROXY": PROXY}, PROXY),
        ("http://ghcr.io/", {"HTTP_PROXY": PROXY}, PROXY),
        ("http://ghcr.io/", {"HTTP_PROXY": PROXY, "REQUEST_METHOD": "GET"}, None),
        ("https://ghcr.io/", {"HTTPS_PROXY": PROXY, "NO_PROXY": "*"}, None),
        ("https://ghcr.io/", {"HTTPS_PROXY": PROXY, "NO_PROXY": "a, GHCR.io"}, None),
        ("https://a.ghcr.io/", {"HTTPS_PROXY": PROXY, "NO_PROXY": "ghcr.io"}, None),
        ("https://a.ghcr.io/", {"HTTPS_PROXY": PROXY, "NO_PROXY": ".ghcr.io"}, None),
        ("https://a.ghcr.io/", {"HTTPS_PROXY": PROXY, "NO_PROXY": "*.ghcr.io"}, None),
        ("https://notghcr.io/", {"HTTPS_PROXY": PROXY, "NO_PROXY": "ghcr.io"}, PROXY),
        ("https://ghcr.io/", {"HTTPS_PROXY": PROXY, "NO_PROXY": ",,"}, PROXY),
        ("https://ghcr.io:444/", {"HTTPS_PROXY": PROXY, "NO_PROXY": "ghcr.io:443"}, PROXY),
        ("https://ghcr.io/", {"HTTPS_PROXY": PROXY, "NO_PROXY": "ghcr.io:443"}, None),
        ("https://10.1.2.3/", {"HTTPS_PROXY": PROXY, "NO_PROXY": "10.0.0.0/8"}, None),
        ("https://11.1.2.3/", {"HTTPS_PROXY": PROXY, "NO_PROXY": "10.0.0.0/8"}, PROXY),
        ("https://[fd00::1]/", {"HTTPS_PROXY": PROXY, "NO_PROXY": "fd00::/8"}, None),
        ("https://127.0.0.1:5000/", {"HTTPS_PROXY": PROXY}, None),
        ("http://localhost/", {"HTTP_PROXY": PROXY}, None),
    ],
)
def test_proxies_are_chosen_as_elsewhere(url, env, expected):
    assert proxy_for(url, env) == expected


@pytest.mark.parametrize("proxy", ["socks5://h:1", "http://", "http://[::1", "ftp://h"])
def test_a_proxy_that_cannot_be_used_is_bad_input(proxy):
    with pytest.raises(InputError, match="the proxy in HTTPS_PROXY cannot be used"):
        proxy_for("https://ghcr.io/", {"HTTPS_PROXY": proxy})


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost.example", False),
        ("127.0.0.1.example", False),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("", False),
    ],
)
def test_only_this_machine_is_loopback(host, expected):
    assert is_loopback(host) is expected


class Recorder:
    """Stands in for the network: notes what is asked for and says yes."""

    def __init__(self):
        self.urls = []

    @contextmanager
    def open(self, method, url, headers, *, body=None, follow=None):
        self.urls.append(url)
        yield Reply(200, {}, "h", iter([]))


@pytest.mark.parametrize(
    ("name", "plain", "url"),
    [
        ("ghcr.io/o/app", False, "https://ghcr.io/v2/o/app/x"),
        ("ghcr.io/o/app", True, "http://ghcr.io/v2/o/app/x"),
        ("alpine", False, "https://registry-1.docker.io/v2/library/alpine/x"),
        ("localhost/app", False, "http://localhost/v2/app/x"),
        ("localhost:5000/app", False, "http://localhost:5000/v2/app/x"),
        ("127.1.2.3:5000/app", False, "http://127.1.2.3:5000/v2/app/x"),
        ("[::1]:5000/app", False, "http://[::1]:5000/v2/app/x"),
        ("[::1]/app", False, "http://[::1]/v2/app/x"),
        ("[fd00::1]:5000/app", False, "https://[fd00::1]:5000/v2/app/x"),
        ("localhost.example/app", False, "https://localhost.example/v2/app/x"),
    ],
)
def test_plain_http_is_for_this_machine_or_when_asked(name, plain, url):
    network = Recorder()
    with Session(ImageRef.parse(name), network, None, plain_http=plain).open("GET", "x", name, {}):
        assert network.urls == [url]


def test_a_question_with_a_secret_in_it_follows_no_redirect(liar, other):
    liar.faults = {"/token": Fault(status=307, headers={"Location": f"http://{other.host}/token"})}
    with pytest.raises(RegistryError, match="redirects a question that may hold a secret"):
        ask(f"http://{liar.host}/token", method="POST", body=b"refresh_token=hush")
    assert other.asked == []


def test_a_redirect_never_leads_from_tls_to_plain_http(secure, authority, liar):
    secure.faults = {"/x": Fault(status=302, headers={"Location": f"http://{liar.host}/x"})}
    with pytest.raises(RegistryError, match="redirects to an address that is not followed"):
        ask(f"https://{secure.host}/x", {"SSL_CERT_FILE": f"{authority}/ca.pem"})
    assert liar.asked == []


def test_errors_name_the_host_and_never_the_signature_in_an_address(liar):
    liar.faults = {"/x": Fault(status=503)}
    with pytest.raises(TransientError) as caught:
        ask(f"http://{liar.host}/x?X-Signature=hush")
    assert "hush" not in caught.value.problem
    assert liar.host in caught.value.problem


@pytest.mark.parametrize("header", ["a\r\nX-Evil: 1", "é\u2028"])
def test_a_header_that_cannot_be_sent_is_an_error(liar, header):
    with pytest.raises(RegistryError, match="cannot be asked"):
        ask(f"http://{liar.host}/x", headers={"X": header})


def test_connections_are_used_again_also_after_a_refusal(liar):
    ports = set()
    with Http({}, idle=5, deadline=10) as http:
        for _ in range(3):
            with http.open("GET", f"http://{liar.host}/v2/o/app/manifests/none", {}) as reply:
                assert reply.status == 404
            ports |= liar.ports
    assert len(ports) == 1


def test_nothing_can_be_asked_after_the_end(liar):
    with Http({}, idle=5, deadline=10) as http:
        http.abort()
        with pytest.raises(RegistryError, match="given up"), http.open("GET", f"http://{liar.host}/", {}):
            pass
    assert liar.asked == []


def test_whoever_waits_is_let_go_when_the_rest_is_given_up(liar):
    liar.faults = {"/x": Fault(hang=True)}
    with Http({}, idle=600, deadline=600) as http:
        threading.Timer(0.1, http.abort).start()
        with pytest.raises(RegistryError, match="given up"), http.open("GET", f"http://{liar.host}/x", {}):
            pass
