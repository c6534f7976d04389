"""Options of Trivy, Grype and cosign: an error names what gate has instead, and names it rightly."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from gate.cli import unsupported_options
from gate.policy.problems import keys
from tests.cli.hints import options

ROWS = json.loads(Path(unsupported_options.__file__).with_name("unsupported_options.json").read_text())
OLD = {"--skip-update", "--security-checks", "--vuln-type", "--new-bundle-format", "--tlog-upload", "--rekor-url"}
OLD |= {"--fulcio-url"}
"""Options that older releases had, or that the help does not list any more."""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["option"])
def test_what_is_named_instead_exists(row):
    for command, rest in re.findall(r"`gate (\S+) ?([^`]*)`", row["instead"]):
        assert set(re.findall(r"--[a-z-]+", rest)) <= options((command,))
    alone = re.sub(r"`gate [^`]*`", "", row["instead"])
    for name in re.findall(r"--[a-z-]+", alone):
        assert name in options(("scan",)) | options(("verify",)), name
    for key in re.findall(r"\(`([a-z_.]+)`\)|(fail_on\.\w+)", row["instead"]):
        assert {"".join(key)} & set(keys()), key


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["option"])
def test_no_such_option_is_ours_in_a_scan_or_verification(gate, row):
    for command in ("scan", "sign", "verify"):
        said = gate(command, "app:1", row["option"], "x")
        if row["option"] in options((command,)):
            continue
        assert said.code == 2
        assert (
            said.err == f"error: {row['option']} is an option of {row['tool']}, not of gate\n hint: {row['instead']}\n"
        )


def test_an_option_of_nobody_is_reported_as_before(gate):
    said = gate("scan", "app:1", "--no-such")
    assert "No such option" in said.err
    assert "see `gate scan --help`" in said.err


@pytest.mark.parametrize("tool", ["Trivy", "cosign"])
def test_the_tools_have_the_options(tool, trivy, cosign):
    calls = {"Trivy": [[trivy, "image"]], "cosign": [[cosign, "sign"], [cosign, "verify"], [cosign, "attest"]]}
    text = ""
    for call in calls[tool]:
        done = subprocess.run([*call, "--help"], capture_output=True, text=True, check=False)
        text += done.stdout + done.stderr
    named = {row["option"] for row in ROWS if tool in row["tool"]} - OLD
    assert not {name for name in named if not re.search(rf"(?m)^ +(-\w, )?{name}\b", text)}
