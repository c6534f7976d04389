"""Lists of exploited vulnerabilities: read, renewed, kept, and never guessed."""

import gzip
import json
from datetime import timedelta

import pytest

from gate.errors import InputError, RegistryError
from gate.judging.feeds import EPSS_URL, KEV_URL, load, parse_epss, parse_kev
from gate.policy import FailOn, Feeds, Policy
from tests.builders import NOW

CVE = "CVE-2021-44228"
BOTH = Policy(fail_on=FailOn(known_exploited=True, epss=0.5))


def kev(*names, age=1, **more):
    known = {"dateReleased": (NOW - timedelta(days=age)).isoformat(), "count": len(names)}
    return json.dumps(known | {"vulnerabilities": [{"cveID": name} for name in names]} | more).encode()


def epss(rows=f"{CVE},0.97,0.99\n", age=1):
    date = (NOW - timedelta(days=age)).strftime("%Y-%m-%dT%H:%M:%S+0000")
    return f"#model_version:v2025.03.14,score_date:{date}\ncve,epss,percentile\n{rows}".encode()


def answer(*entries, **more):
    known = {"status": "OK", "total": len(entries), "data": entries}
    return json.dumps(known | more).encode()


SCORED = {"cve": CVE, "epss": "0.97", "percentile": "0.99", "date": "2026-05-31"}


class Network:
    """Serves the public lists, or fails."""

    def __init__(self, **served):
        self.served = {KEV_URL: served.get("kev"), EPSS_URL: served.get("epss")}
        self.asked = []

    def __call__(self, url):
        self.asked.append(url)
        if self.served[url] is None:
            raise RegistryError("no route to host")
        return self.served[url]


def lists(folder, network=None, policy=BOTH, now=NOW, **contents):
    return load(policy, contents, cache=folder, now=now, fetch=network)


def test_the_catalogue_is_read():
    feed = parse_kev(kev(CVE, "CVE-2020-1234"), "kev.json")
    assert feed.entries == {CVE, "CVE-2020-1234"}
    assert feed.made == NOW - timedelta(days=1)


@pytest.mark.parametrize("data", [epss(), gzip.compress(epss()), answer(SCORED)])
def test_scores_are_read_in_every_form_that_first_gives_them(data):
    assert parse_epss(data, "epss").entries == {CVE: 0.97}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"<html>", "not readable"),
        (b"[]", "holds no list"),
        (b"{}", "holds no list"),
        (kev(), "holds no list"),
        (kev(CVE, count=2), "holds 1 entries and says that it has 2"),
        (kev("log4shell"), "no CVE"),
        (kev(CVE, dateReleased=None), "does not say when"),
        (kev(CVE, vulnerabilities=["x"]), "no CVE"),
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
        (epss(""), "holds no score"),
        (epss(f"{CVE},1.5,0\n"), "the score '1.5'"),
        (epss(f"{CVE},nan,0\n"), "the score 'nan'"),
        (epss(f"{CVE},\n"), "the score ''"),
        (epss(f"{CVE}\n"), "the score ''"),
        (epss("log4shell,0.5,0.5\n"), "no CVE"),
        (gzip.compress(epss())[:-9], "cut off"),
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


def test_nothing_is_fetched_that_nobody_asked_for(tmp_path):
    network = Network()
    found = lists(tmp_path, network, Policy())
    assert (found.known_exploited, found.epss, network.asked) == (None, None, [])


def test_public_lists_are_fetched_once_and_kept(tmp_path):
    network = Network(kev=kev(CVE), epss=gzip.compress(epss()))
    first = lists(tmp_path, network)
    assert (first.known_exploited, first.epss) == ({CVE}, {CVE: 0.97})
    assert lists(tmp_path, network, now=NOW + timedelta(hours=11)) == first
    assert lists(tmp_path, None, now=NOW + timedelta(days=6)) == first
    assert network.asked == [KEV_URL, EPSS_URL]
    assert sorted(one.name for one in (tmp_path / "feeds").iterdir()) == ["epss", "known-exploited"]


def test_a_kept_list_is_renewed_after_half_a_day(tmp_path):
    policy = Policy(fail_on=FailOn(known_exploited=True))
    lists(tmp_path, Network(kev=kev(CVE)), policy)
    later = NOW + timedelta(hours=13)
    assert lists(tmp_path, Network(kev=kev("CVE-2026-1000")), policy, later).known_exploited == {"CVE-2026-1000"}


@pytest.mark.parametrize("served", [None, b"<html>captive portal</html>"])
def test_a_kept_list_serves_when_it_cannot_be_renewed_until_it_is_too_old(tmp_path, served):
    policy = Policy(fail_on=FailOn(known_exploited=True))
    lists(tmp_path, Network(kev=kev(CVE)), policy)
    assert lists(tmp_path, Network(kev=served), policy, NOW + timedelta(days=7)).known_exploited == {CVE}
    with pytest.raises(InputError, match=r"cannot be had .* and the kept one is of 2026-06-01"):
        lists(tmp_path, Network(kev=served), policy, NOW + timedelta(days=8))


@pytest.mark.parametrize("network", [None, Network()])
def test_a_list_that_cannot_be_had_is_an_error_never_an_empty_one(tmp_path, network):
    with pytest.raises(InputError, match="and none is kept"):
        lists(tmp_path, network)


@pytest.mark.parametrize("kept", [b"", b"garbage", b"2026-06-01T12:00:00+00:00\n{}", b"2036-06-01T12:00:00+00:00\n"])
def test_a_kept_list_that_cannot_be_read_is_none(tmp_path, kept):
    (tmp_path / "feeds").mkdir()
    (tmp_path / "feeds" / "known-exploited").write_bytes(kept + (kev(CVE) if kept.startswith(b"2036") else b""))
    with pytest.raises(InputError, match="cannot be had"):
        lists(tmp_path, None)


def test_a_cache_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "feeds").write_text("a file")
    with pytest.raises(InputError, match="cannot be made"):
        lists(tmp_path, Network(kev=kev(CVE)))


@pytest.mark.parametrize("age", [8, -2])
def test_a_file_has_to_be_of_an_age_that_the_policy_allows(tmp_path, age):
    policy = Policy(feeds=Feeds(known_exploited="kev.json"))
    assert load(policy, {"kev.json": kev(CVE)}, cache=tmp_path, now=NOW, fetch=None).known_exploited == {CVE}
    with pytest.raises(InputError, match=r"kev\.json is of .*, which feeds\.max_age \(7d\) does not allow"):
        load(policy, {"kev.json": kev(CVE, age=age)}, cache=tmp_path, now=NOW, fetch=None)


def test_a_file_goes_before_the_network(tmp_path):
    policy = Policy(fail_on=FailOn(epss=0.5), feeds=Feeds(epss="epss.csv"))
    found = load(policy, {"epss.csv": epss()}, cache=tmp_path, now=NOW, fetch=Network())
    assert found.epss == {CVE: 0.97}
