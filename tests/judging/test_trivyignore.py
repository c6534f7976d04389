"""Trivy's ignore files, read as exceptions under the terms of the policy."""

from datetime import date

import pytest

from gate.errors import InputError
from gate.judging.inputs import from_files
from gate.judging.judge import JudgeInputs, judge
from gate.judging.trivyignore import parse_ignore_file
from gate.model.findings import Kind, Severity
from gate.model.verdict import Decision, PolicyRef
from gate.policy import IgnoreFile, Policy
from gate.policy.loader import load
from tests.builders import NOW, finding, scan

REF = PolicyRef(name="gate.yaml", sha256="e" * 64)


def terms(name):
    return IgnoreFile(file=name, owner="@base", reason="triaged", expires="2026-12-31")


def read(text, name=".trivyignore"):
    return parse_ignore_file(text.encode(), terms(name))


def yaml(text):
    return read(text, ".trivyignore.yaml")


def accepts(exceptions, one):
    looked = scan(one)
    found = judge(looked, Policy(), REF, JudgeInputs(exceptions=exceptions), NOW)
    return found.findings[0].decision is Decision.ACCEPTED


def test_every_line_is_an_exception_under_the_terms_of_the_policy():
    found = read("# comment\n\nCVE-2023-45853\n  CVE-2 exp:2026-07-01 # later\r\nAVD-DS-0002\nCVE-3 exp:2030-01-01\n")
    assert [(one.exception.id, one.exception.expires) for one in found] == [
        ("CVE-2023-45853", date(2026, 12, 31)),
        ("CVE-2", date(2026, 6, 30)),
        ("AVD-DS-0002", date(2026, 12, 31)),
        ("CVE-3", date(2026, 12, 31)),
    ]
    assert {(one.exception.owner, one.exception.reason, one.source, one.rule) for one in found} == {
        ("@base", "triaged", ".trivyignore", "trivyignore")
    }
    assert accepts(found, finding())


def test_the_yaml_form_is_read_with_its_paths_purls_and_words():
    found = yaml(
        """
        vulnerabilities:
          - id: CVE-2023-45853
            purls: ["pkg:deb/debian/zlib1g", "pkg:deb/debian/other"]
            statement: minizip is not built
            expired_at: 2026-07-01
        secrets:
          - id: aws-access-key-id
            paths: ["app/*.env", "/test/**"]
        licenses:
          - id: GPL-3.0
        """
    )
    assert [(one.exception.package, one.exception.path) for one in found] == [
        ("pkg:deb/debian/zlib1g", None),
        ("pkg:deb/debian/other", None),
        (None, "app/*.env"),
        (None, "/test/**"),
        (None, None),
    ]
    assert found[0].exception.reason == "triaged: minizip is not built"
    assert found[0].exception.expires == date(2026, 6, 30)
    secret = finding("aws-access-key-id", "", Severity.HIGH, kind=Kind.SECRET, path="test/deep/key")
    assert accepts(found, finding())
    assert accepts(found, secret)
    assert not accepts(found, finding("GPL-3.0"))  # a section holds for its own kind


def test_a_purl_is_of_the_package_itself_as_it_is_for_trivy():
    for more in ("", "?arch=source"):
        found = yaml(f"vulnerabilities: [{{id: CVE-2023-45853, purls: ['pkg:deb/debian/zlib{more}']}}]")
        assert not accepts(found, finding(source_package="zlib"))
    found = yaml("vulnerabilities: [{id: CVE-2023-45853, purls: ['pkg:deb/debian/zlib']}]")
    assert accepts(found, finding(package="zlib", purl="pkg:deb/debian/zlib@1.0-1", source_package="zlib"))


def test_an_entry_ends_on_the_day_before_trivy_stops_reading_it():
    looked = scan(finding())
    found = judge(looked, Policy(), REF, JudgeInputs(exceptions=read("CVE-2023-45853 exp:2026-06-01")), NOW)
    assert not found.passed


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ignored:\n  - id: CVE-1", ".trivyignore.yaml:1:1: there is no section 'ignored'"),
        ("vulnerabilities:\n  - CVE-1", ".trivyignore.yaml:2:5: an entry has an id"),
        ("vulnerabilities:\n  - {statement: x}", "id and statement are text"),
        ("vulnerabilities:\n  - {id: 1}", "id and statement are text"),
        ("vulnerabilities:\n  - {id: ''}", "at least 1 character"),
        ("vulnerabilities:\n  - {id: CVE-1, path: x}", ".trivyignore.yaml:2:17: there is no key 'path'"),
        ("vulnerabilities:\n  - {id: CVE-1, paths: x}", "this is a list"),
        ("vulnerabilities:\n  - {id: CVE-1, paths: []}", "paths is a list of text"),
        ("vulnerabilities:\n  - {id: CVE-1, purls: [1]}", "purls is a list of text"),
        ("vulnerabilities:\n  - {id: CVE-1, purls: [zlib]}", "not a package URL"),
        ("vulnerabilities:\n  - {id: CVE-1, paths: ['{a,b}']}", "only *, ** and ? are read"),
        ("vulnerabilities:\n  - {id: CVE-1, expired_at: soon}", "'soon' is no day"),
        ("vulnerabilities:\n  - {id: CVE-1, expired_at: 0001-01-01}", "is no day"),
        ("vulnerabilities: CVE-1", "this is a list"),
        ("- CVE-1", "an ignore file has sections"),
        ("vulnerabilities: [{id: A}]\nvulnerabilities: []", "stands here twice"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text, said):
    with pytest.raises(InputError) as caught:
        yaml(text)
    assert said in caught.value.problem


def test_what_is_wrong_with_a_line_is_told_with_its_number():
    with pytest.raises(InputError, match=r"\.trivyignore:2: 'never' is no day"):
        read("CVE-1\nCVE-2 exp:never")
    with pytest.raises(InputError, match="not UTF-8"):
        parse_ignore_file(b"\xff", terms(".trivyignore"))


def test_an_empty_file_excepts_nothing():
    assert read("") == yaml("") == yaml("vulnerabilities:") == ()


def test_it_is_read_only_where_the_policy_says_so(tmp_path):
    (tmp_path / ".trivyignore").write_text("CVE-2023-45853")
    looked = scan(finding())
    for text, passed in (
        ("", False),
        ("trivyignore: [{file: .trivyignore, owner: o, reason: r, expires: 2026-12-31}]", True),
    ):
        (tmp_path / "gate.yaml").write_text(text)
        loaded = load(None, cwd=tmp_path, overrides={})
        inputs = from_files(loaded)
        assert judge(looked, loaded.policy, loaded.ref, inputs, NOW).passed == passed


def test_its_terms_are_held_to_the_longest_exception_too(tmp_path):
    (tmp_path / ".trivyignore").write_text("CVE-2023-45853")
    (tmp_path / "gate.yaml").write_text(
        "max_exception: 30d\ntrivyignore: [{file: .trivyignore, owner: o, reason: r, expires: 2026-12-31}]"
    )
    loaded = load(None, cwd=tmp_path, overrides={})
    with pytest.raises(InputError, match="later than max_exception"):
        judge(scan(finding()), loaded.policy, loaded.ref, from_files(loaded), NOW)
