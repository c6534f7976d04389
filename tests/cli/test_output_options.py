"""`--json[=FILE]`, `--format` with `--output`, and `--exit-code`."""

import json

import pytest

from tests.trivy.reports import encoded, os_result, vulnerability

METADATA = {"Version": 2, "UpdatedAt": "2026-06-01T06:00:00Z", "NextUpdate": "2026-06-02T06:00:00Z"}
REFUSED, PASSED = os_result(vulnerability()), os_result(vulnerability(Severity="LOW"))
BEGINNINGS = {
    "json": '{"version', "sarif": '{"$schema', "markdown": "#", "html": "<!doctype", "junit": "<?xml", "gitlab": "{",
    "csv": "\ufeff",
}  # fmt: skip


@pytest.fixture
def judge(gate):
    """Judge one report, which is refused unless `report` says otherwise."""

    def call(*args, report=REFUSED):
        (gate.folder / "report.json").write_bytes(encoded(report))
        (gate.folder / "metadata.json").write_text(json.dumps(METADATA))
        return gate("judge", "report.json", "--scanners", "vuln,secret", "--database", "metadata.json", *args)

    call.folder = gate.folder
    return call


def test_json_alone_prints_and_with_a_file_writes(judge):
    printed = judge("--json")
    assert json.loads(printed.out)["passed"] is False
    written = judge("--json=a.json")
    assert "REFUSED" in written.out
    assert written.json("a.json") == json.loads(printed.out)


def test_json_does_not_take_the_next_argument(gate, judge):
    judge()
    said = gate("judge", "--json", "--quiet", "report.json")
    assert said.code == 10
    assert json.loads(said.out)["verdicts"]


@pytest.mark.parametrize("command", ["scan", "sign", "verify", "judge", "inspect", "trend", "doctor"])
def test_json_with_a_file_behind_a_blank_is_a_usage_error_that_says_how(gate, command):
    said = gate(command, "app:1", "--json", "verdict.json")
    assert (said.code, "--json=verdict.json" in said.err) == (2, True)


def test_json_after_two_dashes_is_an_argument(gate):
    assert "--json is not there" in gate("judge", "--", "--json").err.replace("/--json", " --json")


@pytest.mark.parametrize("name", BEGINNINGS)
def test_a_format_goes_to_standard_output_or_to_a_file(judge, name):
    said = judge("--format", name)
    assert said.code == 10
    assert said.out.lower().startswith(BEGINNINGS[name].lower())
    assert "REFUSED" in said.err  # the table
    again = judge("-f", name, "-o", "a")
    assert "REFUSED" in again.out
    assert (judge.folder / "a").read_text().lower().startswith(BEGINNINGS[name].lower())


def test_the_table_goes_to_a_file_too(judge):
    shown = judge("--format", "table").out
    assert "REFUSED" in shown
    for more in ((), ("--format", "table")):
        said = judge("--output", "table.txt", *more)
        assert (said.code, said.out) == (10, "")
        assert "REFUSED" in (judge.folder / "table.txt").read_text()


def test_a_format_lies_beside_the_options_of_each_report(judge):
    said = judge("--sarif", "one.sarif", "--format", "sarif", "--output", "two.sarif", "--json=a.json")
    assert said.code == 10
    assert said.json("one.sarif") == said.json("two.sarif")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("-f", "sarif", "-o", "a", "--sarif", "a"), "two documents cannot go to one file"),
        (("-f", "sarif", "-o", "a", "--json=./a"), "two documents cannot go to one file"),
        (("-f", "sarif", "--json"), "only one document can go to standard output"),
        (("-o", "json"), "--output names a file, not a format"),
        (("-o", "sarif=a.sarif"), "write --format sarif --output FILE"),
        (("-f", "grype"), "not one of"),
    ],
)
def test_what_cannot_be_written_together_is_a_usage_error(judge, args, message):
    said = judge(*args)
    assert (said.code, message in said.err) == (2, True), said.err


@pytest.mark.parametrize(("number", "code"), [("0", 0), ("1", 10), ("2", 10), ("10", 10)])
def test_exit_code_0_reports_a_refusal_only_and_other_values_change_nothing(judge, number, code):
    said = judge("--exit-code", number, "--json=a.json")
    assert said.code == code
    assert said.json("a.json")["passed"] is False
    assert ("do not deploy by it" in said.err) == (number == "0")
    assert judge("--exit-code", number, report=PASSED).code == 0


def test_exit_code_0_hides_no_error(gate, judge):
    (judge.folder / "broken.json").write_text("{")
    assert gate("judge", "broken.json", "--exit-code", "0").code == 3
    assert judge("--exit-code", "x").code == 2


def test_exit_code_has_no_variable(judge, monkeypatch):
    monkeypatch.setenv("GATE_EXIT_CODE", "0")
    assert judge().code == 10
