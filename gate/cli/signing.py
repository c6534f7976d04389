"""Sign images that passed, for `gate sign` and `gate scan --sign`."""

from collections.abc import Mapping, Sequence
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING

from gate import __version__
from gate.cli import paths, requests
from gate.cli.printing import fail, say
from gate.cli.signing_options import SignerOptions
from gate.cli.terminal import show_page, show_progress
from gate.errors import ExitCode, UsageError
from gate.io import files
from gate.io.run_context import RunContext
from gate.model.sign_result import SignFile, SignResult
from gate.model.verdict import Verdict
from gate.pipeline.candidates import resume_file
from gate.pipeline.sign import sign as run
from gate.pipeline.sign_request import Candidate, SignRequest
from gate.policy.loader import Loaded
from gate.text import one_line
from gate.trivy.make_sbom import Format

if TYPE_CHECKING:
    from gate.io.progress import Progress

NOT_SIGNED = "note: nothing will be signed: "
"""How the line begins that says why a run of `gate scan --sign` signs nothing."""


def check(loaded: Loaded, options: SignerOptions, form: Format) -> Format:
    """Check the options; return the format of the SBOMs to attach. Raises `UsageError`."""
    if options.signing_key and options.identity_token:
        raise UsageError("an image is signed with a key or as an identity", hint="leave out --key, or --identity-token")
    if options.public_log and not options.signing_key:
        raise UsageError("--public-log goes with --key", hint="signatures by an identity are always logged")
    if options.public_log and options.signing_config:
        raise UsageError("the signing configuration says which log there is", hint="leave out --public-log")
    if "sbom" in loaded.policy.sign.attach and form is not Format.CYCLONEDX:
        raise UsageError("SBOMs are attached as CycloneDX", hint="leave --sbom-format out, or sbom out of --attach")
    return form


def why_skipped(context: RunContext, loaded: Loaded, options: SignerOptions, *, strict: bool) -> str:
    """Why this CI run signs nothing by its policy, printed as a note; empty when it may sign, or when `strict`.

    Raises `UsageError` outside of CI when there is neither a key nor --local.
    """
    from gate.attestation.signing_policy import run_refusals
    from gate.github.actions_context import current_run

    origin = current_run(context)
    reasons = run_refusals(loaded.policy, origin, by_key=bool(options.signing_key), local=options.local)
    text = "; ".join(message for _, message in reasons)
    if text and origin is None:
        raise UsageError(text, hint="--local opens a browser to sign as you; `cosign generate-key-pair` makes a key")
    if not text or strict:
        return ""
    say(f"{NOT_SIGNED}{one_line(text, 1000)}")
    return text


def not_signed(verdict: Verdict, why: str) -> SignResult:
    """The result for an image that passed, in a run that signs nothing."""
    return SignResult(image=str(verdict.subject), digest=verdict.subject.digest or "", signed=False, note=why)


def explain_refusals(results: Sequence[SignResult]) -> None:
    """Name each image that passed and may not be signed, and why."""
    for result in results:
        if result.reasons:
            reasons = "; ".join(reason.message for reason in result.reasons)
            fail(f"{result.image} passed and was not signed: {reasons}")


def sign_all(  # noqa: PLR0913 what passed, and how it is signed and reported
    context: RunContext,
    loaded: Loaded,
    verdicts: Sequence[Verdict],
    sboms: Sequence[Mapping[str, bytes]],
    options: SignerOptions,
    *,
    to_error: bool,
    dry_run: bool,
) -> list[SignResult]:
    """Sign images that `gate scan` passed; `to_error` keeps standard output for a report. Raises `GateError`.

    With `dry_run` nothing is pushed.
    """
    candidates = [
        Candidate(verdict, documents, scanned_now=True) for verdict, documents in zip(verdicts, sboms, strict=True)
    ]
    with show_progress(context, quiet=options.quiet, color=options.color) as progress:
        request = sign_request(context, loaded, options, dry_run=dry_run)
        results = sign_each(context, request, candidates, options, progress)
    report(context, results, options, to_error=to_error)
    return results


def code(results: Sequence[SignResult]) -> int:
    """Return 0 when every image is signed, would be, or has a newer passing verdict; 10 when one may not be signed.

    The code of an error takes precedence.
    """
    if failed := next((result.code for result in results if result.problem), 0):
        return failed
    good = bool(results) and all(
        result.signed or result.superseded or (result.dry and not result.reasons) for result in results
    )
    return ExitCode.PASSED if good else ExitCode.REFUSED


def sign_each(
    context: RunContext,
    request: SignRequest,
    candidates: Sequence[Candidate],
    options: SignerOptions,
    progress: "Progress",
) -> list[SignResult]:
    """Sign one image after the other; what is not finished goes to a resume file."""
    results = [run(request, candidate, context, progress) for candidate in candidates]
    unfinished = [candidate for candidate, result in zip(candidates, results, strict=True) if result.problem]
    if unfinished:
        data = resume_file(unfinished)
        files.write(paths.output(context, options.resume_file), data)
        again = f"gate sign --resume {one_line(options.resume_file, 200)}"
        again += f" --key {one_line(options.signing_key, 200)}" if options.signing_key else ""
        again += " --local" if options.local else ""
        say(f"note: resume later with: {again} --verdict-sha256 {sha256(data).hexdigest()}")
    return results


def sign_request(
    context: RunContext, loaded: Loaded, options: SignerOptions, *, dry_run: bool = False, attest_refusal: bool = False
) -> SignRequest:
    """Return the request to sign: identity or key, cosign, Sigstore services."""
    from gate.cosign import program, signing_config, signing_identity
    from gate.github.actions_context import current_run

    config = paths.path(context, options.signing_config) if options.signing_config else None
    trusted = requests.roots(context, options.trusted_root, offline=False)
    tool = program.find(context, timeout=min(program.PROBE_TIMEOUT, options.timeout))
    if tool.warning:
        say(f"note: {one_line(tool.warning, 300)}")
    token = signing_identity.token(options.identity_token, context) if options.identity_token else ""
    return SignRequest(
        loaded=loaded,
        by=signing_identity.SigningIdentity(key=options.signing_key or "", token=token),
        tool=tool,
        services=signing_config.read_signing_config(config, trusted, log=options.public_log),
        roots=trusted,
        origin=current_run(context),
        local=options.local,
        dry_run=dry_run,
        attest_refusal=attest_refusal,
        patience=options.patience,
        access=requests.registry_access(loaded, options, timeout=options.timeout),
        jobs=options.jobs,
    )


def report(
    context: RunContext,
    results: Sequence[SignResult],
    options: SignerOptions,
    *,
    json_file: str | None = None,
    to_error: bool = False,
) -> None:
    """Write the results as JSON, if asked, and print them."""
    to_error = to_error or json_file == paths.STDOUT
    if json_file:
        signed = bool(results) and all(result.signed for result in results)
        document = SignFile(gate=__version__, signed=signed, results=tuple(results))
        paths.put(context, json_file, [document.model_dump_json().encode() + b"\n"], json=True)
    if not options.quiet:
        from gate.output import sign_terminal as view

        show_page(context, options.color, partial(view.show, results), err=to_error)
