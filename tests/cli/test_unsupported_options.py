"""Options and commands of Trivy, Grype and cosign: an error names what gate has instead, and names it rightly."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from gate.cli import unsupported_options
from gate.cli.commands import NAMES
from gate.policy.problems import keys
from tests.cli.hints import options

TABLE = json.loads(Path(unsupported_options.__file__).with_name("unsupported_options.json").read_text())
ROWS = [row for row in TABLE if "option" in row]
COMMANDS = [row for row in TABLE if "command" in row]
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


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row["command"])
def test_a_command_of_another_tool_names_ours(gate, row):
    said = gate(row["command"], "app:1")
    assert said.code == 2
    assert said.err == f"error: {row['command']} is a command of {row['tool']}, not of gate\n hint: {row['instead']}\n"
    for command, rest in re.findall(r"`gate (\S+) ?([^`]*)`", row["instead"]):
        assert command in NAMES
        assert set(re.findall(r"--[a-z-]+", rest)) <= options((command,))


def test_a_command_of_nobody_is_reported_as_before(gate):
    said = gate("no-such", "app:1")
    assert "No such command 'no-such'" in said.err
    assert "see `gate --help`" in said.err


def test_the_tools_have_the_commands(trivy, cosign):
    for row in COMMANDS:
        program = {"Trivy": trivy, "cosign": cosign}[row["tool"]]
        assert not subprocess.run([program, row["command"], "--help"], capture_output=True, check=False).returncode


@pytest.mark.parametrize("option", ["-v", "--quiet"])
def test_an_option_before_its_command_belongs_after_it(gate, option):
    said = gate(option, "scan", "app:1")
    assert said.code == 2
    assert f"{option} stands before the command\n hint: put it after: `gate scan {option}`" in said.err
    assert "No such option" in gate("--no-such", "scan", "app:1").err


@pytest.mark.parametrize("form", ["cyclonedx", "spdx-json"])
def test_the_format_of_an_sbom_is_no_format_of_reports(gate, form):
    said = gate("scan", "app:1", "--format", form)
    assert said.code == 2
    assert f"`gate scan IMAGE --sbom FILE --sbom-format {form}`" in said.err


def test_the_subcommand_of_trivy_is_not_needed(scan, layouts):
    note = "`gate scan` needs no subcommand"
    assert scan("image", "oci:nothing").err.count(note) == 1
    assert scan("image", f"oci:{layouts.folder}:clean").err.count(note) == 1
    assert note not in scan("oci:nothing").err
