"""The page in a real browser: its script must run under the page's own policy, and only that script."""

import re
import subprocess

import pytest

from gate.model.findings import Severity
from gate.output import html, trend_page
from tests.builders import finding, judged, verdict
from tests.output import samples
from tests.output.test_trend import of, point

HOSTILE = 'ghcr.io/o/app"><img src=x onerror=document.write(1)><script>document.title=1</script>'
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture
def browse(chromium, tmp_path):
    """The document as it is after the script has run, for verdicts or a page, and what stands behind the `#`."""

    def dump(verdicts, place=""):
        file = tmp_path / "page.html"
        file.write_text(verdicts if isinstance(verdicts, str) else html.render(verdicts), encoding="utf-8")
        argv = [chromium, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", f"{file.as_uri()}#{place}"]
        done = subprocess.run(argv, capture_output=True, check=True, timeout=60)
        return done.stdout.decode()

    return dump


def shown(dom):
    rows = re.findall(r'<tr role="row" data-s.*?</tr>', dom, re.DOTALL)
    visible = [row for row in rows if not re.match(r"<tr[^>]* hidden", row)]
    return [re.search(r'rowheader">(?:<a [^>]*>)?<code>(.*?)</code>', row, re.DOTALL)[1] for row in visible]


def test_the_script_runs_and_shows_its_tools(browse):
    dom = browse([samples.refused()])
    assert re.search(r'<form [^>]*id="tools"[^>]*>', dom)
    assert not re.search(r'<form [^>]*id="tools"[^>]* hidden', dom)
    assert "8 of 8 findings" in dom
    assert len(shown(dom)) == 8


def test_the_address_chooses_the_findings(browse):
    dom = browse([samples.refused(), verdict()], "severity=critical&decision=refuses&q=LIBSSL3+apt-get")
    assert shown(dom) == ["CVE-2023-5363"]
    assert "1 of 8 findings" in dom


def test_the_address_chooses_the_order(browse):
    dom = browse([samples.refused()], "sort=-finding&severity=nonsense")
    ids = shown(dom)
    assert ids[:3] == ["CVE-2023-45853", "CVE-2023-5678", "CVE-2023-5363"]
    assert ids[-1] == "aws-access-key-id"
    assert 'aria-sort="descending"' in dom


def test_no_script_but_ours_runs(browse):
    dom = browse([samples.hostile()])
    assert "2 of 2 findings" in dom
    assert dom.count("<script") == 1
    assert "<img" not in dom


@pytest.mark.parametrize("count", [10, 1_000, 25_000])
def test_any_number_of_findings_is_filtered_and_sorted(browse, count):
    severities = (Severity.CRITICAL, Severity.HIGH, Severity.LOW)
    found = (judged(finding(f"CVE-2024-{n:05}", severity=severities[n % 3])) for n in range(count))
    dom = browse([verdict(*found)], "severity=critical&sort=-finding")
    critical = [f"CVE-2024-{n:05}" for n in range(count) if n % 3 == 0]
    assert f"{len(critical):,} of {count:,} findings" in dom
    assert shown(dom) == critical[::-1]


def test_the_page_over_time_is_whole_and_runs_nothing(browse):
    dom = browse(trend_page.render([of(*(point(number) for number in range(4)), image=HOSTILE)]))
    assert dom.count("<tr") > 4
    assert "<script" not in dom
    assert "<img" not in dom
