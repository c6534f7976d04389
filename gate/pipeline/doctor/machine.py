"""Local checks: the policy, the programs, the vulnerability database, Docker's configuration."""

import os
from collections.abc import Iterator
from pathlib import Path

from gate.errors import ToolMissingError
from gate.judging.scan_rules import NOTHING, judges_nothing
from gate.model.diagnosis import DiagnosisRow
from gate.model.findings import DatabaseOrigin
from gate.pipeline.doctor.setup import Setup, broken, ok, warning
from gate.policy.loader import load
from gate.registry.auth_files import docker_file, read_docker
from gate.text import plural
from gate.toolchain.listing import ToolRow, list_tools
from gate.trivy import program
from gate.trivy.database_store import DatabaseStore, current, kept, open_store

_TRIVY_CACHE = "GATE_TRIVY_CACHE"
"""Variable of `gate scan --trivy-cache`, an option that `gate doctor` does not have."""
_INSTALL = "run `gate tools install`, checked against the lock"


def policy(setup: Setup) -> Iterator[DiagnosisRow]:
    """Check that the policy is valid and has at least one rule."""
    loaded = load(setup.request.policy, cwd=setup.context.cwd, overrides={})
    if judges_nothing(loaded.policy):
        yield broken("policy", f"{loaded.ref.name}: {NOTHING}", "leave one rule on")
    elif loaded.ref.name == "default":
        yield ok("policy", "there is no gate.yaml: the default policy applies")
    else:
        yield ok("policy", f"{loaded.ref.name} is valid")


def programs(setup: Setup) -> Iterator[DiagnosisRow]:
    """Check which Trivy and cosign would be used, against the lock. Runs neither."""
    for listed in list_tools(setup.context):
        if not listed.path:
            message = "; ".join(listed.remarks) or f"{listed.tool} is not installed"
            yield broken(listed.tool, message, _INSTALL)
            continue
        about = f"{listed.tool} {listed.version or 'of unknown version'} ({listed.origin}): {listed.path}"
        if problem := _unusable(listed):
            yield broken(listed.tool, f"{about}: {problem}", f"do not run it; {_INSTALL}")
        elif listed.remarks:
            yield warning(listed.tool, f"{about}: {listed.remarks[0]}", _INSTALL)
        elif not listed.known:
            message = f"{about}: its SHA-256 {listed.sha256} is not in the lock"
            yield warning(listed.tool, message, f"gate has not verified where it comes from; {_INSTALL}")
        else:
            yield ok(listed.tool, f"{about}, listed in the lock")


def _unusable(listed: ToolRow) -> str:
    """Why an installed program cannot be used; empty when it can."""
    if refused := [remark for remark in listed.remarks if remark.startswith("refused")]:
        return refused[0]
    if listed.path and not os.access(listed.path, os.X_OK):
        return "it is not executable"
    try:
        if listed.tool == "trivy" and listed.version:
            program.check_version(listed.version)
    except ToolMissingError as exc:
        return exc.problem
    return ""


def database_age(setup: Setup) -> Iterator[DiagnosisRow]:
    """Check the age of the vulnerability database in the cache, or in the one that `GATE_TRIVY_CACHE` names."""
    named = setup.context.env.get(_TRIVY_CACHE, "")
    if named:
        folder = setup.context.cwd / Path(named).expanduser()
        store: DatabaseStore | None = current(open_store(folder, DatabaseOrigin.NAMED), setup.context)
    else:
        store = kept(setup.context)
    if store is None:
        fix = "the first `gate scan` downloads it"
        if setup.request.offline:
            fix = f"run `gate scan` once with a network, or name a Trivy cache directory in {_TRIVY_CACHE}"
        yield warning("database", "not downloaded yet", fix)
        return
    age = setup.context.now - store.database.updated_at
    where = f", in {named} ({_TRIVY_CACHE})" if named else ""
    message = f"{plural(int(age.total_seconds() // 3600), 'hour')} old{where}"
    if age > setup.policy.max_database_age:
        fix = "the next `gate scan` updates it; with --offline the scan is refused"
        if named:
            fix = f"update that cache with `trivy image --download-db-only`, or unset {_TRIVY_CACHE}"
        yield warning("database", f"{message}, more than the policy allows", fix)
    else:
        yield ok("database", message)


def docker(setup: Setup) -> Iterator[DiagnosisRow]:
    """Check that Docker's configuration is readable, and that other users cannot read credentials in it."""
    path = docker_file(setup.context)
    if not path.exists():
        yield ok("docker", f"{path} does not exist: Docker has no logins")
        return
    _, document = read_docker(path)
    auths = document.get("auths")
    clear = isinstance(auths, dict) and any(isinstance(auth, dict) and auth.get("auth") for auth in auths.values())
    if clear and path.stat().st_mode & 0o077:
        yield broken("docker", f"{path} has logins, and other users can read it", f"chmod 600 {path}")
    elif clear:
        fix = "set `credsStore` in it to a credential helper that keeps them encrypted"
        yield ok("docker", f"{path} has logins in clear text, readable by their owner only", fix)
    else:
        yield ok("docker", f"{path} is readable")
