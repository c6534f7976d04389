"""What a registry, GitHub, an image or a checkout says reaches the log as text: it commands and hides nothing."""

import ast
import json
import re

import pytest

from gate.text import UNSAFE
from tests.lab.loopback import Answer, Loopback
from tests.lab.tools import ROOT
from tests.trivy.reports import encoded, os_result, vulnerability

TOKEN = "ghp_" + "a" * 36
EVIL = (
    "no\n::error title=x::PWNED\r\n  ::add-mask::PWNED\n##[add-path]PWNED ##[group]x ##vso[task.setvariable]x"
    "\x1b[2J\x1b]0;PWNED\x07\x9b31m\u202eb\u200b\U000e0050\U000e0057\u2028::warning::PWNED\u0085PWNED\nPASSED PWNED"
)
COMMANDS = {
    "scan": ["scan", "{host}/o/app:1", "--offline", "--trivy-cache", "{database}"],
    "sign": ["sign", "{host}/o/app:1", "--offline", "--trivy-cache", "{database}", "--key", "{key}"],
    "verify": [
        "verify",
        "{host}/o/app:1",
        "--repository",
        "o/app",
        "--workflow",
        ".github/workflows/r.yml",
        "--ref",
        "main",
    ],
    "verify of a digest": ["verify", "{host}/o/app@sha256:" + "a" * 64, "--key", "{public}"],
    "trust add": ["trust", "add", "{host}/o/app:1", "--dry-run"],
    "inspect": ["inspect", "{host}/o/app:1"],
    "status": ["status", "octo", "--registry", "{host}", "--offline"],
    "prune": ["prune", "ghcr.io/octo/app"],
    "prune with --yes": ["prune", "ghcr.io/octo/app", "--yes"],
    "tags": ["tags", "{host}/o/app", "--git-ref", "refs/tags/v1.0.0", "--commit", "a" * 40],
    "login": ["login", "{host}", "--username", "me"],
    "login with --pull": ["login", "{host}", "--username", "me", "--pull", "{host}/o/app:1"],
    "pull-secret": ["pull-secret", "ghcr.io", "--username", "me", "--output", "secret.yaml"],
    "doctor": ["doctor", "{host}/o/app:1", "--timeout", "5", "--db-repository", "{host}/db"],
    "doctor with --push": ["doctor", "{host}/o/app:1", "--push", "--timeout", "5", "--db-repository", "{host}/db"],
    "database": ["scan", "{good}", "--db-repository", "{host}/db:2"],
    "baseline": ["scan", "{good}", "--offline", "--trivy-cache", "{database}", "--baseline", "{host}/o/app:1"],
    "upload": ["upload", "good.sarif", "--repository", "o/app", "--ref", "refs/heads/main", "--commit", "a" * 40],
    "comment": ["judge", "report.json", "--database", "metadata.json", "--comment", "--secrets", "none"],
    "upload of a judgement": ["judge", "report.json", "--database", "metadata.json", "--upload", "--secrets", "none"],
    "tools": ["tools", "install", "--mirror", "http://{host}"],
}
"""Every command that asks a registry, GitHub or a mirror."""
ALONE = {
    "version",
    "completion", "explain", "init", "judge", "policy", "sarif", "trend"
}  # fmt: skip
"""Commands that ask nobody."""


@pytest.fixture(params=[400, 403, 404])
def hostile(request):
    """Answers everything with that status and a hostile body, as a registry and as GitHub."""
    errors = [{"code": EVIL, "message": EVIL, "detail": EVIL}]
    body = json.dumps({"errors": errors, "message": EVIL, "documentation_url": EVIL}).encode()
    with Loopback(lambda _: Answer(request.param, body, {"Content-Type": "application/json"})) as served:
        yield served


@pytest.fixture
def call(gate, layouts, database, trivy, cosign, signing_key, hostile):
    """Run one of `COMMANDS` against the hostile server; what it printed."""
    words = {
        "host": hostile.host, "database": str(database), "key": str(signing_key.private),
        "public": str(signing_key.public), "good": f"oci:{layouts.folder}:clean",
    }  # fmt: skip
    metadata = {"Version": 2, "UpdatedAt": "2026-06-01T06:00:00Z", "NextUpdate": "2026-06-02T06:00:00Z"}
    (gate.folder / "metadata.json").write_text(json.dumps(metadata))
    (gate.folder / "report.json").write_bytes(encoded(os_result(vulnerability(Severity="LOW"))))
    env = {
        "GITHUB_API_URL": f"http://{hostile.host}", "GATE_GITHUB_TOKEN": TOKEN, "GATE_TOKEN": TOKEN,
        "GATE_COSIGN": str(cosign), "GITHUB_REPOSITORY": "octo/app", "GITHUB_ACTIONS": "true",
        "GITHUB_REF": "refs/pull/7/merge", "GITHUB_SHA": "a" * 40, "GITHUB_EVENT_NAME": "push",
    }  # fmt: skip

    def run(name):
        if name == "upload":
            judged = gate("judge", "report.json", "--database", "metadata.json", "--sarif", "good.sarif", "--quiet")
            assert judged.code in {0, 10}, judged.err
        return gate(*(word.format(**words) for word in COMMANDS[name]), env=env)

    return run


def commands_in(text):
    """Lines that a runner would obey, as actions/runner reads them."""
    return [line for line in text.split("\n") if line.strip().startswith("::") or "##[" in line or "##vso[" in line]


def check(said):
    text = said.out + said.err
    assert "Traceback" not in text
    assert commands_in(text) == []
    assert [line for line in text.split("\n") if line.startswith(("PASSED PWNED", "PWNED"))] == []
    assert UNSAFE.findall(text.replace("\n", "")) == []


@pytest.mark.parametrize("name", COMMANDS)
def test_a_hostile_answer_commands_nothing_whichever_command_is_told_it(call, name):
    said = call(name)
    assert said.code not in {1, 2}, said.err
    check(said)


def test_what_the_registry_says_is_shown_all_the_same(call):
    assert "PWNED" in call("inspect").err


def test_every_command_is_walked():
    from gate.cli.commands import NAMES

    assert set(NAMES) == ALONE | {words[0] for words in COMMANDS.values()}


def test_names_in_a_report_command_nothing_in_table_or_json(gate):
    """The JSON on standard output has the same values in other escapes."""
    evil = vulnerability(package=f"openssl{EVIL}", Title=EVIL, Description=EVIL, Severity="LOW")
    (gate.folder / "report.json").write_bytes(encoded(os_result(evil)))
    for more in ((), ("--json",), ("--sarif", "-"), ("--gitlab", "-"), ("--markdown", "-"), ("--csv", "-")):
        said = gate("judge", "report.json", "--color", "always", *more)
        assert said.code == 10
        text = re.sub(r"\x1b\[[0-9;]*m|⚠️", "", said.out + said.err)  # the sign before a notice is ours
        assert commands_in(text) == []
        if more[:1] == ("--json",):
            [verdict] = json.loads(said.out)["verdicts"]
            assert f"openssl{EVIL}" in {one["finding"]["package"] for one in verdict["findings"]}
        if more[:1] != ("--csv",):
            assert UNSAFE.findall(re.sub(r"[\n\r]", "", text)) == []


def test_a_policy_commands_nothing_when_it_is_checked_or_shown(gate):
    """The author of a pull request writes it."""
    policy = {"exceptions": [{"id": "CVE-1", "owner": EVIL, "reason": EVIL, "expires": "2026-06-02"}]}
    (gate.folder / "gate.yaml").write_text(json.dumps(policy))
    for words in (["policy", "show"], ["policy", "check"], ["policy", "check", "other##[x].yaml"]):
        said = gate(*words)
        assert said.code != 1
        check(said)


def test_a_command_line_is_quoted_inert(gate):
    for words in (["scan", EVIL], ["scan", f"--{EVIL}"], [EVIL], ["verify", f"ghcr.io/o/{EVIL}"], ["explain", EVIL]):
        said = gate(*words)
        assert said.code in {2, 3}
        check(said)


def test_one_module_prints_and_no_other_does():
    """So everything printed is made inert there."""
    found = []
    for path in sorted((ROOT / "gate").rglob("*.py")):
        name = path.relative_to(ROOT / "gate").as_posix()
        if name in {"cli/printing.py", "__main__.py"}:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case (
                    ast.Name(id="print")
                    | ast.Attribute(ast.Name("click"), "echo" | "secho" | "echo_via_pager")
                    | ast.Attribute(ast.Attribute(ast.Name("sys"), "stdout" | "stderr"), "write" | "buffer")
                ):
                    found.append(f"{name}:{node.lineno}")
    assert found == []
