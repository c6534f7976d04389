"""`gate completion`."""

import click

from gate.cli.printing import show
from gate.errors import ExitCode

_SHELLS = ("bash", "zsh", "fish")
_VARIABLE = "_GATE_COMPLETE"


@click.command(no_args_is_help=True)
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> int:
    """Print the script that has a shell complete commands and options.

    \b
    bash (4.4 or later)  source <(gate completion bash)           in ~/.bashrc
    zsh                  source <(gate completion zsh)            in ~/.zshrc, after compinit
    fish                 gate completion fish | source            in ~/.config/fish/config.fish
    """  # noqa: D301 the escape is click's, for lines that stay lines
    from click.shell_completion import BashComplete, FishComplete, ZshComplete

    found = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}[shell]
    one = found(context.find_root().command, {}, "gate", _VARIABLE)
    # Not `source()`: of bash it asks for the version first, and the shell may be on another machine.
    show(one.source_template % one.source_vars() + "\n")
    return ExitCode.PASSED
