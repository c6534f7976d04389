"""Run all checks of `gate doctor` in order."""

from collections.abc import Iterator
from dataclasses import replace

from gate.errors import GateError
from gate.io.run_context import RunContext
from gate.model.diagnosis import DiagnosisRow
from gate.pipeline.doctor import github, machine, registry, token, workflows
from gate.pipeline.doctor.setup import Check, DoctorRequest, Setup, ok, run_check, warning
from gate.policy import Policy
from gate.policy.loader import load
from gate.registry.credentials import Credential
from gate.registry.credentials import find as find_login
from gate.text import one_line

_LOCAL: tuple[tuple[str, Check], ...] = (
    ("policy", machine.policy),
    ("tools", machine.programs),
    ("database", machine.database_age),
    ("docker", machine.docker),
    ("permissions", workflows.permissions),
    ("actions", workflows.pins),
    ("job", workflows.granted),
)
_LOGIN: tuple[tuple[str, Check], ...] = (("token", token.kind_of_token),)
_REMOTE: tuple[tuple[str, Check], ...] = (
    ("registry", registry.clock),
    ("pull", registry.image),
    ("push", registry.push),
    ("scopes", token.about_token),
    ("package", github.package),
    ("identity", github.identity),
    ("code scanning", github.code_scanning),
    ("database source", registry.database),
)


def run_checks(request: DoctorRequest, context: RunContext) -> list[DiagnosisRow]:
    """Run every check and return all rows. An error of a check is a row, never raised."""
    policy = _policy(request, context)
    setup = Setup(request, replace(context, path_tools=policy.tools.source == "path"), policy)
    rows = [row for name, check in _LOCAL for row in run_check(name, check, setup)]
    setup, login_rows = _with_login(setup)
    checks = (*_LOGIN, ("network", _unasked)) if request.offline else (*_LOGIN, *_REMOTE)
    return [*rows, *login_rows, *(row for name, check in checks for row in run_check(name, check, setup))]


def _unasked(setup: Setup) -> Iterator[DiagnosisRow]:
    """Say what was not checked because no network is used."""
    what = f"the registry and {one_line(str(setup.request.image), 300)}" if setup.request.image else "the registry"
    fix = "for these checks leave --offline out, and GATE_OFFLINE unset"
    yield warning("network", f"not used: {what} and GitHub were not asked", fix)


def _policy(request: DoctorRequest, context: RunContext) -> Policy:
    """Policy for the other checks; whether the file is valid is the check `policy`."""
    try:
        return load(request.policy, cwd=context.cwd, overrides={}).policy
    except GateError:
        return Policy()


def _with_login(setup: Setup) -> tuple[Setup, list[DiagnosisRow]]:
    """Find the registry credentials, and report where they come from, never what they are."""
    credentials: list[Credential] = []

    def login(setup: Setup) -> Iterator[DiagnosisRow]:
        credential = find_login(setup.host, setup.context)
        if credential is None:
            message = f"not logged in to {setup.host}: only public images can be pulled"
            yield ok("login", message, f"for private ones: gate login {setup.host}")
        else:
            credentials.append(credential)
            who = f" as {credential.username}" if credential.username else ""
            yield ok("login", f"{setup.host}{who}, from {credential.source}")

    rows = list(run_check("login", login, setup))
    return replace(setup, credential=next(iter(credentials), None)), rows
