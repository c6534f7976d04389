"""What the registry says: its clock, the image, and whether the login may push."""

from collections.abc import Iterator

from gate.errors import RegistryError
from gate.model.diagnosis import CheckState, DiagnosisRow
from gate.model.image import ImageRef
from gate.pipeline.doctor.context import Case, answers, row
from gate.registry import push_check
from gate.registry.credentials import Credential
from gate.registry.errors import DeniedError, RefusedError
from gate.text import plural
from gate.trivy.database import REPOSITORIES

_DRIFT, _TOO_MUCH = 60, 300
"""Seconds: what networks explain, and what ends signatures and tokens."""
_SET = "set the clock: timedatectl set-ntp true"


def clock(case: Case) -> Iterator[DiagnosisRow]:
    """Its clock against ours; with it, whether it can be reached at all."""
    theirs = push_check.server_time(case.host, world=case.world, access=case.access)
    if theirs is None:
        yield row("registry", CheckState.OK, f"{case.host} answers, without telling the time")
        return
    apart = (case.world.now - theirs).total_seconds()
    said = f"{case.host} answers; the clock here is {abs(apart):,.0f} s {'ahead of' if apart > 0 else 'behind'} its own"
    if abs(apart) > _TOO_MUCH:
        yield row("registry", CheckState.BROKEN, f"{said}: tokens and signatures of now are not valid here", _SET)
    elif abs(apart) > _DRIFT:
        yield row("registry", CheckState.WARNING, said, _SET)
    else:
        yield row("registry", CheckState.OK, f"{case.host} answers, and the clocks agree")


def image(case: Case) -> Iterator[DiagnosisRow]:
    """Whether the image can be pulled, and what is told of the evidence beside it."""
    if not (asked := case.asked.image):
        return
    try:
        digest = push_check.digest_of(asked, case.credential, world=case.world, access=case.access)
    except (DeniedError, RefusedError) as exc:
        if isinstance(exc, DeniedError) and case.credential and _is_public(asked, case):
            who = f"the login from {case.credential.source}"
            said = f"{asked} is public, but {who} is not accepted, and stands in the way"
            yield row(
                "pull", CheckState.BROKEN, said, f"docker logout {case.host}, or log in again: gate login {case.host}"
            )
        else:
            yield row("pull", CheckState.BROKEN, exc.problem, exc.hint)
        return
    yield row("pull", CheckState.OK, f"{asked} can be pulled: it is {digest}")
    yield from answers("platforms", lambda case: _platforms(asked, digest, case), case)
    yield from answers("evidence", lambda case: _evidence(asked, digest, case), case)


def _platforms(asked: ImageRef, digest: str, case: Case) -> Iterator[DiagnosisRow]:
    pinned = asked.model_copy(update={"digest": digest})
    try:
        found = push_check.platforms(pinned, case.credential, world=case.world, access=case.access)
    except RegistryError as exc:
        yield row("platforms", CheckState.BROKEN, f"the image cannot be scanned whole: {exc.problem}", exc.hint)
        return
    yield row("platforms", CheckState.OK, f"every platform can be scanned: {', '.join(found)}")


def _evidence(asked: ImageRef, digest: str, case: Case) -> Iterator[DiagnosisRow]:
    count = push_check.count_referrers(asked, digest, case.credential, world=case.world, access=case.access)
    if count is None:
        said = "the registry has no referrers API, as GHCR has none: evidence is found by tags named after the digest"
    else:
        said = f"the registry has the referrers API; {plural(count, 'piece')} of evidence beside the image"
    yield row("evidence", CheckState.OK, said)


def push(case: Case) -> Iterator[DiagnosisRow]:
    """Whether the login may push, when that was asked."""
    asked = case.asked.image
    if not asked or not case.asked.push:
        return
    name = f"{asked.registry}/{asked.repository}"
    if case.credential is None:
        mend = f"gate login {case.host}; in a job GITHUB_TOKEN with `permissions: packages: write`"
        yield row("push", CheckState.BROKEN, f"nobody is logged in to {case.host}, so nobody may push", mend)
    elif push_check.may_push(asked, case.credential, world=case.world, access=case.access):
        yield row("push", CheckState.OK, f"the login from {case.credential.source} may push to {name}")
    else:
        yield row(
            "push",
            CheckState.BROKEN,
            f"the login from {case.credential.source} may not push to {name}",
            _allow(case.credential),
        )


def database(case: Case) -> Iterator[DiagnosisRow]:
    """Whether the vulnerability database can be fetched, from the first place or another. Trivy asks as nobody."""
    said: list[str] = []
    for name in case.asked.db_repositories or REPOSITORIES:
        try:
            push_check.digest_of(ImageRef.parse(name), None, world=case.world, access=case.access)
        except RegistryError as exc:
            said.append(f"{name}: {exc.problem}")
        else:
            state = CheckState.WARNING if said else CheckState.OK
            yield row("database source", state, f"{name} has it" + (f"; not so {'; '.join(said)}" if said else ""))
            return
    mend = "check the network and the proxy, name a mirror with --db-repository, or bring a folder: --trivy-cache"
    yield row("database source", CheckState.UNKNOWN, "; ".join(said), mend)


def _allow(credential: Credential) -> str:
    if credential.password.startswith("ghs_"):
        return (
            "give the job `permissions: packages: write`; a package that exists has to have this repository in its "
            "settings, Manage Actions access, with the role Write"
        )
    return "the token needs the scope `write:packages`, and its owner the role Write in the settings of the package"


def _is_public(asked: ImageRef, case: Case) -> bool:
    try:
        push_check.digest_of(asked, None, world=case.world, access=case.access)
    except RegistryError:
        return False
    return True
