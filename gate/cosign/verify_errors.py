"""What cosign's answer to one proof means. It has one exit code for every no, so its words are read."""

from dataclasses import dataclass

from gate.errors import ToolFailedError
from gate.io.process import Finished
from gate.model.evidence import Outcome
from gate.text import one_line


@dataclass(frozen=True)
class Judgement:
    """An outcome, and one sentence for a person."""

    outcome: Outcome
    why: str = ""


@dataclass(frozen=True)
class Row:
    """What an error means that has `mark` in it."""

    mark: str
    outcome: Outcome
    why: str
    broken: bool = False
    """The signature does not hold. Of a key this is also how another key looks."""
    logged: bool = False
    """The log entry does not hold. This is also how a log looks that is not trusted."""


_YES = "Verified OK"
_ALTERED = "its signature does not hold: it was altered, or put together of parts"
_ENTRY = "its log entry does not hold"
_STAMP = "its timestamp does not hold"
_SHAPE = "it is not put together as a bundle has to be"
_TUF = (
    "the public root of trust cannot be fetched: give it as --trusted-root, or let tuf-repo-cdn.sigstore.dev be reached"
)
# The first that fits. Texts of cosign 2.5.0 and 3.1.1, each recorded by a test.
ROWS = (
    Row("expected SAN value", Outcome.UNTRUSTED, "it is signed by somebody else"),
    Row("expected issuer value", Outcome.UNTRUSTED, "its signer is known to another issuer"),
    Row("expected key signature, not certificate", Outcome.UNTRUSTED, "it is signed by a certificate, not with a key"),
    Row("unknown flag", Outcome.UNKNOWN, "this cosign is not one that gate knows"),
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
    Row(
        "threshold not met for verified signed timestamps",
        Outcome.UNTRUSTED,
        "no trusted timestamp authority says when it was signed",
    ),
    Row("log entry integrated timestamps", Outcome.UNTRUSTED, "no log that is trusted says when it was signed"),
    Row("only able to verify 0 SCT entries", Outcome.UNTRUSTED, "its certificate is in no trusted log of certificates"),
    Row(
        "leaf certificate verification failed",
        Outcome.UNTRUSTED,
        "its certificate is of no trusted authority, or was not valid any more when it signed",
    ),
    Row(
        "integrated time outside certificate validity",
        Outcome.UNTRUSTED,
        "its certificate was not valid when it signed, by the log's word",
    ),
    Row("malformed certificate", Outcome.TAMPERED, "its certificate cannot be read"),
    Row("summarize certificate", Outcome.TAMPERED, "its certificate cannot be read"),
    Row("does not match any digest in statement", Outcome.TAMPERED, "it is about another image"),
    Row("invalid predicate type", Outcome.TAMPERED, "it is of another type than it says"),
    Row("--trusted-root only supported with", Outcome.TAMPERED, _SHAPE),  # a bundle that cosign 3 cannot read
    Row("validation error", Outcome.TAMPERED, _SHAPE),
)


def judge(finished: Finished | ToolFailedError, *, marked: bool, named: bool) -> Judgement:
    """Put a run, or its failure, into an outcome and words.

    `marked`: the piece itself says that it is by whom it was held against; `named`: its log is one of the root's.
    """
    if isinstance(finished, ToolFailedError):
        return Judgement(Outcome.UNKNOWN, finished.problem)
    if finished.code == 0 and finished.stderr.rstrip().endswith(_YES):
        return Judgement(Outcome.PROVEN)
    if finished.code != 1:
        how = f"was killed by signal {-finished.code}" if finished.code < 0 else f"ended with {finished.code}"
        return Judgement(Outcome.UNKNOWN, f"cosign {how}: {_words(finished)}")
    return _by_words(_words(finished), marked=marked, named=named)


def _by_words(said: str, *, marked: bool, named: bool) -> Judgement:
    row = next((row for row in ROWS if row.mark in said), None)
    if row is None:
        return Judgement(Outcome.UNKNOWN, f"cosign says what gate does not understand: {said}")
    if row.broken and not marked:
        return Judgement(Outcome.UNTRUSTED, "it is not signed with that key, or was altered")
    if row.logged and not named:
        return Judgement(Outcome.UNTRUSTED, "it is in a transparency log that is not trusted")
    return Judgement(row.outcome, row.why)


def _words(finished: Finished) -> str:
    """Its error, of one line or several, without the second telling of it."""
    said = finished.stderr.partition("Error: ")[2] or finished.stderr
    return one_line(said.partition("error during command execution:")[0], 600) or "it said nothing"
