"""Run `gate inspect`: layers, packages, wasted space and attached evidence of an image."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gate.attestation.predicates import other_verifier
from gate.cosign import statements
from gate.errors import RegistryError
from gate.io.progress import Progress
from gate.io.run_context import RunContext
from gate.judging.scan_rules import overgrown, oversize
from gate.model.evidence import CYCLONEDX, SIGNATURE, SPDX, VERDICT, VULNERABILITIES
from gate.model.image import ImageRef, PlatformImage
from gate.model.inspection import BuildFacts, EvidenceFacts, Growth, Inspection, PlatformFacts
from gate.model.platforms import labels
from gate.pipeline.workdir import run_workdir
from gate.policy import Policy
from gate.registry.access import Access, Acquired
from gate.registry.acquire import acquire
from gate.registry.buildkit_attestations import BuildAttestations, build_attestations
from gate.registry.evidence import fetch_evidence
from gate.registry.evidence_types import ImageEvidence
from gate.registry.layer_contents import contents
from gate.registry.wasted_space import advice
from gate.text import one_line

_KINDS = {
    SIGNATURE: "signature",
    VERDICT: "verdict",
    VULNERABILITIES: "vulnerabilities",
    CYCLONEDX: "sbom",
    SPDX: "sbom",
}
_PROVENANCE = "https://slsa.dev/provenance/"
_BASE = "org.opencontainers.image.base."
_FIRST_YEAR = 1981
"""Earlier times are no build times: reproducible builds use 1970, or 1980 as zip archives do."""


@dataclass(frozen=True)
class InspectRequest:
    """Image to inspect, and the image to compare it with (`against`)."""

    target: str
    policy: Policy
    against: str = ""
    access: Access = field(default_factory=Access)


def inspect(request: InspectRequest, context: RunContext, progress: Progress) -> Inspection:
    """Fetch and verify every layer of the image, and inspect it. A refusal is a value. Raises any `GateError`."""
    targets = [request.target, *([request.against] if request.against else [])]
    with run_workdir(context) as workdir:
        acquired = acquire(
            targets, platforms=None, workspace=workdir, context=context, access=request.access, progress=progress
        )
        found, *others = (image for image in acquired if isinstance(image, Acquired))
        progress.step("inspecting its layers")
        platforms = tuple(_platform(found, one, context) for one in found.image.platforms)
    evidence, unknown = _evidence(request, found, context)
    within = build_attestations(found.skipped)
    image, growth = found.image, tuple(_growth(found, others[0])) if others else ()
    names = labels((one.digest, str(one.platform), one.platform.os_version) for one in image.platforms)
    return Inspection(
        name=one_line(image.name, 300),
        tag=image.tag,
        digest=image.digest,
        is_index=image.is_index,
        platforms=platforms,
        evidence=evidence,
        evidence_unknown=unknown,
        built=tuple(_statements(within)),
        built_unknown=within.unknown,
        against=one_line(request.against, 300),
        growth=growth,
        reasons=(*_reasons(request.policy, image.platforms), *_overgrown(request, growth, names)),
        notes=tuple(_unjudged(request, growth, names)),
    )


def _platform(found: Acquired, image: PlatformImage, context: RunContext) -> PlatformFacts:
    inside = contents(found.layouts[image.digest], image)
    sizes = [layer.unpacked for layer in inside.layers]
    created = _created(image.created)
    message = [
        *advice(inside.layers, inside.tools),
        *([f"some contents were not inspected: {inside.unread}"] if inside.unread else []),
    ]
    return PlatformFacts(
        platform=str(image.platform),
        digest=image.digest,
        os_version=image.platform.os_version,
        size=image.size,
        unpacked=None if None in sizes else sum(size or 0 for size in sizes),
        created=created,
        age_days=max(0, (context.now - created).days) if created else None,
        labels=dict(inside.labels),
        base_name=inside.labels.get(f"{_BASE}name", ""),
        base_digest=inside.labels.get(f"{_BASE}digest", ""),
        layers=inside.layers,
        packages=inside.packages,
        tools=inside.tools,
        advice=tuple(message),
    )


def _created(text: str) -> datetime | None:
    try:
        when = datetime.fromisoformat(text)
        when = when.replace(tzinfo=when.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return when if when.year >= _FIRST_YEAR else None


def _reasons(policy: Policy, platforms: Sequence[PlatformImage]) -> Iterator[str]:
    """Reasons for a refusal by size, judged as a verdict does: by the largest platform."""
    largest = max((one.size for one in platforms), default=None)
    most = policy.size.max if policy.size else None
    if most is not None and (message := oversize(largest, most)):
        yield message


def _overgrown(request: InspectRequest, growth: Sequence[Growth], names: Mapping[str, str]) -> Iterator[str]:
    """Reasons for a refusal by growth, for each platform. Without a common platform the growth is unknown: refused."""
    most, other = request.policy.size.growth if request.policy.size else None, one_line(request.against, 200)
    if most is None or not request.against:
        return
    if all(platform.before is None for platform in growth):
        yield f"the policy limits growth, and {other} has no platform of this image: the growth is unknown"
    for platform in growth:
        if platform.before is not None and (message := overgrown(platform.before, platform.after, most)):
            yield f"{names[platform.digest]} {message}, against {other}"


def _unjudged(request: InspectRequest, growth: Sequence[Growth], names: Mapping[str, str]) -> Iterator[str]:
    if request.policy.size is None or request.policy.size.growth is None:
        return
    if not request.against:
        yield "the policy limits growth, which was not judged: name another image with --against"
        return
    unknown = [platform for platform in growth if platform.before is None]
    for platform in unknown if len(unknown) < len(growth) else ():
        other = one_line(request.against, 200)
        yield f"the growth of {names[platform.digest]} was not judged: {other} has no such platform"


def _growth(found: Acquired, other: Acquired) -> Iterator[Growth]:
    """Compare each manifest with the one of its platform.

    Where an image has several of one platform, as many as the other image, they are compared in the order of their
    size; where it has more or fewer, each is compared with the smallest.
    """
    before, after = _by_platform(other.image.platforms), _by_platform(found.image.platforms)
    for one in found.image.platforms:
        platform = str(one.platform)
        known, here = before.get(platform, []), after[platform]
        same = known[here.index(one.size)] if len(known) == len(here) else min(known, default=None)
        yield Growth(platform=platform, digest=one.digest, before=same, after=one.size)


def _by_platform(images: Sequence[PlatformImage]) -> dict[str, list[int]]:
    """The sizes of the manifests of each platform, the smallest first."""
    sizes: defaultdict[str, list[int]] = defaultdict(list)
    for one in images:
        sizes[str(one.platform)].append(one.size)
    return {platform: sorted(found) for platform, found in sizes.items()}


def _evidence(request: InspectRequest, found: Acquired, context: RunContext) -> tuple[tuple[EvidenceFacts, ...], str]:
    """Evidence attached to the fetched digest, and why the list may be incomplete (empty when it is complete)."""
    if found.image.local:
        return (), "the image is not in a registry, so there is no attached evidence to list"
    ref = ImageRef.parse(request.target)
    try:
        seen = fetch_evidence(ref, context=context, access=request.access, digest=found.image.digest)
    except RegistryError as exc:
        return (), exc.problem
    doubts = [one.unknown or next((each.why for each in one.damaged), "") for one in seen.manifests]
    unknown = next((doubt for doubt in doubts if doubt), "")
    return tuple(_pieces(seen, request.policy.trust.verifiers)), unknown


def _pieces(seen: ImageEvidence, verifiers: Sequence[str]) -> Iterator[EvidenceFacts]:
    for sight in seen.manifests:
        for piece in sight.pieces:
            kind, signer = "unreadable", ""
            try:
                claim = statements.read_claim(piece)
                kind = _KINDS.get(claim.predicate_type, one_line(claim.predicate_type, 200))
                if claim.predicate_type == VERDICT and (other := other_verifier(claim.predicate, verifiers)):
                    kind = f"verification summary by {one_line(other, 200)}"
                signer = one_line(str(claim.signer), 300) if claim.signer else ""
            except statements.UnreadableError:
                pass  # listed as unreadable; `gate verify` says why
            yield EvidenceFacts(subject=sight.digest, kind=kind, format=piece.format, claimed_signer=signer)


def _statements(found: BuildAttestations) -> Iterator[BuildFacts]:
    for statement in found.statements:
        name = statement.predicate_type
        kind = "provenance" if name.startswith(_PROVENANCE) else _KINDS.get(name, one_line(name, 200))
        yield BuildFacts(
            subject=statement.subject, manifest=statement.manifest, kind=kind or "unknown", size=statement.size
        )
