"""What a judgement needs beside the scan: what the policy names, and what it is compared with."""

from dataclasses import replace
from http import HTTPStatus

from gate import baseline
from gate.baseline import Baseline, Earlier
from gate.context import gather
from gate.errors import RegistryError
from gate.findings import Kind, Scan
from gate.judge import Context
from gate.policy import Policy
from gate.policyfile import Loaded
from gate.world import World

_LARGEST_FEED = 64 << 20  # bytes; all EPSS scores are about 2 MB


def judged_kinds(policy: Policy) -> frozenset[Kind]:
    """What has to be looked for, so that every rule of the policy has something to judge."""
    rules = policy.fail_on
    asked = {
        Kind.VULNERABILITY: True,
        Kind.SECRET: rules.secrets is not None,
        Kind.MISCONFIGURATION: rules.misconfigurations is not None,
        Kind.LICENCE: bool(rules.licences),
    }
    return frozenset(kind for kind, wanted in asked.items() if wanted)


class Comparison:
    """What the findings are compared with: nothing, a file, or another image that is scanned beside them."""

    def __init__(self, given: str, world: World) -> None:
        """`given` is a path when there is such a file, an image otherwise. Raises `InputError`, `UsageError`."""
        self._image: Baseline | None = None
        self._file: Earlier | None = None
        self.image = ""
        if given and (world.cwd / given).is_file():
            self._file = baseline.read(world.cwd / given)
        elif given:
            self.image = given

    def take(self, scan: Scan) -> None:
        """The other image has been scanned."""
        self._image = baseline.of_scan(scan)

    def over(self, context: Context, scan: Scan) -> Context:
        """The context of one image's judgement, with what was known of it. Raises `InputError`."""
        before = self._file.of(scan.subject.name) if self._file else self._image
        return replace(context, baseline=before) if before else context


def inputs(loaded: Loaded, world: World, *, offline: bool = False) -> Context:
    """Everything that the policy names beside itself, read. Raises `InputError`, `RegistryError`."""
    return gather(loaded, cache=world.cache, now=world.now, fetch=None if offline else _Fetch(world))


class _Fetch:
    """Fetches one document of the public feeds."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __call__(self, url: str) -> bytes:
        from gate.network import Http

        with Http(self._world.env, idle=30, deadline=120) as http:

            def ask() -> bytes:
                with http.open("GET", url, {}) as reply:
                    if reply.status != HTTPStatus.OK:
                        raise RegistryError(f"{reply.host} answered {reply.status}")
                    return reply.read(_LARGEST_FEED)

            return http.patiently(ask)
