"""`gate upload`."""

from dataclasses import dataclass

import click

from gate.cli.declare import PATH, argument, command, file, flag, option, text


@dataclass(frozen=True)
class UploadOptions:
    """Options of `gate upload`."""

    files: tuple[str, ...] = argument("FILE.sarif...", nargs=-1, required=True, type=PATH)
    repository: str = text("--repository", metavar="OWNER/NAME", help="Whose results they are. [default: the job's]")
    ref: str = text("--ref", metavar="REF", help="In full: refs/heads/main, refs/pull/1/merge. [default: the job's]")
    commit: str = text("--commit", metavar="SHA", help="The commit that was looked at. [default: the job's]")
    source: str | None = file(
        "--source", metavar="DIR", help="Checkout that absolute paths lie in. [default: the job's]"
    )
    wait: float = option(
        "--wait",
        type=click.FloatRange(1, 24 * 3600),
        default=900.0,
        show_default=True,
        metavar="SECONDS",
        help="How long sending may take, and then GitHub to look at each file.",
    )
    dry_run: bool = flag("--dry-run", help="Check the files, say in how many parts they go, and send nothing.")


@command(UploadOptions, no_args_is_help=True)
def upload(options: UploadOptions) -> int:
    """Upload SARIF files, of any tool, to GitHub's code scanning, and wait until GitHub has taken them.

    The token is GATE_GITHUB_TOKEN, or GITHUB_TOKEN; in a job it needs `security-events: write`. Exit code 0: GitHub
    took every file whole; 3: it would refuse one, and nothing was sent; 6: it refused one, or it is not known whether
    it took it.
    """
    from gate.cli.paths import here
    from gate.cli.uploading import explain_parts, read_files, send, skipped
    from gate.github.target import target, withheld
    from gate.pipeline import upload as pipeline

    context = here()
    if options.dry_run:
        return explain_parts(read_files(context, options.files))
    to = target(context, options.repository, options.ref, options.commit)
    if why := withheld(context, options.ref):
        return skipped(why)
    pipeline.check(context)
    ready = read_files(context, options.files)
    return send(context, ready, to, source=options.source, wait=options.wait, quiet=False)
