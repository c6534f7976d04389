"""`gate judge`, `gate explain` and `gate policy`: no Trivy needed."""

import json

import pytest

from tests.trivy.reports import INDEX, encoded, os_result, vulnerability

METADATA = {"Version": 2, "UpdatedAt": "2026-06-01T06:00:00Z", "NextUpdate": "2026-06-02T06:00:00Z"}


@pytest.fixture
def judge(gate):
    """Judge reports given as bytes; the database is six hours old; the verdict is in verdict.json."""

    def call(*reports, args=(), **more):
        names = []
        for number, data in enumerate(reports):
            names.append(f"report-{number}.json")
            (gate.folder / names[-1]).write_bytes(data)
        (gate.folder / "metadata.json").write_text(json.dumps(METADATA))
        return gate("judge", *names, "--database", "metadata.json", "--json=verdict.json", *args, **more)

    call.folder = gate.folder
    return call


def test_a_report_with_a_critical_vulnerability_is_refused(judge):
    said = judge(encoded(os_result(vulnerability())))
    assert said.code == 10
    assert said.decided("refuses") == {("CVE-2024-0001", "openssl")}
    assert said.verdict["subject"] | {"size": None} == {
        "name": "ghcr.io/acme/app",
        "tag": "1.0",
        "digest": INDEX,
        "is_index": False,
        "local": False,
        "reported_as": "",
        "size": None,
    }


def test_a_report_below_the_threshold_passes(judge):
    said = judge(encoded(os_result(vulnerability(Severity="HIGH"))), args=["--secrets", "none"])
    assert said.code == 0
    assert "PASSED" in said.out


def test_every_verdict_says_that_the_report_may_be_filtered(judge):
    words = "does not say whether Trivy left out findings (--severity, --ignore-unfixed, .trivyignore)"
    low = judge(encoded(os_result(vulnerability(Severity="LOW"))), args=["--secrets", "none", "--markdown", "a.md"])
    assert low.code == 0
    assert [words in notice["message"] for notice in low.verdict["notices"]].count(True) == 1
    assert " ".join(low.out.split()).count(words) == 1
    assert (low.folder / "a.md").read_text().count("does not say whether Trivy left out findings") == 1
    refused = judge(encoded(os_result(vulnerability())))
    assert words in json.dumps(refused.verdict["notices"])


def test_a_report_that_did_not_look_for_what_the_policy_judges_is_refused(judge):
    said = judge(encoded(os_result()))
    assert said.code == 10
    assert "secret" in json.dumps(said.verdict["reasons"])
    assert judge(encoded(os_result()), args=["--scanners", "vuln", "--scanners", "secret"]).code == 0


def test_a_list_of_packages_is_no_sign_that_anybody_looked_for_vulnerabilities(judge):
    said = judge(encoded(os_result()), args=["--scanners", "secret"])
    assert said.code == 10
    assert "vulnerabilities, which were not looked for" in json.dumps(said.verdict["reasons"])


def test_a_report_older_than_the_database_was_not_made_with_it(judge):
    said = judge(encoded(os_result()).replace(b"2026-06-01T11:59", b"2020-01-01T11:59"), args=["--scanners", "vuln"])
    assert said.code == 3
    assert "before the database" in said.err


def test_options_lie_over_the_policy_file(judge):
    (judge.folder / "gate.yaml").write_text("fail_on: {severity: critical, secrets: none}\n")
    high = encoded(os_result(vulnerability(Severity="HIGH")))
    assert judge(high).code == 0
    assert judge(high, args=["--fail-on", "high"]).code == 10
    assert judge(high, args=["--fail-on", "high", "--ignore-unfixed"]).code == 10
    unfixed = encoded(os_result(vulnerability(Severity="HIGH", FixedVersion="")))
    assert judge(unfixed, args=["--fail-on", "high", "--ignore-unfixed"]).code == 0
    assert judge(high, args=["--limit", "high=0"]).code == 10
    assert judge(high, args=["--max-size", "10B"]).code == 10


@pytest.mark.parametrize("value", ["high", "high=-1", "high=x", "=3"])
def test_a_malformed_limit_is_a_usage_error(judge, value):
    said = judge(encoded(os_result()), args=["--limit", value])
    assert said.code == 2
    assert "limit" in said.err


def test_known_exploited_and_epss_from_files(judge):
    catalogue = {"title": "CISA", "dateReleased": "2026-06-01T00:00:00Z", "vulnerabilities": [{"cveID": "CVE-2024-0001"}], "count": 1}  # fmt: skip # noqa: E501 one document
    (judge.folder / "kev.json").write_text(json.dumps(catalogue))
    (judge.folder / "epss.csv").write_text("#model_version:v1,score_date:2026-06-01T00:00:00+0000\ncve,epss,percentile\nCVE-2024-0001,0.9,0.99\n")  # fmt: skip # noqa: E501 one document
    low = encoded(os_result(vulnerability(Severity="LOW")))
    assert judge(low, args=["--secrets", "none"]).code == 0
    assert judge(low, args=["--secrets", "none", "--known-exploited", "--kev-file", "kev.json"]).code == 10
    assert judge(low, args=["--secrets", "none", "--epss", "0.5", "--epss-file", "epss.csv"]).code == 10
    assert judge(low, args=["--secrets", "none", "--epss", "0.95", "--epss-file", "epss.csv"]).code == 0


def test_a_feed_that_cannot_be_had_is_no_pass(judge):
    said = judge(encoded(os_result()), args=["--known-exploited", "--offline"])
    assert said.code == 3
    assert said.verdicts == []


def test_without_a_word_about_the_database_the_answer_is_no(gate):
    (gate.folder / "r.json").write_bytes(encoded(os_result()))
    said = gate("judge", "r.json", "--json=verdict.json", "--secrets", "none", "--scanners", "vuln")
    assert said.code == 10
    assert "max_database_age" in [reason["rule"] for reason in said.verdict["reasons"]]
    assert "--database FILE" in said.err


def test_standard_input_is_one_report(gate):
    said = gate("judge", "-", "-")
    assert (said.code, "is one report" in said.err) == (2, True)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"not json",
        b'{"SchemaVersion": 1}',
        encoded(os_result())[:200],
        b'{"SchemaVersion": 2, "SchemaVersion": 2}',
        b'{"SchemaVersion": 2, "Results": NaN}',
        b'{"SchemaVersion": 2, "Results": ' + b"[" * 100_000,
    ],
)
def test_an_unusable_report_is_exit_3_and_nothing_is_written(judge, data):
    said = judge(data, args=["--sarif", "a.sarif"])
    assert said.code == 3
    assert "error:" in said.err
    assert "hint:" in said.err
    assert "None" not in said.err
    assert not (said.folder / "a.sarif").exists()
    assert said.verdicts == []
    assert not list(said.folder.glob("*.part"))


def test_a_missing_report_is_exit_3(gate):
    said = gate("judge", "no-such-file.json")
    assert said.code == 3
    assert "no-such-file.json" in said.err


HOSTILE = "\x1b[31m::error::pwned\n::set-output name=x::y<script>alert(1)</script> [x](javascript:1) | `` @team"


def test_hostile_text_reaches_no_terminal_and_no_workflow_command(judge):
    bad = vulnerability(Title=HOSTILE, Description=HOSTILE, PkgName="p\x1b]0;x\x07", InstalledVersion="1\n::error::2")
    said = judge(encoded(os_result(bad)), args=["--markdown", "a.md", "--html", "a.html", "--sarif", "a.sarif"])
    assert said.code == 10
    for text in (said.out, said.err, (said.folder / "a.md").read_text()):
        assert "\x1b" not in text
        assert not any(line.lstrip().startswith("::") for line in text.splitlines())
    assert "<script>alert" not in (said.folder / "a.html").read_text()


@pytest.mark.parametrize("identity", ["CVE-2024-0001", "cve-2024-0001", "DSA-1"])
def test_explain_tells_package_layer_instruction_fix_and_rule(judge, gate, identity):
    judge(encoded(os_result(vulnerability(VendorIDs=["DSA-1"])))).keep("kept.json")
    said = gate("explain", identity, "--verdict", "kept.json")
    assert said.code == 0
    for told in ("CVE-2024-0001", "openssl", "1.0-1", "1.0-2", "COPY . /app", "sha256:cccc", "fail_on.severity"):
        assert told in said.out


def test_explain_says_when_a_finding_is_not_there(judge, gate):
    judge(encoded(os_result(vulnerability()))).keep("kept.json")
    said = gate("explain", "CVE-1999-0001", "--verdict", "kept.json")
    assert said.code == 3
    assert "CVE-1999-0001" in said.err


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"version": 1, "verdicts": 5}'])
def test_explain_refuses_what_is_no_verdict(gate, data):
    (gate.folder / "kept.json").write_bytes(data)
    assert gate("explain", "CVE-1", "--verdict", "kept.json").code == 3


def test_the_policy_can_be_checked_and_shown(gate):
    (gate.folder / "gate.yaml").write_text("fail_on: {severity: high}\n")
    assert gate("policy", "check").code == 0
    shown = gate("policy", "show", "--ignore-unfixed")
    assert shown.code == 0
    assert "severity: high" in shown.out
    assert "fixable_only: true" in shown.out


def test_what_policy_show_prints_is_the_same_policy(gate):
    (gate.folder / "gate.yaml").write_text(
        "fail_on: {severity: high, epss: 0.5}\nlimits: {high: 3}\nmax_database_age: 36h\n"
        "exceptions:\n- {id: CVE-1, owner: me, reason: 'a: b', expires: 2026-12-31}\nsize: {max: 400MB}\n"
    )
    first = gate("policy", "show").out
    (gate.folder / "gate.yaml").write_text(first)
    assert gate("policy", "show").out == first


def test_a_bad_policy_is_exit_3_with_line_and_column(gate):
    (gate.folder / "gate.yaml").write_text("version: 1\nfail_on:\n  severty: high\n")
    said = gate("policy", "check")
    assert said.code == 3
    assert "3:3" in said.err
    assert "severity" in said.err


def test_two_documents_cannot_share_a_file_or_standard_output(judge):
    assert judge(encoded(os_result()), args=["--sarif", "verdict.json"]).code == 2
    assert judge(encoded(os_result()), args=["--sarif", "-", "--markdown", "-"]).code == 2


def test_what_the_command_line_does_not_know_is_exit_2(gate):
    assert gate("scan", "--no-such-option").code == 2
    assert gate("no-such-command").code == 2
    assert gate("scan", "UPPER/Case").code == 2


def test_a_reference_that_looks_like_an_option_is_refused(gate, database):
    said = gate("scan", "--offline", "--trivy-cache", database, "--", "-rf")
    assert said.code == 2
