"""The repository that SARIF points into: the checkout that the command stands in, and what Actions tells of it."""

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
    """How the SARIF document is made. Raises `InputError` for a Dockerfile that is not in the checkout.

    `platforms` are those that were asked for: the alerts of some do not close those of the others.
    """
    some = () if "all" in platforms else platforms
    return Options(
        category=options.category,
        platform_suffix="+".join(some).replace("/", "-"),
        places=_checkout(context, options),
        source=_source(context),
    )


def _checkout(context: RunContext, options: OutputOptions) -> Checkout | None:
    """The checkout, when one was named or the command stands in one."""
    root = path(context, options.source) if options.source else context.cwd
    chosen = path(context, options.dockerfile) if options.dockerfile else None
    if not (options.source or chosen or (root / ".git").exists()):
        return None
    return Checkout(root, chosen, options.target)


def _source(context: RunContext) -> Source:
    """What a job of CI knows of the commit that it builds; nothing elsewhere."""
    run = current_run(context)
    if not run or not run.server.startswith("https://") or not run.repository or not COMMIT.fullmatch(run.commit):
        return Source()
    head, branch = "refs/heads/", ""
    if run.ref.startswith(head):
        branch = run.ref.removeprefix(head)
    elif run.is_github and context.env.get("GITHUB_REF_TYPE") == "branch":
        branch = context.env.get("GITHUB_REF_NAME", "")
    return Source(repository=f"{run.server}/{run.repository}", revision=run.commit, branch=branch)
