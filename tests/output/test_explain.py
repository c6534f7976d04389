import re

import pytest

from gate.output.explain import find, show
from gate.output.terminal_page import cells
from tests.builders import finding, judged, verdict
from tests.output import samples


def told(identity, sample=None, width=80, *, color=False):
    sample = sample or samples.refused()
    return show(sample, find(sample, identity), color=color, width=width)


def test_it_looks_as_it_did_when_somebody_last_looked(golden):
    identities = ("CVE-2023-45853", "CVE-2020-14343", "CVE-2023-5363", "aws-access-key-id", "CVE-2022-0001")
    golden("explain.txt", "\n".join(told(identity) for identity in identities))


@pytest.mark.parametrize("identity", ["cve-2023-45853", "CVE-2023-45853", "dsa-5555-1", " DSA-5555-1 "])
def test_an_id_or_an_alias_is_found_in_any_case(identity):
    assert {judged.finding.id for judged in find(samples.refused(), identity)} == {"CVE-2023-45853"}
    assert "also known as DSA-5555-1\n" in told(identity)


@pytest.mark.parametrize("identity", ["CVE-2023-4585", "", "zlib1g"])
def test_what_is_not_in_the_image_is_not_explained(identity):
    assert find(samples.refused(), identity) == ()


def test_every_place_is_told():
    two = verdict(judged(finding(package="libcurl4")), judged(finding(package="curl")))
    said = told("CVE-2023-45853", two)
    assert "libcurl4 1.0-1" in said
    assert "\ncurl 1.0-1" in said


def test_too_many_places_are_counted():
    many = verdict(*(judged(finding(package=f"p{number}")) for number in range(53)))
    assert "… and 3 more places" in told("CVE-2023-45853", many)


def test_each_platform_is_named_beside_its_own_layer():
    parts = samples.on(samples.BASE, samples.AMD) + samples.on(samples.CURL, samples.ARM)
    said = told("CVE-2023-45853", verdict(judged(finding(occurrences=parts))))
    assert said.index(samples.BASE.digest) < said.index("on linux/amd64") < said.index(samples.CURL.digest)
    assert said.index(samples.CURL.digest) < said.index("on linux/arm64")


def test_a_secret_that_is_in_no_file_is_told_to_be_in_the_configuration():
    bare = samples.secret(path=None, start_line=None, end_line=None, occurrences=())
    assert "\n  in     image configuration\n" in told("aws-access-key-id", verdict(judged(bare)))
    assert "image configuration" not in told("aws-access-key-id", verdict(judged(samples.secret())))


def test_a_finding_without_advisory_is_still_explained():
    bare = samples.refused().model_copy(update={"advisories": {}})
    assert "fail_on.severity" in told("CVE-2023-45853", bare)


def test_an_advisory_that_says_nothing_adds_nothing():
    known = samples.advisory("CVE-1", description="", url="", references=(), weaknesses=(), published="")
    seen = verdict(judged(finding("CVE-1"))).model_copy(update={"advisories": {"CVE-1": known}})
    last = told("CVE-1", seen).splitlines()[-1]
    assert last.startswith("  purl ")


def test_references_beyond_a_handful_are_counted():
    known = samples.advisory("CVE-1", references=tuple(f"https://example.org/{number}" for number in range(20)))
    seen = verdict(judged(finding("CVE-1"))).model_copy(update={"advisories": {"CVE-1": known}})
    assert "… and 9 more references" in told("CVE-1", seen)


@pytest.mark.parametrize("width", range(40, 130, 7))
def test_hostile_text_stays_text_within_the_width(width):
    said = told("cve-1", samples.hostile(), width)
    assert not re.search(r"^\s*::", said, re.MULTILINE)
    assert "##[" not in said
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]", said)
    assert "javascript:" not in said.partition("References")[2]
    assert max(cells(line) for line in said.splitlines()) <= width


def test_color_changes_nothing_but_the_color():
    painted = told("CVE-2020-14343", color=True)
    assert "\x1b[1;31mCRITICAL\x1b[0m" in painted
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted).split() == told("CVE-2020-14343").split()
