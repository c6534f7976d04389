"""What attack tests share: the command line, in a run context of the test's own."""

from tests.cli.conftest import gate, scan

__all__ = ["gate", "scan"]
