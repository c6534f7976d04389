"""Options declared by decorators, for commands that are not typed yet."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from gate.cli.paths import source
from gate.cli.requests import _limit
from gate.io.run_context import World
from gate.policy.loader import Loaded, load

F = TypeVar("F", bound=Callable[..., Any])
SEVERITIES = ("critical", "high", "medium", "low", "unknown")
THRESHOLDS = (*SEVERITIES, "none")
# A path that may be `-`; whether it can be read or written is told by the room that does it, in its words.
PATH = click.Path(path_type=str)


class Group(click.Group):
    """A command of commands; lists each with its whole first sentence."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """As click does, without cutting a sentence."""
        rows = [(name, self.commands[name].get_short_help_str(500)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def option(*names: str, **more: Any) -> Callable[[F], F]:
    """Make an option whose variable is its long name: `--fail-on` is `GATE_FAIL_ON`."""
    long = next(name for name in names if name.startswith("--")).split("/")[0]
    more.setdefault("envvar", "GATE_" + long[2:].upper().replace("-", "_"))
    return click.option(*names, **more)


def together(*options: Callable[[F], F]) -> Callable[[F], F]:
    """Put the options on a command in the order in which its help shows them."""

    def put(command: F) -> F:
        for one in reversed(options):
            command = one(command)
        return command

    return put


policy_options = together(
    option("--policy", "policy_file", type=PATH, metavar="FILE", help="Policy file. [default: gate.yaml, if there]"),
    option("--fail-on", type=click.Choice(THRESHOLDS), help="Refuse a vulnerability this bad. [default: critical]"),
    option("--fixable-only/--no-fixable-only", default=None, help="Count only vulnerabilities that an upgrade mends."),
    option("--known-exploited/--no-known-exploited", default=None, help="Refuse any that CISA lists as exploited."),
    option("--epss", type=click.FloatRange(0, 1), metavar="P", help="Refuse from this probability of exploitation."),
    option("--secrets", type=click.Choice(THRESHOLDS), help="Refuse a secret this bad. [default: high]"),
    option("--misconfigurations", type=click.Choice(THRESHOLDS), help="Refuse a misconfiguration this bad."),
    option("--licence", "licences", multiple=True, metavar="SPDX", help="Refuse this licence. Repeatable."),
    option("--limit", "limits", multiple=True, metavar="SEVERITY=N", help="Refuse more than N. Repeatable."),
    option("--max-size", metavar="SIZE", help="Refuse a larger image: 400MB, 1GiB."),
    option("--max-database-age", metavar="SPAN", help="Refuse an older vulnerability database: 12h, 5d. [default: 5d]"),
    option("--vex", multiple=True, type=PATH, metavar="FILE", help="VEX file: OpenVEX, CycloneDX or CSAF. Repeatable."),
    option("--kev-file", type=PATH, metavar="FILE", help="CISA's catalogue, instead of fetching it."),
    option("--epss-file", type=PATH, metavar="FILE", help="FIRST's EPSS scores, instead of fetching them."),
)


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


def _options() -> dict[str, str]:
    """The option that each key of the policy comes with, as it is typed."""
    context = click.get_current_context()
    names = {param.name: param.opts[0] for param in context.command.params}
    return {key: names[name] for name, key in _KEYS.items() if name in names}
