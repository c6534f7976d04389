"""A registry that fails while evidence is looked for: then nobody knows whether there is more, and that is said."""

import threading

import pytest

from gate.errors import InputError, RegistryError
from gate.io.run_context import RunContext
from gate.registry.errors import AlteredError, MissingError
from gate.registry.evidence_types import ImageEvidence
from tests.lab.oci import Layout
from tests.lab.referrers import MemoryRegistry
from tests.registry.beside import WAYS, Shelf, beside, contents, every, seen

FAULTS = {
    "denied": {"status": 403, "body": b'{"errors": [{"code": "DENIED", "message": "::error::\\u001b[31m denied"}]}'},
    "login": {"status": 401},
    "busy": {"status": 429},
    "broken": {"status": 500},
    "teapot": {"status": 418},
    "gone": {"status": 410},
    "reset": {"reset": True},
    "hang": {"hang": True},
    "cut": {"cut": 5},
    "garbage": {"status": 200, "body": b"<html>", "headers": {"Content-Type": "text/html"}},
    "nothing": {"status": 200, "body": b""},
    "endless": {"status": 200, "body": b" " * (5 << 20)},
}
WORDS = {
    "denied": "denies anonymous users access to",
    "login": "wants a login",
    "busy": "answered 429 Too Many Requests, after 5 tries",
    "broken": "answered 500 Internal Server Error, after 5 tries",
    "teapot": "answered 418",
    "gone": "answered 410",
    "reset": "broke the connection off",
    "hang": "did not answer in time",
    "cut": "broke the connection off",
    "garbage": "not readable as JSON",
    "nothing": "is empty",
    "endless": "longer than 4,194,304 bytes",
}


@pytest.fixture
def shelf(tmp_path):
    """An image with evidence in every place."""
    with MemoryRegistry() as registry:
        shelf = Shelf(registry, Layout(tmp_path / "layout"))
        first = shelf.attach(b'{"by": "referrers"}')
        second = shelf.carry(b'{"by": ""}')
        shelf.lists = {"referrers": shelf.list([shelf.held.descriptor(first)])}
        shelf.index([shelf.held.descriptor(second)])
        shelf.old(".sig", b'{"by": ".sig"}')
        shelf.old(".att", b'{"by": ".att"}')
        yield shelf


def quiet(shelf):
    """From here on the API lists its own alone, unless there is a fault before."""
    shelf.registry.fault("GET", "/referrers/", body=shelf.lists["referrers"])
    return shelf


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_one_place_is_told_and_the_others_are_read(shelf, context, way, fault):
    shelf.registry.fault("GET", shelf.path(way), **FAULTS[fault])
    sight = beside(quiet(shelf), context, timeout=0.1 if fault == "hang" else 5.0)
    assert WORDS[fault] in sight.unknown
    assert sight.unknown.startswith("the referrers API" if way == "referrers" else f"the tag {shelf.tag(way)} ")
    assert sight.unknown.isprintable()
    assert sight.hint.isprintable()
    assert sorted(contents(sight)) == sorted(f'{{"by": "{other}"}}'.encode() for other in WAYS if other != way)
    assert sight.damaged == ()


def test_without_faults_it_is_all_there(shelf, context):
    sight = beside(quiet(shelf), context)
    assert sorted(contents(sight)) == sorted(f'{{"by": "{way}"}}'.encode() for way in WAYS)
    assert (sight.unknown, sight.hint) == ("", "")


@pytest.mark.parametrize("way", WAYS)
def test_a_fault_that_passes_is_none(shelf, context, way):
    shelf.registry.fault("GET", shelf.path(way), status=503, times=2)
    sight = beside(quiet(shelf), context)
    assert (len(sight.pieces), sight.unknown) == (4, "")


@pytest.mark.parametrize("fault", [name for name in FAULTS if name not in {"garbage", "nothing", "endless"}])
@pytest.mark.parametrize("part", ["manifest", "blob"])
def test_a_piece_that_cannot_be_read_is_unknown_and_not_damaged(shelf, context, part, fault):
    manifest = shelf.held.tags[shelf.tag()]
    (listed,) = shelf.held.documents[manifest].read()["manifests"]
    (layer,) = shelf.held.documents[listed["digest"]].read()["layers"]
    where = f"/manifests/{listed['digest']}" if part == "manifest" else f"/blobs/{layer['digest']}"
    shelf.registry.fault("GET", where, **FAULTS[fault])
    sight = beside(quiet(shelf), context, timeout=0.1 if fault == "hang" else 5.0)
    assert WORDS[fault] in sight.unknown
    assert listed["digest"] in sight.unknown
    assert (len(sight.pieces), sight.damaged) == (3, ())


def test_a_token_that_is_not_to_be_had_does_not_pass_for_evidence_that_is_not_there(shelf, context):
    def expire():
        shelf.registry.revoke()
        shelf.registry.fault("GET", "^/token", status=404)

    shelf.registry.user("me", "s3cret", pull=("octo/*",))
    shelf.registry.meanwhile("GET", shelf.path(".att"), expire)
    login = {"GATE_REGISTRY": shelf.registry.host, "GATE_REGISTRY_USERNAME": "me", "GATE_REGISTRY_PASSWORD": "s3cret"}
    sight = beside(quiet(shelf), RunContext(env={**context.env, **login}, cwd=context.cwd), jobs=1)
    assert sight.unknown == f"the tag {shelf.tag('.att')} cannot be read: {shelf.name} is not there"


@pytest.mark.parametrize("fault", ["denied", "login", "busy", "broken", "reset", "hang", "cut", "garbage"])
def test_an_image_that_cannot_be_read_is_neither_missing_nor_altered(shelf, context, fault):
    shelf.registry.fault("GET", "/manifests/1$", **FAULTS[fault])
    with pytest.raises(RegistryError, match=WORDS[fault]) as caught:
        seen(shelf, context, timeout=0.1 if fault == "hang" else 5.0)
    assert not isinstance(caught.value, MissingError | AlteredError)


def test_a_platform_that_cannot_be_read_leaves_the_others_known(shelf, context):
    one, two = shelf.layout.image([{"app": b"2"}]), shelf.layout.image([{"app": b"3"}], platform="linux/arm64")
    shelf.put(shelf.layout.index([one, two]), "multi")
    shelf.attach(b'{"a": 1}', two["digest"])
    shelf.registry.fault("GET", f"/manifests/{one['digest']}$", status=500)
    index, amd64, arm64 = seen(shelf, context, ":multi").manifests
    assert (index.fault, arm64.fault) == (None, None)
    assert isinstance(amd64.fault, RegistryError)
    assert not isinstance(amd64.fault, MissingError | AlteredError)
    assert str(amd64.platform) == "linux/amd64"
    assert contents(arm64) == [b'{"a": 1}']
    assert not [path for path in shelf.asked() if path == f"referrers/{one['digest']}"]


def test_a_deadline_leaves_what_was_not_reached_unknown(shelf, context):
    shelf.registry.fault("GET", shelf.path(".att"), hang=True)
    sight = beside(quiet(shelf), context, timeout=600.0, deadline=3.0)
    assert sight.unknown.startswith(f"the tag {shelf.tag('.att')} cannot be read: ")
    assert len(sight.pieces) < 4


def test_an_unreachable_registry_does_not_affect_images_of_another(shelf, context):
    with MemoryRegistry() as away:
        pass
    good, bad = every([f"{shelf.name}:1", f"{away.host}/octo/app:1"], context)
    assert isinstance(good, ImageEvidence)
    assert isinstance(bad, RegistryError)
    assert "Connection refused" in bad.problem


def test_what_concerns_no_image_in_particular_is_no_answer_for_one(shelf, context, tmp_path):
    context = RunContext(env={**context.env, "SSL_CERT_FILE": f"{tmp_path}/nothing"}, cwd=context.cwd)
    with pytest.raises(InputError, match="SSL_CERT_FILE"):
        every([f"{shelf.name}:1", "registry.example/octo/app:1"], context)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("registry")]
