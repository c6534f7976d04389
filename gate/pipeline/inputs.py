"""Gather the inputs of a judgement other than the scan: files that the policy names, feeds, and the baseline."""

from dataclasses import replace
from pathlib import Path

from gate.errors import InputError, RegistryError
from gate.io.run_context import RunContext
from gate.judging import baseline
from gate.judging.baseline import Earlier
from gate.judging.inputs import gather
from gate.judging.judge import JudgeInputs
from gate.judging.scan_rules import judged_kinds
from gate.model.findings import Kind, Scan
from gate.model.image import looks_like_path
from gate.model.reported_name import repository_of
from gate.policy import Policy
from gate.policy.loader import Loaded
from gate.text import one_line

_LARGEST_FEED = 64 << 20  # bytes; all EPSS scores are about 2 MB


def scanned_kinds(policy: Policy) -> frozenset[Kind]:
    """Kinds of findings to scan for: those that the policy judges, and vulnerabilities always.

    Only a vulnerability scan reports the distribution, whether it still gets updates, and what was not scanned; every
    image is judged by these.
    """
    return frozenset({Kind.VULNERABILITY, *judged_kinds(policy)})


class Comparison:
    """The baseline of a call: none, a file, or another image that is scanned in the same call."""

    def __init__(self, baseline_name: str, context: RunContext, *, any_image: bool = False) -> None:
        """`baseline_name` is a path when such a file exists, else an image.

        `any_image` accepts a file about another image. Raises `InputError`, `UsageError`.
        """
        self._any_image = any_image
        self._file: Earlier | None = None
        self.image = ""
        path = context.cwd / Path(baseline_name).expanduser()
        if baseline_name and path.is_file():
            self._file = baseline.read_baseline(path)
        elif looks_like_path(baseline_name):
            raise InputError(
                f"the baseline {one_line(baseline_name, 200)} does not exist",
                hint="check the path; an image is named with its tag, a layout as oci:DIR",
            )
        else:
            self.image = baseline_name

    def use_scan(self, scan: Scan) -> None:
        """Use the scan of the other image as the baseline."""
        found = baseline.of_scan(scan)
        self._file = Earlier(found.name, (found,))

    def with_baseline(self, inputs: JudgeInputs, scan: Scan, name: str) -> JudgeInputs:
        """Add the baseline of the scanned image to the inputs. Raises `InputError`.

        A local image may be compared with the image named by `--name`, but not with one that it claims itself to be.
        """
        image, named = scan.subject.name, repository_of(name)
        if self._file and scan.subject.local and any(known.image == named for known in self._file.baselines):
            image = named
        before = self._file.of(image, any_image=self._any_image) if self._file else None
        return replace(inputs, baseline=before) if before else inputs


def read_inputs(loaded: Loaded, context: RunContext, *, offline: bool = False) -> JudgeInputs:
    """Read all files and feeds that the policy names. In CI no cached feed is used.

    Raises `InputError`, `RegistryError`.
    """
    return gather(
        loaded,
        cache=None if context.in_ci else context.cache,
        now=context.now,
        fetch=None if offline else _Fetch(context),
    )


class _Fetch:
    """Fetches a document of the KEV and EPSS feeds."""

    def __init__(self, context: RunContext) -> None:
        self._world = context

    def __call__(self, url: str) -> bytes:
        from http import HTTPStatus

        from gate.io.http_client import Http

        with Http(self._world.env, idle=30, deadline=120, run=self._world.deadline) as http:

            def ask() -> bytes:
                with http.open("GET", url, {}) as reply:
                    if reply.status != HTTPStatus.OK:
                        raise RegistryError(f"{reply.host} answered {reply.status}")
                    return reply.read(_LARGEST_FEED)

            return http.patiently(ask)
