"""Checks that ask the registry: clock, pull, platforms, evidence, push, and where the database is fetched."""

from collections.abc import Iterator

from gate.errors import RegistryError
from gate.model.diagnosis import CheckState, DiagnosisRow
from gate.model.image import ImageRef
from gate.pipeline.doctor.setup import Setup, broken, ok, row, run_check, unknown, warning
from gate.registry import push_check
from gate.registry.credentials import Credential
from gate.registry.errors import DeniedError, RefusedError
from gate.text import plural
from gate.trivy.database import REPOSITORIES

_DRIFT, _TOO_MUCH = 60, 300
"""Clock difference in seconds that is worth a warning, and that makes tokens and signatures invalid."""
_SET = "set the clock: timedatectl set-ntp true"


def clock(setup: Setup) -> Iterator[DiagnosisRow]:
    """Check that the registry is reachable, and compare its clock with this machine's."""
    theirs = push_check.server_time(setup.host, context=setup.context, access=setup.access)
    if theirs is None:
        yield ok("registry", f"{setup.host} answers, without a Date header")
        return
    apart = (setup.context.now - theirs).total_seconds()
    message = (
        f"{setup.host} answers; the clock here is {abs(apart):,.0f} s {'ahead of' if apart > 0 else 'behind'} its own"
    )
    if abs(apart) > _TOO_MUCH:
        yield broken("registry", f"{message}: tokens and signatures of now are not valid here", _SET)
    elif abs(apart) > _DRIFT:
        yield warning("registry", message, _SET)
    else:
        yield ok("registry", f"{setup.host} answers, and the clocks agree")


def image(setup: Setup) -> Iterator[DiagnosisRow]:
    """Check that the image can be pulled and scanned, and how its evidence is found."""
    if not (image_ref := setup.request.image):
        return
    try:
        digest = push_check.digest_of(image_ref, setup.credential, context=setup.context, access=setup.access)
    except (DeniedError, RefusedError) as exc:
        if isinstance(exc, DeniedError) and setup.credential and _is_public(image_ref, setup):
            who = f"the login from {setup.credential.source}"
            message = f"{image_ref} is public, but the registry rejects {who}"
            yield broken("pull", message, f"docker logout {setup.host}, or log in again: gate login {setup.host}")
        else:
            yield broken("pull", exc.problem, exc.hint)
        return
    yield ok("pull", f"{image_ref} can be pulled: it is {digest}")
    yield from run_check("platforms", lambda setup: _platforms(image_ref, digest, setup), setup)
    yield from run_check("evidence", lambda setup: _evidence(image_ref, digest, setup), setup)


def _platforms(image_ref: ImageRef, digest: str, setup: Setup) -> Iterator[DiagnosisRow]:
    pinned = image_ref.model_copy(update={"digest": digest})
    try:
        found = push_check.platforms(pinned, setup.credential, context=setup.context, access=setup.access)
    except RegistryError as exc:
        yield broken("platforms", f"not every platform can be scanned: {exc.problem}", exc.hint)
        return
    yield ok("platforms", f"every platform can be scanned: {', '.join(found)}")


def _evidence(image_ref: ImageRef, digest: str, setup: Setup) -> Iterator[DiagnosisRow]:
    count = push_check.count_referrers(image_ref, digest, setup.credential, context=setup.context, access=setup.access)
    if count is None:
        message = (
            "the registry has no referrers API, as GHCR has none: evidence is found by tags named after the digest"
        )
    else:
        message = f"the registry has the referrers API; {plural(count, 'piece')} of evidence attached to the image"
    yield ok("evidence", message)


def push(setup: Setup) -> Iterator[DiagnosisRow]:
    """Check whether the credentials may push, with `--push`."""
    image_ref = setup.request.image
    if not image_ref or not setup.request.push:
        return
    name = f"{image_ref.registry}/{image_ref.repository}"
    if setup.credential is None:
        fix = f"gate login {setup.host}; in a job GITHUB_TOKEN with `permissions: packages: write`"
        yield broken("push", f"not logged in to {setup.host}: pushing needs a login", fix)
    elif push_check.may_push(image_ref, setup.credential, context=setup.context, access=setup.access):
        yield ok("push", f"the login from {setup.credential.source} may push to {name}")
    else:
        yield broken(
            "push", f"the login from {setup.credential.source} may not push to {name}", _allow(setup.credential)
        )


def database(setup: Setup) -> Iterator[DiagnosisRow]:
    """Check that the vulnerability database can be fetched from one of its repositories, without credentials."""
    message: list[str] = []
    for name in setup.request.db_repositories or REPOSITORIES:
        try:
            push_check.digest_of(ImageRef.parse(name), None, context=setup.context, access=setup.access)
        except RegistryError as exc:
            message.append(f"{name}: {exc.problem}")
        else:
            state = CheckState.WARNING if message else CheckState.OK
            yield row(
                "database source", state, f"{name} has it" + (f"; not so {'; '.join(message)}" if message else "")
            )
            return
    fix = (
        "check the network and the proxy, name a mirror with --db-repository, or a Trivy cache directory in "
        "GATE_TRIVY_CACHE"
    )
    yield unknown("database source", "; ".join(message), fix)


def _allow(credential: Credential) -> str:
    if credential.password.startswith("ghs_"):
        return (
            "give the job `permissions: packages: write`; a package that exists has to have this repository in its "
            "settings, Manage Actions access, with the role Write"
        )
    return "the token needs the scope `write:packages`, and its owner the role Write in the settings of the package"


def _is_public(image_ref: ImageRef, setup: Setup) -> bool:
    try:
        push_check.digest_of(image_ref, None, context=setup.context, access=setup.access)
    except RegistryError:
        return False
    return True
