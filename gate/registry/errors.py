"""Registry errors that callers tell apart; any other failure is a plain `RegistryError`."""

from gate.errors import RegistryError


class RefusedError(RegistryError):
    """The registry answered with the error `status`."""

    def __init__(self, problem: str, *, hint: str = "", status: int) -> None:
        """As `GateError`, with the HTTP status."""
        super().__init__(problem, hint=hint)
        self.status = status


class MissingError(RefusedError):
    """The object does not exist (404). Without access a registry answers 401 or 403; GHCR may answer 404."""


class DeniedError(RegistryError):
    """The registry refuses this login, or requires one and got none."""


class AlteredError(RegistryError):
    """The content does not have the expected digest or size."""
