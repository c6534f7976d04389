"""Judges of SARIF that are not ours: the OASIS schema and Microsoft's Multitool."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from gate.io.schema import load
from gate.output import sarif
from gate.output.sarif.check import check


@pytest.fixture(scope="session")
def oasis():
    """Says where a document breaks the OASIS schema; the whole document is looked at."""
    schema = load("sarif-2.1.0.json")
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return lambda document: [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(document)]


@pytest.fixture
def microsoft(multitool, tmp_path):
    """The errors and warnings of the Multitool's rules for SARIF and for GitHub Advanced Security."""

    def judge(document):
        file, said = tmp_path / "judged.sarif", tmp_path / "said.sarif"
        file.write_bytes(sarif.to_bytes(document))
        command = [multitool, "validate", file, "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning"]
        more = ["--output", said, "--log", "ForceOverwrite", "--max-file-size-in-kb", "100000"]
        env = {**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
        done = subprocess.run([*command, *more], env=env, capture_output=True, text=True, timeout=300, check=False)
        assert "1 files scanned" in done.stdout, done.stdout + done.stderr
        run = json.loads(said.read_bytes())["runs"][0]
        return [(one["ruleId"], one.get("level", "warning"), one["message"]) for one in run.get("results", [])]

    return judge


@pytest.fixture(scope="session")
def taken(oasis):
    """Asserts what holds of every document of ours: schema, nothing refused, no null and no empty string."""

    def look(document):
        assert not oasis(document)
        found = check(sarif.to_bytes(document))
        assert not [problem for problem in found if problem.kind == "refused"]
        assert not list(_hollow(document))

    return look


def _hollow(node, where="$"):
    if node is None or node == "":
        yield where
    elif isinstance(node, dict):
        for name, value in node.items():
            yield from _hollow(value, f"{where}.{name}")
    elif isinstance(node, list):
        for place, value in enumerate(node):
            yield from _hollow(value, f"{where}[{place}]")


GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def golden():
    """Compares bytes with the file that holds how they last were; `UPDATE_GOLDEN=1` rewrites the file."""

    def same(name, data):
        path = GOLDEN / name
        if os.environ.get("UPDATE_GOLDEN") == "1":
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
        assert data == path.read_bytes()

    return same
