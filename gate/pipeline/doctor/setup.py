"""Inputs of `gate doctor`, and running one check so that its error does not stop the others."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gate.errors import GateError, InputError, ToolMissingError, UsageError
from gate.io.run_context import RunContext
from gate.model.diagnosis import CheckState, DiagnosisRow
from gate.model.image import ImageRef
from gate.policy import Policy
from gate.registry.access import Access
from gate.registry.credentials import GHCR, Credential
from gate.registry.response_errors import DOCTOR
from gate.text import one_line


@dataclass(frozen=True)
class DoctorRequest:
    """Options of `gate doctor`."""

    image: ImageRef | None = None
    policy: Path | None = None
    """Policy file; None uses the `gate.yaml` that is found."""
    push: bool = False
    """Check whether the credentials may push."""
    offline: bool = False
    plain_http: bool = False
    timeout: float = 30.0
    """Seconds for each check."""
    db_repositories: tuple[str, ...] = ()


@dataclass(frozen=True)
class Setup:
    """What every check gets: the request, the run context, the policy and the registry credentials."""

    request: DoctorRequest
    context: RunContext
    policy: Policy
    """The default policy when the file is unusable."""
    credential: Credential | None = field(default=None, repr=False)

    @property
    def host(self) -> str:
        """Host of the image's registry, or of GHCR."""
        return self.request.image.registry if self.request.image else GHCR

    @property
    def access(self) -> Access:
        """Registry access without retries: the user waits for the answer."""
        return Access(
            plain_http=self.request.plain_http,
            timeout=self.request.timeout,
            deadline=self.request.timeout,
            pause=0.1,
            unscanned_manifests=frozenset(self.policy.unscanned_manifests),
        )


Check = Callable[[Setup], Iterator[DiagnosisRow]]


def run_check(name: str, check: Check, setup: Setup) -> Iterator[DiagnosisRow]:
    """Yield the rows of a check; when it raises, a last row named `name` reports the error."""
    try:
        yield from check(setup)
    except (InputError, UsageError, ToolMissingError) as exc:
        yield broken(name, exc.problem, exc.hint)
    except GateError as exc:
        yield unknown(name, exc.problem, exc.hint)
    except OSError as exc:
        yield unknown(name, f"operating system error: {exc.strerror or exc}")


def ok(check: str, message: str, fix: str = "") -> DiagnosisRow:
    """Row of a check that found no problem."""
    return row(check, CheckState.OK, message, fix)


def warning(check: str, message: str, fix: str) -> DiagnosisRow:
    """Row of a check that found something to improve."""
    return row(check, CheckState.WARNING, message, fix)


def broken(check: str, message: str, fix: str) -> DiagnosisRow:
    """Row of a check that found a problem."""
    return row(check, CheckState.BROKEN, message, fix)


def unknown(check: str, message: str, fix: str = "") -> DiagnosisRow:
    """Row of a check that could not be made."""
    return row(check, CheckState.UNKNOWN, message, fix)


def row(check: str, state: CheckState, message: str, fix: str = "") -> DiagnosisRow:
    """Row that is safe to show. Hints to run `gate doctor` are removed from `fix`."""
    return DiagnosisRow(check, state, one_line(message, 600), one_line(fix.replace(DOCTOR, ""), 800))
