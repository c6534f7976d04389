"""`make demo`: a registry, sample images, a vulnerability database, and the real `gate` on them.

Two images are scanned and refused; a third passes, is signed with a throw-away key, and is verified; the refused one is
not. Nothing leaves this machine, and nothing is left running. With an image of one's own, that is scanned instead, with
one's own network, settings and database.
"""

import argparse
import os
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from tests.lab import database, images, tools
from tests.lab.oci import Layout
from tests.lab.registry import NoRegistryError, program, running
from tests.lab.tools import ROOT

SAMPLES = ("single", "multi")
_CLEAN = "clean"
_PASSED, _REFUSED, _UNVERIFIED, _INTERRUPTED = 0, 10, 11, 130  # the README's exit codes
_FORMATS = {"sarif": "sarif", "json": "json", "markdown": "md", "html": "html", "sbom": "cdx.json"}
_KEPT = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "TERM", "COLUMNS", "NO_COLOR")
"""What the samples are scanned with: settings and a CI system's variables could make the verdict another."""
_GRACE = 15.0  # seconds in which `gate` must end what it started


class UnexpectedError(Exception):
    """`gate` did not do what it does when all is well."""


def main(arguments: Sequence[str]) -> int:
    """Run the demo; 0 when everything came out as it should."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab.demo", description=__doc__)
    parser.add_argument("image", nargs="?", help="scan this one instead of the samples")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "demo", help="where the documents go")
    parser.add_argument("--gate", type=Path, default=Path(sys.executable).with_name("gate"), help="the program")
    parser.add_argument("--layouts", action="store_true", help="scan OCI layouts, as where there is no registry")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _terminate)
    options.out.mkdir(parents=True, exist_ok=True)
    try:
        if options.image:
            _own(options.gate, options.image, options.out.absolute())
        else:
            _samples(options.gate, options.out.absolute(), layouts=options.layouts)
    except UnexpectedError as exc:
        _say(f"\nnot as expected: {exc}")
        return 1
    except KeyboardInterrupt:
        _say("\ninterrupted; nothing is left running")
        return _INTERRUPTED
    return 0


def _samples(gate: Path, out: Path, *, layouts: bool) -> None:
    with tempfile.TemporaryDirectory(prefix="gate-demo-") as name, ExitStack() as stack:
        room = Path(name)
        layout = images.samples(room / "images")
        _say("a vulnerability database of a dozen entries: built")
        now = datetime.now(UTC)
        cache = database.build_java(database.build(room / "database", updated=now), updated=now)
        refer = _layouts(layout.folder) if layouts else stack.enter_context(_references(layout))
        in_registry = not refer(_CLEAN).startswith("oci:")
        env = {name: os.environ[name] for name in _KEPT if name in os.environ}
        env |= {"GATE_CACHE_DIR": str(room / "cache"), "DOCKER_CONFIG": str(room)}
        for sample in SAMPLES:
            args = ["--offline", f"--trivy-cache={cache}", *_documents(out, sample), refer(sample)]
            _expect(gate, ["scan", *args], env, room, _REFUSED)
            _check(out, sample)
        _say(f"\nSARIF, verdict, Markdown, HTML and SBOM of both images are in {_shown(out)}/")
        _say(f"Both images are made to be refused, so exit code {_REFUSED} is what gate should end with: as expected.")
        if in_registry:
            _signed(gate, refer, cache, env, room)
        else:
            _say("\nWhat is in no registry cannot be signed: that part is left out.")


def _signed(gate: Path, refer: Callable[[str], str], cache: Path, env: Mapping[str, str], room: Path) -> None:
    """Sign the clean image with a key that goes with the demo, verify it, and show what becomes of a refused one."""
    cosign = tools.cosign()
    if cosign is None:
        _say("\ncosign 3 is not on this machine (`make tools` gets it where it can): the signing is left out.")
        return
    env = {**env, "GATE_COSIGN": str(cosign), "COSIGN_PASSWORD": "of-the-demo"}
    key = ["generate-key-pair", "--output-key-prefix", "demo"]
    subprocess.run([cosign, *key], cwd=room, env={**env, "HOME": str(room)}, check=True, capture_output=True)
    _say("\na pair of keys for this demo: made")
    database_options = ["--offline", f"--trivy-cache={cache}"]
    _expect(gate, ["sign", *database_options, "--key=demo.key", refer(_CLEAN)], env, room, _PASSED)
    _expect(gate, ["verify", "--key=demo.pub", refer(_CLEAN)], env, room, _PASSED)
    _expect(gate, ["sign", *database_options, "--key=demo.key", refer(SAMPLES[0])], env, room, _REFUSED)
    _expect(gate, ["verify", "--key=demo.pub", refer(SAMPLES[0])], env, room, _UNVERIFIED)
    _say("\nThe clean image is signed and verified; the refused one is neither: as expected.")


def _expect(gate: Path, args: Sequence[str], env: Mapping[str, str], cwd: Path, due: int) -> None:
    code = _run(gate, args, env, cwd)
    if code != due:
        raise UnexpectedError(f"gate {args[0]} ended with {code} on {args[-1]}, and {due} was due")


def _own(gate: Path, image: str, out: Path) -> None:
    code = _run(gate, ["scan", *_documents(out, "image"), "--", image], os.environ, Path.cwd())
    if code not in {_PASSED, _REFUSED}:
        raise UnexpectedError(f"gate ended with {code}, without a verdict")
    _check(out, "image")
    _say(f"\ngate ended with {code}: {'refused' if code else 'passed'}. The documents are in {_shown(out)}/")


@contextmanager
def _references(layout: Layout) -> Iterator[Callable[[str], str]]:
    """The samples' references in a registry that runs meanwhile; in their layout, where none can be had."""
    with ExitStack() as stack:
        try:
            registry = stack.enter_context(running(program()))
        except NoRegistryError as exc:
            _say(f"no registry can be had ({exc}): going on with OCI layouts")
            yield _layouts(layout.folder)
            return
        _say(f"a registry on {registry.host}: running until the demo ends")
        for sample in (*SAMPLES, _CLEAN):
            digest = registry.push(layout, sample, f"demo/{sample}:1.0")
            _say(f"pushed {registry.host}/demo/{sample}:1.0, {digest}")
        yield lambda sample: f"{registry.host}/demo/{sample}:1.0"


def _layouts(folder: Path) -> Callable[[str], str]:
    return lambda sample: f"oci:{folder}:{sample}"


def _documents(out: Path, name: str) -> list[str]:
    """The options that name every document, after those of the last run are gone."""
    for suffix in _FORMATS.values():
        for old in out.glob(f"{name}.*{suffix}"):
            old.unlink()
    return [f"--{option}={out / f'{name}.{suffix}'}" for option, suffix in _FORMATS.items()]


def _check(out: Path, name: str) -> None:
    for option, suffix in _FORMATS.items():
        # An SBOM is one platform's: of an index there are several, each with its platform before the suffix.
        found = out.glob(f"{name}.{'*' * (option == 'sbom')}{suffix}")
        if not any(file.stat().st_size for file in found):
            raise UnexpectedError(f"gate wrote no {name}.{suffix}")


def _run(gate: Path, args: Sequence[str], env: Mapping[str, str], cwd: Path) -> int:
    """Run `gate` with our terminal and tell its exit code; whatever happens, it is over afterwards."""
    command = [str(gate), *args]
    shown = shlex.join(["gate", *command[1:]]).replace(f"{Path.cwd()}/", "")
    _say(f"\n$ {shown}\n")
    try:
        # A session of its own: Ctrl-C reaches it once, from here, and it has time to end what it started.
        child = subprocess.Popen(command, env=dict(env), cwd=cwd, stdin=subprocess.DEVNULL, start_new_session=True)
    except OSError as exc:
        raise UnexpectedError(f"{gate} cannot be run: {exc.strerror}") from exc
    try:
        return child.wait()
    except BaseException:
        child.send_signal(signal.SIGINT)
        try:
            child.wait(_GRACE)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        raise


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
