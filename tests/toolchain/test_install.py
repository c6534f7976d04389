"""Programs are brought whole and checked, or not at all."""

import os
import subprocess
import sys

import pytest

from gate.errors import RegistryError
from gate.io.http_client import Http
from gate.io.progress import Silent
from gate.toolchain import lookup
from gate.toolchain.install import install
from gate.toolchain.lock import here as this_platform
from gate.toolchain.source import Releases as Remote
from tests.toolchain.conftest import ARCHIVE, VERSION
from tests.toolchain.releases import SIGNATURE, archive, member, program, sha256


def test_it_is_fetched_checked_and_kept_by_hash(gate, shop, here, kept):
    code, out, err = gate("tools", "install", "--mirror", shop.url)
    assert (code, out.count("installed")) == (0, 2), err
    assert kept() == sorted([f"{sha256(shop.trivy)}/trivy", f"{sha256(shop.cosign)}/cosign"])
    path = here.cache / "tools" / sha256(shop.trivy) / "trivy"
    assert path.read_bytes() == shop.trivy
    assert path.stat().st_mode & 0o777 == 0o555
    assert lookup.find(here, "trivy") == lookup.FoundProgram(path, "lock")


def test_what_is_there_is_not_fetched_again(gate, shop):
    gate("tools", "install", "trivy", "--mirror", shop.url)
    code, out, _ = gate("tools", "install", "trivy", "--mirror", shop.url)
    assert (code, "was there" in out) == (0, True)
    assert shop.releases.store.count("GET", ARCHIVE) == 1


@pytest.mark.parametrize("what", ["archive", "cosign"])
def test_other_bytes_stop_everything_name_the_file_and_leave_nothing(gate, shop, kept, what):
    name, tool = (ARCHIVE, "trivy") if what == "archive" else ("cosign-here", "cosign")
    shop.releases.store.fault("GET", name, body=getattr(shop, what)[:-1] + b"?")
    code, _, err = gate("tools", "install", tool, "--mirror", shop.url)
    assert code == 6
    assert f"{name} of {shop.releases.site.host} is not what the lock pins" in err
    assert sha256(getattr(shop, what)) in err
    assert kept() == []


def test_a_program_that_is_not_the_one_of_the_archive_in_the_lock_stays_out(gate, shop, kept):
    shop.pin(binary=b"another")
    code, _, err = gate("tools", "install", "trivy", "--mirror", shop.url)
    assert (code, f"the trivy in {ARCHIVE} is not the one that the lock pins" in err) == (3, True)
    assert kept() == []


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ([member("../trivy", b"x")], "leads out of it"),
        ([member("/trivy", b"x")], "leads out of it"),
        ([member("trivy", type=b"2", linkname="/bin/sh")], "neither a file nor a folder"),
        ([member("trivy", b"x"), member("LICENSE", type=b"1", linkname="trivy")], "neither a file nor a folder"),
        ([member("trivy", type=b"3")], "neither a file nor a folder"),
        ([member("trivy", b"x"), member("trivy", b"y")], "besides or instead"),
        ([member("bin/trivy", b"x"), member("trivy", b"y")], "besides or instead"),
        ([member("trivy", b"x"), member("TRIVY", b"y")], "besides or instead"),
        ([member("trivy", type=b"5")], "besides or instead"),
        ([member("LICENSE", b"x")], "holds no program"),
        ([], "holds no program"),
        ([member(str(number)) for number in range(1001)], "more than 1,000 files"),
    ],
)
def test_an_archive_that_is_not_as_it_has_to_be_is_refused(gate, shop, kept, tmp_path, members, said):
    _serve(shop, archive(*members))
    code, _, err = gate("tools", "install", "trivy", "--mirror", shop.url)
    assert (code, said in err) == (3, True), err
    assert kept() == []
    assert not list(tmp_path.rglob("trivy"))


@pytest.mark.parametrize("data", [b"", b"\x1f\x8b", b"<html>", archive(member("trivy", bytes(9999)))[:-20]])
def test_what_is_no_archive_is_refused(gate, shop, kept, data):
    _serve(shop, data)
    code, _, err = gate("tools", "install", "trivy", "--mirror", shop.url)
    assert (code, "not readable as an archive" in err) == (3, True), err
    assert kept() == []


def test_an_archive_that_fills_the_disk_is_not_unpacked(tmp_path):
    from gate.errors import InputError
    from gate.toolchain import unpack

    bomb = tmp_path / "bomb.tar.gz"
    bomb.write_bytes(archive(member("trivy", b"x"), member("zeros", bytes(20 << 20))))
    with pytest.raises(InputError, match="unpacks to more"):
        unpack.extract_program(bomb, "trivy", tmp_path / "out", name="bomb.tar.gz", most=1 << 20)


def test_a_connection_that_breaks_is_taken_up_where_it_broke(gate, shop):
    shop.releases.store.fault("GET", ARCHIVE, cut=1000, times=2)
    code, _, err = gate("tools", "install", "trivy", "--mirror", shop.url)
    assert code == 0, err
    assert _ranges(shop) == [None, "bytes=1000-", "bytes=2000-"]


def test_a_run_that_was_cut_off_is_gone_on_with_by_the_next(here, shop, kept):
    shop.releases.store.fault("GET", ARCHIVE, cut=100)
    with pytest.raises(RegistryError, match="after 5 tries"):
        _bring(here, shop)
    assert kept() == [f"{sha256(shop.archive)}.part"]
    shop.releases.store.mend()
    _bring(here, shop)
    assert _ranges(shop)[-1] == "bytes=500-"
    assert kept() == [f"{sha256(shop.trivy)}/trivy"]


@pytest.mark.parametrize("left", [b"something else", b"?" * 9999])
def test_what_an_earlier_run_left_broken_is_fetched_anew(here, shop, kept, left):
    home = here.cache / "tools"
    home.mkdir(parents=True)
    (home / f"{sha256(shop.archive)}.part").write_bytes(left)
    _bring(here, shop)
    assert kept() == [f"{sha256(shop.trivy)}/trivy"]
    assert _ranges(shop)[-1] is None


def test_what_was_whole_already_is_not_fetched_again(here, shop):
    home = here.cache / "tools"
    home.mkdir(parents=True)
    (home / f"{sha256(shop.archive)}.part").write_bytes(shop.archive)
    assert _bring(here, shop).fresh
    assert _ranges(shop) == [f"bytes={len(shop.archive)}-"]


def test_a_store_that_knows_no_ranges_sends_it_all(here, shop):
    home = here.cache / "tools"
    home.mkdir(parents=True)
    (home / f"{sha256(shop.archive)}.part").write_bytes(shop.archive[:100])
    shop.releases.store.fault("GET", ARCHIVE, status=200, body=shop.archive, times=1)
    assert _bring(here, shop).fresh


def test_a_server_that_wants_to_be_asked_later_is(gate, shop):
    shop.releases.site.fault("GET", ARCHIVE, status=429, headers={"Retry-After": "0"}, times=1)
    assert gate("tools", "install", "trivy", "--mirror", shop.url)[0] == 0


@pytest.mark.parametrize(("status", "headers"), [(404, {}), (403, {}), (429, {"Retry-After": "3600"})])
def test_where_nothing_can_be_fetched_the_words_say_what_else_there_is(gate, shop, kept, status, headers):
    shop.releases.site.fault("GET", ARCHIVE, status=status, headers=headers)
    code, _, err = gate("tools", "install", "trivy", "--mirror", shop.url)
    assert code == 6
    assert str(status) in err
    for way in ("--mirror", "--from DIR", ARCHIVE, "ghcr-gate[trivy]", "GATE_TRIVY"):
        assert way in err, way
    assert kept() == []


def test_without_a_network_the_words_say_what_else_there_is(here, shop):
    with (
        Http({}, idle=1, deadline=20, pause=0.001) as http,
        pytest.raises(RegistryError, match=r"no host github\.invalid") as caught,
    ):
        install("trivy", here, Remote(http, "https://github.invalid", progress=Silent()), vouch=_silent)
    assert "--from DIR" in caught.value.hint


def test_a_signed_url_is_never_shown(here, shop):
    shop.releases.store.fault("GET", ARCHIVE, reset=True)
    with pytest.raises(RegistryError) as caught:
        _bring(here, shop)
    assert SIGNATURE not in caught.value.problem + caught.value.hint


def test_a_machine_that_the_lock_does_not_know_is_told_so(gate, shop):
    shop.lock.write_text(shop.lock.read_text().replace(this_platform(), "plan9/mips"))
    code, _, err = gate("tools", "install", "trivy", "--mirror", shop.url)
    assert (code, f"the lock has no trivy for {this_platform()}" in err) == (4, True)


def test_a_folder_stands_in_for_the_network(gate, shop, tmp_path, kept):
    folder = tmp_path / "usb"
    folder.mkdir()
    (folder / ARCHIVE).write_bytes(shop.archive)
    code, _, err = gate("tools", "install", "trivy", "--from", folder)
    assert (code, "the release has no signature for it" in err) == (0, True)
    assert kept() == [f"{sha256(shop.trivy)}/trivy"]
    assert shop.releases.site.requests == []


@pytest.mark.parametrize(("data", "said"), [(None, f"there is no {ARCHIVE}"), (b"x", "is not what the lock pins")])
def test_a_folder_without_the_right_file_is_refused(gate, tmp_path, kept, data, said):
    if data:
        (tmp_path / ARCHIVE).write_bytes(data)
    code, _, err = gate("tools", "install", "trivy", "--from", tmp_path)
    assert (code, said in err) == (3, True), err
    assert kept() == []


def test_it_goes_through_a_proxy(gate, shop):
    """The site stands in for it: a proxy is asked for the whole URL."""
    code, _, err = gate("tools", "install", "trivy", "--mirror", "http://mirror.invalid", HTTP_PROXY=shop.url)
    assert code == 0, err
    asked = shop.releases.site.requests[0]
    assert (asked.headers["Host"], asked.path.endswith(ARCHIVE)) == ("mirror.invalid", True)


@pytest.mark.parametrize("url", ["ftp://host", "host", "https://", "https://me:secret@host", "https://host/?a=b"])
def test_a_mirror_is_a_plain_url(gate, url):
    code, _, err = gate("tools", "install", "--mirror", url)
    assert code == 2
    assert "secret" not in err


def test_a_folder_and_a_mirror_exclude_each_other(gate, shop, tmp_path):
    assert gate("tools", "install", "--mirror", shop.url, "--from", tmp_path)[0] == 2


def test_two_at_once_fetch_it_once(here, shop, kept):
    """The second starts while the first waits for the file."""
    command = [sys.executable, "-m", "gate", "tools", "install", "trivy", "--mirror", shop.url]
    env = {**here.env, "PATH": os.environ["PATH"], "GATE_COSIGN": "/nonexistent"}
    others = []

    def again():
        others.append(subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE))

    shop.releases.store.meanwhile("GET", ARCHIVE, again)
    first = subprocess.run(command, env=env, capture_output=True, check=False)
    out, err = others[0].communicate()
    assert (first.returncode, others[0].returncode) == (0, 0), (first.stderr, err)
    assert (b"installed" in first.stdout, b"was there" in out) == (True, True)
    assert shop.releases.store.count("GET", ARCHIVE) == 1
    assert kept() == [f"{sha256(shop.trivy)}/trivy"]


def _serve(shop, data):
    shop.releases.publish("trivy", VERSION, ARCHIVE, data)
    shop.pin(archive=data, binary=program())


def _ranges(shop):
    return [one.headers.get("Range") for one in shop.releases.store.requests if one.path.endswith(ARCHIVE)]


def _bring(here, shop):
    with Http({}, idle=5, deadline=30, pause=0.001) as http:
        return install("trivy", here, Remote(http, shop.url, progress=Silent()), vouch=_silent)


def _silent(path, bundle, signer):
    return ""


def test_a_dry_run_names_what_would_be_installed_and_fetches_nothing(gate, shop, kept):
    code, out, err = gate("tools", "install", "--mirror", shop.url, "--dry-run")
    assert (code, out.count("would install")) == (0, 2), err
    assert kept() == []
    assert shop.releases.store.count("GET", ARCHIVE) == 0
    gate("tools", "install", "trivy", "--mirror", shop.url)
    assert "is there: " in gate("tools", "install", "trivy", "--mirror", shop.url, "--dry-run")[1]
