"""Upgrades: what to go to, and what that mends."""

import pytest

from gate.judging.upgrades import upgrades
from gate.model.findings import Kind, Severity
from gate.model.verdict import Decision
from tests.builders import finding, judged


def of(*fixed, purl="pkg:golang/stdlib@1.19.5", installed="1.19.5", **more):
    some = [
        finding(f"CVE-{number}", purl=purl, installed=installed, fixed=one, **more) for number, one in enumerate(fixed)
    ]
    return upgrades(judged(one) for one in some)


def target(*fixed, **more):
    (one,) = of(*fixed, **more)
    return one.to


@pytest.mark.parametrize(
    ("fixed", "to"),
    [
        (["1.19.6", "1.19.10", "1.19.9"], "1.19.10"),
        (["1.19.8, 1.20.3"], "1.19.8"),
        (["1.18.9, 1.20.3"], "1.20.3"),
        (["1.19.8, 1.20.3", "1.19.7, 1.20.2"], "1.19.8"),
        (["1.19.8, 1.20.3", "1.20.1"], "1.20.3"),
        (["1.19.8, 1.20.3", "1.21.0"], "1.21.0"),
        (["1.20.3, 1.19.8, 1.19.8"], "1.19.8"),
    ],
)
def test_the_lowest_version_that_mends_everything_is_named(fixed, to):
    assert target(*fixed) == to


@pytest.mark.parametrize(
    ("purl", "installed", "fixed", "to"),
    [
        ("pkg:deb/debian/a@1", "1:1.2-1", ["1:1.2-1+deb12u2", "1:1.2-1+deb12u10"], "1:1.2-1+deb12u10"),
        ("pkg:deb/debian/a@1", "2.0-1", ["2.1~rc1-1", "2.1-1"], "2.1-1"),
        ("pkg:rpm/redhat/a@1", "0:1.9-1.el8", ["1:1.2-1.el8", "0:2.0-1.el8"], "1:1.2-1.el8"),
        ("pkg:apk/alpine/a@1", "1.2.3-r0", ["1.2.3-r2", "1.2.3-r10"], "1.2.3-r10"),
        ("pkg:pypi/a@1", "5.3", ["5.4", "5.3.1", "5.4rc1"], "5.4"),
        ("pkg:npm/a@1", "4.17.4", ["4.17.5", "4.17.21"], "4.17.21"),
        ("pkg:maven/g/a@1", "2.14.1", ["2.15.0, 2.12.2, 2.3.1", "2.17.0"], "2.17.0"),
    ],
)
def test_each_ecosystem_orders_its_versions(purl, installed, fixed, to):
    assert target(*fixed, purl=purl, installed=installed) == to


@pytest.mark.parametrize(
    ("purl", "installed"),
    [("pkg:swift/a@1", "1.0"), ("", "1.0"), ("pkg:pypi/a@1", "garbage!!"), ("pkg:pypi/a@1", "")],
)
def test_an_order_that_nobody_knows_is_not_guessed(purl, installed):
    assert target("1.2", "1.10", purl=purl, installed=installed) == "1.10, 1.2"


def test_a_version_that_cannot_be_read_makes_no_order():
    assert target("1.2", "latest!", purl="pkg:pypi/a@1", installed="1.0") == "1.2, latest!"


def test_a_fix_below_what_is_installed_is_no_upgrade_of_it():
    assert target("1.18.1, 1.17.3", installed="1.19.5") == "1.17.3, 1.18.1"


def test_many_versions_without_order_are_named_in_part():
    assert target("1", "2", "3", "4", "5", "6", purl="") == "1, 2, 3, 4 and 2 more"


def test_one_version_needs_no_order():
    assert target("next week", purl="") == "next week"


def test_packages_of_one_source_are_upgraded_together():
    some = [finding(f"CVE-{name}", name, source_package="openssl") for name in ("libssl3", "openssl")]
    (one,) = upgrades(judged(each) for each in some)
    assert (one.package, one.fixes, one.refusing) == ("openssl", 2, 2)


def test_copies_in_other_places_are_other_upgrades():
    some = [finding("CVE-1", "lodash", path=path) for path in ("a/package.json", "b/package.json")]
    assert [one.path for one in upgrades(judged(each) for each in some)] == ["a/package.json", "b/package.json"]


def test_what_refuses_is_mended_first_then_what_mends_most():
    few = judged(finding("CVE-1", "few"))
    many = [judged(finding(f"CVE-{n}", "many", Severity.LOW), Decision.REPORTED) for n in range(3)]
    some = [judged(finding(f"CVE-{n}", "some", Severity.LOW), Decision.REPORTED) for n in range(2)]
    found = upgrades([*some, *many, few])
    assert [(one.package, one.fixes, one.refusing, one.worst) for one in found] == [
        ("few", 1, 1, Severity.CRITICAL),
        ("many", 3, 0, Severity.LOW),
        ("some", 2, 0, Severity.LOW),
    ]


def test_nothing_is_upgraded_for_what_is_accepted_unmendable_or_no_vulnerability():
    assert not upgrades(
        [
            judged(finding(), Decision.ACCEPTED),
            judged(finding(), Decision.NOT_AFFECTED),
            judged(finding(fixed="")),
            judged(finding(kind=Kind.SECRET)),
        ]
    )


def test_of_very_many_branches_the_newest_version_is_taken():
    some = [f"1.20.{number}, 1.21.{number}" for number in range(1, 250)]
    assert target(*some) == "1.21.249"
    assert target(*some[:100]) == "1.20.100"
