"""What a judgement needs beside the scan: what the policy names, and what it is compared with."""

from dataclasses import replace
from pathlib import Path

from gate.errors import InputError, RegistryError
from gate.io.run_context import World
from gate.judging import baseline
from gate.judging.baseline import Earlier
from gate.judging.inputs import gather
from gate.judging.judge import Context
from gate.judging.scan_rules import judged_kinds
from gate.model.findings import Kind, Scan
from gate.model.image import looks_like_path
from gate.model.reported_name import repository_of
from gate.policy import Policy
from gate.policy.loader import Loaded
from gate.text import one_line

_LARGEST_FEED = 64 << 20  # bytes; all EPSS scores are about 2 MB


def looked_for(policy: Policy) -> frozenset[Kind]:
    """What a scan looks for: what the policy judges, and vulnerabilities always.

    With those comes what every image is judged by: its distribution, whether that still gets updates, and whether
    anything was passed over.
    """
    return frozenset({Kind.VULNERABILITY, *judged_kinds(policy)})


class Comparison:
    """What the findings are compared with: nothing, a file, or another image that is scanned beside them."""

    def __init__(self, given: str, world: World, *, any_image: bool = False) -> None:
        """`given` is a path when there is such a file, an image otherwise; `any_image` takes one of another image.

        Raises `InputError`, `UsageError`.
        """
        self._any_image = any_image
        self._file: Earlier | None = None
        self.image = ""
        path = world.cwd / Path(given).expanduser()
        if given and path.is_file():
            self._file = baseline.read_baseline(path)
        elif looks_like_path(given):
            raise InputError(
                f"the baseline {one_line(given, 200)} is not there",
                hint="check the path; an image is named with its tag, a layout as oci:DIR",
            )
        else:
            self.image = given

    def take(self, scan: Scan) -> None:
        """The other image has been scanned."""
        found = baseline.of_scan(scan)
        self._file = Earlier(found.name, (found,))

    def over(self, context: Context, scan: Scan, name: str) -> Context:
        """The context of one image's judgement, with what was known of it. Raises `InputError`.

        A local image may be compared with the image that `--name` says it is, but with no other that it claims to be.
        """
        image, named = scan.subject.name, repository_of(name)
        if self._file and scan.subject.local and any(one.image == named for one in self._file.baselines):
            image = named
        before = self._file.of(image, any_image=self._any_image) if self._file else None
        return replace(context, baseline=before) if before else context


def inputs(loaded: Loaded, world: World, *, offline: bool = False) -> Context:
    """Everything that the policy names beside itself, read; in CI no kept list counts.

    Raises `InputError`, `RegistryError`.
    """
    return gather(
        loaded, cache=None if world.in_ci else world.cache, now=world.now, fetch=None if offline else _Fetch(world)
    )


class _Fetch:
    """Fetches one document of the public feeds."""

    def __init__(self, world: World) -> None:
        self._world = world

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
