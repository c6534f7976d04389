"""`gate policy`."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from gate.cli import printing, requests
from gate.cli.declare import PATH, Group, argument, command, option, several
from gate.cli.options import PolicyFileOption, PolicyOptions
from gate.cli.paths import here, source
from gate.cli.printing import say
from gate.cli.trust_options import TrustOptions, load_trust_policy
from gate.errors import ExitCode, InputError, UsageError
from gate.io.run_context import RunContext
from gate.text import one_line, plural

if TYPE_CHECKING:
    from gate.policy.loader import Loaded


@dataclass(frozen=True)
class CheckOptions:
    """Options of `gate policy check`."""

    files: tuple[str, ...] = argument("[FILE...]", nargs=-1, type=PATH)


@click.group(cls=Group, no_args_is_help=True)
def policy() -> None:
    """Check, show, import and export the policy."""


@command(CheckOptions, examples=["gate policy check gate.yaml"])
def check(options: CheckOptions) -> int:
    """Check policy files (default: gate.yaml) and the files they name.

    Exit code 3, with line and column, at the first error.
    """
    context = here()
    for file in options.files or (None,):
        _check_file(context, file)
    return ExitCode.PASSED


def _check_file(context: RunContext, file: str | None) -> None:
    """Check one policy file; None is the default one. Raises `UsageError`, `InputError`."""
    from gate.judging.scan_rules import NOTHING, judges_nothing

    loaded = requests.loaded(context, PolicyFileOption(policy_file=file))
    name = one_line(loaded.ref.name, 200)
    if judges_nothing(loaded.policy):
        raise InputError(f"{name}: {NOTHING}", hint="every image would be refused: switch one rule on")
    for note in _notes(context, loaded):
        say(f"note: {note}")
    say(f"{name} is a valid policy ({loaded.ref.sha256[:12]})", err=False)


def _notes(context: RunContext, loaded: "Loaded") -> Iterator[str]:
    """Yield what should be changed in a valid policy: exceptions that ended, identities that are not pinned."""
    from gate.attestation.pinning import unpinned
    from gate.judging.exceptions import Matcher, collect_exceptions
    from gate.model.verdict import NoticeKind
    from gate.pipeline.inputs import read_inputs

    # The policy is valid even if a public feed cannot be downloaded now.
    rules = loaded.policy.fail_on.model_copy(update={"known_exploited": False, "epss": None})
    without_feeds = replace(loaded, policy=loaded.policy.model_copy(update={"fail_on": rules}))
    exceptions = collect_exceptions(loaded.policy, read_inputs(without_feeds, context).exceptions, context.now)
    for notice in Matcher(exceptions, context.now).notices():
        if notice.kind is NoticeKind.EXCEPTION_ENDED:
            yield one_line(notice.message)
    for note in unpinned(loaded.policy.trust):
        yield one_line(note, 900)


@command(PolicyOptions, examples=["gate policy show --severity high"])
def show(options: PolicyOptions) -> int:
    """Show the policy as it is applied: file, defaults and options."""
    from gate.policy.loader import dump

    loaded = requests.loaded(here(), options)
    printing.say(f"# {one_line(loaded.ref.name, 200)}, sha256 {loaded.ref.sha256}", err=False)
    printing.show(dump(loaded.policy))
    return ExitCode.PASSED


@dataclass(frozen=True)
class ExportOptions(TrustOptions):
    """Options of `gate policy export`."""

    engine: str = option(
        "--to",
        group="Output",
        type=click.Choice(["policy-controller", "kyverno", "connaisseur", "ratify"]),
        required=True,
        help="Admission controller of the cluster.",
    )
    images: tuple[str, ...] = several(
        "--image",
        group="Output",
        required=True,
        metavar="PATTERN",
        help="Images that it applies to: ghcr.io/acme/**. Repeatable.",
    )


@command(ExportOptions, examples=["gate policy export --to kyverno --image 'ghcr.io/owner/app**'"])
def export(options: ExportOptions) -> int:
    """Write an admission policy for a cluster with the requirements of `gate verify`.

    Comments at its top list what the admission controller cannot enforce.
    """
    from gate.deploy import admission
    from gate.pipeline.trusted_identities import trusted

    loaded = load_trust_policy(here(), options)
    engine = admission.Target(options.engine)
    keys = trusted(loaded).keys
    text = admission.export(loaded.policy.trust, engine, options.images, keys, policy=loaded.ref.sha256)
    printing.show(text)
    return ExitCode.PASSED


@dataclass(frozen=True)
class ImportOptions:
    """Options of `gate policy import`."""

    file: str = argument("FILE", type=PATH)


@command(
    ImportOptions,
    name="import",
    examples=["gate policy import .trivyignore", "gate policy import .grype.yaml"],
)
def import_settings(options: ImportOptions) -> int:
    """Print the lines for gate.yaml that mean the same as a .trivyignore, trivy.yaml or .grype.yaml.

    Each exception needs an owner, a reason and an end: what the file does not say is left empty to be filled in, and
    an end is set 90 days ahead. Notes name what is not carried over. Nothing is written.
    """
    from gate.io import files
    from gate.io.yaml_document import LARGEST
    from gate.maintenance.policy_import import import_file, policy_lines

    context = here()
    path = source(context, options.file)
    if path == files.STDIN:
        raise UsageError("the name of the file says what it is", hint="name a file")
    today = context.now.date()
    settings = import_file(files.read(path, limit=LARGEST, what="the file"), options.file, today)
    printing.show(policy_lines(settings, today))
    for why in settings.left_out:
        say(f"not carried over: {one_line(why, 500)}")
    if settings.exceptions:
        say(f"note: fill in who owns each of {plural(len(settings.exceptions), 'exception')}, and the reasons")
    return ExitCode.PASSED


policy.add_command(check)
policy.add_command(import_settings)
policy.add_command(show)
policy.add_command(export)
