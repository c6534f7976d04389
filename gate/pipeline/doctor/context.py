"""What is examined, and how one question is kept from ending the others."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gate.errors import GateError, InputError, ToolMissingError, UsageError
from gate.io.run_context import World
from gate.model.diagnosis import CheckState, DiagnosisRow
from gate.model.image import ImageRef
from gate.policy import Policy
from gate.registry import Access
from gate.registry.credentials import GHCR, Credential
from gate.registry.refusals import DOCTOR
from gate.text import one_line


@dataclass(frozen=True)
class Examination:
    """What was asked for."""

    image: ImageRef | None = None
    policy: Path | None = None
    """Instead of the one that is found."""
    push: bool = False
    """Try whether the login may push."""
    offline: bool = False
    plain_http: bool = False
    timeout: float = 30.0
    """Seconds for each question."""
    db_repositories: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """An examination in its world, and the login that every question is about."""

    asked: Examination
    world: World
    policy: Policy
    """The default one where the file cannot be used."""
    credential: Credential | None = field(default=None, repr=False)

    @property
    def host(self) -> str:
        """The registry: that of the image, or GHCR."""
        return self.asked.image.registry if self.asked.image else GHCR

    @property
    def access(self) -> Access:
        """How it is asked: once, for somebody waits."""
        return Access(
            plain_http=self.asked.plain_http,
            timeout=self.asked.timeout,
            deadline=self.asked.timeout,
            pause=0.1,
            unscanned_manifests=frozenset(self.policy.unscanned_manifests),
        )


Question = Callable[[Case], Iterator[DiagnosisRow]]


def answers(check: str, question: Question, case: Case) -> Iterator[DiagnosisRow]:
    """The rows of a question; the one that could not be asked is the last of them, named `check`."""
    try:
        yield from question(case)
    except (InputError, UsageError, ToolMissingError) as exc:
        yield row(check, CheckState.BROKEN, exc.problem, exc.hint)
    except GateError as exc:
        yield row(check, CheckState.UNKNOWN, exc.problem, exc.hint)
    except OSError as exc:
        yield row(check, CheckState.UNKNOWN, f"the system refused it: {exc.strerror or exc}")


def row(check: str, state: CheckState, said: str, mend: str = "") -> DiagnosisRow:
    """A row that is safe to show, whatever its texts are, and sends nobody to where he is."""
    return DiagnosisRow(check, state, one_line(said, 600), one_line(mend.replace(DOCTOR, ""), 800))
