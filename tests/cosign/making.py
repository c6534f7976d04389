"""Evidence made for tests: images signed by the real programs, and by the adapter, and what then lies beside them."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gate.cosign import sign
from gate.cosign.signing_config import SigningServices
from gate.cosign.statements import read_claim
from gate.io.run_context import RunContext
from gate.model.evidence import Format, Piece
from tests.lab.cosign import PASSWORD, Cosign

KIND = "https://example.org/decision/v1"
PREDICATE = {"decision": "allow"}
NOWHERE = "http://127.0.0.1:9"
"""What nobody listens at."""


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
            self.pieces[f"{name} {'att' if read_claim(piece).predicate_type == KIND else 'sig'}"] = piece

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


class Shop:
    """Signs new images with the adapter, and reads back what lies beside them."""

    def __init__(self, registry: Any, layouts: Any, context: RunContext, workdir: Any, tool: Any) -> None:
        self.registry, self.layouts, self.context, self.workdir, self.tool = registry, layouts, context, workdir, tool
        self.repository = f"shop/{secrets.token_hex(6)}"
        self.digest = registry.push(layouts, "clean", f"{self.repository}:1")
        self.target = f"{registry.host}/{self.repository}@{self.digest}"

    def settings(self, services=None, **more):
        """What the adapter needs; `env` is added to the run context's."""
        context = replace(self.context, env={**self.context.env, "COSIGN_PASSWORD": PASSWORD, **more.pop("env", {})})
        return sign.SigningSettings(
            more.pop("tool", self.tool), context, self.workdir, services or SigningServices(), **more
        )

    def sign(self, by, services=None, *, form=Format.BUNDLE, annotations=None, **more):
        """Sign the image."""
        settings = self.settings(services, **more)
        sign.sign(self.target, by=by, annotations=annotations or {}, format=form, settings=settings)

    def attest(self, by, services=None, *, form=Format.BUNDLE, predicate=PREDICATE, kind=KIND, **more):
        """State the predicate of it."""
        settings = self.settings(services, **more)
        sign.attest(self.target, json.dumps(predicate).encode(), kind, by=by, format=form, settings=settings)

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


def altered(piece: Piece, **fields: Mapping[str, Any]) -> Piece:
    """The same bundle with other top fields."""
    document = {**json.loads(piece.content), **fields}
    return replace(piece, content=json.dumps({name: one for name, one in document.items() if one is not None}).encode())
