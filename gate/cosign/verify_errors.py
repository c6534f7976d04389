"""Translate the result of a cosign verification into an outcome.

cosign has one exit code for every failure, so its error text is matched against `ROWS`.
"""

from dataclasses import dataclass

from gate.errors import ToolFailedError
from gate.io.process import Finished
from gate.model.evidence import Outcome
from gate.text import one_line


@dataclass(frozen=True)
class Judgement:
    """An outcome and a sentence that explains it."""

    outcome: Outcome
    why: str = ""


@dataclass(frozen=True)
class CosignAnswer:
    """The outcome of an error text that contains `mark`."""

    mark: str
    outcome: Outcome
    why: str
    broken: bool = False
    """The signature does not verify. With a key, a signature by another key looks the same."""
    logged: bool = False
    """The log entry does not verify. An entry of an untrusted log looks the same."""


_YES = "Verified OK"
_ALTERED = "its signature is invalid: it was altered, or assembled from parts of others"
_ENTRY = "its log entry is invalid"
_STAMP = "its timestamp is invalid"
_SHAPE = "it is a malformed bundle"
_TUF = (
    "the public root of trust cannot be fetched: pass it as --trusted-root, or allow access to "
    "tuf-repo-cdn.sigstore.dev"
)
# The first match counts. Texts of cosign 2.5.0 and 3.1.1, each recorded by a test.
ROWS = (
    CosignAnswer("expected SAN value", Outcome.UNTRUSTED, "it is signed by another identity"),
    CosignAnswer("expected issuer value", Outcome.UNTRUSTED, "its signer's identity is from another issuer"),
    CosignAnswer(
        "expected key signature, not certificate", Outcome.UNTRUSTED, "it is signed by a certificate, not with a key"
    ),
    CosignAnswer("unknown flag", Outcome.UNKNOWN, "this version of cosign is not supported"),
    CosignAnswer("tuf refresh failed", Outcome.UNKNOWN, _TUF),
    CosignAnswer(
        "unsupported TrustedRoot", Outcome.UNKNOWN, "this cosign does not know the version of the root of trust"
    ),
    CosignAnswer("loading trusted root", Outcome.UNKNOWN, "this cosign cannot read the root of trust"),
    CosignAnswer(
        "nil value in transaction log", Outcome.UNKNOWN, "it is in a log of Rekor's second version: install cosign 3"
    ),
    CosignAnswer("does not match envelope payload hash", Outcome.TAMPERED, _ALTERED, broken=True),
    CosignAnswer("does not match artifact", Outcome.TAMPERED, _ALTERED, broken=True),
    CosignAnswer(
        "transparency log signature does not match", Outcome.TAMPERED, "its log entry is about another signature"
    ),
    CosignAnswer("transparency log certificate does not match", Outcome.TAMPERED, _ALTERED, broken=True),
    CosignAnswer("accepted signatures do not match threshold", Outcome.TAMPERED, _ALTERED, broken=True),
    CosignAnswer("invalid signature when validating", Outcome.TAMPERED, _ALTERED, broken=True),
    CosignAnswer("Invalid IEEE_P1363", Outcome.TAMPERED, _ALTERED, broken=True),
    CosignAnswer("calculated root", Outcome.TAMPERED, _ALTERED, broken=True),
    CosignAnswer("index is beyond size", Outcome.TAMPERED, _ENTRY),
    CosignAnswer("wrong proof size", Outcome.TAMPERED, _ENTRY),
    CosignAnswer("checkpoint", Outcome.TAMPERED, _ENTRY),
    CosignAnswer("not enough verified log entries", Outcome.TAMPERED, _ENTRY, logged=True),
    CosignAnswer("hashed messages don't match", Outcome.TAMPERED, _STAMP),
    CosignAnswer("ECDSA verification failure", Outcome.TAMPERED, _STAMP),
    CosignAnswer("Message digest mismatch", Outcome.TAMPERED, _STAMP),
    CosignAnswer("error parsing response into Timestamp", Outcome.TAMPERED, _STAMP),
    CosignAnswer(
        "threshold not met for verified signed timestamps",
        Outcome.UNTRUSTED,
        "it has no timestamp of a trusted authority",
    ),
    CosignAnswer(
        "log entry integrated timestamps", Outcome.UNTRUSTED, "it has no signing time from a trusted transparency log"
    ),
    CosignAnswer(
        "only able to verify 0 SCT entries",
        Outcome.UNTRUSTED,
        "its certificate is in no trusted certificate transparency log",
    ),
    CosignAnswer(
        "leaf certificate verification failed",
        Outcome.UNTRUSTED,
        "its certificate is not issued by a trusted authority, or had expired when it signed",
    ),
    CosignAnswer(
        "integrated time outside certificate validity",
        Outcome.UNTRUSTED,
        "its certificate was not valid at the time of signing in the log",
    ),
    CosignAnswer("malformed certificate", Outcome.TAMPERED, "its certificate cannot be read"),
    CosignAnswer("summarize certificate", Outcome.TAMPERED, "its certificate cannot be read"),
    CosignAnswer("does not match any digest in statement", Outcome.TAMPERED, "it is about another image"),
    CosignAnswer("invalid predicate type", Outcome.TAMPERED, "its predicate type is not the one that it declares"),
    CosignAnswer("--trusted-root only supported with", Outcome.TAMPERED, _SHAPE),  # a bundle that cosign 3 cannot read
    CosignAnswer("validation error", Outcome.TAMPERED, _SHAPE),
)


def judge(finished: Finished | ToolFailedError, *, marked: bool, named: bool) -> Judgement:
    """Return the outcome of a run or of its failure.

    `marked`: the evidence itself names the expected signer; `named`: the trusted root names its log.
    """
    if isinstance(finished, ToolFailedError):
        return Judgement(Outcome.UNKNOWN, finished.problem)
    if finished.code == 0 and finished.stderr.rstrip().endswith(_YES):
        return Judgement(Outcome.PROVEN)
    if finished.code != 1:
        how = f"was killed by signal {-finished.code}" if finished.code < 0 else f"ended with {finished.code}"
        return Judgement(Outcome.UNKNOWN, f"cosign {how}: {_message(finished)}")
    return _by_message(_message(finished), marked=marked, named=named)


def _by_message(message: str, *, marked: bool, named: bool) -> Judgement:
    row = next((row for row in ROWS if row.mark in message), None)
    if row is None:
        return Judgement(Outcome.UNKNOWN, f"cosign failed with an unknown error: {message}")
    if row.broken and not marked:
        return Judgement(Outcome.UNTRUSTED, "it is not signed with that key, or was altered")
    if row.logged and not named:
        return Judgement(Outcome.UNTRUSTED, "it is in a transparency log that is not trusted")
    return Judgement(row.outcome, row.why)


def _message(finished: Finished) -> str:
    """Return cosign's error in one line, without its repetition."""
    error = finished.stderr.partition("Error: ")[2] or finished.stderr
    return one_line(error.partition("error during command execution:")[0], 600) or "no error message"
