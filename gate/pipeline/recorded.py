"""Verdicts that were read from a file: judged again before anything is signed under them."""

from dataclasses import replace

from gate.cosign.trusted_root import Roots
from gate.errors import InputError
from gate.io.run_context import World
from gate.judging import consistency, inputs
from gate.pipeline.signed_vex import vouched
from gate.pipeline.signrequest import Candidate
from gate.policy.loader import Loaded
from gate.text import one_line


def judged_again(candidate: Candidate, loaded: Loaded, roots: Roots, world: World) -> Candidate:
    """The candidate with its verdict judged again, and what speaks against the file.

    Verdicts of another policy, or compared with a baseline, are left as they are: they are refused in any case.
    Raises `InputError` for a file that does not record what that needs, and for unreadable files of the policy.
    """
    verdict = candidate.verdict
    if verdict.feeds is None:
        raise InputError(
            f"the verdict about {one_line(str(verdict.subject), 200)} does not record what it was judged with",
            hint="an older gate wrote it: scan again with this one",
        )
    if verdict.policy.sha256 != loaded.ref.sha256 or verdict.baseline is not None:
        return candidate
    known = vouched(inputs.from_files(loaded), loaded, roots, world).context
    found = consistency.review(verdict, loaded.policy, loaded.ref, known, world.now)
    return replace(candidate, verdict=found.verdict, doubts=(*candidate.doubts, *found.doubts))
