"""Gather the inputs of a judgement other than the scan: files that the policy names, feeds, and the baseline."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from gate.errors import InputError
from gate.io import files
from gate.io.run_context import RunContext
from gate.judging import baseline
from gate.judging.baseline import Earlier
from gate.judging.exceptions import collect_exceptions
from gate.judging.inputs import from_files
from gate.judging.judge import JudgeInputs
from gate.judging.scan_rules import judged_kinds
from gate.model.findings import Kind, Scan
from gate.model.image import looks_like_path
from gate.model.reported_name import repository_of
from gate.pipeline.feeds import download, load_feeds
from gate.policy import Policy
from gate.policy.loader import Loaded
from gate.text import one_line

_LARGEST_BASELINE = 1 << 30  # bytes


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
            data = files.read(path, limit=_LARGEST_BASELINE, what="baseline")
            self._file = baseline.parse_baseline(data, path.name)
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
    found = from_files(loaded)
    collect_exceptions(loaded.policy, found.exceptions, context.now)  # an invalid one ends the run before a long scan
    known_exploited, epss = load_feeds(loaded, context, None if offline else partial(download, context=context))
    return replace(found, known_exploited=known_exploited, epss=epss)
