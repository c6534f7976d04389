"""Run the command in a run context of the test's own."""

import io
import json
import sys
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from gate.cli import run
from tests.lab.tools import ROOT

SCHEMA = Draft202012Validator(json.loads((ROOT / "schemas" / "diagnosis.schema.json").read_bytes()))


class Said:
    """What a run of the command left."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err
        assert "Traceback" not in err
        assert "this is a bug" not in err

    @property
    def json(self):
        document = json.loads(self.out)
        SCHEMA.validate(document)
        return document

    def row(self, check):
        """The rows of a check, as `state: message fix`; of one alone when there is one."""
        rows = [
            f"{one['state']}: {one['message']} {one['fix']}".strip()
            for one in self.json["rows"]
            if one["check"] == check
        ]
        return rows[0] if len(rows) == 1 else rows


@pytest.fixture
def gate(context, capfd):
    """Run a command line; `env` is added to the run context's, `stdin` is what is piped in, `now` another time."""

    def call(*args, env=None, stdin=b"", now=None):
        here = replace(context, env={**context.env, **(env or {})}, now=now or context.now)
        capfd.readouterr()
        before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(stdin))
        try:
            code = run([str(arg) for arg in args], here)
        finally:
            sys.stdin = before
        return Said(int(code), *capfd.readouterr())

    call.folder = context.cwd
    call.home = context.cwd.parent / "home"
    return call


@pytest.fixture
def doctor(gate):
    """Run `gate doctor` and read its rows."""

    def call(*args, **more):
        return gate("doctor", *args, "--json", **more)

    call.folder, call.home = gate.folder, gate.home
    return call
