"""Read signing candidates from files, and judge them again: verdicts of `gate scan --json`, and resume files."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from gate.attestation.sbom_subject import describes
from gate.cosign.trusted_root import Roots
from gate.errors import InputError
from gate.io import files, strict_json
from gate.io.run_context import RunContext
from gate.io.validation import describe
from gate.judging import consistency, inputs
from gate.model.image import Digest, Frozen, ImageRef
from gate.model.verdict import Failure, Reason, Verdict, VerdictFile
from gate.pipeline.sign_request import Candidate
from gate.pipeline.signed_vex import require_signed_vex
from gate.policy.loader import Loaded
from gate.text import one_line, plural

_LARGEST = 1 << 30
SbomPaths = Callable[[Sequence[Verdict], Sequence[Failure]], Sequence[Mapping[str, Path]]]
"""Finds the SBOM files of each verdict, keyed by manifest digest."""


class PendingImage(Frozen):
    """An image that is still to be signed, with its SBOMs by manifest digest."""

    verdict: Verdict
    sboms: Mapping[Digest, Any]


class ResumeFile(Frozen):
    """File that `gate sign` writes for the images that it could not sign."""

    version: Literal[1] = 1
    resume: tuple[PendingImage, ...]


def resume_file(candidates: Sequence[Candidate]) -> bytes:
    """Serialize candidates for `from_resume`."""
    pending = tuple(
        PendingImage(
            verdict=candidate.verdict,
            sboms={digest: strict_json.loads(data, "the SBOM") for digest, data in candidate.sboms.items()},
        )
        for candidate in candidates
    )
    return ResumeFile(resume=pending).model_dump_json().encode() + b"\n"


def from_resume(path: Path, digest: str = "") -> list[Candidate]:
    """Read the candidates of a resume file. `digest` is its required SHA-256; empty accepts any file.

    Every check is repeated when they are signed. Raises `InputError`.
    """
    document = _read(path, "the file to go on with", ResumeFile, digest)
    for pending in document.resume:
        _check(pending.verdict, path)
    return [
        Candidate(pending.verdict, {manifest: strict_json.dumps(sbom) for manifest, sbom in pending.sboms.items()})
        for pending in document.resume
    ]


def from_verdict(
    path: Path, refs: Sequence[ImageRef], find_sboms: SbomPaths | None, digest: str = ""
) -> list[Candidate]:
    """Read the verdicts about `refs` from a file that `gate scan --json` wrote.

    `digest` is its required SHA-256; empty accepts any file. Raises `InputError`.
    """
    document = _read(path, "the verdict", VerdictFile, digest)
    doubts: tuple[Reason, ...] = ()
    if document.passed != (all(verdict.passed for verdict in document.verdicts) and not document.failures):
        message = f"the file contradicts itself: passed is {str(document.passed).lower()}, and its verdicts differ"
        doubts = (Reason(rule="verdict", message=message),)
    elif document.failures:
        names = ", ".join(one_line(failure.image, 200) for failure in document.failures[:3])
        message = f"the scan of {plural(len(document.failures), 'image')} of the same call failed ({names}): scan again"
        doubts = (Reason(rule="verdict", message=message),)
    sbom_paths = find_sboms(document.verdicts, document.failures) if find_sboms else [{} for _ in document.verdicts]
    candidates = []
    for ref in refs:
        matching = [index for index, verdict in enumerate(document.verdicts) if _is_about(verdict, ref)]
        if len(matching) != 1:
            raise InputError(
                f"{one_line(str(path), 200)} holds {len(matching) or 'no'} verdicts about {ref}",
                hint="name the image as it was named when it was judged",
            )
        verdict = document.verdicts[matching[0]]
        _check(verdict, path)
        candidates.append(Candidate(verdict, _read_sboms(verdict, sbom_paths[matching[0]]), doubts=doubts))
    return candidates


def rejudge_recorded(candidate: Candidate, loaded: Loaded, roots: Roots, context: RunContext) -> Candidate:
    """Replace the candidate's verdict by one judged now, and add doubts where the file differs from it.

    Verdicts of another policy, or with a baseline, are returned unchanged: signing refuses them in any case.
    Raises `InputError` for a file without the needed inputs, and for unreadable files of the policy.
    """
    verdict = candidate.verdict
    if verdict.feeds is None:
        raise InputError(
            f"the verdict about {one_line(str(verdict.subject), 200)} does not record what it was judged with",
            hint="an older gate wrote it: scan again with this one",
        )
    if verdict.policy.sha256 != loaded.ref.sha256 or verdict.baseline is not None:
        return candidate
    judge_inputs = require_signed_vex(inputs.from_files(loaded), loaded, roots, context).inputs
    review = consistency.review(verdict, loaded.policy, loaded.ref, judge_inputs, context.now)
    return replace(candidate, verdict=review.verdict, doubts=(*candidate.doubts, *review.doubts))


def _is_about(verdict: Verdict, ref: ImageRef) -> bool:
    subject = verdict.subject
    if subject.name != ref.name or subject.local:
        return False
    return ref.digest == subject.digest if ref.digest else ref.tag == subject.tag


def _read_sboms(verdict: Verdict, paths: Mapping[str, Path]) -> dict[str, bytes]:
    """SBOM of each platform by manifest digest. Each must describe that manifest and be listed in the verdict."""
    sboms = {}
    for platform in verdict.platforms:
        digest = platform.digest
        if digest is None or digest not in paths:
            continue
        path = paths[digest]
        data = files.read(path, limit=_LARGEST, what="the SBOM")
        if not describes(strict_json.loads(data, f"the SBOM {one_line(str(path), 200)}"), digest):
            raise InputError(
                f"the SBOM {one_line(str(path), 200)} is not about {digest} ({one_line(platform.platform, 60)})",
                hint="give the one that was written with that verdict",
            )
        if sha256(data).hexdigest() not in verdict.sboms:
            raise InputError(
                f"the SBOM {one_line(str(path), 200)} is not one that was written with that verdict",
                hint="hand on both files of one `gate scan --json=FILE --sbom FILE`, unaltered",
            )
        sboms[digest] = data
    return sboms


def _check(verdict: Verdict, path: Path) -> None:
    """Raise `InputError` for a verdict that gate cannot have written: no time zone, or an advisory is missing."""
    shown = one_line(str(path), 200)
    if any(when is not None and when.tzinfo is None for when in (verdict.judged_at, verdict.scanned_at)):
        raise InputError(f"{shown} gives a time without its time zone", hint="it was altered: scan again")
    if any(judged.finding.advisory not in verdict.advisories for judged in verdict.findings):
        raise InputError(f"{shown} has a finding without its advisory", hint="it was altered: scan again")


def _read(path: Path, what: str, model: type[Any], digest: str) -> Any:
    data = files.read(path, limit=_LARGEST, what=what)
    shown = one_line(str(path), 200)
    if digest and (actual := sha256(data).hexdigest()) != digest:
        raise InputError(
            f"{what} {shown} is not the file that --verdict-sha256 names: its SHA-256 is {actual}, not {digest}",
            hint="it was altered or replaced since it was written: scan again",
        )
    try:
        return model.model_validate(strict_json.loads(data, f"{what} {shown}"))
    except ValidationError as exc:
        raise InputError(f"{shown} is not {what}: {describe(exc)}") from exc
