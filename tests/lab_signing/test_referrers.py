"""The registry in memory does what registries do, and what they should not: shown by the real cosign and by hand."""

import json
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException, IncompleteRead

import pytest

from tests.lab.cosign import Cosign
from tests.lab.oci import INDEX, Layout, digest
from tests.lab.referrers import MemoryRegistry
from tests.lab.sigstore import github_claims, workflow_uri

KIND = "https://example.org/decision/v1"
JOB = workflow_uri(github_claims())
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
BY_API = pytest.mark.parametrize("by_api", [True, False], ids=["referrers API", "fallback tag"])


@pytest.fixture
def three(cosign, sigstore, tmp_path):
    return Cosign(cosign, tmp_path / "three", sigstore)


@pytest.fixture
def open_registry():
    with MemoryRegistry() as registry:
        yield registry


@pytest.fixture
def closed(layouts):
    """`reader` may pull octo/app, `writer` may push to octo/*, and octo/public is everybody's."""
    with MemoryRegistry() as registry:
        for name in ("octo/app", "octo/public", "evil/app"):
            registry.push(layouts, "clean", f"{name}:1")
        registry.user("reader", "pass", pull=("octo/app",))
        registry.user("writer", "word", push=("octo/*",))
        registry.public("octo/public")
        yield registry


class Client:
    """Asks by hand, with one token."""

    def __init__(self, registry):
        self.registry = registry
        self.headers = {}

    def ask(self, method, path, body=b"", **headers):
        connection = HTTPConnection(self.registry.host, timeout=20)
        try:
            connection.request(method, path, body, {**self.headers, **headers})
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def status(self, method, path, body=b"", **headers):
        return self.ask(method, path, body, **headers)[0].status

    def login(self, scope, user="", password=""):
        import base64

        basic = {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"} if user else {}
        self.headers = {}
        answer, body = self.ask("GET", f"/token?service=x&scope={scope}", **basic)
        if answer.status == 200:
            self.headers = {"Authorization": f"Bearer {json.loads(body)['token']}"}
        return answer.status


@BY_API
def test_what_cosign_signs_is_found_as_the_registry_has_it(three, sigstore, layouts, by_api):
    with MemoryRegistry(referrers=by_api) as registry:
        image = registry.push(layouts, "clean", "octo/app:1")
        three.sign(f"{registry.host}/octo/app@{image}", sigstore.token())
        three.attest(f"{registry.host}/octo/app@{image}", KIND, {}, sigstore.token())
        assert len(registry.evidence("octo/app", image)) == 2
        assert [json.loads(one)["mediaType"] for one in registry.bundles("octo/app", image)] == [BUNDLE, BUNDLE]
        assert registry.tags("octo/app") == ("1", *([] if by_api else [image.replace(":", "-")]))
        answer, body = Client(registry).ask("GET", f"/v2/octo/app/referrers/{image}")
        assert answer.status == (200 if by_api else 404)
        assert len(json.loads(body).get("manifests", [])) == (2 if by_api else 0)


@BY_API
@pytest.mark.parametrize("legacy", [False, True])
def test_grafted_evidence_is_found_and_does_not_prove(three, sigstore, layouts, by_api, legacy):
    with MemoryRegistry(referrers=by_api) as registry:
        good, evil = (registry.push(layouts, name, f"octo/app:{name}") for name in ("clean", "single"))
        place = f"{registry.host}/octo/app@"
        three.sign(f"{place}{good}", sigstore.token(), legacy=legacy)
        three.verify(f"{place}{evil}", JOB, code=10)
        registry.graft("octo/app", good, evil)
        three.verify(f"{place}{evil}", JOB, code=12 if legacy else 1)
        three.verify(f"{place}{good}", JOB)


@BY_API
def test_an_attached_bundle_is_one_of_the_evidence(three, sigstore, layouts, by_api):
    with MemoryRegistry(referrers=by_api) as registry:
        image = registry.push(layouts, "clean", "octo/app:1")
        name = f"{registry.host}/octo/app@{image}"
        three.sign(name, sigstore.token())
        [bundle] = registry.bundles("octo/app", image)
        for one in registry.evidence("octo/app", image):
            registry.forget("octo/app", one["digest"])
        three.verify(name, JOB, code=10)
        named = registry.attach("octo/app", image, bundle)
        assert named in {one["digest"] for one in registry.evidence("octo/app", image)}
        three.verify(name, JOB)


def test_a_list_comes_by_pages_and_by_kind(layouts):
    with MemoryRegistry(page=2) as registry:
        image = registry.push(layouts, "clean", "octo/app:1")
        wanted = [registry.attach("octo/app", image, str(number).encode()) for number in range(5)]
        path, found = f"/v2/octo/app/referrers/{image}", []
        while path:
            answer, body = Client(registry).ask("GET", path)
            assert answer.headers["Content-Type"] == INDEX
            found += [one["digest"] for one in json.loads(body)["manifests"]]
            path = (answer.headers["Link"] or "").partition(">")[0].strip("<")
        assert found == wanted
        answer, body = Client(registry).ask("GET", f"/v2/octo/app/referrers/{image}?artifactType=none")
        assert answer.headers["OCI-Filters-Applied"] == "artifactType"
        assert json.loads(body)["manifests"] == []


def test_a_registry_lies_forgets_and_moves_tags(open_registry, layouts):
    registry, client = open_registry, Client(open_registry)
    first, second = (registry.push(layouts, name, f"octo/app:{name}") for name in ("clean", "single"))
    registry.move("octo/app", "clean", second)
    assert client.ask("HEAD", "/v2/octo/app/manifests/clean")[0].headers["Docker-Content-Digest"] == second
    registry.alter("octo/app", first, b"another")
    answer, body = client.ask("GET", f"/v2/octo/app/manifests/{first}")
    assert (answer.headers["Docker-Content-Digest"], body) == (first, b"another")
    assert digest(registry.read("octo/app", first)) == first
    blob = layouts.document(second)["layers"][0]["digest"]
    registry.alter("octo/app", blob, b"another")
    assert client.ask("GET", f"/v2/octo/app/blobs/{blob}")[1] == b"another"
    for kind, named in (("manifests", second), ("blobs", blob)):
        assert client.status("GET", f"/v2/octo/app/{kind}/{named}") == 200
        registry.forget("octo/app", named)
        assert client.status("GET", f"/v2/octo/app/{kind}/{named}") == 404
    assert registry.tags("octo/app") == ()
    named = registry.put("octo/app", "own", {"mediaType": INDEX, "manifests": []})
    assert digest(client.ask("GET", "/v2/octo/app/manifests/own")[1]) == named


def test_nothing_is_taken_under_another_digest(open_registry):
    client = Client(open_registry)
    wrong = digest(b"another")
    assert client.status("PUT", f"/v2/octo/app/manifests/{wrong}", b"{}", **{"Content-Type": INDEX}) == 400
    place = client.ask("POST", "/v2/octo/app/blobs/uploads/")[0].headers["Location"]
    assert client.status("PUT", f"{place}?digest={wrong}", b"this") == 400
    assert client.status("PUT", f"{place}?digest={digest(b'this')}", b"this") == 404
    assert client.status("DELETE", "/v2/octo/app/manifests/1") == 405


def test_what_is_closed_needs_a_token_for_that_repository_and_that_action(closed):
    client = Client(closed)
    answer, _ = client.ask("GET", "/v2/octo/app/manifests/1")
    assert answer.status == 401
    assert 'scope="repository:octo/app:pull"' in answer.headers["WWW-Authenticate"]
    assert client.status("GET", "/v2/") == 401
    assert client.login("repository:octo/app:pull") == 403  # nobody
    assert client.login("repository:octo/app:pull", "reader", "wrong") == 403
    assert client.login("repository:octo/app:pull", "reader", "pass") == 200
    assert client.status("GET", "/v2/") == 200
    assert client.status("GET", "/v2/octo/app/manifests/1") == 200
    assert client.status("POST", "/v2/octo/app/blobs/uploads/") == 403
    assert client.status("GET", "/v2/evil/app/manifests/1") == 403
    assert client.login("repository:octo/app:push", "reader", "pass") == 403
    assert client.login("repository:octo/app:pull", "writer", "word") == 200
    answer, _ = client.ask("POST", "/v2/octo/app/blobs/uploads/")  # it could have a better token
    assert answer.status == 401
    assert 'scope="repository:octo/app:pull,push"' in answer.headers["WWW-Authenticate"]
    assert client.status("GET", "/v2/octo/public/manifests/1") == 401
    assert client.login("repository:octo/app:pull,push", "writer", "word") == 200
    assert client.status("POST", "/v2/octo/app/blobs/uploads/") == 202
    closed.revoke()
    assert client.status("POST", "/v2/octo/app/blobs/uploads/") == 401


def test_what_is_public_is_pulled_by_everybody_and_pushed_by_nobody(closed):
    client = Client(closed)
    assert client.login("repository:octo/public:pull,push") == 200
    assert client.status("GET", "/v2/octo/public/manifests/1") == 200
    assert client.status("POST", "/v2/octo/public/blobs/uploads/") == 403
    assert client.status("GET", "/v2/octo/app/manifests/1") == 403


@pytest.mark.parametrize("login", [("writer", "word"), ("reader", "pass"), ()])
def test_cosign_signs_where_its_user_may_push(three, sigstore, closed, layouts, login):
    image = layouts.tagged("clean")["digest"]
    if login:
        three.login(closed.host, *login)
    may = login[:1] == ("writer",)
    three.sign(f"{closed.host}/octo/app@{image}", sigstore.token(), code=0 if may else 1)
    assert len(closed.evidence("octo/app", image)) == may


def test_faults_happen_as_often_as_told(open_registry):
    client = Client(open_registry)
    open_registry.fault("GET", r"/v2/$", status=429, body=b"slow", headers={"Retry-After": "0"}, times=2)
    answers = [client.ask("GET", "/v2/") for _ in range(3)]
    assert [answer.status for answer, _ in answers] == [429, 429, 200]
    assert answers[0][0].headers["Retry-After"] == "0"
    assert client.status("HEAD", "/v2/") == 200
    open_registry.fault("*", "/v2/", status=503)
    assert client.status("HEAD", "/v2/") == 503
    open_registry.mend()
    assert client.status("HEAD", "/v2/") == 200
    assert open_registry.count("GET", "^/v2/$") == 3
    assert str(open_registry.requests[-1]) == "HEAD /v2/"


def test_an_answer_is_changed_cut_or_never_comes(open_registry):
    client = Client(open_registry)
    open_registry.fault("GET", "/v2/", body=b"no", times=1)
    assert client.ask("GET", "/v2/")[1] == b"no"
    open_registry.fault("GET", "/v2/", cut=1, times=1)
    with pytest.raises(IncompleteRead):
        client.ask("GET", "/v2/")
    open_registry.fault("GET", "/v2/", reset=True, times=1)
    with pytest.raises((ConnectionError, HTTPException)):
        client.ask("GET", "/v2/")
    open_registry.fault("PUT", "/manifests/", lost=True)
    with pytest.raises((ConnectionError, HTTPException)):
        client.ask("PUT", "/v2/octo/app/manifests/1", b"{}", **{"Content-Type": INDEX})
    assert open_registry.tags("octo/app") == ("1",)


def test_a_hanging_registry_says_nothing_until_it_ends():
    with ThreadPoolExecutor(1) as pool:
        with MemoryRegistry() as registry:
            registry.fault("GET", "/v2/", hang=True)
            asked = pool.submit(Client(registry).ask, "GET", "/v2/")
            registry.wait_for("GET", "/v2/")
            assert not asked.done()
        assert isinstance(asked.exception(timeout=20), (ConnectionError, HTTPException))


def test_another_acts_at_the_worst_moment(open_registry, layouts):
    first, second = (open_registry.push(layouts, name, "octo/app:1") for name in ("clean", "single"))
    open_registry.move("octo/app", "1", first)
    open_registry.meanwhile("GET", f"/manifests/{first}", lambda: open_registry.move("octo/app", "1", second))
    client = Client(open_registry)
    seen = [client.ask("GET", f"/v2/octo/app/manifests/{name}")[1] for name in ("1", first, "1")]
    assert [digest(one) for one in seen] == [first, first, second]


def test_what_breaks_inside_is_told_at_the_end():
    def broken():
        with MemoryRegistry() as registry:
            headers = {"Content-Type": INDEX}
            assert Client(registry).status("PUT", "/v2/octo/app/manifests/1", b"no JSON", **headers) == 500

    with pytest.raises(json.JSONDecodeError):
        broken()


def test_many_write_at_once_and_nothing_is_lost(open_registry, tmp_path):
    layout = Layout(tmp_path / "layout")
    layout.tag(layout.image([]), "empty")
    image = open_registry.push(layout, "empty", "octo/app:1")
    subject = {"subject": {"digest": image}, "mediaType": INDEX}

    def write(number):
        body = json.dumps({**subject, "annotations": {"number": str(number)}}).encode()
        return Client(open_registry).status(
            "PUT", f"/v2/octo/app/manifests/{digest(body)}", body, **{"Content-Type": INDEX}
        )

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(write, range(24))) == {201}
    assert len(open_registry.evidence("octo/app", image)) == 24
