"""Gather the inputs of the judge: ignore files, VEX documents, and the KEV and EPSS feeds."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from gate.judging import exceptions, feeds, trivyignore, vex
from gate.judging.exceptions import SourcedException
from gate.judging.judge import JudgeInputs
from gate.policy.loader import Loaded


def gather(loaded: Loaded, *, cache: Path | None, now: datetime, fetch: Callable[[str], bytes] | None) -> JudgeInputs:
    """Everything but the baseline; to be called before a long scan, so that bad input ends the run early.

    `fetch` gets a public list of exploited vulnerabilities; None when offline. `cache` is None where no cache counts.
    Raises `InputError`.
    """
    policy, found = loaded.policy, from_files(loaded)
    exceptions.check(
        (*(SourcedException(one) for one in policy.exceptions), *found.exceptions),
        policy.max_exception,
        now.astimezone(UTC).date(),
    )
    lists = feeds.load(policy, loaded.files, cache=cache, now=now, fetch=fetch)
    return replace(found, known_exploited=lists.known_exploited, epss=lists.epss)


def from_files(loaded: Loaded) -> JudgeInputs:
    """What the policy's own files say: ignore files and VEX, without feeds and baseline. Raises `InputError`."""
    policy, contents = loaded.policy, loaded.files
    ignored = tuple(
        one for terms in policy.trivyignore for one in trivyignore.parse_ignore_file(contents[terms.file], terms)
    )
    statements = tuple(one for name in policy.vex for one in vex.parse_vex(contents[name], name))
    return JudgeInputs(statements=statements, exceptions=ignored)
