"""Run the command in a run context of the test's own."""

import io
import json
import sys
from dataclasses import replace

import pytest

from gate.cli import run
from tests.cli.hints import check_hints
from tests.lab.referrers import MemoryRegistry

COMMIT = "abc1234" + "0" * 33


class Said:
    """What a run of the command left."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def lines(self):
        return self.out.splitlines()

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def gate(context, capfd):
    """Run a command line as a person would; `env` is added to the run context's, `stdin` is what is piped in."""

    def call(*args, env=None, stdin=None):
        here = replace(context, env={**context.env, **(env or {})})
        capfd.readouterr()
        piped, before = io.TextIOWrapper(io.BytesIO((stdin or "").encode())), sys.stdin
        sys.stdin = piped
        try:
            code = run([str(arg) for arg in args], here)
        finally:
            sys.stdin = before
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        check_hints(err, args)
        return Said(int(code), out, err)

    call.folder = context.cwd
    call.context = context
    return call


@pytest.fixture
def private():
    """A registry of the test's own, to which nobody has a key yet."""
    with MemoryRegistry(page=2) as served:
        yield served


@pytest.fixture
def job(tmp_path):
    """The environment of a job of GitHub Actions."""

    def make(event, ref, payload=None, **more):
        file = tmp_path / "event.json"
        file.write_text(json.dumps(payload or {}))
        return {
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": event,
            "GITHUB_REF": ref,
            "GITHUB_SHA": COMMIT,
            "GITHUB_EVENT_PATH": str(file),
            **more,
        }

    return make
