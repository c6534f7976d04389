"""Evidence of every kind, made by the real programs once for all tests of a process, and who may vouch for it."""

import json
import secrets
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest

from gate.cosign import program, push, roots
from gate.cosign.claims import read
from gate.cosign.prove import Asked, prove
from gate.cosign.services import Services
from gate.cosign.services import read as services_of
from gate.cosign.trial import Key
from gate.evidence import Format, Piece
from gate.world import World
from tests.builders import NOW
from tests.lab.cosign import PASSWORD, Cosign
from tests.lab.sigstore import Sigstore, email_claims

KIND = "https://example.org/decision/v1"
PREDICATE = {"decision": "allow"}
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def here(world):
    """The world, with no way out but to this machine."""
    return replace(world, env={**world.env, "HTTPS_PROXY": NOWHERE, "HTTP_PROXY": NOWHERE})


@pytest.fixture(scope="session")
def three(cosign):
    """Cosign 3, as the adapter sees it."""
    return program.find(World(env=MappingProxyType({"GATE_COSIGN": str(cosign), "PATH": ""})))


@pytest.fixture(scope="session")
def two(cosign2):
    """Cosign 2, as the adapter sees it."""
    return program.find(World(env=MappingProxyType({"GATE_COSIGN": str(cosign2), "PATH": ""})))


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
    return roots.read(sigstore.trusted_root, offline=True)


@pytest.fixture(scope="session")
def private(sigstore, tmp_path_factory):
    """The root of trust of one that keeps none, as GitHub's own for private repositories."""
    document = json.loads(sigstore.trusted_root.read_text())
    del document["tlogs"], document["ctlogs"]
    path = tmp_path_factory.mktemp("private") / "root.json"
    path.write_text(json.dumps(document))
    return roots.read(path, offline=True)


@pytest.fixture(scope="session")
def both(public, private):
    """What `gate` makes of the lines that `gh attestation trusted-root` prints."""
    return roots.Roots((*public.documents, *private.documents), offline=True)


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
    made.old("old key", Cosign(cosign2, elder.room), signing_key)
    made.old("old key logged", elder, signing_key)
    with ExitStack() as stack:
        late = sigstore.at(NOW + timedelta(hours=1))
        sigstore.meanwhile("POST", "/api/v1/log/entries", lambda: stack.enter_context(late))
        made.old("old late", elder, sigstore.token(exp=int((NOW + timedelta(days=1)).timestamp())))
    stamping = ["--timestamp-server-url", f"{sigstore.url}/api/v1/timestamp"]
    made.old("old stamped", replace(elder, rekor=None), token, *stamping)
    made.old("old key stamped", replace(elder, rekor=None), signing_key, *stamping)
    return made.pieces


class Maker:
    """Signs new images, and keeps the pieces that lie beside them."""

    def __init__(self, registry: Any, layouts: Any) -> None:
        self.registry, self.layouts = registry, layouts
        self.pieces: dict[str, Piece] = {}

    def _image(self, name: str) -> tuple[str, str]:
        repository = f"corpus/{name.replace(' ', '-')}"
        return repository, self.registry.push(self.layouts, "clean", f"{repository}:1")

    def bundles(self, name: str, by: Cosign, who: Any) -> None:
        repository, digest = self._image(name)
        by.sign(f"{self.registry.host}/{repository}@{digest}", who, "-a", "commit=abc")
        by.attest(f"{self.registry.host}/{repository}@{digest}", KIND, PREDICATE, who)
        self._keep(name, repository, digest)

    def attestation(self, name: str, by: Cosign, who: Any) -> None:
        repository, digest = self._image(name)
        by.attest(f"{self.registry.host}/{repository}@{digest}", KIND, PREDICATE, who)
        self._keep(name, repository, digest)

    def _keep(self, name: str, repository: str, digest: str) -> None:
        for content in self.registry.bundles(repository, digest):
            piece = Piece(digest, Format.BUNDLE, "sha256:" + "1" * 64, content)
            self.pieces[f"{name} {'att' if read(piece).predicate_type == KIND else 'sig'}"] = piece

    def old(self, name: str, by: Cosign, who: Any, *more: str) -> None:
        repository, digest = self._image(name)
        by.sign(f"{self.registry.host}/{repository}@{digest}", who, "-a", "commit=abc", *more, legacy=True)
        by.attest(f"{self.registry.host}/{repository}@{digest}", KIND, PREDICATE, who, *more, legacy=True)
        for kind in ("sig", "att"):
            manifest = json.loads(self.registry.read(repository, f"{digest.replace(':', '-')}.{kind}"))
            [layer] = manifest["layers"]
            content, said = self.registry.read(repository, layer["digest"]), layer.get("annotations", {})
            self.pieces[f"{name} {kind}"] = Piece(
                digest, Format.LEGACY, "sha256:" + "1" * 64, content, said, attestation=kind == "att"
            )


@pytest.fixture
def proven(here, tmp_path, three, public):
    """Prove one piece, by default by whom it says that it is; a key where it names nobody."""

    def call(piece, *, by=three, roots=public, digest=None, signer=None, key=None, timeout=60.0):
        claim = read(piece)
        if key is None:
            signer = signer or claim.signer
        room = tmp_path / f"room-{len(list(tmp_path.iterdir()))}"
        room.mkdir()
        asked = Asked(claim, digest or piece.subject, signer, key)
        [proof] = prove([asked], tool=by, roots=roots, world=here, room=room, jobs=2, timeout=timeout)
        return proof

    return call


def altered(piece: Piece, **fields: Mapping[str, Any]) -> Piece:
    """The same bundle with other top fields."""
    document = {**json.loads(piece.content), **fields}
    return replace(piece, content=json.dumps({name: one for name, one in document.items() if one is not None}).encode())


class Shop:
    """Signs new images with the adapter, and reads back what lies beside them."""

    def __init__(self, registry: Any, layouts: Any, world: World, room: Any, tool: Any) -> None:
        self.registry, self.layouts, self.world, self.room, self.tool = registry, layouts, world, room, tool
        self.repository = f"shop/{secrets.token_hex(6)}"
        self.digest = registry.push(layouts, "clean", f"{self.repository}:1")
        self.target = f"{registry.host}/{self.repository}@{self.digest}"

    def desk(self, services=None, **more):
        """What the adapter needs; `env` is added to the world's."""
        world = replace(self.world, env={**self.world.env, "COSIGN_PASSWORD": PASSWORD, **more.pop("env", {})})
        return push.Desk(more.pop("tool", self.tool), world, self.room, services or Services(), **more)

    def sign(self, by, services=None, *, form=Format.BUNDLE, annotations=None, **more):
        """Sign the image."""
        desk = self.desk(services, **more)
        push.sign(self.target, by=by, annotations=annotations or {}, format=form, desk=desk)

    def attest(self, by, services=None, *, form=Format.BUNDLE, predicate=PREDICATE, kind=KIND, **more):
        """State the predicate of it."""
        desk = self.desk(services, **more)
        push.attest(self.target, json.dumps(predicate).encode(), kind, by=by, format=form, desk=desk)

    def pieces(self):
        """All of both formats."""
        return [*self._bundles(), *self._old("sig"), *self._old("att")]

    def _bundles(self):
        contents = self.registry.bundles(self.repository, self.digest)
        return [Piece(self.digest, Format.BUNDLE, "", content) for content in contents]

    def _old(self, kind):
        tag = f"{self.digest.replace(':', '-')}.{kind}"
        if tag not in self.registry.tags(self.repository):
            return []
        layers = json.loads(self.registry.read(self.repository, tag))["layers"]
        return [
            Piece(
                self.digest,
                Format.LEGACY,
                "",
                self.registry.read(self.repository, layer["digest"]),
                layer["annotations"],
                attestation=kind == "att",
            )
            for layer in layers
        ]


@pytest.fixture
def shop(referrers, layouts, here, tmp_path, three):
    """A new image in a registry that is open to everybody."""
    room = tmp_path / "shop"
    room.mkdir()
    return Shop(referrers, layouts, here, room, three)


@pytest.fixture(scope="session")
def to_sigstore(sigstore, public):
    """How things are signed with the private Sigstore: `to_sigstore(rekor=2)`."""

    def call(**config):
        return services_of(sigstore.signing_config(**config), public, log=False)

    return call
