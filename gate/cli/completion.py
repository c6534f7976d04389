"""`gate completion`."""

from dataclasses import dataclass

import click

from gate.cli.declare import argument, command
from gate.cli.printing import show
from gate.errors import ExitCode

_VARIABLE = "_GATE_COMPLETE"


@dataclass(frozen=True)
class CompletionOptions:
    """Options of `gate completion`."""

    shell: str = argument("{bash|zsh|fish}", type=click.Choice(["bash", "zsh", "fish"]))


@command(CompletionOptions, no_args_is_help=True, examples=["gate completion bash"])
def completion(options: CompletionOptions) -> int:
    """Print the script for shell completion of commands and options.

    \b
    bash (4.4 or later)  source <(gate completion bash)           in ~/.bashrc
    zsh                  source <(gate completion zsh)            in ~/.zshrc, after compinit
    fish                 gate completion fish | source            in ~/.config/fish/config.fish
    """  # noqa: D301 the escape is click's, for lines that stay lines
    from click.shell_completion import BashComplete, FishComplete, ZshComplete

    shells = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}
    program = click.get_current_context().find_root().command
    complete = shells[options.shell](program, {}, "gate", _VARIABLE)
    # Not `source()`: it checks the local bash version, and the shell may be on another machine.
    show(complete.source_template % complete.source_vars() + "\n")
    return ExitCode.PASSED
