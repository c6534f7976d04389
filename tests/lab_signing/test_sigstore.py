"""The private Sigstore by itself: what it says is read by others' libraries, and is of the moment that it shows."""

import json
from datetime import UTC, datetime, timedelta
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from cryptography import x509
from rfc3161_client import TimestampRequestBuilder, VerifierBuilder, decode_timestamp_response

from tests.builders import NOW
from tests.lab.cosign import Cosign
from tests.lab.referrers import MemoryRegistry
from tests.lab.sigstore import Sigstore, github_claims, workflow_uri
from tests.lab.sigstore.tree import Log, leaf

_ARC = "1.3.6.1.4.1.57264.1"
CALLED = "octo/shared/.github/workflows/build.yml@refs/tags/v1"


def test_a_stamp_is_of_its_moment_and_another_library_proves_it(sigstore):
    asked = TimestampRequestBuilder().data(b"signature").nonce(nonce=True).build()
    with sigstore.at(NOW - timedelta(days=30)):
        _, body = _post(f"{sigstore.url}/api/v1/timestamp", asked.as_bytes())
    answer = decode_timestamp_response(body)
    [tsa, root] = x509.load_pem_x509_certificates((sigstore.folder / "tsa.pem").read_bytes())
    verifier = VerifierBuilder().tsa_certificate(tsa).add_root_certificate(root).nonce(asked.nonce).build()
    assert verifier.verify_message(answer, b"signature")
    assert answer.tst_info.gen_time == NOW - timedelta(days=30)


def test_a_certificate_says_of_the_job_what_fulcio_would(cosign, sigstore, layouts, tmp_path):
    claims = github_claims(ref="refs/tags/v1", event="release", called=CALLED, commit="c" * 40)
    with MemoryRegistry() as registry, sigstore.at(NOW - timedelta(days=3)):
        image = registry.push(layouts, "clean", "octo/app:1")
        Cosign(cosign, tmp_path, sigstore).sign(f"{registry.host}/octo/app@{image}", sigstore.token(**claims))
        [bundle] = registry.bundles("octo/app", image)
    certificate = _certificate(json.loads(bundle))
    assert certificate.not_valid_before_utc == NOW - timedelta(days=3)
    [name] = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert name.value == workflow_uri(claims) == f"https://github.com/{CALLED}"
    told = {
        one.oid.dotted_string.removeprefix(f"{_ARC}."): one.value.value
        for one in certificate.extensions
        if one.oid.dotted_string.startswith(_ARC)
    }
    older = ("1", "2", "3", "4", "5", "6")
    assert {number: told[number].decode() for number in older} == {
        "1": "https://token.actions.githubusercontent.com",
        "2": "release",
        "3": "c" * 40,
        "4": "release",
        "5": "octo/app",
        "6": "refs/tags/v1",
    }
    # docs/oid-info.md of github.com/sigstore/fulcio, "Mapping OIDC token claims to Fulcio OIDs", each a UTF8String.
    assert {number: value[2:].decode() for number, value in told.items() if number not in older} == {
        "8": "https://token.actions.githubusercontent.com",
        "9": f"https://github.com/{CALLED}",
        "10": "b" * 40,
        "11": "github-hosted",
        "12": "https://github.com/octo/app",
        "13": "c" * 40,
        "14": "refs/tags/v1",
        "15": "1001",
        "16": "https://github.com/octo",
        "17": "2002",
        "18": "https://github.com/octo/app/.github/workflows/release.yml@refs/tags/v1",
        "19": "c" * 40,
        "20": "release",
        "21": "https://github.com/octo/app/actions/runs/7/attempts/1",
        "22": "public",
    }
    assert all(value[0] == 0x0C for number, value in told.items() if number not in older)


def test_a_job_has_the_variables_that_github_gives_it(sigstore):
    env = sigstore.actions_env(**github_claims(ref="refs/tags/v1", event="release"))
    assert env["GITHUB_ACTIONS"] == "true"
    assert env["GITHUB_REPOSITORY"] == "octo/app"
    assert (env["GITHUB_REF"], env["GITHUB_REF_NAME"], env["GITHUB_REF_TYPE"]) == ("refs/tags/v1", "v1", "tag")
    assert env["GITHUB_EVENT_NAME"] == "release"
    url = f"{env['ACTIONS_ID_TOKEN_REQUEST_URL']}&audience=sigstore"
    with urlopen(Request(url, headers={"Authorization": f"bearer {env['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}"})) as answer:
        assert json.load(answer)["value"].count(".") == 2
    with pytest.raises(HTTPError, match="401"):
        urlopen(Request(url, headers={"Authorization": "bearer another"})).close()


def test_clocks_are_right_unless_they_are_told_otherwise(tmp_path):
    with Sigstore(tmp_path) as sigstore:
        before = datetime.now(UTC).replace(microsecond=0)
        assert before <= sigstore.now <= datetime.now(UTC)
        with sigstore.at(NOW):
            assert sigstore.now == NOW
        assert sigstore.now >= before


def test_a_signing_configuration_names_what_is_asked_for(sigstore):
    def named(**chosen):
        told = json.loads(sigstore.signing_config(**chosen).read_bytes())
        return [one["majorApiVersion"] for one in told.get("rekorTlogUrls", [])], len(told.get("tsaUrls", []))

    assert named() == ([1], 1)
    assert named(rekor=2) == ([2], 1)
    assert named(rekor=None) == ([], 1)
    assert named(tsa=False) == ([1], 0)


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8, 13])
def test_every_path_in_the_tree_leads_to_its_root(size):
    log = Log("lab")
    entries = [bytes([number]) for number in range(size)]
    places = [log.append(entry) for entry in entries]
    assert [(place.index, place.size) for place in places] == [(number, number + 1) for number in range(size)]
    assert all(_climbed(leaf(entry), place) == place.root for entry, place in zip(entries, places, strict=True))


def _climbed(found, place):
    """RFC 9162, 2.1.3.2."""
    from tests.lab.sigstore.keys import sha256

    index, last = place.index, place.size - 1
    for other in place.path:
        if index & 1 or index == last:
            found = sha256(b"\1" + other + found)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            found = sha256(b"\1" + found + other)
        index, last = index >> 1, last >> 1
    assert last == 0
    return found


def _post(url, body):
    with urlopen(Request(url, body, {"Content-Type": "application/timestamp-query"})) as answer:
        return answer.status, answer.read()


def _certificate(bundle):
    import base64

    return x509.load_der_x509_certificate(base64.b64decode(bundle["verificationMaterial"]["certificate"]["rawBytes"]))
