"""A registry that fails: patience within a bound, and words that say what happened."""

import gzip
import socket
import time
from email.utils import formatdate

import pytest

from gate.errors import RegistryError
from tests.registry.liar import Fault
from tests.registry.small import sha256, tar

BLOB = f"/blobs/{sha256(gzip.compress(tar(hello='world'), mtime=0))}"


@pytest.fixture
def image(content, liar):
    content.image(tag="1")
    return f"{liar.host}/o/app:1"


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=429, headers={"Retry-After": "0"}, times=2),
        Fault(status=429, headers={"Retry-After": formatdate(0, usegmt=True)}, times=2),
        Fault(status=429, headers={"Retry-After": "soon"}, times=2),
        Fault(status=503, times=4),
        Fault(status=500, times=2),
        Fault(status=408, times=2),
        Fault(reset=True, times=2),
        Fault(cut=20, times=2),
    ],
    ids=lambda fault: f"{fault.status}{' reset' if fault.reset else ''}{' cut' if fault.cut else ''}",
)
@pytest.mark.parametrize("part", ["/manifests/1", BLOB])
def test_what_mends_itself_is_not_even_noticed(liar, image, pull, part, fault):
    liar.faults = {part: fault}
    (got,) = pull(image)
    assert len(got.layouts) == 1
    assert liar.count(part) == fault.times + 1


def test_a_date_in_retry_after_counts_from_the_servers_own_clock(liar, image, pull):
    liar.faults = {
        "/manifests/1": Fault(status=429, headers={"Retry-After": formatdate(time.time() + 7000, usegmt=True)})
    }
    with pytest.raises(RegistryError, match=r"429 Too Many Requests, and asks to wait for (6,9|7,0)\d\d s"):
        pull(image)


@pytest.mark.parametrize("part", ["/manifests/1", BLOB])
def test_what_does_not_mend_itself_ends_after_a_few_tries(liar, image, pull, part):
    liar.faults = {part: Fault(status=503)}
    with pytest.raises(RegistryError, match="answered 503 Service Unavailable, after 5 tries"):
        pull(image)
    assert liar.count(part) == 5


def test_a_registry_that_asks_for_too_much_patience_is_believed(liar, image, pull):
    liar.faults = {"/manifests/1": Fault(status=429, headers={"Retry-After": "3600"})}
    with pytest.raises(RegistryError, match="asks to wait for 3,600 s") as caught:
        pull(image)
    assert "log in" in caught.value.hint
    assert liar.count("/manifests/1") == 1


def test_no_pause_is_longer_than_the_time_that_is_left(liar, image, pull):
    liar.faults = {"/manifests/1": Fault(status=429, headers={"Retry-After": "50"})}
    with pytest.raises(RegistryError, match="answered 429 Too Many Requests, after 1 tries"):
        pull(image)


@pytest.mark.parametrize("part", ["/manifests/1", BLOB])
def test_a_silent_registry_is_given_up(liar, image, pull, part):
    liar.faults = {part: Fault(hang=True)}
    with pytest.raises(RegistryError, match="did not answer in time"):
        pull(image, timeout=0.1)


@pytest.mark.parametrize("fault", [Fault(drip=True), Fault(hang=True)])
def test_a_registry_that_drips_is_ended_by_the_deadline(liar, image, pull, fault):
    liar.faults = {"/manifests/1": fault}
    # Which of the two clocks is looked at first, on a busy machine nobody knows.
    with pytest.raises(RegistryError, match=r"not everything was there after|did not answer in time"):
        pull(image, timeout=600.0, deadline=0.3)


def test_nobody_listening_is_told_apart_from_the_rest(pull):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(RegistryError, match=rf"127\.0\.0\.1:{port} cannot be reached: Connection refused"):
        pull(f"127.0.0.1:{port}/o/app:1")


def test_a_host_without_an_address_is_told_apart_from_the_rest(pull):
    with pytest.raises(RegistryError, match=r"there is no host nowhere\.invalid"):
        pull("nowhere.invalid/o/app:1", plain_http=True)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (403, "denies anonymous users access to"),
        (404, "is not there"),
        (418, "answered 418 for"),
        (401, "wants a login"),
    ],
)
def test_other_refusals_are_not_repeated(liar, image, pull, status, words):
    body = b'{"errors": [{"code": "NOPE\\u001b[31m", "message": "::error::' + b"x" * 1000 + b'"}]}'
    liar.faults = {"/manifests/1": Fault(status=status, body=body)}
    with pytest.raises(RegistryError, match=words) as caught:
        pull(image)
    assert caught.value.problem.isprintable()
    assert len(caught.value.problem) < 500
    assert liar.count("/manifests/1") == 1


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"errors": []}', b'{"errors": [7]}', b"x" * 100_000])
def test_a_refusal_without_words_is_a_refusal(liar, image, pull, body):
    liar.faults = {"/manifests/1": Fault(status=404, body=body)}
    with pytest.raises(RegistryError, match=r"o/app:1 is not there$"):
        pull(image)


def test_what_is_missing_is_named_by_what_was_asked_for(liar, image, pull):
    liar.faults = {"/manifests/": Fault(status=404)}
    for asked, word in ((":1", "tag"), ("@sha256:" + "0" * 64, "digest")):
        with pytest.raises(RegistryError) as caught:
            pull(f"{liar.host}/o/app{asked}")
        assert caught.value.hint == f"check the name and the {word}"


@pytest.mark.parametrize("where", ["ftp://h/x", "file:///etc/passwd", "", "http://[::1", "https://", "http://:80/"])
def test_a_redirect_to_nowhere_is_not_followed(liar, image, pull, where):
    liar.faults = {BLOB: Fault(status=307, headers={"Location": where})}
    with pytest.raises(RegistryError, match="redirects to an address that is not followed"):
        pull(image)


def test_redirects_have_an_end(liar, image, pull):
    liar.faults = {BLOB: Fault(status=307, headers={"Location": BLOB})}
    with pytest.raises(RegistryError, match="redirects without end"):
        pull(image)
