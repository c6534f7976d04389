"""The command itself, in a world of the test's own, on real parts."""

import json
from dataclasses import replace

import pytest

from gate.cli import run


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
def gate(world, capfd):
    """Run a command line as a person would; `env` is added to the world's."""

    def call(*args, env=None, now=None):
        here = replace(world, env={**world.env, **(env or {})}, now=now or world.now)
        (here.cwd / "verdict.json").unlink(missing_ok=True)
        capfd.readouterr()
        code = run([str(arg) for arg in args], here)
        out, err = capfd.readouterr()
        return Said(int(code), out, err, world.cwd)

    call.folder = world.cwd
    call.world = world
    return call


@pytest.fixture
def scan(gate, database, trivy):
    """Scan offline with the lab's database; the verdict is in verdict.json."""

    def call(*args, **more):
        return gate("scan", *args, "--offline", "--trivy-cache", database, "--json", "verdict.json", **more)

    call.folder = gate.folder
    return call
