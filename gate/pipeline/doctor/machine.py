"""What can be told without asking anybody: the policy, the programs, the database, Docker's configuration."""

import os
from collections.abc import Iterator

from gate import toolchain
from gate.errors import ToolMissingError
from gate.judging.scan_rules import NOTHING, judges_nothing
from gate.model.diagnosis import CheckState, DiagnosisRow
from gate.pipeline.doctor.context import Case, row
from gate.policy.loader import load
from gate.registry.auth_files import docker_file, read_docker
from gate.text import plural
from gate.trivy import program
from gate.trivy.database_store import kept

_INSTALL = "run `gate tools install`, checked against the lock"


def policy(case: Case) -> Iterator[DiagnosisRow]:
    """Whether the policy can be used."""
    loaded = load(case.asked.policy, cwd=case.world.cwd, overrides={})
    if judges_nothing(loaded.policy):
        yield row("policy", CheckState.BROKEN, f"{loaded.ref.name}: {NOTHING}", "leave one rule on")
    elif loaded.ref.name == "default":
        yield row("policy", CheckState.OK, "there is no gate.yaml: the default policy holds")
    else:
        yield row("policy", CheckState.OK, f"{loaded.ref.name} is valid")


def programs(case: Case) -> Iterator[DiagnosisRow]:
    """Which programs would be used, and what is known of them. None is run."""
    for one in toolchain.list_tools(case.world):
        if not one.path:
            said = "; ".join(one.remarks) or f"{one.tool} is not installed"
            yield row(one.tool, CheckState.BROKEN, said, _INSTALL)
            continue
        about = f"{one.tool} {one.version or 'of unknown version'} ({one.origin}): {one.path}"
        if problem := _unusable(one):
            yield row(one.tool, CheckState.BROKEN, f"{about}: {problem}", f"do not run it; {_INSTALL}")
        elif one.remarks:
            yield row(one.tool, CheckState.WARNING, f"{about}: {one.remarks[0]}", _INSTALL)
        elif not one.known:
            said = f"{about}: its SHA-256 {one.sha256} is not in the lock"
            yield row(one.tool, CheckState.WARNING, said, f"somebody else vouches for it, or nobody; {_INSTALL}")
        else:
            yield row(one.tool, CheckState.OK, f"{about}, as the lock has it")


def _unusable(one: toolchain.ToolRow) -> str:
    """Why a program that is there is not used; empty when it is."""
    if refused := [remark for remark in one.remarks if remark.startswith("refused")]:
        return refused[0]
    if one.path and not os.access(one.path, os.X_OK):
        return "it cannot be run"
    try:
        if one.tool == "trivy" and one.version:
            program.check_version(one.version)
    except ToolMissingError as exc:
        return exc.problem
    return ""


def database_age(case: Case) -> Iterator[DiagnosisRow]:
    """How old the vulnerability database on this machine is."""
    store = kept(case.world)
    if store is None:
        yield row(
            "database", CheckState.WARNING, "there is none on this machine yet", "the first `gate scan` fetches it"
        )
        return
    age = case.world.now - store.database.updated_at
    said = f"{plural(int(age.total_seconds() // 3600), 'hour')} old"
    if age > case.policy.max_database_age:
        mend = "the next `gate scan` renews it; with --offline it is refused"
        yield row("database", CheckState.WARNING, f"{said}, more than the policy allows", mend)
    else:
        yield row("database", CheckState.OK, said)


def docker(case: Case) -> Iterator[DiagnosisRow]:
    """Whether Docker's configuration can be read, and who else can read what is in it."""
    path = docker_file(case.world)
    if not path.exists():
        yield row("docker", CheckState.OK, f"{path} is not there: nobody has logged in with Docker")
        return
    _, document = read_docker(path)
    auths = document.get("auths")
    clear = isinstance(auths, dict) and any(isinstance(one, dict) and one.get("auth") for one in auths.values())
    if clear and path.stat().st_mode & 0o077:
        yield row("docker", CheckState.BROKEN, f"{path} has logins, and others may read it", f"chmod 600 {path}")
    elif clear:
        mend = "`credsStore` in it names a program that keeps them encrypted"
        yield row("docker", CheckState.OK, f"{path} has logins in clear text, for their owner alone", mend)
    else:
        yield row("docker", CheckState.OK, f"{path} can be read")
