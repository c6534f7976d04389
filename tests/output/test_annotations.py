import re
from dataclasses import dataclass

import pytest

from gate.model.findings import Severity
from gate.model.verdict import Decision, Reason
from gate.output import annotations
from tests.builders import finding, judged, verdict
from tests.output import samples

COMMAND = re.compile(r"::(error|warning|notice) ((?:[a-zA-Z]+=[^,:\r\n]*,?)+)::([^\r\n]*)")


@dataclass(frozen=True)
class At:
    path: str
    start_line: int
    end_line: int


class Everywhere:
    """Every finding was brought in by one line."""

    def __init__(self, spot):
        self._spot = spot

    def image(self, platforms):
        return self

    def locate(self, finding):
        return self._spot


def commands(*verdicts, places=None):
    """As the runner reads them: level, properties, message."""
    found = []
    for line in annotations.render(verdicts, places).splitlines():
        level, properties, text = COMMAND.fullmatch(line).groups()
        fields = dict(one.split("=", 1) for one in properties.split(","))
        found.append((level, {name: unescaped(value) for name, value in fields.items()}, unescaped(text)))
    return found


def unescaped(text):
    for code, char in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(code, char)
    return text


def test_a_finding_is_a_note_on_the_line_that_brought_it_in():
    ((level, properties, text),) = commands(verdict(judged(finding())), places=Everywhere(At("web/Dockerfile", 4, 6)))
    assert level == "error"
    assert properties == {
        "file": "web/Dockerfile",
        "line": "4",
        "endLine": "6",
        "title": "critical: CVE-2023-45853 in zlib1g 1.0-1",
    }
    assert text.startswith("CVE-2023-45853 in zlib1g 1.0-1\n")
    assert "fixed in 1.0-2" in text
    assert "ghcr.io/acme/app:1.0: refuses: critical is at or above" in text


def test_without_a_line_it_is_told_of_no_file():
    ((_, properties, _),) = commands(verdict(judged(finding())))
    assert set(properties) == {"title"}


def test_what_one_package_brings_is_one_note():
    many = verdict(*(judged(finding(f"CVE-2023-{number}", fixed=f"1.0-{number}")) for number in range(12)))
    ((_, properties, text),) = commands(many)
    assert properties["title"] == "critical: 12 vulnerabilities in zlib1g 1.0-1"
    assert "CVE-2023-7 and 4 more" in text
    assert "fixed in 1.0-0, 1.0-1, 1.0-2, 1.0-3 and 8 more" in text


def test_levels_tell_what_refuses_from_what_is_only_reported():
    found = commands(
        verdict(
            judged(finding("CVE-1", "a", Severity.LOW)),
            judged(finding("CVE-2", "b", Severity.HIGH), Decision.REPORTED),
            judged(finding("CVE-3", "c", Severity.HIGH), Decision.KNOWN),
            judged(finding("CVE-4", "d", Severity.LOW), Decision.REPORTED),
            judged(finding("CVE-5", "e"), Decision.ACCEPTED),
            judged(finding("CVE-6", "f"), Decision.NOT_AFFECTED),
        )
    )
    assert [(level, properties["title"][-8:]) for level, properties, _ in found] == [
        ("error", " a 1.0-1"),
        ("warning", " b 1.0-1"),
        ("warning", " c 1.0-1"),
        ("notice", " d 1.0-1"),
    ]


def test_a_reason_that_no_finding_tells_is_a_note_of_its_own():
    reason = Reason(rule="fail_on.unscanned", message="nothing was looked at")
    odd = verdict().model_copy(update={"passed": False, "reasons": (reason,)})
    assert commands(odd) == [
        ("error", {"title": "gate: fail_on.unscanned"}, "ghcr.io/acme/app:1.0: nothing was looked at")
    ]


@pytest.mark.parametrize(("count", "left"), [(10, ""), (11, "2 more errors"), (400, "391 more errors")])
def test_no_more_than_github_shows_and_the_rest_is_counted(count, left):
    found = commands(verdict(*(judged(finding(f"CVE-{number}", f"p{number}")) for number in range(count))))
    assert len(found) == 10
    assert left in found[-1][2]


def test_the_worst_stand_first_over_all_images():
    low = verdict(*(judged(finding(f"CVE-{number}", f"p{number}", Severity.LOW)) for number in range(20)))
    found = commands(low, verdict(judged(finding("CVE-9999", "openssl"))))
    assert "CVE-9999" in found[0][1]["title"]


def test_hostile_text_is_no_command_and_no_property():
    found = commands(samples.hostile(), places=Everywhere(At("a,b:c\n::error::x%0A", 1, 0)))
    assert len(found) == 2
    files = {properties["file"] for _, properties, _ in found if "file" in properties}
    assert files == {"a,b:c\n::error::x%0A"}
    for level, properties, text in found:
        assert level in {"error", "notice", "warning"}
        assert "##[" not in "".join(properties.values()) + text
        assert "\x1b" not in text


def test_an_image_that_passes_clean_says_nothing():
    assert annotations.render([verdict()], None) == ""
