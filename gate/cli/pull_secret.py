"""`gate pull-secret`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from gate.cli import paths
from gate.cli.declare import argument, command, file, flag, option, text
from gate.cli.printing import say, show
from gate.cli.token_options import TokenOptions, credential_for
from gate.errors import ExitCode, GateError, UsageError
from gate.io import files
from gate.io.run_context import RunContext
from gate.text import one_line

if TYPE_CHECKING:
    from gate.deploy.pull_secret import Document, ObjectName

_NEEDED_SCOPE = "read:packages"


@dataclass(frozen=True)
class PullSecretOptions(TokenOptions):
    """Options of `gate pull-secret`."""

    host: str = argument("[HOST]", default="ghcr.io")
    name: str = option("--name", default="ghcr-secret", show_default=True, metavar="NAME", help="Name of the Secret.")
    namespace: str = text("--namespace", "-n", metavar="NAME", help="Namespace of the Secret. [default: none]")
    service_account: str = text("--service-account", metavar="NAME", help="Add a patch for this service account.")
    pod: str = text("--pod", metavar="NAME", help="Add a patch for the manifest of this pod.")
    form: str = option(
        "--as",
        type=click.Choice(["secret", "external-secret", "sealed-secret"]),
        default="secret",
        show_default=True,
        help="A Secret, an ExternalSecret, or the input of kubeseal.",
    )
    store: str = text("--store", metavar="NAME", help="SecretStore with the token, for an external secret.")
    cluster_store: bool = flag("--cluster-store", help="The store is a ClusterSecretStore.")
    remote_key: str = text("--remote-key", metavar="NAME", help="Key of the token in the store.")
    output: str | None = file("--output", "-o", help="Write to a file that only you can read. [default: print it]")


@command(
    PullSecretOptions,
    examples=["gh auth token | gate pull-secret --username octocat --token-stdin --output secret.yaml"],
)
def pull_secret(options: PullSecretOptions) -> int:
    """Make the Secret with which Kubernetes pulls private images from a registry (default: ghcr.io).

    The token comes from standard input or from GATE_TOKEN, never from the command line. It needs only read:packages; a
    warning is printed when it has more scopes.
    """
    from gate.deploy.pull_secret import ObjectName
    from gate.io import yaml_document
    from gate.registry.credentials import registry_host

    context = paths.here()
    host = registry_host(options.host)
    name = ObjectName(name=options.name, namespace=options.namespace).checked()
    _check(context, options)
    if options.form == "external-secret":
        document = _external(host, name, options)
    else:
        document = _secret(context, host, name, options)
    text = "---\n".join(yaml_document.dump(each) for each in (document, *_patches(name, options)))
    if options.output:
        files.write(paths.output(context, options.output), text.encode(), private=True)
    else:
        show(text)
    return ExitCode.PASSED


def _check(context: RunContext, options: PullSecretOptions) -> None:
    """Check the options, and that the token is not shown in a log. Raises `UsageError`."""
    import sys

    if options.form == "external-secret":
        if not options.store or not options.remote_key:
            raise UsageError(
                "an external secret needs a store and a key", hint="name them with --store and --remote-key"
            )
        return
    if options.store or options.cluster_store or options.remote_key:
        raise UsageError(
            "--store, --cluster-store and --remote-key are for external secrets", hint="add --as external-secret"
        )
    if options.form == "sealed-secret" and not options.namespace:
        raise UsageError("a sealed secret needs a namespace", hint="name it with --namespace")
    if options.form == "sealed-secret" and (options.service_account or options.pod):
        raise UsageError("kubeseal takes one document", hint="make the patches in a separate call")
    printed = not options.output or files.is_stream(paths.path(context, options.output))
    if printed and (context.in_actions or sys.stdout.isatty()):
        where = "the log of the job" if context.in_actions else "the terminal"
        raise UsageError(
            f"the token would be visible in {where}", hint="write it with --output FILE, or pipe it into kubectl"
        )


def _external(host: str, name: "ObjectName", options: PullSecretOptions) -> "Document":
    """Return the ExternalSecret. Raises `UsageError`."""
    from gate.deploy.pull_secret import SecretStoreKey, external_secret

    if not options.username:
        raise UsageError("an external secret needs a user name", hint="name the account with --username")
    source = SecretStoreKey(store=options.store, key=options.remote_key, cluster=options.cluster_store)
    return external_secret(name, host, options.username, source)


def _secret(context: RunContext, host: str, name: "ObjectName", options: PullSecretOptions) -> "Document":
    """Return the Secret with the token. Raises `UsageError`."""
    from gate.deploy.pull_secret import secret
    from gate.registry.credentials import GHCR

    credential = credential_for(host, context, options)
    if host == GHCR:
        _warn_about_scopes(context, credential.password)
    return secret(name, host, credential.username, credential.password)


def _warn_about_scopes(context: RunContext, token: str) -> None:
    """Warn about scopes that the token should not have, and about a missing one."""
    from gate.github.scopes import token_info

    try:
        granted = token_info(context, token).scopes
    except GateError as exc:
        say(f"warning: the scopes of the token are unknown: {one_line(exc.problem, 300)}")
        return
    if granted is None:
        say("warning: the scopes of the token are unknown: GitHub reports them for classic tokens only")
        return
    if more := [one_line(scope, 40) for scope in granted if scope != _NEEDED_SCOPE]:
        warning = f"the token has more scopes than {_NEEDED_SCOPE}: {', '.join(more[:20])}"
        say(f"warning: {warning}; whoever can read the Secret can use them", fg="yellow")
    if not {_NEEDED_SCOPE, "write:packages", "delete:packages"} & {*granted}:
        say(f"warning: the token lacks the scope {_NEEDED_SCOPE}: it cannot pull private images", fg="yellow")


def _patches(name: "ObjectName", options: PullSecretOptions) -> "Iterator[Document]":
    """Yield the patches that make a service account and a pod use the Secret."""
    from gate.deploy.pull_secret import ObjectName, patch

    if options.service_account:
        account = ObjectName(name=options.service_account, namespace=name.namespace)
        yield patch("ServiceAccount", account, name.name)
    if options.pod:
        yield patch("Pod", ObjectName(name=options.pod, namespace=name.namespace), name.name)
