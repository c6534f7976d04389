"""Evidence of every kind, made by the real programs once for all tests of a process, and who may vouch for it."""

import json
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

import pytest

from gate.cosign import program, trusted_root
from gate.cosign.signing_config import read_signing_config as services_of
from gate.cosign.statements import read_claim
from gate.cosign.verify import VerifyRequest, verify_claims
from gate.cosign.verify_batch import VerifySettings
from gate.cosign.verify_command import Key
from gate.io.run_context import RunContext
from gate.model.evidence import Format
from tests.builders import NOW
from tests.cosign.making import NOWHERE, Maker, Shop
from tests.lab.cosign import Cosign
from tests.lab.sigstore import Sigstore, email_claims


@pytest.fixture
def here(context):
    """The run context, with no way out but to this machine."""
    return replace(context, env={**context.env, "HTTPS_PROXY": NOWHERE, "HTTP_PROXY": NOWHERE})


@pytest.fixture(scope="session")
def three(cosign):
    """Cosign 3, as the adapter sees it."""
    return program.find(RunContext(env=MappingProxyType({"GATE_COSIGN": str(cosign), "PATH": ""})))


@pytest.fixture(scope="session")
def two(cosign2):
    """Cosign 2, as the adapter sees it."""
    return program.find(RunContext(env=MappingProxyType({"GATE_COSIGN": str(cosign2), "PATH": ""})))


@pytest.fixture(params=["three", "two"])
def tool(request):
    """Either."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def stranger(tmp_path_factory):
    """Another private Sigstore, which nobody trusts."""
    with Sigstore(tmp_path_factory.mktemp("stranger")) as served:
        yield served


@pytest.fixture(scope="session")
def public(sigstore):
    """The root of trust of a Sigstore that keeps logs."""
    return trusted_root.read_trusted_root(sigstore.trusted_root, offline=True)


@pytest.fixture(scope="session")
def private(sigstore, tmp_path_factory):
    """The root of trust of one that keeps none, as GitHub's own for private repositories."""
    document = json.loads(sigstore.trusted_root.read_text())
    del document["tlogs"], document["ctlogs"]
    path = tmp_path_factory.mktemp("private") / "root.json"
    path.write_text(json.dumps(document))
    return trusted_root.read_trusted_root(path, offline=True)


@pytest.fixture(scope="session")
def both(public, private):
    """What `gate` makes of the lines that `gh attestation trusted-root` prints."""
    return trusted_root.Roots((*public.documents, *private.documents), offline=True)


@pytest.fixture(scope="session")
def key(signing_key):
    """The public key of what is signed with a key."""
    return Key("team", signing_key.public.read_bytes())


@pytest.fixture(scope="session")
def other_key(cosign, tmp_path_factory):
    """One that signed nothing."""
    return Key("other", Cosign(cosign, tmp_path_factory.mktemp("other")).key().public.read_bytes())


@pytest.fixture(scope="session")
def corpus(cosign, cosign2, signing_key, sigstore, referrers, layouts, tmp_path_factory):
    """Pieces of evidence by name, like `v1 sig` or `v1 att`; in the old format like `old att`."""
    made = Maker(referrers, layouts)
    job = Cosign(cosign, tmp_path_factory.mktemp("job"), sigstore)
    plain = Cosign(cosign, tmp_path_factory.mktemp("plain"))
    elder = Cosign(cosign2, tmp_path_factory.mktemp("elder"), sigstore)
    token = sigstore.token()
    for name, ways in {"v1": (1, True), "v1 unstamped": (1, False), "v2": (2, True), "stamped": (None, True)}.items():
        made.bundles(name, replace(job, rekor=ways[0], tsa=ways[1]), token)
    made.bundles("person", job, sigstore.token(**email_claims("dev@example.org")))
    made.bundles("key", plain, signing_key)
    for name, ways in {"key v1": (1, True), "key v2": (2, True), "key stamped": (None, True)}.items():
        made.attestation(name, replace(job, rekor=ways[0], tsa=ways[1]), signing_key)
    made.old("old", elder, token)
    made.old("old of 3", job, token)
    made.old("old key", Cosign(cosign2, elder.workdir), signing_key)
    made.old("old key logged", elder, signing_key)
    with ExitStack() as stack:
        late = sigstore.at(NOW + timedelta(hours=1))
        sigstore.meanwhile("POST", "/api/v1/log/entries", lambda: stack.enter_context(late))
        made.old("old late", elder, sigstore.token(exp=int((NOW + timedelta(days=1)).timestamp())))
    stamping = ["--timestamp-server-url", f"{sigstore.url}/api/v1/timestamp"]
    made.old("old stamped", replace(elder, rekor=None), token, *stamping)
    made.old("old key stamped", replace(elder, rekor=None), signing_key, *stamping)
    return made.pieces


@pytest.fixture
def proven(here, tmp_path, three, public):
    """Prove one piece, by default by whom it says that it is; a key where it names nobody."""

    def call(piece, *, by=three, roots=public, digest=None, signer=None, key=None, timeout=60.0):
        claim = read_claim(piece)
        if key is None:
            signer = signer or claim.signer
        workdir = tmp_path / f"room-{len(list(tmp_path.iterdir()))}"
        workdir.mkdir()
        request = VerifyRequest(claim, digest or piece.subject, key or signer)
        [proof] = verify_claims([request], VerifySettings(by, roots, here, workdir, 2, timeout))
        return proof

    return call


@pytest.fixture
def shop(referrers, layouts, here, tmp_path, three):
    """A new image in a registry that is open to everybody."""
    workdir = tmp_path / "shop"
    workdir.mkdir()
    return Shop(referrers, layouts, here, workdir, three)


@pytest.fixture(scope="session")
def to_sigstore(sigstore, public):
    """How things are signed with the private Sigstore: `to_sigstore(rekor=2)`."""

    def call(**config):
        return services_of(sigstore.signing_config(**config), public, log=False)

    return call


@pytest.fixture(
    params=[("three", Format.BUNDLE), ("three", Format.LEGACY), ("two", Format.LEGACY)],
    ids=lambda one: f"{one[0]} {one[1]}",
)
def way(request):
    """A cosign and a format that it can write."""
    return {"tool": request.getfixturevalue(request.param[0]), "form": request.param[1]}
