"""Roots of trust: one document, or one a line, each known by what it can vouch for."""

import json

import pytest

from gate.cosign.trusted_root import Roots, read_trusted_root
from gate.errors import InputError


def test_no_file_is_the_public_root():
    assert read_trusted_root(None) == Roots()
    assert read_trusted_root(None, offline=True) == Roots(offline=True)


def test_one_document_says_what_it_can_vouch_for(sigstore):
    [root] = read_trusted_root(sigstore.trusted_root).documents
    document = json.loads(sigstore.trusted_root.read_text())
    assert root.logs == {one["logId"]["keyId"] for one in document["tlogs"]}
    assert (root.certificate_logs, root.authorities, root.timestamp_authorities) == (True, True, True)
    assert json.loads(root.data) == document


def test_several_are_one_a_line(sigstore, stranger, tmp_path):
    """As `gh attestation trusted-root` prints them."""
    lines = [json.dumps(json.loads(one.trusted_root.read_text())) for one in (sigstore, stranger)]
    (tmp_path / "roots.jsonl").write_text("\n".join(lines) + "\n\n")
    found = read_trusted_root(tmp_path / "roots.jsonl").documents
    assert [json.loads(root.data) for root in found] == [json.loads(line) for line in lines]


WRONG = {
    "nothing": b"",
    "no JSON": b"x",
    "a list": b"[]",
    "something else": b'{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}',
    "no type": b"{}",
    "a line that is none": b'{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}\n{}\n',
    "logs that are none": b'{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1","tlogs":{}}',
    "a log that is none": b'{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1","tlogs":[7]}',
    "a log without a name": b'{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1","tlogs":[{}]}',
    "too many": b'{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}\n' * 17,
    "a field twice": b'{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1","a":1,"a":2}',
    "too large": b" " * ((8 << 20) + 1),
}


@pytest.mark.parametrize("data", WRONG.values(), ids=WRONG)
def test_what_is_no_root_is_an_error(data, tmp_path):
    (tmp_path / "root.json").write_bytes(data)
    with pytest.raises(InputError, match=r"root\.json"):
        read_trusted_root(tmp_path / "root.json")


def test_an_empty_root_vouches_for_nothing(tmp_path):
    (tmp_path / "root.json").write_text('{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}')
    [root] = read_trusted_root(tmp_path / "root.json").documents
    assert (root.logs, root.certificate_logs, root.authorities, root.timestamp_authorities) == (
        frozenset(),
        False,
        False,
        False,
    )
