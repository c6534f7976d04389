"""Translate error messages of cosign's signing commands into our errors with hints."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from gate.errors import GateError, InputError, RegistryError, ToolFailedError, ToolMissingError, UsageError
from gate.io.process import ExitError
from gate.text import one_line


class OutageError(ToolFailedError):
    """A service is down or busy: trying again later may succeed."""


@dataclass(frozen=True)
class Meaning:
    """The error to raise when cosign's message contains all of `marks`."""

    marks: tuple[str, ...]
    problem: str
    hint: str
    kind: type[GateError] = ToolFailedError


_STEPS = re.compile(
    r"\A(?:signing \[[^]]*\]: |signing digest: |signing bundle: |error signing bundle: |getting keypair and token: "
    r"|getting signer: )*"
)
_NOT_ACCEPTED = "the certificate authority does not accept the identity token"
_IDENTITY = (
    "it has to be fresh, for the audience sigstore, and of an issuer that this certificate authority trusts; in GitHub "
    "Actions leave it to the job, with `permissions: id-token: write`"
)
_LATER = "try again"
_REACH = "check its name and the network"
_KEY = "a key is made by `cosign generate-key-pair`; `cosign import-key-pair` makes one of a key in PEM"
_LOGIN = (
    "log in with the right to write there; in GitHub Actions the job needs `permissions: packages: write`; "
    "`gate doctor IMAGE --push` tries it"
)
_NOT_VERIFIED = "cannot be verified with the root of trust, so nothing was pushed"
_SAME_SERVICES = "signing configuration and root of trust must belong to the same services"
_CHECK = "check it; `cosign signing-config create` writes one"
# The first match counts. Texts of cosign 2.5.0 and 3.1.1, each recorded by a test.
MEANINGS = (
    # keys
    Meaning(("decryption failed",), "the key cannot be decrypted", "set its password in COSIGN_PASSWORD", InputError),
    Meaning(
        ("unrecognized scheme",),
        "this cosign does not support keys in that KMS",
        "install a build with support for it",
        ToolMissingError,
    ),
    Meaning(
        ("operation error KMS",), "the KMS cannot use the key", "check its address and the credentials for the KMS"
    ),
    Meaning(("no such file or directory",), "the key file does not exist", "check the path", InputError),
    Meaning(("pem type",), "the key is not a cosign key", _KEY, InputError),
    Meaning(("pem block",), "the key is not in PEM", _KEY, InputError),
    Meaning(("is a directory",), "the key is a folder", "check the path", InputError),
    # identities
    Meaning(
        ("compact JWS format",),
        "GitHub gave this job no identity token",
        "the job needs `permissions: id-token: write`; a pull request from a fork never gets it",
        UsageError,
    ),
    Meaning(("fetching ambient OIDC",), "GitHub's identity tokens cannot be reached", _LATER, OutageError),
    Meaning(("Fulcio returned 401",), _NOT_ACCEPTED, _IDENTITY, UsageError),
    Meaning(("signingCert returned 401",), _NOT_ACCEPTED, _IDENTITY, UsageError),
    Meaning(("illegal base64 data",), "the identity token is malformed", _IDENTITY, UsageError),
    # services that are down, and their refusals
    Meaning(
        ("read on closed response body",), "the certificate or timestamp authority is failing", _LATER, OutageError
    ),
    Meaning(("signingCert returned 5",), "the certificate authority is failing", _LATER, OutageError),
    Meaning(("signingCert returned 429",), "the certificate authority is busy", _LATER, OutageError),
    Meaning(("/log/entries", "giving up after"), "the transparency log is failing", _LATER, OutageError),
    Meaning(("rekor v2 entry: unexpected response: 5",), "the transparency log is failing", _LATER, OutageError),
    Meaning(("rekor v2 entry: unexpected response: 429",), "the transparency log is busy", _LATER, OutageError),
    Meaning(("tuf refresh failed",), "the public root of trust cannot be fetched", _LATER, OutageError),
    Meaning(('Post "', ": dial "), "a service that signing needs cannot be reached", _LATER, OutageError),
    Meaning(("Fulcio returned ",), "the certificate authority refuses", "see its answer"),
    Meaning(("signingCert returned ",), "the certificate authority refuses", "see its answer"),
    Meaning(("rekor v2 entry: unexpected response",), "the transparency log refuses", "see its answer"),
    Meaning(("createLogEntry",), "the transparency log refuses", "see its answer"),
    Meaning(("timestamp authority returned",), "the timestamp authority refuses", "see its answer"),
    # settings
    Meaning(("reading signing config",), "this cosign cannot read the signing configuration", _CHECK, InputError),
    Meaning(("no fulcio URLs",), "the signing configuration names no certificate authority", _CHECK, InputError),
    Meaning(
        ("timestamp authority must be provided",),
        "the signing configuration names no timestamp authority, which a log of Rekor's second version needs",
        _CHECK,
        InputError,
    ),
    Meaning(("failed to verify",), f"the signature {_NOT_VERIFIED}", _SAME_SERVICES),
    Meaning(("ctfe public key not found",), f"the certificate {_NOT_VERIFIED}", _SAME_SERVICES),
    # the registry
    Meaning(("UNAUTHORIZED",), "the registry rejects the credentials", _LOGIN, RegistryError),
    Meaning(("DENIED",), "the registry denies access", _LOGIN, RegistryError),
    Meaning(("TOOMANYREQUESTS",), "the registry is busy", "try again later", RegistryError),
    Meaning(("status code 404",), "the registry does not have that image", "push it first", RegistryError),
    Meaning(("accessing image: ", ": dial "), "the registry cannot be reached", _REACH, RegistryError),
    Meaning(("/v2/",), "the registry failed", "try again; what was written so far stays", RegistryError),
)


def explain(failure: ExitError, secrets: Collection[str]) -> GateError:
    """Return the error for a failed run; what it quotes of cosign contains none of `secrets`."""
    message = _message(failure.finished.stderr or failure.finished.stdout)
    for secret in secrets:
        message = message.replace(secret, "***")
    if failure.finished.code < 0:
        return ToolFailedError(f"cosign was killed by signal {-failure.finished.code}", hint="out of memory?")
    for meaning in MEANINGS:
        if all(mark in message for mark in meaning.marks):
            return meaning.kind(f"{meaning.problem}: {one_line(message, 400)}", hint=meaning.hint)
    return ToolFailedError(f"cosign failed: {one_line(message, 400)}", hint="see cosign's message above")


def _message(output: str) -> str:
    """Return cosign's error without the prompt before it, its repetition and the prefixes of the steps."""
    error = output.partition("Error: ")[2] or output
    return _STEPS.sub("", error.partition("error during command execution: ")[0].strip()) or "no error message"
