"""Run the command in a run context of the test's own, on real parts."""

import json
from dataclasses import replace

import pytest

from gate.cli import run
from tests.cli.hints import check_hints


class Said:
    """What a run of the command left: exit code, both streams, and the documents in its folder."""

    def __init__(self, code, out, err, folder):
        self.code, self.out, self.err, self.folder = code, out, err, folder
        written = folder / "verdict.json"
        self.verdicts = json.loads(written.read_bytes())["verdicts"] if written.exists() else []

    def json(self, name):
        return json.loads((self.folder / name).read_bytes())

    def keep(self, name):
        """Put the verdict aside: the next run writes another."""
        (self.folder / "verdict.json").rename(self.folder / name)

    @property
    def verdict(self):
        return self.verdicts[0]

    def decided(self, decision):
        return {
            (one["finding"]["id"], one["finding"]["package"])
            for one in self.verdict["findings"]
            if one["decision"] == decision
        }


@pytest.fixture
def gate(context, capfd):
    """Run a command line as a person would; `env` is added to the run context's."""

    def call(*args, env=None, now=None):
        here = replace(context, env={**context.env, **(env or {})}, now=now or context.now)
        (here.cwd / "verdict.json").unlink(missing_ok=True)
        capfd.readouterr()
        code = run([str(arg) for arg in args], here)
        out, err = capfd.readouterr()
        check_hints(err, args)
        return Said(int(code), out, err, context.cwd)

    call.folder = context.cwd
    call.context = context
    return call


@pytest.fixture
def scan(gate, database, trivy):
    """Scan offline with the lab's database; the verdict is in verdict.json."""

    def call(*args, **more):
        return gate("scan", *args, "--offline", "--trivy-cache", database, "--json=verdict.json", **more)

    call.folder = gate.folder
    return call
