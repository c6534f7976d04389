"""`gate upload`."""

from dataclasses import dataclass

from gate.cli.declare import PATH, argument, command, file, flag, seconds, text
from gate.cli.paths import here


@dataclass(frozen=True)
class UploadOptions:
    """Options of `gate upload`."""

    files: tuple[str, ...] = argument("FILE.sarif...", nargs=-1, required=True, type=PATH)
    repository: str = text("--repository", metavar="OWNER/NAME", help="Repository of the results. [default: the job's]")
    ref: str = text("--ref", metavar="REF", help="In full: refs/heads/main, refs/pull/1/merge. [default: the job's]")
    commit: str = text("--commit", metavar="SHA", help="Commit that was analysed. [default: the job's]")
    source: str | None = file("--source", metavar="DIR", help="Checkout with absolute paths. [default: the job's]")
    wait: float = seconds("--wait", default=900, help="For the upload, and then for GitHub to process each file.")
    quiet: bool = flag("--quiet", "-q", help="Print errors and notes only.")
    dry_run: bool = flag("--dry-run", help="Check the files and show the number of parts; send nothing.")


@command(UploadOptions, no_args_is_help=True, examples=["gate upload gate.sarif other.sarif"])
def upload(options: UploadOptions) -> int:
    """Upload SARIF files of any tool to GitHub's code scanning, and wait until GitHub has processed them.

    The token is GATE_GITHUB_TOKEN or GITHUB_TOKEN; in a job it needs `security-events: write`. Exit code 0: GitHub
    accepted every file completely; 3: it would refuse a file, and nothing was sent; 6: it refused a file, or the
    result is unknown.
    """
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
    return send(context, ready, to, source=options.source, wait=options.wait, quiet=options.quiet)
