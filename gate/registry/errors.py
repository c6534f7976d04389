"""Failures of a registry that mean different things to who asks; all else is a plain `RegistryError`."""

from gate.errors import RegistryError


class RefusedError(RegistryError):
    """The registry answered, and its `status` is no yes."""

    def __init__(self, problem: str, *, hint: str = "", status: int) -> None:
        """As `GateError`, with the HTTP status."""
        super().__init__(problem, hint=hint)
        self.status = status


class MissingError(RefusedError):
    """What was asked for is not there (404). Who may not see it gets 401 or 403, or this from GHCR."""


class DeniedError(RegistryError):
    """The registry gives no token for this login, or wants one and got none."""


class AlteredError(RegistryError):
    """What came is not what its digest or its size promises."""
