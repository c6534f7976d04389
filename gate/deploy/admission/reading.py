"""What each engine can read of the evidence on a registry: one fact a row, each with where it is written.

To correct one, change its row; of several that fit the first counts. Nothing here is computed.
"""

from dataclasses import dataclass

from gate.model.ci_run import GITHUB_SERVER
from gate.model.evidence import Format

POLICY_CONTROLLER = "policy-controller"
KYVERNO = "Kyverno ImageValidatingPolicy"
KYVERNO_OLD = "Kyverno ClusterPolicy"
CONNAISSEUR = "Connaisseur"
RATIFY = "Ratify"
ENGINES = (POLICY_CONTROLLER, KYVERNO, KYVERNO_OLD, CONNAISSEUR, RATIFY)


@dataclass(frozen=True, slots=True)
class Fact:
    """Whether an engine accepts evidence of one form; `keyless`, `fallback_tag`: None where it does not matter."""

    engine: str
    format: Format
    keyless: bool | None
    fallback_tag: bool | None
    reads: bool | None
    """None: no source was found that says it."""
    since: str
    """The first version that does; empty when it never did, always did, or it is not documented."""
    why: str
    source: str


FACTS = (
    Fact(
        POLICY_CONTROLLER,
        Format.BUNDLE,
        keyless=True,
        fallback_tag=None,
        reads=True,
        since="0.13.0",
        why="with signatureFormat: bundle it takes attestations out of bundles, under the fallback tag too, and a "
        "signature when it is asked for as an attestation, as the export does",
        source=f"{GITHUB_SERVER}/sigstore/policy-controller/pull/1725",
    ),
    Fact(
        POLICY_CONTROLLER,
        Format.BUNDLE,
        keyless=False,
        fallback_tag=None,
        reads=False,
        since="",
        why="its bundle format takes certificates alone, so what a key signed has to be in the old format",
        source=f"{GITHUB_SERVER}/sigstore/policy-controller/issues/1958",
    ),
    Fact(
        POLICY_CONTROLLER,
        Format.LEGACY,
        keyless=None,
        fallback_tag=None,
        reads=True,
        since="",
        why="signatures and attestations under cosign 2's tags are what it reads unless told otherwise",
        source=f"{GITHUB_SERVER}/sigstore/policy-controller/blob/v0.15.1/docs/api-types/index.md",
    ),
    Fact(
        KYVERNO,
        Format.BUNDLE,
        keyless=False,
        fallback_tag=True,
        reads=None,
        since="",
        why="its code opens every manifest that the fallback tag lists, and yet an open report says that a key's "
        "signature was not found on such a registry: try it there",
        source=f"{GITHUB_SERVER}/kyverno/kyverno/issues/17343",
    ),
    Fact(
        KYVERNO,
        Format.BUNDLE,
        keyless=True,
        fallback_tag=True,
        reads=True,
        since="1.17.0",
        why="it opens every manifest that the fallback tag lists, whatever type the list gives it; policies of this "
        "kind were put into use for images on ghcr.io",
        source=f"{GITHUB_SERVER}/devantler-tech/platform/pull/2038",
    ),
    Fact(
        KYVERNO,
        Format.BUNDLE,
        keyless=None,
        fallback_tag=None,
        reads=True,
        since="1.17.0",
        why="it finds out by itself that an image has bundles, by certificates and by keys",
        source=f"{GITHUB_SERVER}/kyverno/kyverno/pull/14652",
    ),
    Fact(
        KYVERNO,
        Format.LEGACY,
        keyless=None,
        fallback_tag=None,
        reads=True,
        since="1.14.0",
        why="it reads cosign 2's tags of an image that has no bundle at all; the export, which asks for a signature "
        "among the bundles, refuses such an image",
        source=f"{GITHUB_SERVER}/kyverno/kyverno/blob/v1.19.0/pkg/image/verifiers/ivpol/cosign/verifier.go",
    ),
    Fact(
        KYVERNO_OLD,
        Format.BUNDLE,
        keyless=None,
        fallback_tag=True,
        reads=False,
        since="",
        why="it passes over entries of the fallback tag that are not marked as bundles, and cosign 3 marks none",
        source=f"{GITHUB_SERVER}/kyverno/kyverno/issues/16664",
    ),
    Fact(
        KYVERNO_OLD,
        Format.BUNDLE,
        keyless=True,
        fallback_tag=False,
        reads=True,
        since="1.13.0",
        why="with type: SigstoreBundle it reads bundles that the referrers API lists; this kind of policy is planned "
        "to be removed in 1.20",
        source="https://kyverno.io/docs/policy-types/cluster-policy/verify-images/sigstore/",
    ),
    Fact(
        KYVERNO_OLD,
        Format.BUNDLE,
        keyless=False,
        fallback_tag=False,
        reads=True,
        since="1.19.0",
        why="with type: SigstoreBundle it reads bundles by keys too; this kind of policy is planned to be removed in "
        "1.20",
        source=f"{GITHUB_SERVER}/kyverno/kyverno/issues/16267",
    ),
    Fact(
        KYVERNO_OLD,
        Format.LEGACY,
        keyless=None,
        fallback_tag=None,
        reads=True,
        since="",
        why="with type: Cosign, its default, it reads cosign 2's tags; this kind of policy is planned to be removed in "
        "1.20",
        source="https://kyverno.io/docs/policy-types/overview/",
    ),
    Fact(
        CONNAISSEUR,
        Format.BUNDLE,
        keyless=None,
        fallback_tag=None,
        reads=False,
        since="",
        why="it verifies with cosign 2's library, which does not see signatures in bundles (3.10.0)",
        source=f"{GITHUB_SERVER}/sse-secure-systems/connaisseur/blob/v3.10.0/internal/validator/cosignvalidator/cosign_validator.go",
    ),
    Fact(
        CONNAISSEUR,
        Format.LEGACY,
        keyless=True,
        fallback_tag=None,
        reads=True,
        since="3.6.0",
        why="it reads the signature, and no verdict or bill of materials: it checks no attestations",
        source=f"{GITHUB_SERVER}/sse-secure-systems/connaisseur/blob/v3.10.0/docs/validators/sigstore_cosign.md",
    ),
    Fact(
        CONNAISSEUR,
        Format.LEGACY,
        keyless=False,
        fallback_tag=None,
        reads=True,
        since="",
        why="it reads the signature, and no verdict or bill of materials: it checks no attestations",
        source=f"{GITHUB_SERVER}/sse-secure-systems/connaisseur/blob/v3.10.0/docs/validators/sigstore_cosign.md",
    ),
    Fact(
        RATIFY,
        Format.BUNDLE,
        keyless=None,
        fallback_tag=None,
        reads=False,
        since="",
        why="it knows signatures under cosign 2's tag alone (1.4.4, and 2.0.0-beta.1 too)",
        source=f"{GITHUB_SERVER}/notaryproject/ratify/blob/v1.4.4/pkg/referrerstore/oras/cosign.go",
    ),
    Fact(
        RATIFY,
        Format.LEGACY,
        keyless=True,
        fallback_tag=None,
        reads=True,
        since="1.3.0",
        why="it reads the signature, and no verdict or bill of materials: of cosign it checks no attestations",
        source=f"{GITHUB_SERVER}/notaryproject/ratify/blob/v1.4.4/pkg/verifier/cosign/trustpolicy.go",
    ),
    Fact(
        RATIFY,
        Format.LEGACY,
        keyless=False,
        fallback_tag=None,
        reads=True,
        since="",
        why="it reads the signature, and no verdict or bill of materials: of cosign it checks no attestations",
        source=f"{GITHUB_SERVER}/notaryproject/ratify/blob/v1.4.4/pkg/verifier/cosign/trustpolicy.go",
    ),
)
