"""What cosign's last words mean when it could not sign, and what to do about it."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from gate.errors import GateError, InputError, RegistryError, ToolFailedError, ToolMissingError, UsageError
from gate.io.process import ExitError
from gate.text import one_line


class OutageError(ToolFailedError):
    """A service is down or busy: the same may well succeed later."""


@dataclass(frozen=True)
class Meaning:
    """What is meant when all of `marks` are among the words."""

    marks: tuple[str, ...]
    problem: str
    hint: str
    kind: type[GateError] = ToolFailedError


_STEPS = re.compile(
    r"\A(?:signing \[[^]]*\]: |signing digest: |signing bundle: |error signing bundle: |getting keypair and token: "
    r"|getting signer: )*"
)
_IDENTITY = (
    "it has to be fresh, for the audience sigstore, and of an issuer that this certificate authority trusts; in GitHub "
    "Actions leave it to the job, with `permissions: id-token: write`"
)
_LATER = "try again"
_KEY = "a key is made by `cosign generate-key-pair`; `cosign import-key-pair` makes one of a key in PEM"
_LOGIN = (
    "log in with the right to write there; in GitHub Actions the job needs `permissions: packages: write`; "
    "`gate doctor IMAGE --push` tries it"
)
_CHECK = "check it; `cosign signing-config create` writes one"
# The first that fits. Texts of cosign 2.5.0 and 3.1.1, each recorded by a test.
MEANINGS = (
    # keys
    Meaning(("decryption failed",), "the key does not open", "its password belongs in COSIGN_PASSWORD", InputError),
    Meaning(
        ("unrecognized scheme",),
        "this cosign cannot use keys that are kept there",
        "install one that can",
        ToolMissingError,
    ),
    Meaning(
        ("operation error KMS",), "the key cannot be used where it is kept", "check its address and the login for it"
    ),
    Meaning(("no such file or directory",), "the key is not there", "check the path", InputError),
    Meaning(("pem type",), "the key is not of cosign's kind", _KEY, InputError),
    Meaning(("pem block",), "the key is none", _KEY, InputError),
    Meaning(("is a directory",), "the key is a folder", "check the path", InputError),
    # identities
    Meaning(
        ("compact JWS format",),
        "GitHub gave this job no identity token",
        "the job needs `permissions: id-token: write`; a pull request from a fork never gets it",
        UsageError,
    ),
    Meaning(("fetching ambient OIDC",), "GitHub's identity tokens cannot be reached", _LATER, OutageError),
    Meaning(
        ("Fulcio returned 401",), "the certificate authority does not accept the identity token", _IDENTITY, UsageError
    ),
    Meaning(
        ("signingCert returned 401",),
        "the certificate authority does not accept the identity token",
        _IDENTITY,
        UsageError,
    ),
    Meaning(("illegal base64 data",), "the identity token is none", _IDENTITY, UsageError),
    # services that are down, and their refusals
    Meaning(
        ("read on closed response body",), "the certificate or timestamp authority is out of order", _LATER, OutageError
    ),
    Meaning(("signingCert returned 5",), "the certificate authority is out of order", _LATER, OutageError),
    Meaning(("signingCert returned 429",), "the certificate authority is busy", _LATER, OutageError),
    Meaning(("/log/entries", "giving up after"), "the transparency log is out of order", _LATER, OutageError),
    Meaning(("rekor v2 entry: unexpected response: 5",), "the transparency log is out of order", _LATER, OutageError),
    Meaning(("rekor v2 entry: unexpected response: 429",), "the transparency log is busy", _LATER, OutageError),
    Meaning(("tuf refresh failed",), "the public root of trust cannot be fetched", _LATER, OutageError),
    Meaning(('Post "', ": dial "), "a service that signing needs cannot be reached", _LATER, OutageError),
    Meaning(("Fulcio returned ",), "the certificate authority refuses", "its answer says why"),
    Meaning(("signingCert returned ",), "the certificate authority refuses", "its answer says why"),
    Meaning(("rekor v2 entry: unexpected response",), "the transparency log refuses", "its answer says why"),
    Meaning(("createLogEntry",), "the transparency log refuses", "its answer says why"),
    Meaning(("timestamp authority returned",), "the timestamp authority refuses", "its answer says why"),
    # settings
    Meaning(("reading signing config",), "this cosign cannot read the signing configuration", _CHECK, InputError),
    Meaning(("no fulcio URLs",), "the signing configuration names no certificate authority", _CHECK, InputError),
    Meaning(
        ("timestamp authority must be provided",),
        "the signing configuration names no timestamp authority, which a log of Rekor's second version needs",
        _CHECK,
        InputError,
    ),
    Meaning(
        ("failed to verify",),
        "what was signed is not vouched for by the root of trust, so nothing was pushed",
        "signing configuration and root of trust have to be of the same services",
    ),
    Meaning(
        ("ctfe public key not found",),
        "the certificate is not vouched for by the root of trust, so nothing was pushed",
        "signing configuration and root of trust have to be of the same services",
    ),
    # the registry
    Meaning(("UNAUTHORIZED",), "the registry does not know us", _LOGIN, RegistryError),
    Meaning(("DENIED",), "the registry does not let us in", _LOGIN, RegistryError),
    Meaning(("TOOMANYREQUESTS",), "the registry is busy", "try again later", RegistryError),
    Meaning(("status code 404",), "the registry does not have that image", "push it first", RegistryError),
    Meaning(
        ("accessing image: ", ": dial "),
        "the registry cannot be reached",
        "check its name and the network",
        RegistryError,
    ),
    Meaning(("/v2/",), "the registry failed", "try again; what was written so far stays", RegistryError),
)


def explain(failure: ExitError, secrets: Collection[str]) -> GateError:
    """Put a failed run into words of ours, without any of `secrets` in what it quotes."""
    said = _words(failure.finished.stderr or failure.finished.stdout)
    for secret in secrets:
        said = said.replace(secret, "***")
    if failure.finished.code < 0:
        return ToolFailedError(f"cosign was killed by signal {-failure.finished.code}", hint="out of memory?")
    for meaning in MEANINGS:
        if all(mark in said for mark in meaning.marks):
            return meaning.kind(f"{meaning.problem}: {one_line(said, 400)}", hint=meaning.hint)
    return ToolFailedError(f"cosign failed: {one_line(said, 400)}", hint="its last words are above")


def _words(said: str) -> str:
    """The last error, without the prompt before it, the second telling of it and the steps that led to it."""
    error = said.partition("Error: ")[2] or said
    return _STEPS.sub("", error.partition("error during command execution: ")[0].strip()) or "it said nothing"
