"""Which program is used, which is refused, and that none is run to find that out."""

from dataclasses import replace

import pytest

from gate.cosign import program as cosign_program
from gate.errors import InputError, ToolFailedError, ToolMissingError
from gate.toolchain import deny, lookup
from gate.trivy import program as trivy_program
from tests.toolchain.conftest import VERSION
from tests.toolchain.releases import sha256

TRIVY = "-X github.com/aquasecurity/trivy/pkg/version/app.ver="
COSIGN = "-X sigs.k8s.io/release-utils/version.gitVersion=v"


def script(path, version, *, mark=TRIVY):
    """A program that has its version as Trivy's and cosign's linkers write it, and tells on whoever runs it."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n: > {path.parent}/was-run\n# {mark}{version}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def mine(tmp_path):
    return script(tmp_path / "bin" / "trivy", "0.76.0")


@pytest.fixture
def installed(gate, shop, here):
    assert gate("tools", "install", "--mirror", shop.url)[0] == 0
    return here.cache / "tools" / sha256(shop.trivy) / "trivy"


def test_the_installed_one_goes_before_the_search_path(here, installed, mine):
    assert trivy_program.find(replace(here, env={**here.env, "PATH": str(mine.parent)})) == str(installed)


def test_a_policy_may_want_the_search_path(here, installed, mine):
    asked = replace(here, path_tools=True, env={**here.env, "PATH": str(mine.parent)})
    assert trivy_program.find(asked) == str(mine)


def test_the_variable_is_stronger_than_both(here, installed, mine):
    for path_tools in (False, True):
        asked = replace(here, path_tools=path_tools, env={**here.env, "GATE_TRIVY": str(mine)})
        assert trivy_program.find(asked) == str(mine)


@pytest.mark.parametrize(("source", "run"), [("locked", False), ("path", True)])
def test_the_policy_reaches_the_scan(gate, installed, mine, here, layouts, database, source, run):
    """Neither can scan; the one of the search path tells that it was run."""
    (here.cwd / "gate.yaml").write_text(f"tools: {{source: {source}}}\n")
    known = ("--offline", "--trivy-cache", str(database))
    assert gate("scan", *known, f"oci:{layouts.folder}:clean", PATH=str(mine.parent))[0] == 5
    assert (mine.parent / "was-run").exists() is run


@pytest.mark.parametrize("change", [b"", b"#!/bin/sh\nexit 0\n"])
def test_an_installed_one_that_was_changed_stops_everything(gate, here, installed, change):
    installed.chmod(0o755)
    installed.write_bytes(change)
    with pytest.raises(ToolFailedError, match=r"is not trivy 9\.9\.9 any more") as caught:
        trivy_program.find(here)
    assert str(installed) in caught.value.problem


@pytest.mark.parametrize("version", ["0.69.4", "0.69.5", "0.69.6"])
@pytest.mark.parametrize("how", ["PATH", "GATE_TRIVY"])
def test_a_trivy_of_the_attacker_is_refused_unrun(here, tmp_path, version, how):
    bad = script(tmp_path / "bin" / "trivy", version)
    asked = replace(here, env={**here.env, how: str(bad.parent if how == "PATH" else bad)})
    with pytest.raises(ToolMissingError, match="GHSA-69fq-xp46-6x23") as caught:
        trivy_program.find(asked)
    assert str(bad) in caught.value.problem
    assert not (bad.parent / "was-run").exists()


@pytest.mark.parametrize("version", ["0.69.3", "0.69.7", "0.70.0", "0.76.0"])
def test_its_neighbours_are_not(here, tmp_path, version):
    good = script(tmp_path / "bin" / "trivy", version)
    assert trivy_program.find(replace(here, env={**here.env, "GATE_TRIVY": str(good)})) == str(good)


def test_one_that_hides_its_version_is_found_out_by_its_report():
    with pytest.raises(ToolMissingError, match="steals credentials"):
        trivy_program.check_version("0.69.4")


def test_the_real_trivy_has_its_version_where_it_is_looked_for(trivy):
    assert deny.version_of(trivy, "trivy") == "0.76.0"


@pytest.mark.parametrize(("version", "warned"), [("3.1.2", True), ("3.1.3", False), ("2.6.0", False), ("v3.0.0", True)])
def test_a_weak_cosign_is_warned_of(version, warned):
    found = list(deny.about("cosign", version))
    assert [one.id for one in found] == ["GHSA-fx35-mq7g-6g98"] * warned
    assert all(one.action == "warn" and one.source.startswith("https://") for one in found)


def test_a_lock_does_not_bring_what_is_denied(gate, shop, kept):
    shop.pin(version="0.69.5")
    code, _, err = gate("tools", "install", "trivy", "--mirror", shop.url)
    assert (code, "GHSA-69fq-xp46-6x23" in err, kept()) == (4, True, [])
    assert shop.releases.site.requests == []


def test_the_words_name_the_command_that_brings_it(here, shop):
    shop.lock.write_text('{"version": 1, "tools": {}}')
    with pytest.raises(ToolMissingError) as caught:
        cosign_program.find(here)
    assert "gate tools install" in caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"version": 2, "tools": {}}',
        '{"version": 1, "tools": {}, "more": 1}',
        '{"version": 1, "tools": {"sh": {}}}',
    ],
)
def test_a_lock_that_is_none_is_refused(here, shop, text):
    shop.lock.write_text(text)
    with pytest.raises(InputError):
        lookup.find(here, "trivy")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("cosign-here", "../../x"),
        ("cosign-here", "a/b"),
        ("octo/signer", "octo/../../x"),
        (VERSION, "9.9.9/../.."),
        (sha256(b""), "../" * 21 + "x"),
    ],
)
def test_a_lock_leads_nowhere_else(here, shop, old, new):
    text = shop.lock.read_text().replace(sha256(shop.cosign), sha256(b""))
    shop.lock.write_text(text.replace(old, new))
    with pytest.raises(InputError, match="lock"):
        lookup.find(here, "trivy")
