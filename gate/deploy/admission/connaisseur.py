"""Connaisseur: values for its Helm chart, a validator with everybody who is trusted and the rules that use it.

Keys, and how they are evaluated: github.com/sse-secure-systems/connaisseur at v3.10.0, docs/basics.md,
docs/validators/sigstore_cosign.md, docs/features/automatic_unchanged_approval.md, internal/handler/mutate.go and
internal/config/config.go. Its cosign is 2: it reads signatures of the old
format and no attestations.
"""

from typing import Any

from gate.deploy.admission.heading import heading
from gate.deploy.admission.parties import Party
from gate.deploy.admission.patterns import Images, is_wild
from gate.deploy.admission.plain import gaps, only_own, only_signatures
from gate.deploy.admission.terms import Terms
from gate.io import yaml_document

_NOTES = (
    "Connaisseur 3.6 or later; it reads the old format (sign.formats: [legacy] or [bundle, legacy])",
    "put your own validators and rules beside these: Helm replaces lists, and what no rule covers is denied",
    "have no other rule for these images: of several that cover one only the most specific counts",
    "signatures are those of the public Sigstore; for another one set host.* of the validator",
    (
        "ephemeral containers (kubectl debug) are verified, and deletions are let through; the removal of finalizers "
        "from what is marked for deletion is let through by Connaisseur 3.10 or later"
    ),
    "an update that changes no image is verified too, unless application.features.automaticUnchangedApproval is true",
)
_STARS = "a * goes over slashes here, so images further down are held to this too"
_LOGGED = "what a key signed has to stand in the transparency log, since it must for certificates"


def write(terms: Terms) -> str:
    """Values for `helm upgrade -f`. Raises `InputError` for what it cannot enforce at all."""
    only_signatures(terms, "Connaisseur")
    only_own(terms, "Connaisseur")
    roots = [_root(party) for party in terms.parties]
    rules = [
        {"pattern": one, "validator": "gate", "with": _with(terms)} for each in terms.images for one in _globs(each)
    ]
    document = {
        "application": {"validators": [{"name": "gate", "type": "cosign", "trustRoots": roots}], "policy": rules}
    }
    notes = [*_NOTES]
    if any(is_wild(one.name) for one in terms.images):
        notes.append(_STARS)
    if len({bool(party.key) for party in terms.parties}) > 1:
        notes.append(_LOGGED)
    head = heading("Connaisseur", terms, enforced=["signature"], notes=notes, gaps=gaps(terms, "Connaisseur"))
    return head + yaml_document.dump(document)


def _root(party: Party) -> dict[str, Any]:
    name = {"name": f"signer-{party.number}"}
    if party.key:
        return {**name, "key": party.key}
    subject = {"subject": party.subject} if party.subject else {"subjectRegex": party.expression}
    return {**name, "keyless": {"issuer": party.issuer, **subject}}


def _globs(pattern: Images) -> list[str]:
    """Against `name:tag`, `name@digest` or both; a digest has a colon too."""
    return [f"{pattern.name}/*:*"] if pattern.deep else [f"{pattern.name}:*", f"{pattern.name}@*"]


def _with(terms: Terms) -> dict[str, Any]:
    """Any one of them; without a threshold all would have to have signed."""
    chosen: dict[str, Any] = {"trustRoot": "*", "threshold": 1}
    if all(party.key for party in terms.parties):  # nothing of a key stands in a log
        chosen |= {"verifyInTransparencyLog": False, "verifySCT": False}
    return chosen
