"""Whatever is done to a document from outside: it is read, or refused with the error that its reader documents.

`make fuzz` looks for longer. What it finds goes into `FOUND`, and is tried on every run from then on.
"""

import io
import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gate.attestation import predicates, sbom_subject
from gate.cosign import bundle, certificate, statements, trusted_root
from gate.deploy.manifests.parse import parse_manifests as manifests
from gate.errors import GateError, InputError, RegistryError, UsageError
from gate.github import packages, runs
from gate.github import upload as uploads
from gate.github.api import Answer
from gate.github.target import Target
from gate.io import strict_json
from gate.io.run_context import RunContext
from gate.judging import baseline, feeds, trivyignore, vex
from gate.maintenance.known_errors import search
from gate.maintenance.trend.reading import Reader
from gate.model.evidence import Format, Piece
from gate.output.sarif.check import check
from gate.output.sarif.diff import diff
from gate.policy import IgnoreFile, loader
from gate.registry import auth, configuration, credentials
from gate.registry import manifests as wire
from gate.registry.documents import members, validated
from gate.registry.oci_layout import OCI_INDEX, OCI_MANIFEST
from gate.registry.tar_entries import TarError, entries
from gate.registry.unpack import UnpackError, unpacked
from gate.source import lockfiles
from gate.source.dockerfile import attribute, instructions
from gate.toolchain import lock
from gate.trivy.report import parse_report as report
from tests.fuzz import originals as good
from tests.fuzz.mutations import damaged, texts

_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "fuzz"
_EXAMPLES = int(os.environ.get("GATE_FUZZ_EXAMPLES", "5000")) if _LONG else 10
_SETTINGS = settings(max_examples=_EXAMPLES, suppress_health_check=list(HealthCheck))
_TERMS = {"owner": "o", "reason": "r", "expires": "2026-12-31"}


@dataclass(frozen=True)
class Parser:
    """A reader, sound documents for it (JSON values, or bytes), and all that may come out of it beside an answer."""

    read: Callable[[bytes], Any]
    originals: tuple[Any, ...]
    errors: tuple[type[Exception], ...] = (InputError,)

    def inputs(self) -> st.SearchStrategy[bytes]:
        """Damaged documents."""
        return st.one_of([damaged(one) if isinstance(one, bytes) else texts(one) for one in self.originals])


class _Api:
    """GitHub with one answer to everything."""

    host = "api.github.com"

    def __init__(self, data: bytes) -> None:
        value = None
        with suppress(InputError):
            value = strict_json.loads(data, "GitHub's answer")
        self.answer = Answer(200, {}, value)

    def ask(self, *_: Any, **__: Any) -> Answer:
        return self.answer

    def pages(self, *_: Any, **__: Any) -> Any:
        yield self.answer


def _attestation(data: bytes) -> Any:
    return statements.read_claim(Piece(good.D, Format.BUNDLE, good.D, data))


def _legacy(name: str, content: bytes) -> Callable[[bytes], Any]:
    annotations = {"dev.cosignproject.cosign/signature": "c2ln"}

    def read(data: bytes) -> Any:
        added = annotations | ({name: data.decode("utf-8", "replace")} if name else {})
        piece = Piece(good.D, Format.LEGACY, good.D, content if name else data, added, attestation=False)
        return statements.read_claim(piece)

    return read


def _predicate(data: bytes) -> None:
    document = strict_json.loads(data, "the predicate")
    predicates.fingerprints(document)
    predicates.other_verifier(document, ["https://example.org"])
    predicates.scanned(document)
    summary = predicates.summary(document)
    assert summary.passed == (document["verificationResult"] == "PASSED")


def _sbom(data: bytes) -> None:
    document = strict_json.loads(data, "the SBOM")
    sbom_subject.described_digests(document)
    predicates.components(document)
    predicates.made_at(document)


def _dockerfile(data: bytes) -> None:
    attribute(good.HISTORY, instructions(data.decode("utf-8", "replace")))


def _unpacked(data: bytes) -> bytes:
    """What comes out is what was in, or an error: a stream that was cut must not pass for whole."""
    source = io.BytesIO(data)
    return b"".join(unpacked(lambda: source.read(97)))


def _login(data: bytes) -> Any:
    context = RunContext(
        env={"HOME": "/nonexistent", "DOCKER_AUTH_CONFIG": data.decode("utf-8", "replace").replace("\0", "")}
    )
    return credentials.find("ghcr.io", context, "octo/app")


def _wire(media_type: str) -> Callable[[bytes], Any]:
    return lambda data: wire.document(data, media_type).parsed()


def _instructed(data: bytes) -> None:
    found = validated(configuration.Config, members(data, "the configuration"), "the configuration")
    found.platform()
    found.instructions()


_REGISTRY = (RegistryError,)
_TARGET = Target("octo/app", "refs/heads/main", "c" * 40)
PARSERS = {
    "manifest": Parser(_wire(OCI_MANIFEST), (good.MANIFEST_DOCUMENT,), _REGISTRY),
    "index": Parser(_wire(OCI_INDEX), (good.INDEX_DOCUMENT,), _REGISTRY),
    "manifest of no stated type": Parser(_wire(""), (good.MANIFEST_DOCUMENT, good.INDEX_DOCUMENT), _REGISTRY),
    "image configuration": Parser(_instructed, (good.CONFIGURATION,), _REGISTRY),
    "registry token": Parser(lambda data: auth.token(data, "ghcr.io"), (good.TOKEN,), _REGISTRY),
    "Sigstore bundle": Parser(lambda data: bundle.read_bundle(data, "it"), (good.BUNDLE,)),
    "attestation": Parser(_attestation, (good.BUNDLE,)),
    "attested statement": Parser(lambda data: _attestation(json.dumps(good.sealing(data)).encode()), (good.STATEMENT,)),
    "legacy payload": Parser(_legacy("", b""), (good.SIMPLE,)),
    "legacy log entry": Parser(
        _legacy("dev.sigstore.cosign/bundle", json.dumps(good.SIMPLE).encode()), (good.LEGACY_ENTRY,)
    ),
    "certificate": Parser(lambda data: certificate.signer(data, "it"), (good.CERTIFICATE,)),
    "public key": Parser(certificate.key_hash, (good.PUBLIC_KEY,)),
    "root of trust": Parser(lambda data: trusted_root._root(data, "it"), (good.ROOT,)),
    "verdict predicate": Parser(_predicate, (good.STATEMENT["predicate"],), (InputError, predicates.PredicateError)),
    "SBOM": Parser(_sbom, (good.CYCLONEDX, good.SPDX)),
    "Trivy report": Parser(lambda data: report(data, "it"), (good.REPORT,)),
    "VEX": Parser(lambda data: vex.parse_vex(data, "it"), (good.OPENVEX, good.CYCLONEDX, good.CSAF)),
    "ignore file": Parser(
        lambda data: trivyignore.parse_ignore_file(data, IgnoreFile(file=".trivyignore", **_TERMS)), (good.IGNORE,)
    ),
    "YAML ignore file": Parser(
        lambda data: trivyignore.parse_ignore_file(data, IgnoreFile(file=".trivyignore.yaml", **_TERMS)),
        (good.IGNORE_YAML,),
    ),
    "baseline": Parser(lambda data: baseline.parse_baseline(data, "it"), (good.VERDICTS, good.SARIF)),
    "SARIF": Parser(check, (good.SARIF,)),
    "two SARIF files": Parser(lambda data: diff(data, json.dumps(good.SARIF).encode()), (good.SARIF,)),
    "policy": Parser(lambda data: loader.parse(data.decode("utf-8", "replace"), "it"), (good.POLICY,)),
    "deployment": Parser(lambda data: manifests(data, "it"), (good.KUBERNETES, good.COMPOSE)),
    "Dockerfile": Parser(_dockerfile, (good.DOCKERFILE,), ()),
    "packed layer": Parser(_unpacked, (good.GZIP, good.ZSTD), (UnpackError,)),
    "exploited vulnerabilities": Parser(lambda data: feeds.parse_kev(data, "it"), (good.KEV,)),
    "scores": Parser(lambda data: feeds.parse_epss(data, "it"), (good.EPSS, good.EPSS_ANSWER)),
    "logins": Parser(_login, (good.AUTH,), (InputError, UsageError)),
    "package of GitHub": Parser(lambda data: packages.find(_Api(data), "octo", "app"), (good.PACKAGE,), _REGISTRY),
    "packages of GitHub": Parser(lambda data: packages.owned(_Api(data), "octo"), ([good.PACKAGE],), _REGISTRY),
    "versions of GitHub": Parser(
        lambda data: packages.versions(_Api(data), packages.Package("/x", "private", "", "")),
        ([good.PACKAGE_VERSION],),
        _REGISTRY,
    ),
    "runs of GitHub": Parser(lambda data: runs.runs(_Api(data), "octo/app"), (good.RUNS,), _REGISTRY),
    "upload to GitHub": Parser(
        lambda data: uploads.processed(_Api(data), _TARGET, "7", wait=0), (good.UPLOADED,), _REGISTRY
    ),
    "analyses of GitHub": Parser(
        lambda data: uploads._analyses(_Api(data), _TARGET, "7", ()), (good.ANALYSES,), _REGISTRY
    ),
    "log": Parser(lambda data: search(io.BytesIO(data)), (good.LOG,), ()),
    **{
        name: Parser(lambda data, name=name: lockfiles.pins(name, data.decode("utf-8", "replace")), (text,), ())
        for name, text in good.LOCK_FILES.items()
    },
}
FOUND: tuple[tuple[str, bytes], ...] = (
    ("upload to GitHub", b'{"processing_status": ["complete"]}'),
    ("manifest of no stated type", b'{"mediaType": ["application/vnd.oci.image.manifest.v1+json"]}'),
    ("index", b'{"mediaType": ["application/vnd.oci.image.index.v1+json"], "manifests": []}'),
)
"""Inputs that once ended in something else, by the name of their parser."""


def held(parser: Parser, data: bytes) -> None:
    """Read it: an answer, or an error that can be shown."""
    try:
        parser.read(data)
    except parser.errors as exc:
        shown = exc.problem + exc.hint if isinstance(exc, GateError) else str(exc)
        assert shown.isprintable()
        assert len(shown) < 5000


@pytest.mark.parametrize("name", PARSERS)
def test_a_sound_document_is_read(name):
    """Otherwise what follows tries nothing but the first check of each reader."""
    for one in PARSERS[name].originals:
        data = one if isinstance(one, bytes) else json.dumps(one).encode()
        PARSERS[name].read(data)


@pytest.mark.parametrize("name", PARSERS)
def test_a_damaged_document_is_read_or_refused_with_the_error_of_its_reader(name):
    @_SETTINGS
    @given(PARSERS[name].inputs())
    def tried(data):
        held(PARSERS[name], data)

    tried()


@pytest.mark.parametrize(("name", "data"), FOUND)
def test_what_was_found_once_stays_mended(name, data):
    held(PARSERS[name], data)


FILES = {
    "tar": (lambda path: list(entries(path, 100)), good.TAR, (TarError,)),
    "verdict": (lambda path: list(Reader().read([path])), good.VERDICTS, (InputError,)),
    "lock of tools": (
        lambda path: lock.read_lock(RunContext(env={"GATE_TOOLS_LOCK": str(path)})),
        good.TOOLS_LOCK,
        (InputError,),
    ),
    "root of trust": (trusted_root.read_trusted_root, good.ROOT, (InputError,)),
}


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_read_or_refused_with_the_error_of_its_reader(tmp_path, name):
    read, original, errors = FILES[name]
    parser = Parser(lambda data: read(_written(tmp_path, data)), (original,), errors)
    parser.read(original if isinstance(original, bytes) else json.dumps(original).encode())

    @_SETTINGS
    @given(parser.inputs())
    def tried(data):
        held(parser, data)

    tried()


def _written(folder, data):
    path = folder / "file"
    path.write_bytes(data)
    return path


@_SETTINGS
@given(st.integers(5, len(good.GZIP) - 1))
def test_a_layer_that_was_cut_never_passes_for_whole(end):
    """Of a zstd stream the digest of what came out tells: it has to be the `diff_id` of the configuration."""
    with pytest.raises(UnpackError):
        _unpacked(good.GZIP[:end])


@_SETTINGS
@given(texts(good.STATEMENT["predicate"]))
def test_no_damaged_verdict_passes_that_does_not_say_so(data):
    failed = {**good.STATEMENT["predicate"], "verificationResult": "FAILED"}
    with suppress(InputError, predicates.PredicateError):
        assert not predicates.summary(failed).passed
        document = strict_json.loads(data, "it")
        assert predicates.summary(document).passed is (document.get("verificationResult") == "PASSED")
