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
class Row:
    """What an error text of cosign means that contains `mark`."""

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
_NO_TIMESTAMP = "it has no timestamp of a trusted authority"
_NOT_IN_CT_LOG = "its certificate is in no trusted certificate transparency log"
_NOT_ISSUED = "its certificate is not issued by a trusted authority, or had expired when it signed"
_NOT_VALID = "its certificate was not valid at the time of signing in the log"
_SHAPE = "it is a malformed bundle"
_TUF = (
    "the public root of trust cannot be fetched: pass it as --trusted-root, or allow access to "
    "tuf-repo-cdn.sigstore.dev"
)
# The first match counts. Texts of cosign 2.5.0 and 3.1.1, each recorded by a test.
ROWS = (
    Row("expected SAN value", Outcome.UNTRUSTED, "it is signed by another identity"),
    Row("expected issuer value", Outcome.UNTRUSTED, "its signer's identity is from another issuer"),
    Row("expected key signature, not certificate", Outcome.UNTRUSTED, "it is signed by a certificate, not with a key"),
    Row("unknown flag", Outcome.UNKNOWN, "this version of cosign is not supported"),
    Row("tuf refresh failed", Outcome.UNKNOWN, _TUF),
    Row("unsupported TrustedRoot", Outcome.UNKNOWN, "this cosign does not know the version of the root of trust"),
    Row("loading trusted root", Outcome.UNKNOWN, "this cosign cannot read the root of trust"),
    Row("nil value in transaction log", Outcome.UNKNOWN, "it is in a log of Rekor's second version: install cosign 3"),
    Row("does not match envelope payload hash", Outcome.TAMPERED, _ALTERED, broken=True),
    Row("does not match artifact", Outcome.TAMPERED, _ALTERED, broken=True),
    Row("transparency log signature does not match", Outcome.TAMPERED, "its log entry is about another signature"),
    Row("transparency log certificate does not match", Outcome.TAMPERED, _ALTERED, broken=True),
    Row("accepted signatures do not match threshold", Outcome.TAMPERED, _ALTERED, broken=True),
    Row("invalid signature when validating", Outcome.TAMPERED, _ALTERED, broken=True),
    Row("Invalid IEEE_P1363", Outcome.TAMPERED, _ALTERED, broken=True),
    Row("calculated root", Outcome.TAMPERED, _ALTERED, broken=True),
    Row("index is beyond size", Outcome.TAMPERED, _ENTRY),
    Row("wrong proof size", Outcome.TAMPERED, _ENTRY),
    Row("checkpoint", Outcome.TAMPERED, _ENTRY),
    Row("not enough verified log entries", Outcome.TAMPERED, _ENTRY, logged=True),
    Row("hashed messages don't match", Outcome.TAMPERED, _STAMP),
    Row("ECDSA verification failure", Outcome.TAMPERED, _STAMP),
    Row("Message digest mismatch", Outcome.TAMPERED, _STAMP),
    Row("error parsing response into Timestamp", Outcome.TAMPERED, _STAMP),
    Row("threshold not met for verified signed timestamps", Outcome.UNTRUSTED, _NO_TIMESTAMP),
    Row("log entry integrated timestamps", Outcome.UNTRUSTED, "it has no signing time from a trusted transparency log"),
    Row("only able to verify 0 SCT entries", Outcome.UNTRUSTED, _NOT_IN_CT_LOG),
    Row("leaf certificate verification failed", Outcome.UNTRUSTED, _NOT_ISSUED),
    Row("integrated time outside certificate validity", Outcome.UNTRUSTED, _NOT_VALID),
    Row("malformed certificate", Outcome.TAMPERED, "its certificate cannot be read"),
    Row("summarize certificate", Outcome.TAMPERED, "its certificate cannot be read"),
    Row("does not match any digest in statement", Outcome.TAMPERED, "it is about another image"),
    Row("invalid predicate type", Outcome.TAMPERED, "its predicate type is not the one that it declares"),
    Row("--trusted-root only supported with", Outcome.TAMPERED, _SHAPE),  # a bundle that cosign 3 cannot read
    Row("validation error", Outcome.TAMPERED, _SHAPE),
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
    message = _message(finished)
    row = next((row for row in ROWS if row.mark in message), None)
    if row is None:
        return Judgement(Outcome.UNKNOWN, f"cosign failed with an unknown error: {message}")
    if row.broken and not marked:
        row = Row(row.mark, Outcome.UNTRUSTED, "it is not signed with that key, or was altered")
    elif row.logged and not named:
        row = Row(row.mark, Outcome.UNTRUSTED, "it is in a transparency log that is not trusted")
    return Judgement(row.outcome, row.why)


def _message(finished: Finished) -> str:
    """Return cosign's error in one line, without its repetition."""
    error = finished.stderr.partition("Error: ")[2] or finished.stderr
    return one_line(error.partition("error during command execution:")[0], 600) or "no error message"
