"""What was typed, turned into what the rooms take."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from gate.cli.paths import path, source
from gate.errors import UsageError
from gate.io.run_context import World
from gate.model.findings import Kind
from gate.model.reported_name import parse_name
from gate.policy.loader import Loaded, load
from gate.text import is_digits, one_line

if TYPE_CHECKING:
    from gate.cosign.trusted_root import Roots
    from gate.pipeline.scan import ScanRequest
    from gate.trivy.sbom import Format

# Options that stand for one key of the policy.
_KEYS = {
    "fail_on": "fail_on.severity",
    "fixable_only": "fail_on.fixable_only",
    "known_exploited": "fail_on.known_exploited",
    "epss": "fail_on.epss",
    "secrets": "fail_on.secrets",
    "misconfigurations": "fail_on.misconfigurations",
    "licences": "fail_on.licences",
    "limits": "limits",
    "max_size": "size.max",
    "max_growth": "size.growth",
    "max_database_age": "max_database_age",
    "vex": "vex",
    "kev_file": "feeds.known_exploited",
    "epss_file": "feeds.epss",
    "platforms": "platforms",
    "formats": "sign.formats",
    "attach": "sign.attach",
    "keep_last": "prune.keep_last",
    "keep_tags": "prune.keep_tags",
    "older_than": "prune.older_than",
    "version_prefix": "tags.version_prefix",
}
_FILES = {"kev_file", "epss_file"}
_SCANNERS = {
    "vuln": Kind.VULNERABILITY,
    "secret": Kind.SECRET,
    "misconfig": Kind.MISCONFIGURATION,
    "license": Kind.LICENCE,
}
_DIGITS = 18
"""Of a limit; more findings fit into no report."""


def loaded(world: World, given: Mapping[str, Any]) -> Loaded:
    """The policy file with the options over it. Raises `UsageError`, `InputError`."""
    overrides: dict[str, Any] = {}
    for name, key in _KEYS.items():
        value = given.get(name)
        if value is None or value == ():
            continue
        if name == "limits":
            value = dict(_limit(text) for text in value)
        elif name == "vex":
            # A file named on the command line stands where the command was typed, not beside the policy.
            value = [str(world.cwd / one) for one in value]
        elif name == "platforms" and "all" in value:
            value = "all"
        elif name in _FILES:
            value = str(world.cwd / value)
        elif isinstance(value, tuple):
            value = [one for one in value if one != "none"]
        overrides[key] = value
    chosen = given.get("policy_file")
    file = source(world, chosen) if chosen else None
    return load(file, cwd=world.cwd, overrides=overrides, options=_options())


def with_tools(world: World, loaded: Loaded) -> World:
    """The world with the programs that the policy wants."""
    return replace(world, path_tools=loaded.policy.tools.source == "path")


def _options() -> dict[str, str]:
    """The option that each key of the policy comes with, as it is typed."""
    context = click.get_current_context()
    names = {param.name: param.opts[0] for param in context.command.params}
    return {key: names[name] for name, key in _KEYS.items() if name in names}


def _limit(text: str) -> tuple[str, int]:
    severity, equals, count = text.partition("=")
    if not equals or not is_digits(count) or len(count) > _DIGITS:
        raise UsageError(f"not a limit: {one_line(text, 80)!r}", hint="a limit is like high=20")
    return severity.strip(), int(count)


def no_color(world: World, choice: str, *, err: bool = False) -> bool:
    """Whether to print without colour: by the option, by NO_COLOR (no-color.org), by what is printed to."""
    if choice != "auto":
        return choice == "never"
    stream = sys.stderr if err else sys.stdout
    return bool(world.env.get("NO_COLOR")) or world.env.get("TERM") == "dumb" or not stream.isatty()


def scan_request(  # noqa: PLR0913 what was typed, and what was made of it
    world: World,
    loaded: Loaded,
    images: Sequence[str],
    given: Mapping[str, Any],
    sbom: "Format | None",
    *,
    more_sboms: Sequence["Format"] = (),
) -> "ScanRequest":
    """What is scanned, and how."""
    from gate.pipeline.scan import ScanRequest
    from gate.registry import Access
    from gate.trivy import database
    from gate.trivy.scan import Bounds

    folder = given["trivy_cache"]
    source = database.Source(
        offline=given["offline"],
        folder=path(world, folder) if folder else None,
        repositories=given["db_repositories"] or database.REPOSITORIES,
        java_repositories=given["java_db_repositories"] or database.JAVA_REPOSITORIES,
        timeout=given["timeout"],
    )
    return ScanRequest(
        targets=tuple(images),
        loaded=loaded,
        kinds=kinds(given),
        baseline=given["baseline"],
        baseline_of_any_image=given["baseline_of_any_image"],
        name=parse_name(given["name"]) if given.get("name") else "",
        access=Access(
            plain_http=given["plain_http"],
            deadline=given["timeout"],
            unscanned_manifests=frozenset(loaded.policy.unscanned_manifests),
        ),
        source=source,
        bounds=Bounds(jobs=given["jobs"], timeout=given["timeout"]),
        sbom=sbom,
        more_sboms=tuple(more_sboms),
        roots=roots(world, given),
    )


def roots(world: World, given: Mapping[str, Any]) -> "Roots":
    """The root of trust that was named, or the public one."""
    from gate.cosign import trusted_root

    chosen = given["trusted_root"]
    return trusted_root.read(path(world, chosen) if chosen else None, offline=given["offline"])


def kinds(given: Mapping[str, Any]) -> frozenset[Kind]:
    """What is looked for beside what the policy judges."""
    return frozenset(_SCANNERS[name] for name in given["scanners"])
