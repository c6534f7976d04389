"""Turn options into what the pipeline takes."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from gate.cli.declare import policy_keys
from gate.cli.options import PlainHttpOption, PolicyFileOption, ScannerOptions
from gate.cli.paths import path, source
from gate.errors import UsageError
from gate.io.run_context import RunContext
from gate.model.findings import Kind
from gate.model.reported_name import parse_name
from gate.policy.loader import Loaded, load
from gate.text import is_digits, one_line

if TYPE_CHECKING:
    from gate.cosign.trusted_root import Roots
    from gate.pipeline.scan import ScanRequest
    from gate.registry import Access
    from gate.trivy.sbom import Format

_SCANNERS = {
    "vuln": Kind.VULNERABILITY,
    "secret": Kind.SECRET,
    "misconfig": Kind.MISCONFIGURATION,
    "license": Kind.LICENCE,
}
_DIGITS = 18
"""Of a limit; more findings fit into no report."""


def loaded(context: RunContext, options: PolicyFileOption, more: Mapping[str, Any] = MappingProxyType({})) -> Loaded:
    """The policy file with the options over it, and with `more` keys that no single option stands for.

    Raises `UsageError`, `InputError`.
    """
    keys = policy_keys(options)
    overrides = dict(more)
    for name, (key, _) in keys.items():
        value = getattr(options, name)
        if value is not None and value != ():
            overrides[key] = _in_policy(context, key, value)
    file = source(context, options.policy_file) if options.policy_file else None
    typed = dict(keys.values())
    return load(file, cwd=context.cwd, overrides=overrides, options=typed)


def _in_policy(context: RunContext, key: str, value: Any) -> Any:
    """The value of an option as the policy has it.

    A file named on the command line lies where the command was typed, not beside the policy.
    """
    if key == "limits":
        return dict(_limit(text) for text in value)
    if key == "vex":
        return [str(context.cwd / file) for file in value]
    if key.startswith("feeds."):
        return str(context.cwd / value)
    if key == "platforms" and "all" in value:
        return "all"
    if key == "trust.policies":
        return "any" if "any" in value else list(value)
    return [part for part in value if part != "none"] if isinstance(value, tuple) else value


def with_tools(context: RunContext, loaded: Loaded) -> RunContext:
    """The run context with the programs that the policy wants."""
    return replace(context, path_tools=loaded.policy.tools.source == "path")


def _limit(text: str) -> tuple[str, int]:
    severity, equals, count = text.partition("=")
    if not equals or not is_digits(count) or len(count) > _DIGITS:
        raise UsageError(f"not a limit: {one_line(text, 80)!r}", hint="a limit is like high=20")
    return severity.strip(), int(count)


def no_color(context: RunContext, choice: str, *, err: bool = False) -> bool:
    """Whether to print without colour: by the option, by NO_COLOR (no-color.org), by what is printed to."""
    if choice != "auto":
        return choice == "never"
    stream = sys.stderr if err else sys.stdout
    return bool(context.env.get("NO_COLOR")) or context.env.get("TERM") == "dumb" or not stream.isatty()


def scan_request(  # noqa: PLR0913 what was typed, and what was made of it
    context: RunContext,
    loaded: Loaded,
    images: Sequence[str],
    options: ScannerOptions,
    sbom: "Format | None",
    *,
    trusted_root: str | None,
    name: str = "",
    more_sboms: Sequence["Format"] = (),
) -> "ScanRequest":
    """What is scanned, and how."""
    from gate.pipeline.scan import ScanRequest
    from gate.trivy import database
    from gate.trivy.scan import Bounds

    return ScanRequest(
        targets=tuple(images),
        loaded=loaded,
        kinds=kinds(options.scanners),
        baseline=options.baseline,
        baseline_of_any_image=options.baseline_of_any_image,
        name=parse_name(name) if name else "",
        access=registry_access(loaded, options, timeout=options.timeout),
        source=database.DatabaseSource(
            offline=options.offline,
            folder=path(context, options.trivy_cache) if options.trivy_cache else None,
            repositories=options.db_repositories or database.REPOSITORIES,
            java_repositories=options.java_db_repositories or database.JAVA_REPOSITORIES,
            timeout=options.timeout,
        ),
        bounds=Bounds(jobs=options.jobs, timeout=options.timeout),
        sbom=sbom,
        more_sboms=tuple(more_sboms),
        roots=roots(context, trusted_root, offline=options.offline),
    )


def registry_access(loaded: Loaded, options: PlainHttpOption, *, timeout: float, jobs: int | None = None) -> "Access":
    """How registries are read under the policy: `timeout` in seconds for everything, `jobs` requests at a time."""
    from gate.registry import Access

    access = Access(
        plain_http=options.plain_http,
        deadline=timeout,
        unscanned_manifests=frozenset(loaded.policy.unscanned_manifests),
    )
    return replace(access, jobs=jobs) if jobs else access


def roots(context: RunContext, file: str | None, *, offline: bool) -> "Roots":
    """The root of trust that was named, or the public one."""
    from gate.cosign import trusted_root

    return trusted_root.read_trusted_root(path(context, file) if file else None, offline=offline)


def kinds(scanners: Sequence[str]) -> frozenset[Kind]:
    """What is looked for beside what the policy judges."""
    return frozenset(_SCANNERS[name] for name in scanners)
