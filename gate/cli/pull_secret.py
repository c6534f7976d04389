"""`gate pull-secret`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from gate.cli.declare import argument, command, file, flag, option, text
from gate.cli.token_options import TokenOptions, credential_for

if TYPE_CHECKING:
    from pathlib import Path

    from gate.deploy.pull_secret import Document, Place
    from gate.io.run_context import RunContext

_NEEDED_SCOPE = "read:packages"


@dataclass(frozen=True)
class PullSecretOptions(TokenOptions):
    """Options of `gate pull-secret`."""

    host: str = argument("[HOST]", default="ghcr.io")
    name: str = option("--name", default="ghcr-secret", show_default=True, metavar="NAME", help="Name of the Secret.")
    namespace: str = text("--namespace", "-n", metavar="NAME", help="Its namespace. [default: wherever it is applied]")
    service_account: str = text(
        "--service-account", metavar="NAME", help="Have this service account pull with it, too."
    )
    pod: str = text("--pod", metavar="NAME", help="Have this pod pull with it, too: a patch for its manifest.")
    form: str = option(
        "--as",
        type=click.Choice(["secret", "external-secret", "sealed-secret"]),
        default="secret",
        show_default=True,
        help="The Secret itself, what External Secrets makes it of, or what kubeseal takes.",
    )
    store: str = text("--store", metavar="NAME", help="Of an external secret: the SecretStore that keeps the token.")
    cluster_store: bool = flag("--cluster-store", help="Of an external secret: it is a ClusterSecretStore.")
    remote_key: str = text("--key", metavar="NAME", help="Of an external secret: what the store calls the token.")
    output: str | None = file("--output", "-o", help="Write there, for nobody else to read. [default: print it]")


@command(PullSecretOptions)
def pull_secret(options: PullSecretOptions) -> int:
    """Make the Secret with which Kubernetes pulls private images of a registry, ghcr.io if none is named.

    The token comes from standard input or from GATE_TOKEN, never from the command line. It needs read:packages and
    nothing else; a warning tells when it can do more.
    """
    from gate.cli import paths
    from gate.cli.printing import show
    from gate.deploy.pull_secret import Place
    from gate.errors import ExitCode
    from gate.io import yaml_document
    from gate.registry.credentials import registry_host

    context = paths.here()
    host = registry_host(options.host)
    place = Place(name=options.name, namespace=options.namespace).checked()
    _check(context, options)
    if options.form == "external-secret":
        document = _external(host, place, options)
    else:
        document = _secret(context, host, place, options)
    text = "---\n".join(yaml_document.dump(each) for each in (document, *_patches(place, options)))
    if options.output:
        _write(paths.output(context, options.output), text)
    else:
        show(text)
    return ExitCode.PASSED


def _check(context: "RunContext", options: PullSecretOptions) -> None:
    """Refuse early what cannot end well, and what would show the token. Raises `UsageError`."""
    import sys

    from gate.errors import UsageError

    if options.form == "external-secret":
        if not options.store or not options.remote_key:
            raise UsageError("nobody says where the token is kept", hint="name the store with --store, and --key in it")
        return
    if options.store or options.cluster_store or options.remote_key:
        raise UsageError("a store is for external secrets alone", hint="add --as external-secret")
    if options.form == "sealed-secret" and not options.namespace:
        raise UsageError("a secret is sealed for one namespace", hint="name it with --namespace")
    if options.form == "sealed-secret" and (options.service_account or options.pod):
        raise UsageError("kubeseal takes one document", hint="make the patches in a call of their own")
    if not options.output and (context.in_actions or sys.stdout.isatty()):
        where = "the log of the job" if context.in_actions else "the terminal"
        raise UsageError(
            f"the token would stand in {where}", hint="write it with --output FILE, or pipe it into kubectl"
        )


def _external(host: str, place: "Place", options: PullSecretOptions) -> "Document":
    """The ExternalSecret. Raises `UsageError`."""
    from gate.deploy.pull_secret import Keeper, external
    from gate.errors import UsageError

    if not options.username:
        raise UsageError("nobody says whose token it is", hint="name the account with --username")
    store = Keeper(store=options.store, key=options.remote_key, cluster=options.cluster_store)
    return external(place, host, options.username, store)


def _secret(context: "RunContext", host: str, place: "Place", options: PullSecretOptions) -> "Document":
    """The Secret with the token in it. Raises `UsageError`."""
    from gate.deploy.pull_secret import secret
    from gate.registry.credentials import GHCR

    credential = credential_for(host, context, options)
    if host == GHCR:
        _warn_about_scopes(context, credential.password)
    return secret(place, host, credential.username, credential.password)


def _warn_about_scopes(context: "RunContext", token: str) -> None:
    """Warn of a token that can do too much or too little: who reads the Secret can do all that its token can."""
    from gate.cli.printing import say
    from gate.errors import GateError
    from gate.github.scopes import scopes
    from gate.text import one_line

    try:
        granted = scopes(context, token)
    except GateError as exc:
        say(f"warning: what the token can do is not known: {one_line(exc.problem, 300)}")
        return
    if granted is None:
        say("warning: what the token can do is not known: GitHub tells it of classic tokens alone")
        return
    if more := [one_line(scope, 40) for scope in granted if scope != _NEEDED_SCOPE]:
        warning = f"the token can do more than {_NEEDED_SCOPE}: {', '.join(more[:20])}; so can whoever reads the Secret"
        say(f"warning: {warning}", fg="yellow")
    if not {_NEEDED_SCOPE, "write:packages", "delete:packages"} & {*granted}:
        say(f"warning: the token has not the scope {_NEEDED_SCOPE}: it pulls nothing private", fg="yellow")


def _patches(place: "Place", options: PullSecretOptions) -> "Iterator[Document]":
    """Patches that have a service account and a pod use the Secret."""
    from gate.deploy.pull_secret import Place, patch

    if options.service_account:
        account = Place(name=options.service_account, namespace=place.namespace)
        yield patch("ServiceAccount", account, place.name)
    if options.pod:
        yield patch("Pod", Place(name=options.pod, namespace=place.namespace), place.name)


def _write(path: "Path", text: str) -> None:
    """Write a file that only its owner may read; whole or not at all."""
    import os
    from contextlib import suppress

    from gate.errors import InputError
    from gate.io import files
    from gate.text import one_line

    part = path.with_name(f".{path.name[:100]}.{os.getpid()}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        part.replace(path)
    except OSError as exc:
        with suppress(OSError):
            part.unlink()
        raise InputError(
            f"{one_line(str(path), 200)} cannot be written: {exc.strerror}", hint=files.NOT_WRITTEN
        ) from exc
