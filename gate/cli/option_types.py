"""Parameters of commands beyond click's own: comma lists, several variables for one option, severity thresholds."""

from typing import Any

import click

from gate.errors import UsageError
from gate.text import one_line

SEVERITIES = ("critical", "high", "medium", "low", "unknown")


class Option(click.Option):
    """An option that may have several spellings, each with its variable, and may take a list separated by commas."""

    def __init__(self, *args: Any, commas: bool = False, bare: str = "", group: str = "", **more: Any) -> None:
        """Declare it; with `commas` an option that is `multiple` also takes `a,b`.

        `bare` is the value of the option when it stands without one: `--json`, besides `--json=FILE`. `group` is the
        heading that it stands under in a long help.
        """
        super().__init__(*args, **more)
        self.commas, self.bare, self.group = commas, bare, group

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return name and help like click, with `[=FILE]` where the value may be left out."""
        record = super().get_help_record(ctx)
        return (record[0].replace(" [=", "[="), record[1]) if record else None

    def get_help_extra(self, ctx: click.Context) -> Any:
        """Return what follows a help text, without the range of a number."""
        extra = super().get_help_extra(ctx)
        extra.pop("range", None)
        return extra

    def type_cast_value(self, ctx: click.Context, value: Any) -> Any:
        """Split lists at commas, then convert like click. Raises `UsageError` for an empty item."""
        if self.commas and isinstance(value, list | tuple):
            value = tuple(part.strip() for text in value for part in text.split(","))
            if "" in value:
                raise UsageError(f"{self.opts[0]}: an item of the list is empty", hint="a list is like a,b")
        return super().type_cast_value(ctx, value)

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        """Read the variable like click. Raises `UsageError` when variables of two spellings differ."""
        names = variables(self)
        values = {name: value for name in names if (value := (self._read(ctx, name)))}
        if len({*values.values()}) > 1:
            raise UsageError(f"{' and '.join(values)} differ", hint="they are one option: set one of them")
        return super().resolve_envvar_value(ctx)

    def _read(self, ctx: click.Context, name: str) -> str | None:
        return click.Option(["--it"], envvar=name).resolve_envvar_value(ctx)


def variables(parameter: click.Parameter) -> tuple[str, ...]:
    """Return the environment variables of a parameter: one for each spelling."""
    names = parameter.envvar or ()
    return (names,) if isinstance(names, str) else tuple(names)


class Threshold(click.Choice[str]):
    """A severity from which on findings are refused, in any case, or `none`.

    A list, as Trivy has it, names the same when it runs down from critical without a gap: CRITICAL,HIGH is high.
    """

    def __init__(self) -> None:
        """Allow the severities and `none`."""
        super().__init__([*SEVERITIES, "none"], case_sensitive=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the lowest severity. Raises `UsageError` for a list with a gap."""
        names = [name.strip() for name in str(value).split(",")]
        listed = [super(Threshold, self).convert(name, param, ctx) for name in names]
        if len(listed) == 1:
            return listed[0]
        shown = one_line(str(value), 100)
        if "none" in listed:
            raise UsageError(f"not a severity: {shown!r}", hint="none stands alone: it switches the rule off")
        lowest = max(SEVERITIES.index(name) for name in listed)
        if gap := [name for name in SEVERITIES[:lowest] if name not in listed]:
            raise UsageError(
                f"not a severity threshold: {shown!r} leaves out {' and '.join(gap)}",
                hint=f"a list has to run down from critical without a gap: {','.join(SEVERITIES[: lowest + 1])}, "
                f"or {SEVERITIES[lowest]} alone, which is the same",
            )
        return SEVERITIES[lowest]


class ReportFormat(click.Choice[str]):
    """A format of reports. The formats of SBOMs are not among them: the error names the options for those."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the format. Raises `UsageError` for the format of an SBOM."""
        for prefix, name in (("cyclonedx", "cyclonedx"), ("spdx", "spdx-json")):
            if str(value).startswith(prefix):
                raise UsageError(
                    f"{one_line(str(value), 40)} is a format of SBOMs, not of reports",
                    hint=f"write one with `gate scan IMAGE --sbom FILE --sbom-format {name}`",
                )
        return super().convert(value, param, ctx)
