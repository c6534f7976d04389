"""Exceptions: what they hold for, until when, and what is said of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gate.errors import InputError
from gate.io.globs import Glob
from gate.judging.judge import JudgeInputs, judge
from gate.model.check_id import current_check
from gate.model.findings import Kind, Severity
from gate.model.verdict import Decision, ExceptionUse, NoticeKind, PolicyRef
from gate.policy import Policy, PolicyException, Size
from tests.builders import NOW, finding, scan

REF = PolicyRef(name="gate.yaml", sha256="e" * 64)
TODAY = NOW.date()


def exception(identity="CVE-2023-45853", days=100, **more):
    return PolicyException(
        id=identity, owner="@base", reason="minizip is not built", expires=TODAY + timedelta(days), **more
    )


def verdict(*exceptions, one=None, now=NOW, **policy):
    looked = scan(one or finding())
    return judge(looked, Policy(exceptions=exceptions, **policy), REF, JudgeInputs(), now)


def accepts(one_exception, one_finding):
    return verdict(one_exception, one=one_finding).findings[0].decision is Decision.ACCEPTED


def test_an_accepted_finding_stays_and_says_who_answers_until_when():
    found = verdict(exception())
    assert found.passed
    (one,) = found.findings
    assert (one.decision, one.rule) == (Decision.ACCEPTED, "exceptions")
    assert one.why == "accepted by @base until 2026-09-09: minizip is not built (exceptions)"
    assert found.counts == {}
    assert found.notices == ()
    assert found.exceptions[0].used == 1


def test_a_mild_finding_is_accepted_too():
    assert accepts(exception(), finding(severity=Severity.LOW))


@pytest.mark.parametrize(
    ("identity", "one", "holds"),
    [
        ("cve-2023-45853", finding(), True),
        ("GHSA-1", finding(aliases=("GHSA-1",)), True),
        ("CVE-2023-4585", finding(), False),
        ("AVD-DS-0002", finding("DS-0002", "", kind=Kind.MISCONFIGURATION), True),
        ("DS002", finding("DS-0002", "", kind=Kind.MISCONFIGURATION), True),
        ("aws-access-key-id", finding("aws-access-key-id", "", kind=Kind.SECRET), True),
    ],
)
def test_the_id_is_the_finding_s_or_an_alias(identity, one, holds):
    assert accepts(exception(identity), one) == holds


@pytest.mark.parametrize(
    ("package", "holds"),
    [
        ("zlib1g", True),
        ("zlib", True),
        ("ZLIB1G", False),
        ("zlib1", False),
        ("pkg:deb/debian/zlib1g", True),
        ("pkg:deb/debian/zlib?arch=source", True),
        ("pkg:deb/debian/zlib", False),
        ("pkg:deb/debian/zlib1g?arch=source", False),
        ("pkg:deb/debian/zlib1g@1.0-1", True),
        ("pkg:deb/debian/zlib1g@1.0-2", False),
        ("pkg:deb/debian/zlib1g?arch=amd64", True),
        ("pkg:deb/debian/zlib1g?arch=arm64", False),
        ("pkg:deb/debian/zlib1g?arch=amd64&distro=debian-12.4", True),
        ("pkg:deb/ubuntu/zlib1g", False),
        ("pkg:rpm/debian/zlib1g", False),
        ("pkg:deb/debian/zlib1g#usr", False),
    ],
)
def test_the_package_is_a_name_a_source_package_or_a_purl(package, holds):
    assert accepts(exception(package=package), finding(source_package="zlib")) == holds


def test_names_in_purls_are_compared_as_their_type_asks():
    assert accepts(exception(package="pkg:pypi/Py_YAML"), finding(purl="pkg:pypi/py-yaml@5.3"))


@pytest.mark.parametrize("purl", ["", "garbage", "pkg:"])
def test_a_purl_holds_for_no_finding_that_has_none(purl):
    assert not accepts(exception(package="pkg:deb/debian/zlib1g"), replace(finding(), purl=purl))


def test_a_package_holds_for_no_finding_without_one():
    secret = finding("key", "", kind=Kind.SECRET, path="a")
    assert not accepts(exception("key", package="zlib1g"), secret)


@pytest.mark.parametrize(
    ("pattern", "path", "holds"),
    [
        ("app/.env", "app/.env", True),
        ("/app/.env", "app/.env", True),
        ("app/*", "app/.env", True),
        ("app/*", "app/deep/.env", False),
        ("app/**", "app/deep/.env", True),
        ("**/.env", "app/deep/.env", True),
        ("**/.env", ".env", True),
        ("app/**/.env", "app/.env", True),
        ("a?p/.env", "app/.env", True),
        ("a?p/.env", "a/p/.env", False),
        ("app/.env", "app/.envy", False),
        ("app/.env", "my/app/.env", False),
        ("app/[x].env", "app/[x].env", True),
        ("app/.env", "app/.env\n", False),
        ("**", "app/.env", True),
        ("app/**/deep/*.env", "app/a/deep/b/deep/x.env", True),
        ("app/**/deep/*.env", "app/a/deep/b/x.env", False),
        ("a*b*c", "aXbXbXc", True),
        ("a*b*c", "aXcXb", False),
        ("ab*ba", "aba", False),
        ("app/*/x/**", "app/1/x/2/3", True),
    ],
)
def test_the_path_is_a_pattern_for_the_whole_path(pattern, path, holds):
    secret = finding("key", "", kind=Kind.SECRET, path=path)
    assert accepts(exception("key", path=pattern), secret) == holds


def test_a_path_holds_for_no_finding_without_one():
    assert not accepts(exception(path="**"), finding())


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("**/" * 300 + "x", "a/" * 3000),
        ("**/a/" * 200 + "x", "a/" * 3000),
        ("*" * 300 + "x", "a" * 3000),
        ("*a" * 300 + "x", "a" * 3000),
    ],
)
def test_a_pattern_of_many_stars_does_not_hang(pattern, path):
    assert not Glob(pattern).matches(path)


def test_all_parts_have_to_hold_together():
    one = finding(path="usr/lib/z", source_package="zlib")
    assert accepts(exception(package="zlib1g", path="usr/lib/*"), one)
    assert not accepts(exception(package="zlib1g", path="opt/*"), one)
    assert not accepts(exception(package="other", path="usr/lib/*"), one)


@pytest.mark.parametrize(
    ("moment", "holds"),
    [
        (datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 7, 1, 0, 0, 0, tzinfo=UTC), False),
    ],
)
def test_the_last_day_counts_to_its_end(moment, holds):
    last = exception(days=29)
    looked = scan(finding())
    found = judge(looked, Policy(exceptions=(last,), max_database_age="60d"), REF, JudgeInputs(), moment)
    assert str(last.expires) == "2026-06-30"
    assert found.passed == holds


def test_one_that_has_ended_no_longer_holds_and_is_announced():
    found = verdict(exception(days=-1))
    assert not found.passed
    assert [one.kind for one in found.notices] == [NoticeKind.EXCEPTION_ENDED]
    assert "1 finding that it named count again" in found.notices[0].message
    assert found.exceptions[0].ended


@pytest.mark.parametrize(
    ("days", "announced"), [(0, "today"), (1, "in 1 day"), (2, "in 2 days"), (14, "in 14 days"), (15, "")]
)
def test_its_end_is_announced_two_weeks_before(days, announced):
    found = verdict(exception(days=days))
    assert found.passed
    message = f"the exception for CVE-2023-45853 (exceptions) ends {announced}, on {TODAY + timedelta(days)}"
    expected = [(NoticeKind.EXCEPTION_ENDING, f"{message}: @base answers for it")] if announced else []
    assert [(one.kind, one.message) for one in found.notices] == expected


def test_each_exception_is_announced_whatever_stands_before_it():
    found = verdict(exception(days=50), exception(days=-1), exception("CVE-1999-1"), exception(days=3))
    assert [one.kind for one in found.notices] == [
        NoticeKind.EXCEPTION_ENDED,
        NoticeKind.EXCEPTION_UNUSED,
        NoticeKind.EXCEPTION_ENDING,
    ]


def test_the_verdict_lists_each_exception_with_its_number_of_findings():
    two = [finding(path="usr/lib/a"), finding("CVE-1", aliases=("CVE-2023-45853",), path="usr/lib/b"), finding("CVE-2")]
    some = (exception(package="zlib1g", path="usr/lib/*"), exception("CVE-9", days=-1))
    found = judge(scan(*two), Policy(exceptions=some), REF, JudgeInputs(), NOW)
    assert found.exceptions == tuple(
        ExceptionUse(
            id=one.id,
            package=one.package,
            path=one.path,
            owner="@base",
            reason="minizip is not built",
            expires=one.expires,
            source="exceptions",
            used=used,
            ended=ended,
        )
        for one, used, ended in zip(some, (2, 0), (False, True), strict=True)
    )


def test_one_that_names_nothing_any_more_is_reported():
    found = verdict(exception("CVE-1999-1"), one=finding(severity=Severity.LOW))
    assert found.passed
    assert [one.kind for one in found.notices] == [NoticeKind.EXCEPTION_UNUSED]
    assert "CVE-1999-1" in found.notices[0].message
    assert found.exceptions[0].used == 0


def test_the_first_that_still_holds_decides_and_all_that_name_it_are_used():
    found = verdict(exception(days=-5), exception(days=50), exception(days=90))
    assert "until 2026-07-21" in found.findings[0].why
    assert [one.used for one in found.exceptions] == [1, 1, 1]


def test_one_that_lasts_longer_than_the_policy_allows_is_an_error():
    assert verdict(exception(days=30), max_exception="30d").passed
    with pytest.raises(InputError, match=r"later than max_exception \(30d from today\) allows") as caught:
        verdict(exception(days=31), max_exception="30d")
    assert caught.value.hint == "let it end on 2026-07-01 or before"


@pytest.mark.parametrize("zone", ["JST-9", "PST8"])
@pytest.mark.parametrize("moment", [NOW.replace(hour=1), NOW.replace(hour=23)])
def test_the_day_is_that_of_utc_wherever_the_machine_is(in_zone, zone, moment):
    in_zone(zone)
    assert verdict(exception(days=0), now=moment).passed
    assert not verdict(exception(days=-1), now=moment).passed
    assert verdict(exception(days=30), now=moment, max_exception="30d").passed
    with pytest.raises(InputError, match=r"later than max_exception \(30d from today\) allows"):
        verdict(exception(days=31), now=moment, max_exception="30d")


def test_it_never_covers_what_is_wrong_with_the_whole_image():
    found = verdict(exception("size.max"), exception(), size=Size(max=1))
    assert [one.rule for one in found.reasons] == ["size.max"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("DS002", "DS-0002"),
        ("AVD-DS-0002", "DS-0002"),
        ("avd-ds-0002", "DS-0002"),
        ("DS-0002", "DS-0002"),
        ("AVD-KSV-0001", "KSV-0001"),
        ("CVE-2024-0001", "CVE-2024-0001"),
        ("DSA-1", "DSA-1"),
        ("aws-access-key-id", "aws-access-key-id"),
    ],
)
def test_a_check_has_one_name_and_other_ids_keep_theirs(old, new):
    assert current_check(old) == new
    assert current_check(new) == new
