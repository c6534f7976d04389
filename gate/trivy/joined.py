"""What was found in pieces of files, put together as Trivy would have told it of the whole files."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import ConfigDict, Field, TypeAdapter, with_config

from gate import strictjson
from gate.image import PlatformImage
from gate.strictjson import Members
from gate.trivy import program, wire
from gate.trivy.identity import Handed, identified
from gate.trivy.pieces import Part, Piece


@with_config(ConfigDict(strict=True, extra="ignore"))
class _Secret(wire.Secret, total=False):
    """With where it begins, in bytes; Trivy tells it since its 0.66, and leaves out a 0."""

    Offset: Annotated[int, Field(ge=0)]


_SECRETS = TypeAdapter(list[_Secret])


def joined(reports: Iterable[tuple[Part, bytes]], image: PlatformImage, what: str) -> dict[str, bytes]:
    """The `Results[]` that the report on `image` lacks, by `Target`.

    Raises `InputError` for a report that is not whole or not about its images, `ToolMissingError`.
    """
    found: defaultdict[str, defaultdict[int, list[_Secret]]] = defaultdict(lambda: defaultdict(list))
    for part, data in reports:
        report = Members(data, what)
        _, producer = identified(report, Handed(part.image.config_digest, part.image.platform), what)
        program.check_version(producer.get("Version", ""))
        for result in report.objects("Results"):
            target = wire.read(wire.TEXT, result.parsed("Target", ""), f"{what}: Target")
            if piece := part.pieces.get(target.removeprefix("/")):
                secrets = wire.read(_SECRETS, result.parsed("Secrets", []), f"{what}: Secrets")
                layer = piece.content.layer
                found[target][layer] += [_moved(one, piece, image) for one in secrets if _owned(one, piece)]
    return {target: _result(target, layers) for target, layers in found.items()}


def _owned(one: _Secret, piece: Piece) -> bool:
    """Whether no other piece tells of it. If nobody knows where it begins, it is kept: better twice than not at all."""
    span = piece.span
    at = one.get("Offset", None if span.start else 0)
    return at is None or span.first <= at + span.start - len(piece.filler) < span.last


def _moved(one: _Secret, piece: Piece, image: PlatformImage) -> _Secret:
    """As it would be told of the whole file, in the layer that the file came with."""
    moved, lines = one.copy(), piece.lines - piece.filler.count(b"\n")
    moved["StartLine"] = one.get("StartLine", 0) + lines
    moved["EndLine"] = one.get("EndLine", 0) + lines
    moved["Layer"] = {"DiffID": image.layers[piece.content.layer].diff_id}
    return moved


def _result(target: str, layers: Mapping[int, list[_Secret]]) -> bytes:
    """What a layer shows by a rule replaces what those below it show by that rule, as in Trivy (`mergeSecrets`).

    Of what stays from below, Trivy drops all but one by each rule; and some of what a path that is in one layer several
    times holds, as it happens. Here all of that is told.
    """
    secrets: list[_Secret] = []
    for layer in sorted(layers):
        new = layers[layer]
        rules = {one.get("RuleID") for one in new}
        secrets = [*new, *(one for one in secrets if one.get("RuleID") not in rules)]
    return strictjson.dumps({"Target": target, "Class": "secret", "Secrets": secrets})
