"""Options of SARIF reports: the checkout that locations refer to, and the commit that the CI job builds."""

from collections.abc import Sequence

from gate.cli.options import OutputOptions
from gate.cli.paths import path
from gate.github.actions_context import current_run
from gate.io.run_context import RunContext
from gate.model.ci_run import COMMIT
from gate.output.sarif import Options
from gate.output.sarif.runs import Source
from gate.source.checkout import Checkout


def sarif_options(context: RunContext, options: OutputOptions, platforms: Sequence[str] = ()) -> Options:
    """Return the options of a SARIF report. Raises `InputError` for a Dockerfile that is not in the checkout.

    `platforms` are the values of `--platform`: alerts of one choice must not close those of another.
    """
    chosen = () if "all" in platforms else platforms
    return Options(
        category=options.category,
        platform_suffix="+".join(chosen).replace("/", "-"),
        places=_checkout(context, options),
        source=_source(context),
    )


def _checkout(context: RunContext, options: OutputOptions) -> Checkout | None:
    """Return the checkout that was named, or the one in the working directory."""
    root = path(context, options.source) if options.source else context.cwd
    chosen = path(context, options.dockerfile) if options.dockerfile else None
    if not (options.source or chosen or (root / ".git").exists()):
        return None
    return Checkout(root, chosen, options.target)


def _source(context: RunContext) -> Source:
    """Return repository, commit and branch of the CI job; empty elsewhere."""
    run = current_run(context)
    if not run or not run.server.startswith("https://") or not run.repository or not COMMIT.fullmatch(run.commit):
        return Source()
    head, branch = "refs/heads/", ""
    if run.ref.startswith(head):
        branch = run.ref.removeprefix(head)
    elif run.is_github and context.env.get("GITHUB_REF_TYPE") == "branch":
        branch = context.env.get("GITHUB_REF_NAME", "")
    return Source(repository=f"{run.server}/{run.repository}", revision=run.commit, branch=branch)
