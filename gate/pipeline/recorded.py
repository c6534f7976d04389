"""Judge a verdict that was read from a file again, before it is signed."""

from dataclasses import replace

from gate.cosign.trusted_root import Roots
from gate.errors import InputError
from gate.io.run_context import RunContext
from gate.judging import consistency, inputs
from gate.pipeline.signed_vex import require_signed_vex
from gate.pipeline.signrequest import Candidate
from gate.policy.loader import Loaded
from gate.text import one_line


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
    known = require_signed_vex(inputs.from_files(loaded), loaded, roots, context).inputs
    found = consistency.review(verdict, loaded.policy, loaded.ref, known, context.now)
    return replace(candidate, verdict=found.verdict, doubts=(*candidate.doubts, *found.doubts))
