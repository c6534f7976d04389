"""What `gate doctor` learns from a registry."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.lab.referrers import MemoryRegistry

TOKEN = "gh" + "p_" + "k" * 36


@pytest.fixture
def served(layouts):
    with MemoryRegistry() as registry:
        registry.named = registry.push(layouts, "clean", "octo/app:1")
        yield registry


@pytest.fixture
def look(doctor, served):
    """Look at an image of the registry, by its own clock."""

    def call(*args, image="octo/app:1", ahead=timedelta(), **more):
        database = f"{served.host}/octo/app:1"
        now = datetime.now(UTC) + ahead
        args = (f"{served.host}/{image}", "--db-repository", database, *args)
        return doctor(*args, now=now, **more)

    return call


def log_in(doctor, host, user="octo", token=TOKEN):
    file = doctor.home / ".docker" / "config.json"
    file.parent.mkdir()
    file.write_text(json.dumps({"auths": {host: {"auth": base64.b64encode(f"{user}:{token}".encode()).decode()}}}))
    file.chmod(0o600)


def test_an_image_that_can_be_pulled_is_good_with_its_digest(look, served):
    said = look()
    assert said.row("registry").endswith("answers, and the clocks agree")
    assert f"can be pulled: it is {served.named}" in said.row("pull")
    assert said.row("evidence").startswith("ok: the registry has the referrers API; 0 pieces")
    assert said.row("database source").startswith("ok")


def test_a_registry_without_the_referrers_api_is_as_good(doctor, layouts):
    with MemoryRegistry(referrers=False) as registry:
        registry.push(layouts, "clean", "octo/app:1")
        said = doctor(f"{registry.host}/octo/app:1", "--db-repository", f"{registry.host}/octo/app:1")
    assert said.row("evidence").startswith("ok: the registry has no referrers API")


@pytest.mark.parametrize(
    ("ahead", "told"),
    [
        (timedelta(minutes=2), "warning: 127.0.0.1"),
        (timedelta(minutes=-20), "broken: 127.0.0.1"),
        (timedelta(days=300), "broken: 127.0.0.1"),
    ],
)
def test_a_clock_that_is_wrong_is_told(look, ahead, told):
    row = look(ahead=ahead).row("registry")
    assert row.startswith(told)
    assert ("ahead of" if ahead > timedelta() else "behind") in row
    assert "set the clock" in row


def test_an_image_that_is_not_there_is_broken(look):
    said = look(image="octo/app:gone")
    assert said.code == 3
    assert said.row("pull").startswith("broken")
    assert "check the name and the tag" in said.row("pull")


def test_an_image_that_nobody_may_pull_without_a_login_is_broken(look, served):
    served.user("octo", TOKEN, pull=("octo/*",))
    said = look()
    assert said.code == 3
    assert "docker login" in said.row("pull")


def test_a_login_that_may_pull_is_used(look, served, doctor):
    served.user("octo", TOKEN, pull=("octo/*",))
    log_in(doctor, served.host)
    said = look()
    assert said.row("pull").startswith("ok")
    assert TOKEN not in said.out + said.err


def test_a_bad_login_that_hides_a_public_image_is_told_as_such(look, served, doctor):
    served.public("octo/*")
    log_in(doctor, served.host, token="gh" + "p_ended")
    row = look().row("pull")
    assert row.startswith("broken")
    assert "is public, but the registry rejects the login from Docker's configuration" in row
    assert f"docker logout {served.host}" in row


def test_a_login_that_may_push_is_told_and_leaves_nothing(look, served, doctor):
    served.user("octo", TOKEN, push=("octo/*",))
    log_in(doctor, served.host)
    before = served.tags("octo/app")
    assert look("--push").row("push").startswith("ok: the login from Docker's configuration")
    assert served.tags("octo/app") == before
    assert not served.count("PUT", "")


def test_a_login_that_may_only_pull_may_not_push(look, served, doctor):
    served.user("octo", TOKEN, pull=("octo/*",))
    log_in(doctor, served.host)
    said = look("--push")
    assert said.code == 3
    assert said.row("pull").startswith("ok")
    assert said.row("push").startswith("broken")
    assert "write:packages" in said.row("push")


def test_the_token_of_a_job_that_may_not_push_needs_its_permission_and_the_package(look, served):
    token = "gh" + "s_" + "k" * 36
    served.user("octo", token, pull=("octo/*",))
    login = {"GATE_REGISTRY": served.host, "GATE_REGISTRY_USERNAME": "octo", "GATE_REGISTRY_PASSWORD": token}
    row = look("--push", env=login).row("push")
    assert row.startswith("broken: the login from GATE_REGISTRY_USERNAME")
    assert "packages: write" in row
    assert "Manage Actions access" in row


def test_nobody_is_asked_to_push_unless_that_was_wanted(look, served, doctor):
    log_in(doctor, served.host)
    assert look().row("push") == []
    assert not served.count("POST", "")


def test_without_a_login_nobody_may_push(look, served):
    served.public("octo/*")
    assert look("--push").row("push").startswith("broken: not logged in")


def test_a_registry_with_a_fault_could_not_be_told_and_ends_nothing(look, served):
    served.fault("*", "", status=503)
    said = look()
    assert said.code in {3, 6}
    for check in ("registry", "pull", "database source"):
        assert said.row(check).startswith("unknown"), check
    assert said.row("policy").startswith("ok")


def test_a_registry_that_answers_rubbish_ends_nothing(look, served):
    served.fault("*", "", status=200, body=b"\x1b[31m::error::\xff")
    said = look()
    assert said.code in {3, 6}
    assert "\x1b" not in said.out
    assert not said.row("pull").startswith("ok")


def test_another_place_for_the_database_is_a_warning_and_none_could_not_be_told(doctor, served):
    gone, there = f"{served.host}/octo/gone:2", f"{served.host}/octo/app:1"
    image = f"{served.host}/octo/app:1"
    said = doctor(image, "--db-repository", gone, "--db-repository", there)
    assert said.row("database source").startswith(f"warning: {there} has it; not so {gone}")
    said = doctor(image, "--db-repository", gone)
    assert said.row("database source").startswith(f"unknown: {gone}")


def test_a_list_of_evidence_that_cannot_be_had_says_nothing_of_the_pull(look, served):
    served.fault("GET", "/referrers/", status=403)
    said = look()
    assert said.row("pull").startswith("ok")
    assert said.row("evidence").startswith("unknown")


def test_a_registry_that_says_nothing_is_waited_for_no_longer_than_was_allowed(look, served):
    served.fault("*", "", hang=True)
    said = look("--timeout", "1")
    for check in ("registry", "pull", "database source"):
        assert said.row(check).startswith("unknown"), check


@pytest.mark.parametrize(
    ("challenge", "times", "told"),
    [
        ('Basic realm="x"', 1, "ok: the login from"),
        ('Basic realm="x"', 2, "broken: the login from"),
        ('Strange realm="x"', 1, "unknown"),
        ('Bearer service="x"', 1, "unknown: REGISTRY names a token server that no login may be sent to"),
    ],
)
def test_every_kind_of_login_to_push_is_an_answer(look, served, doctor, challenge, times, told):
    log_in(doctor, served.host)
    served.fault("POST", "", status=401, headers={"WWW-Authenticate": challenge}, times=times)
    assert look("--push").row("push").startswith(told.replace("REGISTRY", served.host))


@pytest.mark.parametrize(("path", "status"), [("/blobs/uploads/", 404), ("/token", 404), ("/token", 500)])
def test_a_registry_that_does_not_say_who_may_push_could_not_be_told(look, served, doctor, path, status):
    served.user("octo", TOKEN, push=("octo/*",))
    log_in(doctor, served.host)
    served.fault("*", path, status=status)
    assert look("--push").row("push").startswith("unknown")


def test_a_registry_that_does_not_tell_the_time_answers_all_the_same(look, served):
    served.fault("GET", "^/v2/$", status=200, headers={"Date": "soon"})
    assert look().row("registry").startswith("ok")
