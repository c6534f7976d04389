"""The command itself against a GitHub on loopback that holds every request to GitHub's own description."""

import json
from dataclasses import replace

import pytest

from gate.cli import run
from tests.cli.hints import check_hints
from tests.lab.github import TOKEN, GitHub


class Said:
    """What a run of the command left; no run ever shows the token."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err
        assert TOKEN not in out + err
        assert "\x1b" not in out + err
        assert not any(line.lstrip().startswith("::") for line in (out + err).splitlines())


@pytest.fixture
def github():
    with GitHub() as served:
        yield served


@pytest.fixture
def gate(context, capfd, github):
    """Run a command line in a job of Actions; `env` is added to its variables, None takes one away."""

    def call(*args, env=None):
        variables = {**context.env, **github.env, **(env or {})}
        here = replace(context, env={name: value for name, value in variables.items() if value is not None})
        capfd.readouterr()
        code = run([str(arg) for arg in args], here)
        out, err = capfd.readouterr()
        check_hints(err, args)
        return Said(int(code), out, err)

    call.folder = context.cwd
    return call


@pytest.fixture
def upload(gate):
    """Upload documents of the test's own, each a list of runs, or of `sarif` itself."""

    def call(*files, args=(), **more):
        names = []
        for number, runs in enumerate(files or ([a_run()],)):
            names.append(f"{number}.sarif")
            document = runs if isinstance(runs, dict) else sarif(*runs)
            (gate.folder / names[-1]).write_text(json.dumps(document))
        return gate("upload", *names, *args, **more)

    call.folder = gate.folder
    return call


def sarif(*runs):
    return {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": list(runs)}


def a_run(category="image/", tool="x", results=1, **more):
    rule = {"id": "r", "shortDescription": {"text": "r"}, "fullDescription": {"text": "r"}, "help": {"text": "r"}}
    region = {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1}
    return {
        "tool": {"driver": {"name": tool, "rules": [rule]}},
        "automationDetails": {"id": category},
        "results": [
            {
                "ruleId": "r",
                "message": {"text": f"m{number}"},
                "locations": [{"physicalLocation": {"artifactLocation": {"uri": "Dockerfile"}, "region": region}}],
                "partialFingerprints": {"primaryLocationLineHash": f"{number:x}:1"},
            }
            for number in range(results)
        ],
    } | more
