"""Parsing of the KEV catalog and of EPSS scores."""

import gzip
import json
from datetime import timedelta

import pytest

from gate.errors import InputError
from gate.judging.feeds import parse_epss, parse_kev
from tests.builders import NOW, epss_feed, kev_feed

CVE = "CVE-2021-44228"


def answer(*entries, **more):
    known = {"status": "OK", "total": len(entries), "data": entries}
    return json.dumps(known | more).encode()


SCORED = {"cve": CVE, "epss": "0.97", "percentile": "0.99", "date": "2026-05-31"}


def test_the_catalogue_is_read():
    feed = parse_kev(kev_feed(CVE, "CVE-2020-1234"), "kev.json")
    assert feed.entries == {CVE, "CVE-2020-1234"}
    assert feed.made == NOW - timedelta(days=1)


@pytest.mark.parametrize("data", [epss_feed(), gzip.compress(epss_feed()), answer(SCORED)])
def test_scores_are_read_in_every_form_that_first_gives_them(data):
    assert parse_epss(data, "epss").entries == {CVE: 0.97}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"<html>", "not readable"),
        (b"[]", "holds no list"),
        (b"{}", "holds no list"),
        (kev_feed(), "holds no list"),
        (kev_feed(CVE, count=2), "holds 1 entries and says that it has 2"),
        (kev_feed("log4shell"), "no CVE"),
        (kev_feed(CVE, dateReleased=None), "does not say when"),
        (kev_feed(CVE, vulnerabilities=["x"]), "no CVE"),
    ],
)
def test_a_catalogue_that_is_not_understood_is_refused(data, said):
    with pytest.raises(InputError, match=said):
        parse_kev(data, "kev.json")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no table"),
        (b"\xff\xfe", "no table"),
        (b"<html></html>", "no table"),
        (f"cve,epss,percentile\n{CVE},0.9,0.9\n".encode(), "no table of EPSS scores with its date"),
        (epss_feed(""), "holds no score"),
        (epss_feed(f"{CVE},1.5,0\n"), "the score '1.5'"),
        (epss_feed(f"{CVE},nan,0\n"), "the score 'nan'"),
        (epss_feed(f"{CVE},\n"), "the score ''"),
        (epss_feed(f"{CVE}\n"), "the score ''"),
        (epss_feed("log4shell,0.5,0.5\n"), "no CVE"),
        (gzip.compress(epss_feed())[:-9], "cut off"),
        (b"\x1f\x8bgarbage", "not readable as gzip"),
        (answer(SCORED, total=200_000), "holds 1 of 200000 scores"),
        (answer(), "holds no score"),
        (answer(SCORED | {"date": None}), "does not say when"),
        (answer("x"), "no answer"),
        (b'{"data": 1}', "no answer"),
    ],
)
def test_scores_that_are_not_understood_are_refused(data, said):
    with pytest.raises(InputError, match=said):
        parse_epss(data, "epss.csv")
