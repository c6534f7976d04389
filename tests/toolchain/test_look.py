"""`gate tools list` and `gate tools verify`, and the data that came with us."""

import json
import re
from urllib.parse import urlsplit

import pytest

from gate.toolchain import deny, lock
from tests.lab.tools import ROOT
from tests.toolchain.releases import sha256
from tests.toolchain.test_found import COSIGN, TRIVY, script

PLATFORMS = {"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64"}


def test_what_would_be_used_is_listed_with_all_that_is_known(gate, shop, here):
    gate("tools", "install", "trivy", "--mirror", shop.url)
    code, out, _ = gate("tools", "list")
    assert code == 0
    assert f"trivy   9.9.9  {here.cache}/tools/{sha256(shop.trivy)}/trivy (lock)" in out
    assert f"sha256 {sha256(shop.trivy)}, in the lock" in out
    assert "cosign  not there" in out
    assert "the lock pins 9.9.9, which is not used" in out


@pytest.mark.parametrize(
    ("tool", "mark", "version", "said"),
    [
        ("trivy", TRIVY, "0.76.0", "trivy   0.76.0"),
        ("trivy", "", "", "trivy   of unknown version"),
        ("trivy", TRIVY, "0.69.4", "refused: trivy 0.69.4"),
        ("cosign", COSIGN, "3.1.0", "warning: cosign 3.1.0 has a known weakness (GHSA-fx35-mq7g-6g98)"),
    ],
)
def test_what_is_on_the_search_path_is_listed_unrun(gate, tmp_path, tool, mark, version, said):
    program = script(tmp_path / "bin" / tool, version, mark=mark)
    code, out, _ = gate("tools", "list", PATH=str(program.parent))
    assert (code, said in out) == (0, True), out
    assert f"{program} (PATH)" in out
    assert f"sha256 {sha256(program.read_bytes())}, not in the lock" in out
    assert not (program.parent / "was-run").exists()


def test_what_the_policy_wants_is_listed(gate, shop, here, tmp_path):
    gate("tools", "install", "trivy", "--mirror", shop.url)
    program = script(tmp_path / "bin" / "trivy", "0.76.0")
    (here.cwd / "mine.yaml").write_text("tools: {source: path}\n")
    out = gate("tools", "list", "--policy", "mine.yaml", PATH=str(program.parent))[1]
    assert f"{program} (PATH)" in out
    assert "the lock pins 9.9.9, which is not used: something else is wanted" in out
    assert "(lock)" in gate("tools", "list", PATH=str(program.parent))[1]


def test_a_wheel_of_trivy_is_known_by_its_hash(gate, trivy):
    out = gate("tools", "list", GATE_TRIVY=str(trivy), GATE_TOOLS_LOCK=str(lock.SHIPPED))[1]
    assert "trivy   0.76.0" in out
    assert "(GATE_TRIVY)" in out
    assert re.search(r"sha256 1f889576[0-9a-f]{56}, in the lock", out)


def test_one_that_is_named_and_not_there_is_told_of(gate):
    code, out, _ = gate("tools", "list", GATE_TRIVY="/nonexistent/trivy\x1b[31m")
    assert (code, "cannot be read" in out, "\x1b" in out) == (0, True, False)


def test_what_is_as_the_lock_has_it_is_verified(gate, shop):
    gate("tools", "install", "--mirror", shop.url)
    assert gate("tools", "verify")[:2] == (0, "cosign is what the lock pins\ntrivy is what the lock pins\n")


def test_one_that_is_not_there_is_missing(gate, shop):
    gate("tools", "install", "trivy", "--mirror", shop.url)
    assert gate("tools", "verify", "trivy")[0] == 0
    code, out, _ = gate("tools", "verify")
    assert (code, "cosign 9.9.9 is not installed" in out) == (4, True)


@pytest.mark.parametrize(("mode", "content"), [(0o755, b"#!/bin/sh\n"), (0o444, None)])
def test_one_that_was_changed_is_named(gate, shop, here, mode, content):
    gate("tools", "install", "trivy", "--mirror", shop.url)
    path = here.cache / "tools" / sha256(shop.trivy) / "trivy"
    path.chmod(mode)
    if content:
        path.write_bytes(content)
    code, out, err = gate("tools", "verify")
    assert (code, "trivy" in out, "cosign 9.9.9 is not installed" in out) == (5, True, True), err
    assert gate("tools", "list")[0] == 0


def test_the_lock_that_ships_pins_both_for_every_platform(context):
    found = lock.read_lock(context)
    assert set(found.tools) == {"trivy", "cosign"}
    assert all(set(one.files) == PLATFORMS for one in found.tools.values())
    files = [file for one in found.tools.values() for file in one.files.values()]
    assert len({file.sha256 for file in files}) == len({file.binary for file in files}) == len(files)
    assert all(one.version in one.signer.subject for name, one in found.tools.items() if name == "trivy")
    for name, one in found.tools.items():
        assert not list(deny.about(name, one.version)), name


def test_the_wheel_that_is_pinned_for_tests_is_the_one_of_the_lock(context):
    text = (ROOT / "requirements" / "trivy.txt").read_text()
    [version] = re.findall(r"official binary of Trivy ([0-9.]+) ", text)
    [sum_] = re.findall(r"sha256 ([0-9a-f]{64})\.", text)
    assert lock.read_lock(context).versions()["trivy", sum_] == version


def test_every_denial_has_a_source():
    assert {(one.tool, one.action) for one in deny.denials()} == {("trivy", "refuse"), ("cosign", "warn")}
    for one in deny.denials():
        assert urlsplit(one.source).hostname == "github.com"
        assert one.source.endswith(one.id)


def test_the_page_names_every_sum_that_ships(context):
    page = (ROOT / "docs" / "tools.md").read_text()
    for name, one in lock.read_lock(context).tools.items():
        assert f"{name} {one.version}" in page
        assert one.source in page


def test_a_lock_is_readable_again_as_it_was_written(context):
    found = lock.read_lock(context)
    assert lock.Lock.model_validate(json.loads(found.model_dump_json())) == found
