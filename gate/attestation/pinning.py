"""Trusted identities that pin no id of their repository or its owner, and how to find these ids."""

from collections.abc import Iterator

from gate.attestation.identity import github_server, named_repository, needs_source
from gate.model.ci_run import GITHUB_SERVER
from gate.policy import Identity, Trust
from gate.text import one_line

_REASON = "a deleted or renamed name can be registered by somebody else"


def unpinned(trust: Trust) -> Iterator[str]:
    """One sentence for each identity that is trusted by a name alone, though its certificate may show ids too.

    Keys have no ids, and neither have people: an address is no URL.
    """
    for place, identity in enumerate(trust.identities):
        name = _name(identity)
        if name and not identity.repository_id and not identity.owner_id:
            where = f"trust.identities[{place}] ({one_line(name, 200)})"
            yield f"{where} pins no repository_id and no owner_id: {_REASON}. {_how_to_find(identity)}"


def find_ids(repository: str, server: str = GITHUB_SERVER) -> str:
    """The command that prints the ids of `owner/name` and of its owner."""
    return f"gh api{_host(server)} repos/{repository} --jq '.id,.owner.id'"


def _name(identity: Identity) -> str:
    if identity.subject is not None:
        return identity.subject if identity.subject.startswith(("https://", "http://")) else ""
    return identity.repository or ""


def _how_to_find(identity: Identity) -> str:
    """For an exact repository both ids; for a pattern only the owner's, which all of its repositories share."""
    server, repository = identity.server, identity.repository
    if identity.subject is not None:
        server, _, repository = named_repository(identity.subject).partition("://")[2].partition("/")
        server = f"https://{server}"
        if not repository or not needs_source(identity) or not github_server(identity.issuer):
            return "`gate verify --json=FILE` shows the ids that its certificates have, if they have any"
    shown, host = one_line(repository or "", 200), one_line(server, 200)
    if "*" in shown or "?" in shown:
        return f"Find the owner's: gh api{_host(host)} users/{shown.partition('/')[0]} --jq .id"
    return f"Find them: {find_ids(shown, host)}"


def _host(server: str) -> str:
    return "" if server == GITHUB_SERVER else f" --hostname {server.partition('://')[2]}"
