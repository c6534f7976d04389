"""Feeds of exploited vulnerabilities: downloaded, cached, renewed, and never guessed."""

import gzip
from datetime import timedelta

import pytest

from gate.errors import InputError, RegistryError
from gate.io.run_context import RunContext
from gate.judging.feeds import EPSS_URL, KEV_URL
from gate.model.verdict import PolicyRef
from gate.pipeline.feeds import load_feeds
from gate.policy import FailOn, Feeds, Policy
from gate.policy.loader import Loaded
from tests.builders import NOW, epss_feed, kev_feed

CVE = "CVE-2021-44228"
BOTH = Policy(fail_on=FailOn(known_exploited=True, epss=0.5))


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


def feeds(folder, network=None, policy=BOTH, now=NOW, **env):
    """Load the feeds of a policy; its files are in `folder`, the cache too."""
    names = filter(None, (policy.feeds.known_exploited, policy.feeds.epss))
    files = {name: (folder / name).read_bytes() for name in names}
    loaded = Loaded(policy, PolicyRef(name="gate.yaml", sha256="0" * 64), folder, files)
    context = RunContext(env={"GATE_CACHE_DIR": str(folder), **env}, now=now, cwd=folder)
    return load_feeds(loaded, context, network)


def test_nothing_is_downloaded_that_the_policy_does_not_use(tmp_path):
    network = Network()
    assert feeds(tmp_path, network, Policy()) == (None, None)
    assert network.asked == []


def test_public_feeds_are_downloaded_once_and_cached(tmp_path):
    network = Network(kev=kev_feed(CVE), epss=gzip.compress(epss_feed()))
    first = feeds(tmp_path, network)
    assert first == ({CVE}, {CVE: 0.97})
    assert feeds(tmp_path, network, now=NOW + timedelta(hours=11)) == first
    assert feeds(tmp_path, None, now=NOW + timedelta(days=6)) == first
    assert network.asked == [KEV_URL, EPSS_URL]
    assert sorted(one.name for one in (tmp_path / "feeds").iterdir()) == ["epss", "known-exploited"]


def test_a_cached_feed_is_renewed_after_half_a_day(tmp_path):
    policy = Policy(fail_on=FailOn(known_exploited=True))
    feeds(tmp_path, Network(kev=kev_feed(CVE)), policy)
    later = NOW + timedelta(hours=13)
    assert feeds(tmp_path, Network(kev=kev_feed("CVE-2026-1000")), policy, later) == ({"CVE-2026-1000"}, None)


@pytest.mark.parametrize("served", [None, b"<html>captive portal</html>"])
def test_a_cached_feed_serves_without_network_until_it_is_too_old(tmp_path, served):
    policy = Policy(fail_on=FailOn(known_exploited=True))
    feeds(tmp_path, Network(kev=kev_feed(CVE)), policy)
    assert feeds(tmp_path, Network(kev=served), policy, NOW + timedelta(days=7)) == ({CVE}, None)
    with pytest.raises(InputError, match=r"is not available .* and the cached one is of 2026-06-01"):
        feeds(tmp_path, Network(kev=served), policy, NOW + timedelta(days=8))


@pytest.mark.parametrize("network", [None, Network()])
def test_a_feed_that_is_not_available_is_an_error_never_empty(tmp_path, network):
    with pytest.raises(InputError, match="and none is cached"):
        feeds(tmp_path, network)


@pytest.mark.parametrize("kept", [b"", b"garbage", b"2026-06-01T12:00:00+00:00\n{}", b"2036-06-01T12:00:00+00:00\n"])
def test_a_cached_feed_that_is_unreadable_does_not_count(tmp_path, kept):
    (tmp_path / "feeds").mkdir()
    (tmp_path / "feeds" / "known-exploited").write_bytes(kept + (kev_feed(CVE) if kept.startswith(b"2036") else b""))
    with pytest.raises(InputError, match="is not available"):
        feeds(tmp_path, None)


def test_a_cache_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "feeds").write_text("a file")
    with pytest.raises(InputError, match="cannot be made"):
        feeds(tmp_path, Network(kev=kev_feed(CVE)))


@pytest.mark.parametrize("age", [8, -2])
def test_a_file_has_to_be_of_an_age_that_the_policy_allows(tmp_path, age):
    policy = Policy(feeds=Feeds(known_exploited="kev.json"))
    (tmp_path / "kev.json").write_bytes(kev_feed(CVE))
    assert feeds(tmp_path, policy=policy) == ({CVE}, None)
    (tmp_path / "kev.json").write_bytes(kev_feed(CVE, age=age))
    with pytest.raises(InputError, match=r"kev\.json is of .*, which feeds\.max_age \(7d\) does not allow"):
        feeds(tmp_path, policy=policy)


def test_a_file_goes_before_the_network(tmp_path):
    policy = Policy(fail_on=FailOn(epss=0.5), feeds=Feeds(epss="epss.csv"))
    (tmp_path / "epss.csv").write_bytes(epss_feed())
    assert feeds(tmp_path, Network(), policy) == (None, {CVE: 0.97})


def test_in_ci_no_cached_feed_is_used_and_none_is_cached(tmp_path):
    network = Network(kev=kev_feed(CVE), epss=epss_feed())
    assert feeds(tmp_path, network, CI="true") == feeds(tmp_path, network, CI="true") == ({CVE}, {CVE: 0.97})
    assert network.asked == [KEV_URL, EPSS_URL] * 2
    assert not (tmp_path / "feeds").exists()
