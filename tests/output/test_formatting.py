from datetime import timedelta, timezone

import pytest

from gate.model.findings import Gap, GapKind, Kind, PlatformScan
from gate.model.platforms import Manifests
from gate.output import formatting, verdict_text
from tests.builders import HERE, NOW, advisory, finding, judged, scan, verdict


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (None, "of unknown age"),
        (0.2, "less than 1 h old"),
        (6.0, "6 h old"),
        (47.0, "47 h old"),
        (72.0, "3 days old"),
    ],
)
def test_an_age_is_told_in_the_unit_that_fits(hours, said):
    assert formatting.age(hours) == said


@pytest.mark.parametrize(
    ("count", "said"), [(None, ""), (999, "999 bytes"), (60_000_000, "60 MB"), (2_500_000_000, "2.5 GB")]
)
def test_a_size_is_told_in_the_unit_that_fits(count, said):
    assert formatting.size(count) == said


def test_a_moment_is_told_in_utc_whatever_its_zone():
    assert formatting.moment(NOW.astimezone(timezone(timedelta(hours=5)))) == "2026-06-01 12:00 UTC"


@pytest.mark.parametrize(
    ("created_by", "said"),
    [
        ("COPY /src /app # buildkit", "COPY /src /app"),
        ("RUN /bin/sh -c apt-get update # buildkit", "RUN apt-get update"),
        ("/bin/sh -c #(nop) ADD file:0b1c in / ", "ADD file:0b1c in /"),
        ('/bin/sh -c #(nop)  CMD ["bash"]', 'CMD ["bash"]'),
        ("/bin/sh -c make", "RUN make"),
        ("|2 A=1 B=two words /bin/sh -c make all", "RUN make all"),
        ("RUN |1 A=1 /bin/bash -ec make # buildkit", "RUN make"),
        ("RUN echo '/bin/sh -c x'", "RUN echo '/bin/sh -c x'"),
        ("", ""),
    ],
)
def test_an_instruction_is_read_out_of_what_builders_wrote(created_by, said):
    assert formatting.instruction(created_by) == said


def test_the_middle_of_a_long_path_is_left_out():
    assert formatting.middle("usr/lib/python3/dist-packages/a.py", 20) == "usr/lib…ackages/a.py"
    assert formatting.middle("short", 20) == "short"
    assert [len(formatting.middle("abcdef", width)) for width in range(7)] == [0, 1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://example.org/a?b=c#d", "https://example.org/a?b=c#d"),
        ("http://127.0.0.1:8080/x", "http://127.0.0.1:8080/x"),
        ("https://example.org/a(b)[c]|`*\"'<>\\", "https://example.org/a%28b%29%5Bc%5D%7C%60%2A%22%27%3C%3E%5C"),
        ("https://example.org/ä%20", "https://example.org/%C3%A4%20"),
        ("javascript:alert(1)", ""),
        ("JavaScript://example.org/%0aalert(1)", ""),
        ("data:text/html,x", ""),
        ("https://user@evil.example/", ""),
        ("https://good.example\\@evil.example/", ""),
        ("https://exämple.org/", ""),
        ("https://example.org/a b", ""),
        ("https://example.org/\n", ""),
        ("https://example.org/\u202e", ""),
        ("//example.org/", ""),
        ("https://", ""),
        ("https://example.org/" + "a" * 2000, ""),
        ("", ""),
    ],
)
def test_only_addresses_of_the_web_become_links(url, link):
    assert formatting.link(url) == link


def test_a_fix_that_is_not_there_is_told_with_its_reason():
    assert formatting.versions(finding(fixed="", status="will_not_fix")) == "1.0-1 (will not be fixed)"
    assert formatting.versions(finding(fixed="", status="")) == "1.0-1 (no fix known)"
    assert formatting.versions(finding(installed="")) == ""


def test_platforms_are_named_only_when_it_is_not_all_of_them():
    amd64, arm64 = (PlatformScan(platform=name) for name in ("linux/amd64", "linux/arm64"))
    assert formatting.partly(finding(), Manifests([amd64])) == ""
    assert formatting.partly(finding(), Manifests([amd64, arm64])) == "only linux/amd64"


def test_a_place_without_path_and_instruction_is_its_layer():
    bare = finding(occurrences=(HERE.__class__("linux/amd64", layer=HERE.layer),))
    assert formatting.where(bare) == "sha256:cccccccccccc"
    assert formatting.where(finding(occurrences=())) == ""


def test_a_gap_is_told_once():
    gap = Gap(kind=GapKind.UNKNOWN_OS, platform="linux/amd64", message="nobody knows this distribution")
    platform = scan().platforms[0].model_copy(update={"gaps": (gap,)})
    seen = verdict(platforms=(platform,))
    assert verdict_text.notices(seen) == ("linux/amd64: nobody knows this distribution",)
    reason = {"rule": "fail_on.unscanned", "message": "linux/amd64: nobody knows this distribution"}
    again = seen.model_copy(update={"reasons": (type(verdict(judged(finding())).reasons[0])(**reason),)})
    assert verdict_text.notices(again) == ()


def test_a_verdict_from_a_report_that_says_little_tells_what_it_knows():
    bare = verdict(scanned_at=None, database_age=None)
    bare = bare.model_copy(update={"scanner": bare.scanner.model_copy(update={"database": None})})
    facts = dict(verdict_text.facts(bare))
    assert facts["database"] == "of unknown age"
    assert facts["scanner"] == "Trivy 0.76.0"
    assert "baseline" not in facts


def test_a_licence_is_not_named_twice():
    one = judged(finding("GPL-3.0-only", "", kind=Kind.LICENCE, advisory="licence GPL-3.0-only", message="restricted"))
    told_of = advisory("GPL-3.0-only", title="GPL-3.0-only", description="")
    known = verdict(one).model_copy(update={"advisories": {"licence GPL-3.0-only": told_of}})
    assert formatting.thing(one, known) == "restricted"
