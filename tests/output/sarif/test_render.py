"""What a verdict becomes in SARIF, finding by finding."""

import json
from dataclasses import replace

import pytest

from gate.model.findings import Gap, GapKind, Kind, Occurrence, Severity, Subject
from gate.model.verdict import Decision
from gate.output import sarif
from gate.output.sarif.runs import Source
from tests.builders import HERE, advisory, finding, judged, verdict

SECRET = {"kind": Kind.SECRET, "purl": "", "ecosystem": "", "installed": "", "fixed": "", "score": None}


def rendered(*findings, options=None, **more):
    return sarif.render([verdict(*findings, **more)], options or sarif.Options()).document["runs"][0]


def rules(run):
    return {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}


def uri(result):
    return result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]


def bucket(score: float) -> Severity | None:
    """What GitHub shows for a number; None when it shows no severity."""
    if not 0 < score <= 10:
        return None
    if score > 9.0:
        return Severity.CRITICAL
    if score >= 7.0:
        return Severity.HIGH
    return Severity.MEDIUM if score >= 4.0 else Severity.LOW


def test_a_vulnerability_in_two_packages_is_two_rules_with_their_own_severity():
    run = rendered(
        judged(finding(package="zlib1g", severity=Severity.CRITICAL)),
        judged(finding(package="minizip", severity=Severity.LOW), Decision.REPORTED),
    )
    found = rules(run)
    assert list(found) == ["CVE-2023-45853-zlib1g", "CVE-2023-45853-minizip"]
    assert found["CVE-2023-45853-zlib1g"]["properties"]["security-severity"] == "9.8"
    assert found["CVE-2023-45853-minizip"]["properties"]["security-severity"] == "3.9"
    assert [result["level"] for result in run["results"]] == ["error", "note"]


def test_one_package_judged_two_ways_has_a_rule_for_each_and_the_worst_keeps_the_plain_id():
    low = judged(finding(severity=Severity.LOW, installed="2.0", fingerprint="2" * 32), Decision.REPORTED)
    high = judged(finding(severity=Severity.HIGH))
    for findings in ((high, low), (low, high)):
        found = rules(rendered(*findings))
        assert set(found) == {"CVE-2023-45853-zlib1g", "CVE-2023-45853-zlib1g-low"}
        assert bucket(float(found["CVE-2023-45853-zlib1g"]["properties"]["security-severity"])) is Severity.HIGH
        assert bucket(float(found["CVE-2023-45853-zlib1g-low"]["properties"]["security-severity"])) is Severity.LOW


@pytest.mark.parametrize("severity", [one for one in Severity if one is not Severity.UNKNOWN])
@pytest.mark.parametrize(
    "score", [None, 0.0, 0.1, 3.9, 3.95, 4.0, 6.9, 7.0, 8.9, 8.95, 9.0, 9.1, 10.0, 11.0, float("nan")]
)
def test_the_number_is_always_in_the_bucket_of_the_judged_severity(severity, score):
    run = rendered(judged(finding(severity=severity, score=score)))
    number = rules(run)["CVE-2023-45853-zlib1g"]["properties"]["security-severity"]
    assert isinstance(number, str)
    assert bucket(float(number)) is severity


def test_a_severity_that_the_policy_stands_in_for_decides_number_and_level():
    run = rendered(judged(finding(severity=Severity.UNKNOWN, score=None), severity=Severity.HIGH))
    assert run["results"][0]["level"] == "error"
    assert rules(run)["CVE-2023-45853-zlib1g"]["properties"]["security-severity"] == "8.0"


def test_a_medium_finding_says_warning_although_that_is_what_a_result_without_a_level_should_mean():
    run = rendered(judged(finding(severity=Severity.MEDIUM)))
    assert run["results"][0]["level"] == "warning"
    assert run["tool"]["driver"]["rules"][0]["defaultConfiguration"]["level"] == "warning"


def test_a_message_names_image_package_versions_and_platforms():
    both = (HERE, replace(HERE, platform="linux/arm64"))
    text = rendered(judged(finding(occurrences=both)))["results"][0]["message"]["text"]
    for words in ("ghcr.io/acme/app:1.0", "zlib1g 1.0-1", "Fixed in 1.0-2", "linux/amd64, linux/arm64", "critical"):
        assert words in text


def test_a_finding_without_a_fix_says_why():
    def said(status):
        return rendered(judged(finding(fixed="", status=status)))["results"][0]["message"]["text"]

    assert "will not fix" in said("will_not_fix")
    assert "No fix is known" in said("affected")


def test_every_kind_of_finding_has_its_rule():
    run = rendered(
        judged(finding("aws-access-key-id", "", path="app/.env", start_line=3, end_line=4, **SECRET)),
        judged(finding("DS002", "", **SECRET | {"kind": Kind.MISCONFIGURATION, "ecosystem": "dockerfile"})),
        judged(finding("AVD-AWS-0001", "", **SECRET | {"kind": Kind.MISCONFIGURATION, "ecosystem": "terraform"})),
        judged(finding("GPL-3.0-only", "bash", **SECRET | {"kind": Kind.LICENCE})),
        judged(finding("GPL-3.0-only", "tar", **SECRET | {"kind": Kind.LICENCE})),
    )
    names = {name: rule["name"] for name, rule in rules(run).items()}
    assert names == {
        "secret/aws-access-key-id": "ExposedSecret",
        "DS-0002": "Misconfiguration",
        "AWS-0001": "Misconfiguration",
        "licence/GPL-3.0-only-bash": "PackageLicence",
        "licence/GPL-3.0-only-tar": "PackageLicence",
    }


@pytest.mark.parametrize("old", ["DS002", "DS-0002", "AVD-DS-0002"])
def test_a_check_keeps_its_rule_over_the_scanner_s_new_names(old):
    one = finding(old, "", **SECRET | {"kind": Kind.MISCONFIGURATION})
    assert list(rules(rendered(judged(one)))) == ["DS-0002"]


def test_accepted_findings_stay_as_suppressions_with_their_reason_and_come_last():
    run = rendered(
        judged(finding("CVE-1"), Decision.ACCEPTED, why="accepted until 2026-12-31 by @team: not built"),
        judged(finding("CVE-2"), Decision.NOT_AFFECTED, why="says app.openvex.json"),
        judged(finding("CVE-3"), Decision.KNOWN),
        judged(finding("CVE-4")),
    )
    assert [result["ruleId"] for result in run["results"]] == [f"CVE-{number}-zlib1g" for number in (4, 3, 1, 2)]
    assert ["suppressions" in result for result in run["results"]] == [False, False, True, True]
    assert run["results"][2]["suppressions"] == [
        {
            "kind": "external",
            "justification": "accepted until 2026-12-31 by @team: not built",
            "status": "accepted",
        }
    ]


def test_findings_are_shown_below_the_image_s_name_without_tag_or_digest():
    run = rendered(
        judged(finding()),
        judged(finding("CVE-2", "PyYAML", path="app/100%/süß dir/PyYAML/METADATA", ecosystem="python-pkg")),
        judged(finding("DS-0002", "", **SECRET | {"kind": Kind.MISCONFIGURATION})),
    )
    assert [uri(result) for result in run["results"]] == [
        "ghcr.io/acme/app/debian/zlib1g",
        "ghcr.io/acme/app/app/100%25/s%C3%BC%C3%9F%20dir/PyYAML/METADATA",
        "ghcr.io/acme/app/config",
    ]


@pytest.mark.parametrize(
    ("name", "local", "shown"),
    [
        ("localhost:5000/app", False, "localhost%3A5000/app/etc/x"),
        ("/tmp/out/app.tar", True, "app.tar/etc/x"),
        ("../..", True, "__/etc/x"),
        ("/", True, "etc/x"),
    ],
)
def test_an_image_s_name_never_makes_a_path_with_a_scheme_a_root_or_a_way_up(name, local, shown):
    subject = Subject(name=name, local=local)
    run = rendered(judged(finding(path="/etc//./x")), subject=subject)
    assert uri(run["results"][0]) == shown


def test_a_path_that_leads_upwards_or_is_endless_stays_below_the_image():
    paths = ("../../etc/passwd", "a\\..\\..\\b", "x" * 5000, "é" * 5000)
    shown = [uri(result) for result in rendered(*(judged(finding(path=path)) for path in paths))["results"]]
    assert shown[:2] == ["ghcr.io/acme/app/__/__/etc/passwd", "ghcr.io/acme/app/a/__/__/b"]
    assert all(len(one) <= 1000 and one.startswith("ghcr.io/acme/app/") for one in shown)


def test_all_four_numbers_of_a_region_are_there_and_positive():
    odd = finding("k", "", path="a", start_line=7, end_line=3, **SECRET)
    regions = [
        result["locations"][0]["physicalLocation"]["region"]
        for result in rendered(judged(finding()), judged(odd))["results"]
    ]
    assert regions == [
        {"endColumn": 1, "endLine": 1, "startColumn": 1, "startLine": 1},
        {"endColumn": 1, "endLine": 7, "startColumn": 1, "startLine": 7},
    ]


def test_nothing_known_of_a_vulnerability_still_gives_every_text():
    bare = finding("CVE-1", score=None, vector="", severity_source="", status="", fixed="", severity=Severity.UNKNOWN)
    rule = rules(rendered(judged(bare), advisories={}))["CVE-1-zlib1g"]
    texts = (rule["shortDescription"], rule["fullDescription"], rule["help"])
    assert all(text["text"] for text in texts)
    assert "helpUri" not in rule


def test_long_texts_stay_within_github_s_lengths():
    told = advisory(
        "CVE-1", title="t" * 5000, description="d" * 50_000, weaknesses=tuple(f"CWE-{n}" for n in range(40))
    )
    rule = rules(rendered(judged(finding("CVE-1")), advisories={"CVE-1": told}))["CVE-1-zlib1g"]
    assert 0 < len(rule["shortDescription"]["text"]) <= 1024
    assert 0 < len(rule["fullDescription"]["text"]) <= 1024
    assert len(rule["properties"]["tags"]) == 10
    long = finding("CVE-" + "1" * 4000, "p" * 4000)
    (name,) = rules(rendered(judged(long)))
    assert len(name) == 255


def test_names_that_read_the_same_once_cleaned_stay_apart():
    packages = ("a b", "a_b", "a\nb", "a\x00b")
    assert len(rules(rendered(*(judged(finding(package=name)) for name in packages)))) == 4
    joined = (judged(finding("CVE-1", "2-a")), judged(finding("CVE-1-2", "a")))
    assert len(rules(rendered(*joined))) == 2


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "http://a\nb/", "https://x/ y", "https://a@b/", "https://x/%zz", ""]
)
def test_only_addresses_of_the_web_become_links(url):
    told = advisory("CVE-1", url=url, references=(url,))
    rule = rules(rendered(judged(finding("CVE-1")), advisories={"CVE-1": told}))["CVE-1-zlib1g"]
    assert "helpUri" not in rule
    assert "<http" not in rule["help"]["markdown"]


def test_the_run_says_what_was_looked_at_and_by_what():
    gap = Gap(kind=GapKind.NO_PACKAGES, platform="linux/amd64", message="no package database")
    base = verdict(judged(finding()))
    holey = base.platforms[0].model_copy(update={"gaps": (gap,)})
    source = Source("https://github.com/acme/app", "a" * 40, "main")
    document = sarif.render([base.model_copy(update={"platforms": (holey,)})], sarif.Options(source=source)).document
    run = document["runs"][0]
    assert run["properties"]["scanner"]["database"] == {"version": 2, "updatedAt": "2026-06-01T06:00:00Z"}
    assert run["properties"]["digest"] == base.subject.digest
    assert run["properties"]["passed"] is False
    assert run["properties"]["platforms"] == [{"platform": "linux/amd64", "digest": base.platforms[0].digest}]
    assert run["versionControlProvenance"] == [
        {"repositoryUri": "https://github.com/acme/app", "branch": "main", "revisionId": "a" * 40}
    ]
    (notification,) = run["invocations"][0]["toolExecutionNotifications"]
    assert notification == {"message": {"text": "linux/amd64: no package database"}, "level": "warning"}


def test_a_verdict_without_findings_still_has_rules_and_results():
    run = rendered()
    assert run["results"] == []
    assert run["tool"]["driver"]["rules"] == []
    assert "versionControlProvenance" not in run


def test_the_same_verdict_gives_the_same_bytes_whenever_it_was_judged():
    one = verdict(judged(finding()), judged(finding("CVE-2"), Decision.ACCEPTED))
    later = one.model_copy(update={"judged_at": one.judged_at.replace(year=2030), "database_age": 1.0})
    first, second = (sarif.to_bytes(sarif.render([each], sarif.Options()).document) for each in (one, later))
    assert first == second
    assert json.loads(first)["version"] == "2.1.0"


def test_findings_that_share_a_layer_but_not_their_platforms_each_name_their_own():
    away = (Occurrence("linux/s390x"),)
    messages = [
        result["message"]["text"]
        for result in rendered(judged(finding()), judged(finding("CVE-2", occurrences=away)))["results"]
    ]
    assert "On linux/amd64." in messages[0]
    assert "On linux/s390x." in messages[1]
