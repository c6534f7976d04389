"""Every row of the table of cosign's answers, recorded from the real program."""

import base64
import json
from dataclasses import replace

import pytest

from gate.cosign.signed_content import Entry
from gate.cosign.statements import signed_content
from gate.cosign.trusted_root import Root, read_trusted_root
from gate.cosign.verify_command import Key, SignatureCheck, VerifyCommand
from gate.cosign.verify_errors import ROWS, judge
from gate.io.process import run
from gate.model.evidence import Outcome, Signer
from tests.cosign.making import KIND
from tests.lab.sigstore import ISSUER

JOB = Signer("https://github.com/octo/app/.github/workflows/release.yml@refs/heads/main", ISSUER)
SOMEBODY = Signer("https://github.com/evil/app/.github/workflows/release.yml@refs/heads/main", ISSUER)


class Bench:
    """Holds a piece, changed, against somebody under a root, changed, and keeps cosign's words."""

    def __init__(self, corpus, context, workdir, trusted, strange, keys):
        self.corpus, self.context, self.workdir = corpus, context, workdir
        self.trusted, self.strange = (json.loads(one.read_text()) for one in (trusted, strange))
        self.key, self.other = keys

    def root(self, *strange, logs=True):
        """The trusted root with these fields of the stranger's."""
        document = {**self.trusted, **{name: self.strange[name] for name in strange}}
        if not logs:
            del document["tlogs"], document["ctlogs"]
        path = self.workdir / "root.json"
        path.write_text(json.dumps(document))
        return read_trusted_root(path).documents[0]

    def __call__(self, tool, name, *, by=JOB, root=None, kind=KIND, digest="", **changes):
        piece = self.corpus[name]
        check = SignatureCheck(replace(signed_content(piece), **changes), by, digest or piece.subject, kind)
        command = VerifyCommand(check, root or self.root())
        self.marked = command.marked
        return self.run(command.command(tool, self.context, self.workdir, "it"))

    def run(self, command):
        return run(replace(command, timeout=60, ok=range(-255, 256)))


@pytest.fixture
def bench(corpus, here, tmp_path, sigstore, stranger, key, other_key):
    return Bench(corpus, here, tmp_path, sigstore.trusted_root, stranger.trusted_root, (key, other_key))


def flipped(data, place=-1):
    changed = bytearray(data)
    changed[place] ^= 1
    return bytes(changed)


def entry(bench, name, **changes):
    """Its log entry with other fields, `a__b` being field b of field a."""
    [one] = signed_content(bench.corpus[name]).entries
    document = json.loads(json.dumps(one.document))
    for path, change in changes.items():
        *above, last = path.split("__")
        place = document
        for part in above:
            place = place[part]
        place[last] = change(place[last])
    return (Entry(document, one.body, one.at),)


def refused(text):
    """Base64 of something else."""
    return base64.b64encode(flipped(base64.b64decode(text))).decode()


def content(bench, name):
    return signed_content(bench.corpus[name]).content.replace(b"allow", b"alloW")


def stamp(bench, name, change):
    return tuple(change(one) for one in signed_content(bench.corpus[name]).timestamps)


def badly_named(bench, name):
    """A certificate with a name that is no text, where `gate` itself asks for none."""
    own = signed_content(bench.corpus[name]).certificate
    assert own.count(b"github-hosted") == 1
    return {"certificate": own.replace(b"github-hosted", b"\xffithub-hosted")}


def no_flag(bench, tool):
    piece = bench.corpus["key att"]
    check = SignatureCheck(signed_content(piece), bench.key, piece.subject, KIND)
    command = VerifyCommand(check, None).command(tool, bench.context, bench.workdir, "it")
    return bench.run(replace(command, args=(*command.args, "--no-such-flag")))


def garbled(data):
    return Root(data, frozenset({"x"}), certificate_logs=True, authorities=True, timestamp_authorities=True)


BROKEN = b'{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1","tlogs":[{"baseUrl":3}]}'
LATER = b'{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.9"}'
# By the mark of the row: how cosign is brought to say it, with the cosigns that do.
RECORDED = {
    "expected SAN value": ("three two", lambda b, t: b(t, "v1 att", by=SOMEBODY)),
    "expected issuer value": ("three two", lambda b, t: b(t, "v1 att", by=Signer(JOB.subject, "https://a.example"))),
    "expected key signature, not certificate": ("three two", lambda b, t: b(t, "v1 att", by=b.key)),
    "unknown flag": ("three two", no_flag),
    "tuf refresh failed": ("three two", lambda b, t: public(b, t, "v1 att")),
    "unsupported TrustedRoot": ("three two", lambda b, t: b(t, "v1 att", root=garbled(LATER))),
    "loading trusted root": ("three", lambda b, t: b(t, "v1 att", root=garbled(BROKEN))),
    "nil value in transaction log": ("two", lambda b, t: b(t, "v2 att")),
    "does not match envelope payload hash": ("three", lambda b, t: b(t, "v1 att", content=content(b, "v1 att"))),
    "does not match artifact": ("three", lambda b, t: b(t, "old sig", content=b"{}")),
    "transparency log signature does not match": (
        "three two",
        lambda b, t: b(t, "v1 att", entries=signed_content(b.corpus["v1 sig"]).entries),
    ),
    "transparency log certificate does not match": (
        "three two",
        lambda b, t: b(t, "v1 att", certificate=signed_content(b.corpus["v1 sig"]).certificate),
    ),
    "accepted signatures do not match threshold": (
        "three",
        lambda b, t: b(t, "key att", by=b.key, content=content(b, "key att")),
    ),
    "invalid signature when validating": ("three two", lambda b, t: b(t, "old key sig", by=b.key, content=b"{}")),
    "Invalid IEEE_P1363": ("three two", lambda b, t: b(t, "old key sig", by=b.key, signature=b"xxx")),
    "calculated root": ("three", lambda b, t: b(t, "v2 att", content=content(b, "v2 att"))),
    "index is beyond size": (
        "three two",
        lambda b, t: b(t, "v1 att", entries=entry(b, "v1 att", inclusionProof__treeSize=lambda _: "0")),
    ),
    "wrong proof size": (
        "three two",
        lambda b, t: b(t, "v1 att", entries=entry(b, "v1 att", inclusionProof__treeSize=lambda _: str(1 << 62))),
    ),
    "checkpoint": (
        "three two",
        lambda b, t: b(
            t,
            "v1 att",
            entries=entry(b, "v1 att", inclusionProof__checkpoint__envelope=lambda text: f"{text[:-9]}AAAA{text[-5:]}"),
        ),
    ),
    "not enough verified log entries": (
        "three two",
        lambda b, t: b(t, "old att", entries=entry(b, "old att", integratedTime=lambda _: "1700000000")),
    ),
    "hashed messages don't match": (
        "three",
        lambda b, t: b(t, "v2 att", timestamps=signed_content(b.corpus["v2 sig"]).timestamps),
    ),
    "ECDSA verification failure": ("three", lambda b, t: b(t, "v2 att", timestamps=stamp(b, "v2 att", flipped))),
    "Message digest mismatch": (
        "three",
        lambda b, t: b(t, "v2 att", timestamps=stamp(b, "v2 att", lambda one: one.replace(b"20260601", b"20250601"))),
    ),
    "error parsing response into Timestamp": ("three", lambda b, t: b(t, "v2 att", timestamps=(b"xx",))),
    "threshold not met for verified signed timestamps": (
        "three two",
        lambda b, t: b(t, "stamped att", root=b.root("timestampAuthorities", logs=False)),
    ),
    "log entry integrated timestamps": (
        "three two",
        lambda b, t: b(t, "v1 unstamped att", entries=entry(b, "v1 unstamped att", inclusionPromise=lambda _: None)),
    ),
    "only able to verify 0 SCT entries": ("three two", lambda b, t: b(t, "v1 att", root=b.root("ctlogs"))),
    "leaf certificate verification failed": (
        "three two",
        lambda b, t: b(t, "v1 att", root=b.root("certificateAuthorities")),
    ),
    "integrated time outside certificate validity": ("three two", lambda b, t: b(t, "old late sig")),
    "malformed certificate": ("three two", lambda b, t: b(t, "v1 att", certificate=b"xx")),
    "summarize certificate": (
        "three two",
        lambda b, t: b(t, "stamped att", root=b.root(logs=False), **badly_named(b, "stamped att")),
    ),
    "does not match any digest in statement": ("three", lambda b, t: b(t, "v1 att", digest=f"sha256:{'0' * 64}")),
    "invalid predicate type": ("three", lambda b, t: b(t, "v1 att", kind="https://example.org/other/v1")),
    "--trusted-root only supported with": (
        "three",
        lambda b, t: b(t, "v1 att", entries=entry(b, "v1 att", canonicalizedBody=lambda _: "e30=")),
    ),
    "validation error": (
        "two",
        lambda b, t: b(t, "v1 att", entries=entry(b, "v1 att", canonicalizedBody=lambda _: "e30=")),
    ),
}


def public(bench, tool, name):
    """Held against the public root, which nobody can fetch here."""
    check = SignatureCheck(signed_content(bench.corpus[name]), JOB, bench.corpus[name].subject, KIND)
    return bench.run(VerifyCommand(check, None).command(tool, bench.context, bench.workdir, "it"))


def test_every_row_is_recorded():
    assert [row.mark for row in ROWS] == list(RECORDED)


@pytest.mark.parametrize(
    ("row", "said_by"),
    [pytest.param(row, by, id=f"{row.mark} {by}") for row in ROWS for by in RECORDED[row.mark][0].split()],
)
def test_what_cosign_says_means_what_the_table_says(bench, request, row, said_by):
    finished = RECORDED[row.mark][1](bench, request.getfixturevalue(said_by))
    assert finished.code == 1
    assert row.mark in finished.stderr
    judgement = judge(finished, marked=True, named=True)
    assert (judgement.outcome, judgement.why) == (row.outcome, row.why)


def test_what_does_not_hold_under_a_key_may_be_another_keys(bench, three):
    finished = bench(three, "key att", by=bench.other)
    assert not bench.marked
    assert judge(finished, marked=False, named=True).outcome is Outcome.UNTRUSTED


def test_what_says_that_it_is_by_the_key_and_is_not_was_altered(bench, three):
    finished = bench(three, "key att", by=bench.key, content=content(bench, "key att"))
    assert bench.marked
    assert judge(finished, marked=True, named=True).outcome is Outcome.TAMPERED


def test_a_log_entry_that_does_not_hold_may_be_of_a_log_that_is_not_trusted(bench, three):
    finished = bench(three, "v1 att", root=bench.root("tlogs"))
    assert judge(finished, marked=True, named=False).outcome is Outcome.UNTRUSTED


@pytest.mark.parametrize("kind", ["att", "sig"])
@pytest.mark.parametrize("name", ["v1", "v1 unstamped", "v2", "old"])
def test_without_its_log_entry_nothing_is_proven_under_a_root_that_keeps_a_log(bench, tool, name, kind):
    """Whatever the room above decides: a run never skips a check that its root could do."""
    finished = bench(tool, f"{name} {kind}", entries=())
    assert judge(finished, marked=True, named=True).outcome is not Outcome.PROVEN


def test_a_key_in_pem_is_shown_by_its_name_alone():
    assert "BEGIN" not in repr(Key("team", b"-----BEGIN PUBLIC KEY-----"))
