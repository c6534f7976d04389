"""`gate login`."""

from contextlib import suppress
from dataclasses import dataclass

from gate.cli.declare import argument, command, flag, text
from gate.cli.options import PlainHttpOption
from gate.cli.paths import here
from gate.cli.printing import say
from gate.cli.token_options import TokenOptions, credential_for
from gate.errors import ExitCode, GateError, UsageError
from gate.io.run_context import RunContext
from gate.text import one_line


@dataclass(frozen=True)
class LoginOptions(PlainHttpOption, TokenOptions):
    """Options of `gate login`."""

    host: str = argument("[HOST]", default="ghcr.io")
    image: str = text("--pull", metavar="IMAGE", help="Check that the login can pull this image.")
    dry_run: bool = flag("--dry-run", help="Check the token, and store nothing.")


@command(LoginOptions, examples=["gh auth token | gate login --username octocat --token-stdin"])
def login(options: LoginOptions) -> int:
    """Log in to a registry (default: ghcr.io) and store the credentials like `docker login`.

    The token comes from standard input or from GATE_TOKEN, never from the command line, and is checked before it is
    stored. ghcr.io accepts classic tokens (ghp_…), not fine-grained ones (github_pat_…).
    """
    from gate.model.image import ImageRef
    from gate.registry.access import Access
    from gate.registry.credentials import registry_host
    from gate.registry.docker_login import store_login
    from gate.registry.login_check import check_login

    context = here()
    host = registry_host(options.host)
    image = ImageRef.parse(options.image) if options.image else None
    if image and image.registry != host:
        raise UsageError(f"the image {one_line(options.image, 200)} is not in {host}")
    credential = credential_for(host, context, options)
    access = Access(plain_http=options.plain_http, timeout=20, deadline=40)
    check_login(host, credential, image, context=context, access=access)
    if options.dry_run:
        say(f"the login to {host} as {one_line(credential.username, 80)} works; nothing was stored (--dry-run)")
        return ExitCode.PASSED
    place = store_login(host, credential, context=context)
    say(f"logged in to {host} as {one_line(credential.username, 80)}: kept by {place}")
    if not place.startswith("docker-credential-"):
        say("note: it is not encrypted there; `credsStore` in that file names a program that does")
    if reason := _overridden_by(host, image.repository if image else "", context):
        say(f"note: this login is not used: {reason}")
    return ExitCode.PASSED


def _overridden_by(host: str, repository: str, context: RunContext) -> str:
    """Return why a login in Docker's configuration is not used for this registry; empty when it is."""
    from gate.registry.auth_files import auth_documents, docker_called, docker_file

    if context.env.get("REGISTRY_AUTH_FILE"):
        return "REGISTRY_AUTH_FILE replaces all other files with logins"
    with suppress(GateError):  # the login is stored; the next command reports problems in other files
        for document in auth_documents(context):
            if document.name == docker_called(docker_file(context)):
                break
            if document.entry(host, repository) is not None:
                return f"{document.name} takes precedence and has a login for {host}"
    return ""
