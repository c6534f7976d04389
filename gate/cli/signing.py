"""`gate sign`, and `gate scan --sign`, once their words are read."""

import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gate import __version__
from gate.cli import paths as where
from gate.cli import requests, sbom_files
from gate.cli.outputs import DOCUMENTS, check_writable, width
from gate.cli.paths import STDOUT, here
from gate.cli.printing import say, show
from gate.cli.requests import scan_request
from gate.errors import ExitCode, UsageError
from gate.io import files
from gate.io.run_context import World
from gate.model.image import ImageRef
from gate.model.sign_result import SignFile, SignResult
from gate.model.verdict import Failure, Verdict
from gate.pipeline.candidates import from_resume, from_verdict, resume_file
from gate.pipeline.failed import as_error
from gate.pipeline.recorded import judged_again
from gate.pipeline.sign import sign as run
from gate.pipeline.signrequest import Candidate, SignRequest
from gate.policy.loader import Loaded
from gate.text import one_line
from gate.trivy.sbom import Format

if TYPE_CHECKING:
    from gate.io.progress import Progress

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


def sign(images: Sequence[str], given: Mapping[str, Any]) -> int:
    """Carry out `gate sign`; the exit code. Raises any `GateError`."""
    from gate.output.progress_bar import watching

    world = here()
    _check(world, images, given)
    loaded = requests.loaded(world, given)
    world = requests.with_tools(world, loaded)
    check(loaded, given, Format.CYCLONEDX)
    color = not requests.no_color(world, given["color"], err=True)
    with watching(quiet=given["quiet"], color=color, say=say) as progress:
        asked = _request(world, loaded, given)
        candidates = list(_candidates(world, loaded, images, given, progress))
        if given["verdict"] or given["resume"]:
            candidates = [judged_again(one, loaded, asked.roots, world) for one in candidates]
        if refused := [one.verdict for one in candidates if not one.verdict.passed]:
            _show_refused(world, refused, given)
        results = _signed(world, asked, candidates, given, progress)
    _tell(world, results, given)
    return code(results)


def sign_all(
    world: World,
    loaded: Loaded,
    verdicts: Sequence[Verdict],
    sboms: Sequence[Mapping[str, bytes]],
    given: Mapping[str, Any],
) -> list[SignResult]:
    """Sign what `gate scan` passed. Raises any `GateError`."""
    from gate.output.progress_bar import watching

    candidates = [Candidate(one, bills, scanned_now=True) for one, bills in zip(verdicts, sboms, strict=True)]
    color = not requests.no_color(world, given["color"], err=True)
    with watching(quiet=given["quiet"], color=color, say=say) as progress:
        results = _signed(world, _request(world, loaded, given), candidates, given, progress)
    _tell(world, results, {**given, "json_file": None, "to_error": STDOUT in _documents(given)})
    return results


def check(loaded: Loaded, given: Mapping[str, Any], form: Format) -> Format:
    """Refuse early what cannot end well; the format of the bills that are attached. Raises `UsageError`."""
    if given["signing_key"] and given["identity_token"]:
        raise UsageError("an image is signed with a key or as an identity", hint="leave out --key, or --identity-token")
    if given["public_log"] and not given["signing_key"]:
        raise UsageError("--public-log goes with --key", hint="what an identity signs is in a log anyway")
    if given["public_log"] and given["signing_config"]:
        raise UsageError("the signing configuration says which log there is", hint="leave out --public-log")
    if "sbom" in loaded.policy.sign.attach and form is not Format.CYCLONEDX:
        raise UsageError(
            "the bill of materials is attached as CycloneDX", hint="leave --sbom-format out, or sbom out of --attach"
        )
    return form


def code(results: Sequence[SignResult]) -> int:
    """0 when every image is signed, would be, or has a newer verdict that passed; 10 when one may not be signed.

    What went wrong comes before either.
    """
    if failed := next((one.code for one in results if one.problem), 0):
        return failed
    good = bool(results) and all(one.signed or one.superseded or (one.dry and not one.reasons) for one in results)
    return ExitCode.PASSED if good else ExitCode.REFUSED


def _documents(given: Mapping[str, Any]) -> list[Any]:
    return [given.get(name) for name in DOCUMENTS]


def _check(world: World, images: Sequence[str], given: Mapping[str, Any]) -> None:
    if bool(images) == bool(given["resume"]):
        raise UsageError("name an image, or a file to go on with (--resume): one of the two")
    if given["resume"] and given["verdict"]:
        raise UsageError("a file to go on with has its verdict in it", hint="leave --verdict out")
    if given["verdict_sha256"] is not None:
        if not (given["verdict"] or given["resume"]):
            raise UsageError("--verdict-sha256 goes with --verdict or --resume", hint="name the file that has it")
        if not _SHA256.fullmatch(given["verdict_sha256"]):
            raise UsageError(
                f"not a SHA-256: {one_line(given['verdict_sha256'], 100)!r}",
                hint="it is 64 hexadecimal digits, as `gate scan --json FILE` prints them",
            )
    if given["sbom"] and not given["verdict"]:
        raise UsageError("--sbom goes with --verdict", hint="without it the bill of materials is made now")
    if given["json_file"] and given["json_file"] != STDOUT:
        check_writable(where.output(world, given["json_file"]))
    check_writable(where.output(world, given["resume_file"]))


def _candidates(
    world: World, loaded: Loaded, images: Sequence[str], given: Mapping[str, Any], progress: "Progress"
) -> Iterator[Candidate]:
    if given["resume"]:
        yield from from_resume(where.path(world, given["resume"]), _digest(given))
    elif given["verdict"]:
        paths = _bills(world, given) if given["sbom"] else None
        refs = [ImageRef.parse(image) for image in images]
        yield from from_verdict(where.path(world, given["verdict"]), refs, paths, _digest(given))
    else:
        from gate.pipeline.scan import scan

        form = Format.CYCLONEDX if "sbom" in loaded.policy.sign.attach else None
        outcome = scan(scan_request(world, loaded, images, given, form), world, progress)
        if outcome.failures:
            raise as_error(outcome.failures)
        for verdict, sboms in zip(outcome.verdicts, outcome.sboms, strict=True):
            yield Candidate(verdict, sboms, scanned_now=True)


def _digest(given: Mapping[str, Any]) -> str:
    return (given["verdict_sha256"] or "").lower()


def _bills(world: World, given: Mapping[str, Any]) -> Any:
    """Where `gate scan --sbom` wrote the SBOM of each image and platform."""
    path = where.path(world, given["sbom"])

    def places(verdicts: Sequence[Verdict], failures: Sequence[Failure]) -> list[dict[str, Path]]:
        return sbom_files.places(path, verdicts, failures)

    return places


def _signed(
    world: World, asked: SignRequest, candidates: Sequence[Candidate], given: Mapping[str, Any], progress: "Progress"
) -> list[SignResult]:
    """Sign one after the other; what could not be finished is left in a file to go on with."""
    results = [run(asked, one, world, progress) for one in candidates]
    left = [one for one, result in zip(candidates, results, strict=True) if result.problem]
    if left:
        data = resume_file(left)
        files.write(where.output(world, given["resume_file"]), data)
        again = f"gate sign --resume {one_line(str(given['resume_file']), 200)}"
        say(f"note: go on later with: {again} --verdict-sha256 {sha256(data).hexdigest()}")
    return results


def _request(world: World, loaded: Loaded, given: Mapping[str, Any]) -> SignRequest:
    from gate.cosign import program, signing_config, signing_identity, trusted_root
    from gate.github.actions_context import current_run
    from gate.registry import Access

    root = where.path(world, given["trusted_root"]) if given["trusted_root"] else None
    config = where.path(world, given["signing_config"]) if given["signing_config"] else None
    trusted = trusted_root.read(root, offline=False)
    tool = program.find(world, timeout=min(program.PROBE_TIMEOUT, given["timeout"]))
    if tool.warning:
        say(f"note: {one_line(tool.warning, 300)}")
    token = signing_identity.token(given["identity_token"], world) if given["identity_token"] else ""
    return SignRequest(
        loaded=loaded,
        by=signing_identity.By(key=given["signing_key"] or "", token=token),
        tool=tool,
        services=signing_config.read(config, trusted, log=given["public_log"]),
        roots=trusted,
        origin=current_run(world),
        local=given["local"],
        dry_run=bool(given.get("dry_run")),
        attest_refusal=bool(given.get("attest_refusal")),
        patience=given["patience"],
        access=Access(
            plain_http=given["plain_http"],
            deadline=given["timeout"],
            unscanned_manifests=frozenset(loaded.policy.unscanned_manifests),
        ),
        jobs=given["jobs"],
    )


def _show_refused(world: World, refused: Sequence[Verdict], given: Mapping[str, Any]) -> None:
    """The table of what does not pass, so that nobody has to scan again to see why."""
    if given["quiet"]:
        return
    from gate.output import terminal

    err = given["json_file"] == STDOUT
    color = not requests.no_color(world, given["color"], err=err)
    show(terminal.show(refused, color=color, width=width()) + "\n", err=err, color=color)


def _tell(world: World, results: Sequence[SignResult], given: Mapping[str, Any]) -> None:
    to_error = given["json_file"] == STDOUT or bool(given.get("to_error"))
    if given["json_file"]:
        signed = bool(results) and all(one.signed for one in results)
        document = SignFile(gate=__version__, signed=signed, results=tuple(results))
        data = document.model_dump_json().encode() + b"\n"
        where.put(world, given["json_file"], [data], json=True)
    if not given["quiet"]:
        from gate.output import sign_terminal as view

        color = not requests.no_color(world, given["color"], err=to_error)
        show(view.show(results, color=color, width=width()), err=to_error, color=color)
