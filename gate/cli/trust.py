"""`gate trust`."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gate.cli import paths, requests
from gate.cli.declare import Group, argument, command, file, flag, seconds
from gate.cli.options import PlainHttpOption, PolicyFileOption, TerminalOptions
from gate.cli.printing import advise, ask, fail, say, show, warn
from gate.cli.terminal import show_progress
from gate.errors import ExitCode, InputError, UsageError
from gate.io.deadline import Deadline
from gate.io.run_context import RunContext
from gate.text import one_line

if TYPE_CHECKING:
    from gate.pipeline.trust import ImageSigner, ImageSigners

_IDENTITIES = ("trust", "identities")
_NEW = b"version: 1\n"


@dataclass(frozen=True)
class AddOptions(TerminalOptions, PlainHttpOption, PolicyFileOption):
    """Options of `gate trust add`."""

    image: str = argument("IMAGE")
    yes: bool = flag("--yes", help="Do not ask. Not available in CI.")
    dry_run: bool = flag("--dry-run", help="Show the lines, and write nothing.")
    trusted_root: str | None = file("--trusted-root", help="Root of trust, instead of downloading Sigstore's.")
    offline: bool = flag("--offline", help="Download no root of trust.")
    timeout: float = seconds("--timeout", default=600, help="For everything.")


@click.group(cls=Group, no_args_is_help=True)
def trust() -> None:
    """Choose whose signatures the policy trusts."""


@command(AddOptions, examples=["gate trust add ghcr.io/owner/app:1.4"])
def add(options: AddOptions) -> int:
    """Trust the signer of an image: verify its signatures, show who signed it, ask, and write that into gate.yaml.

    The lines name repository, workflow and ref of the signer, with the ids of repository and owner, as the verified
    certificate has them. Not available in CI: what is trusted is decided in a review. Exit code 11: no signature could
    be verified.
    """
    from gate.pipeline.trust import TrustRequest, find_signers

    context = replace(paths.here(), deadline=Deadline.after(options.timeout, "--timeout"))
    if context.in_ci and not options.dry_run:
        raise UsageError(
            "gate trust add is not available in CI: an image must not decide whose signatures are trusted",
            hint="run it on your machine and commit gate.yaml; --dry-run shows the lines",
        )
    path = _policy_path(context, options)
    loaded = requests.loaded(context, options)
    context = requests.with_tools(context, loaded)
    request = TrustRequest(
        image=options.image,
        loaded=loaded,
        roots=requests.roots(context, options.trusted_root, offline=options.offline),
        access=requests.registry_access(loaded, options, timeout=options.timeout),
    )
    with show_progress(context, quiet=options.quiet, color=options.color) as progress:
        found = find_signers(request, context, progress)
    if not found.signers:
        _report_unsigned(found)
        return ExitCode.UNVERIFIED
    new = [signer for signer in found.signers if not signer.trusted]
    for signer in found.signers:
        _show_signer(context, found, signer)
    if not new:
        say(f"{_shown(context, path)} trusts this already: nothing to write")
        return ExitCode.PASSED
    if options.yes and len(new) > 1:
        raise UsageError(
            f"{len(new)} signers are not trusted yet, and --yes cannot choose one", hint="leave out --yes, and answer"
        )
    if options.dry_run:
        return ExitCode.PASSED
    chosen = [signer for signer in new if options.yes or ask(f"Trust {_name(signer)}?")]
    if not chosen:
        say("nothing was written")
        return ExitCode.INTERRUPTED
    _write(context, path, chosen)
    return ExitCode.PASSED


def _policy_path(context: RunContext, options: AddOptions) -> Path:
    """Return the policy file to write. Raises `UsageError`, `InputError`."""
    from gate.policy.loader import NAMES, find

    if options.policy_file == paths.STDOUT:
        raise UsageError("a policy from standard input cannot be written", hint="name the file with --policy")
    if options.policy_file:
        return paths.output(context, options.policy_file)
    return paths.output(context, str(find(context.cwd) or NAMES[0]))


def _show_signer(context: RunContext, found: "ImageSigners", signer: "ImageSigner") -> None:
    """Show a verified signer and its lines for gate.yaml, with a warning when it is not of this checkout."""
    from gate.attestation.identity import signer_text
    from gate.io.yaml_document import item_lines

    say(f"{one_line(found.reference)} is signed by {signer_text(signer.signer)}; the signature is verified")
    if signer.trusted:
        return
    show("\n".join(item_lines(signer.identity, _IDENTITIES)) + "\n")
    own, repository = _own_repository(context), signer.signer.repository.partition("://")[2].partition("/")[2]
    if not own or own.lower() != repository.lower():
        which = f"this checkout's, {one_line(own, 200)}" if own else "known to be this checkout's"
        warn(
            f"{one_line(repository or signer.signer.subject, 200)} is not {which}",
            "whoever can run that workflow can then sign for your deployments: trust it only if you mean it",
        )
    if signer.signer.ref.startswith("refs/tags/"):
        tag = one_line(signer.signer.ref, 200)
        say(f"note: this trusts {tag} only; to trust all version tags, write refs: ['v*']")


def _own_repository(context: RunContext) -> str:
    """Return `owner/name` of this checkout; empty when it is unknown."""
    from gate.maintenance.scaffold import read_checkout

    try:
        return read_checkout(context).repository
    except (InputError, UsageError):
        return ""


def _write(context: RunContext, path: Path, chosen: "list[ImageSigner]") -> None:
    """Add the identities to the policy file; everything else in it stays as it is. Raises `InputError`."""
    from gate.io import files
    from gate.io.yaml_document import LARGEST, add_item
    from gate.policy.loader import parse

    name = _shown(context, path)
    data = files.read(path, limit=LARGEST, what="policy") if path.exists() else _NEW
    for signer in chosen:
        data = add_item(data, name, _IDENTITIES, signer.identity)
    parse(data.decode("utf-8-sig"), name)
    files.write(path, data)
    say(f"added to {name}: review and commit it")


def _report_unsigned(found: "ImageSigners") -> None:
    from gate.pipeline.trust_suggestion import suggest_key

    if found.by_key and not found.rejected:
        fail(
            f"{one_line(found.reference)} is signed with a key, which no certificate names",
            "ask the signer for the public key, and write its file into gate.yaml",
            suggest_key(),
        )
        return
    fail(
        f"{one_line(found.reference)} has no signature that could be verified by a certificate",
        "sign it in CI with gate sign; for a signature by a key write `- key: cosign.pub` under trust.identities",
    )
    for why in found.rejected:
        advise(why)


def _name(signer: "ImageSigner") -> str:
    from gate.attestation.identity import signer_text

    return signer_text(signer.signer)


def _shown(context: RunContext, path: Path) -> str:
    return one_line(str(path.relative_to(context.cwd) if path.is_relative_to(context.cwd) else path), 200)


trust.add_command(add)
