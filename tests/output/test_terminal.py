import re

import pytest

from gate.model.findings import Advisory, Kind, OperatingSystem
from gate.model.verdict import Decision
from gate.output.terminal import show
from gate.output.terminal_findings import Listing
from gate.output.terminal_page import cells
from tests.builders import finding, judged, scan, verdict
from tests.output import samples

SGR = re.compile(r"\x1b\[[0-9;]*m")


def plain(*verdicts, width=80, **more):
    return show(verdicts, color=False, width=width, **more)


def test_it_looks_as_it_did_when_somebody_last_looked(golden):
    golden("terminal-80.txt", plain(samples.refused(), verdict()))
    golden("terminal-200.txt", plain(samples.refused(), width=200))


@pytest.mark.parametrize("width", [0, 40, 80, 120, 150, 200, 10_000])
@pytest.mark.parametrize("sample", [samples.refused, samples.hostile])
def test_no_line_is_wider_than_the_terminal(sample, width):
    widest = max(cells(line) for line in plain(sample(), width=width).splitlines())
    assert widest <= max(40, min(width, 400))


def test_without_color_there_is_no_escape_code():
    assert "\x1b" not in plain(samples.refused(), samples.hostile())


def test_color_changes_nothing_but_the_color():
    painted = show([samples.refused()], color=True, width=80)
    assert "\x1b[1;31mREFUSED" in painted
    assert SGR.sub("", painted).split() == plain(samples.refused()).split()


@pytest.mark.parametrize("color", [True, False])
@pytest.mark.parametrize("width", range(40, 130, 7))
def test_hostile_text_stays_text(color, width):
    text = SGR.sub("", show([samples.hostile()], color=color, width=width))
    assert not re.search(r"^\s*::", text, re.MULTILINE)
    assert "##[" not in text
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]", text)


def test_what_looks_like_markup_is_shown_as_it_is():
    odd = verdict(judged(finding(package="[red]zlib[/red]")))
    assert "[red]zlib[/red]" in plain(odd)


def test_beyond_the_limit_findings_are_counted():
    many = verdict(*(judged(finding(f"CVE-2023-{number}")) for number in range(25)))
    text = plain(many, listing=Listing(limit=3))
    assert text.count("CRITICAL") == 3
    assert "… and 22 more that refuse" in text
    assert plain(many, listing=Listing(limit=0)).count("CRITICAL") == 0


def test_columns_stay_apart_when_there_is_too_little_room():
    long = judged(finding("GHSA-xxxx-xxxx-xxxx", "p" * 50, installed="1" * 40, fixed="2" * 40))
    crowded = verdict(long).model_copy(update={"upgrades": (samples.upgrade("p" * 50, "1" * 40, "2" * 40),)})
    text = plain(crowded)
    assert re.search(r"^  CRITICAL  GHSA-xxxx-xxxx-xxxx  p+…p+  1+…2+$", text, re.MULTILINE)
    assert re.search(r"^  p+…p+  1+…2+  fixes 1 \(1 refusing\)$", text, re.MULTILINE)


def test_an_image_without_a_distribution_says_so():
    scratch = scan().platforms[0].model_copy(update={"os": None, "digest": None})
    assert "linux/amd64  no distribution, 88 packages\n" in plain(verdict(platforms=(scratch,)))


def test_an_unknown_distribution_is_told_in_words():
    odd = scan().platforms[0].model_copy(update={"os": OperatingSystem(family="none", name="")})
    assert "linux/amd64  an unknown distribution, 88 packages" in plain(verdict(platforms=(odd,)))


def test_what_has_no_version_takes_the_room_that_there_is():
    named = {"kind": Kind.SECRET, "purl": "", "installed": ""}
    secret = judged(finding("github-fine-grained-pat", "", **named))
    short = judged(finding("CVE-2020-14343", "PyYAML", installed="5.3", fixed="5.4"))
    told = "github-fine-grained-pat in short"
    assert re.search(rf"(?m)^  CRITICAL  github-fine-grained-pat +{told}$", plain(verdict(secret, short)))
    assert re.search(rf"(?m) {told}  image configuration ", plain(verdict(secret, short), width=160))


def test_a_clean_image_is_told_in_a_few_lines():
    text = plain(verdict())
    assert text.startswith("PASSED   ghcr.io/acme/app:1.0\n")
    assert "nothing found" in text
    assert len(text.splitlines()) < 12


def test_findings_that_do_not_refuse_leave_no_gap_above_the_facts():
    text = plain(verdict(judged(finding(), Decision.REPORTED)))
    assert "✓ no finding refuses" in text
    assert "\n\n\n" not in text


def test_findings_that_look_the_same_are_one_row_with_their_number():
    twice = [judged(finding("aws-access-key-id", "", kind=Kind.SECRET, purl="", installed="")) for _ in range(2)]
    text = plain(verdict(*twice))
    assert len(re.findall(r"(?m)^  CRITICAL  aws-access-key-id ×2 ", text)) == text.count("CRITICAL  ") == 1  # noqa: RUF001
    assert "2 findings refuse" in text


def test_severity_is_a_word_and_the_full_digest_is_there():
    text = plain(samples.refused())
    assert "CRITICAL" in text
    assert "HIGH" in text
    assert samples.refused().subject.digest in text


def test_the_age_of_the_database_is_always_told():
    assert "6 h old" in plain(verdict())
    assert "of unknown age" in plain(verdict(database_age=None))


def test_several_images_end_with_one_line_over_all():
    assert plain(verdict(), samples.refused()).splitlines()[-1] == "✗ 1 of 2 images refused"
    assert plain(verdict(), verdict()).splitlines()[-1] == "✓ 2 images passed"
    assert plain(samples.refused(), samples.refused()).splitlines()[-1] == "✗ 2 images refused"


def test_long_lists_are_cut_with_words():
    upgrades = tuple(samples.upgrade(f"p{number}", "1", "2") for number in range(12))
    platforms = tuple(scan().platforms[0].model_copy(update={"platform": f"os/{number}"}) for number in range(20))
    accepted = tuple(samples.exception(id=f"CVE-{number}") for number in range(30))
    many = samples.refused().model_copy(update={"upgrades": upgrades, "platforms": platforms, "exceptions": accepted})
    text = plain(many)
    assert "… and 2 more upgrades" in text
    assert "… and 4 more platforms" in text
    assert "… and 10 more exceptions" in text


def test_a_refusal_without_a_finding_has_its_reason_and_no_nothing_found():
    reason = type(samples.refused().reasons[0])(rule="fail_on.unscanned", message="nothing was looked at")
    text = plain(verdict().model_copy(update={"passed": False, "reasons": (reason,)}))
    assert "✗ nothing was looked at (fail_on.unscanned)" in text
    assert "nothing found" not in text


def test_an_exception_that_ended_is_not_told_as_accepted():
    ended = samples.refused().model_copy(update={"exceptions": (samples.exception(ended=True),)})
    assert "Accepted" not in plain(ended)


def with_advisory(title="Heap overflow", url="https://example.org/CVE-2023-1", **more):
    """A verdict of one finding that refuses and one that does not, with an advisory for the first."""
    about = Advisory(id="CVE-2023-1", title=title, url=url)
    first = finding("CVE-2023-1", package="curl", advisory="CVE-2023-1")
    other = judged(finding("CVE-2023-2", package="zlib"), decision=Decision.REPORTED, severity="low", rule="")
    return verdict(judged(first, **more), other).model_copy(update={"advisories": {"CVE-2023-1": about}})


@pytest.mark.parametrize("width", [80, 200])
def test_what_refuses_has_its_title_and_link_on_a_line_of_its_own(width):
    assert "Heap overflow · https://example.org/CVE-2023-1" in plain(with_advisory(), width=width)


def test_a_long_title_is_cut_and_the_link_is_not():
    [line] = [line for line in plain(with_advisory(title="long " * 60)).splitlines() if "https" in line]
    assert line.strip().startswith("long long")
    assert line.endswith("… · https://example.org/CVE-2023-1")
    assert cells(line) <= 80


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", ""])
def test_only_links_of_the_web_are_shown(url):
    text = plain(with_advisory(url=url))
    assert "Heap overflow\n" in text
    assert not url or url not in text


def test_everything_is_listed_on_request_alone():
    assert "CVE-2023-2" not in plain(with_advisory())
    assert "1 other finding does not refuse (--all lists them)" in plain(with_advisory())
    text = plain(with_advisory(), listing=Listing(everything=True))
    assert "1 other finding does not refuse\n  LOW " in text
    assert "CVE-2023-2" in text
    many = verdict(*(judged(finding(f"CVE-2023-{number}")) for number in range(25)))
    assert plain(many, listing=Listing(everything=True)).count("CRITICAL") == 25
