"""`gate man`."""

import click

from gate.cli.options import PATH, option


@click.command()
@click.argument("command", nargs=-1)
@option("--dir", "folder", type=PATH, metavar="DIR", help="Write the page of every command into this folder.")
def man(command: tuple[str, ...], folder: str | None) -> int:
    """Print the manual page of a command, or of gate itself; or write all of them.

    It is roff, as man, groff and mandoc read it: gate man scan | man -l -
    """
    from gate.cli.manuals import print_page, write_pages

    return write_pages(command, folder) if folder else print_page(command)
