"""Turn options into the requests that the pipeline takes. Light: what is slow to import is imported in functions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from gate.cli.declare import policy_keys
from gate.cli.options import SCANNERS, PlainHttpOption, PolicyFileOption, ScannerOptions
from gate.cli.paths import path, source
from gate.errors import UsageError
from gate.io.run_context import RunContext
from gate.text import is_digits, one_line

if TYPE_CHECKING:
    from gate.cosign.trusted_root import Roots
    from gate.model.findings import Kind
    from gate.pipeline.scan import ScanRequest
    from gate.policy.loader import Loaded
    from gate.registry.access import Access
    from gate.trivy.make_sbom import Format

_DIGITS = 18
"""Digits of a limit; more findings fit into no report."""


def loaded(context: RunContext, options: PolicyFileOption, more: Mapping[str, Any] = MappingProxyType({})) -> "Loaded":
    """Load the policy file; options override its keys, and so do `more` keys that no single option stands for.

    Raises `UsageError`, `InputError`.
    """
    from gate.policy.loader import load

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
    """Convert the value of an option to that of a key; a file is relative to the working directory, not the policy."""
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


def with_tools(context: RunContext, loaded: "Loaded") -> RunContext:
    """Return `context` with the choice of programs that the policy makes."""
    return replace(context, path_tools=loaded.policy.tools.source == "path")


def _limit(text: str) -> tuple[str, int]:
    severity, equals, count = text.partition("=")
    if not equals or not is_digits(count) or len(count) > _DIGITS:
        raise UsageError(f"not a limit: {one_line(text, 80)!r}", hint="a limit is like high=20")
    return severity.strip().lower(), int(count)


def scan_request(  # noqa: PLR0913 what was typed, and what was made of it
    context: RunContext,
    loaded: "Loaded",
    images: Sequence[str],
    options: ScannerOptions,
    sbom: "Format | None",
    *,
    trusted_root: str | None,
    name: str = "",
    more_sboms: Sequence["Format"] = (),
) -> "ScanRequest":
    """Return the request to scan images; `sbom` and `more_sboms` are the formats of the SBOMs to make."""
    from gate.model.reported_name import parse_name
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


def registry_access(loaded: "Loaded", options: PlainHttpOption, *, timeout: float, jobs: int | None = None) -> "Access":
    """Return how registries are read: `timeout` in seconds for everything, `jobs` requests at a time."""
    from gate.registry.access import Access

    access = Access(
        plain_http=options.plain_http,
        deadline=timeout,
        unscanned_manifests=frozenset(loaded.policy.unscanned_manifests),
    )
    return replace(access, jobs=jobs) if jobs else access


def roots(context: RunContext, file: str | None, *, offline: bool) -> "Roots":
    """Read a root of trust; without a file Sigstore's public one."""
    from gate.cosign import trusted_root

    return trusted_root.read_trusted_root(path(context, file) if file else None, offline=offline)


def kinds(scanners: Sequence[str]) -> "frozenset[Kind]":
    """Return the kinds of findings that Trivy's scanners find."""
    from gate.model.findings import Kind

    return frozenset(Kind(SCANNERS[name]) for name in scanners)
