"""All questions in their order."""

from collections.abc import Iterator
from dataclasses import replace

from gate.errors import GateError
from gate.io.run_context import World
from gate.model.diagnosis import CheckState, DiagnosisRow
from gate.pipeline.doctor import github, machine, registry, token, workflows
from gate.pipeline.doctor.context import Case, Examination, Question, answers, row
from gate.policy import Policy
from gate.policy.loader import load
from gate.registry.credentials import Credential
from gate.registry.credentials import find as find_login

_HERE: tuple[tuple[str, Question], ...] = (
    ("policy", machine.policy),
    ("tools", machine.programs),
    ("database", machine.database_age),
    ("docker", machine.docker),
    ("permissions", workflows.permissions),
    ("actions", workflows.pins),
    ("job", workflows.granted),
)
_LOGIN: tuple[tuple[str, Question], ...] = (("token", token.kind_of_token),)
_THERE: tuple[tuple[str, Question], ...] = (
    ("registry", registry.clock),
    ("pull", registry.image),
    ("push", registry.push),
    ("scopes", token.about_token),
    ("package", github.package),
    ("identity", github.identity),
    ("code scanning", github.code_scanning),
    ("database source", registry.database),
)


def examine(asked: Examination, world: World) -> list[DiagnosisRow]:
    """Every row. Raises nothing that a question ended with."""
    policy = _policy(asked, world)
    case = Case(asked, replace(world, path_tools=policy.tools.source == "path"), policy)
    found = [one for check, question in _HERE for one in answers(check, question, case)]
    case, login = _with_login(case)
    found += login
    asked_too = _LOGIN if asked.offline else (*_LOGIN, *_THERE)
    return found + [one for check, question in asked_too for one in answers(check, question, case)]


def _policy(asked: Examination, world: World) -> Policy:
    """What the other questions go by; whether the file is any good is a question of its own."""
    try:
        return load(asked.policy, cwd=world.cwd, overrides={}).policy
    except GateError:
        return Policy()


def _with_login(case: Case) -> tuple[Case, list[DiagnosisRow]]:
    """Which login would be used; never what it is."""
    found: list[Credential] = []

    def login(case: Case) -> Iterator[DiagnosisRow]:
        credential = find_login(case.host, case.world)
        if credential is None:
            said = f"nobody is logged in to {case.host}: only public images can be pulled"
            yield row("login", CheckState.OK, said, f"for private ones: gate login {case.host}")
        else:
            found.append(credential)
            who = f" as {credential.username}" if credential.username else ""
            yield row("login", CheckState.OK, f"{case.host}{who}, from {credential.source}")

    rows = list(answers("login", login, case))
    return replace(case, credential=next(iter(found), None)), rows
