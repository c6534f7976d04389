"""Whether the running gate knows the commit of its own release, and with it the action to pin."""

import json

import pytest

from gate import __version__
from gate.maintenance.scaffold.release import action_of

COMMIT = "0123456789abcdef0123456789abcdef01234567"
SOURCE = "https://github.com/octo/gate"


def installed(url=SOURCE, commit=COMMIT, revision="v1.2.3"):
    vcs = {"vcs": "git", "commit_id": commit, "requested_revision": revision}
    return json.dumps({"url": url, "vcs_info": vcs})


def test_a_release_names_its_commit():
    assert action_of("", SOURCE, json.dumps({"commit": COMMIT})) == f"octo/gate@{COMMIT} # v{__version__}"


@pytest.mark.parametrize("url", [SOURCE, f"{SOURCE}.git"])
def test_an_installation_from_git_is_pinned_to_what_was_installed(url):
    assert action_of(installed(url), "https://github.com/OWNER/gate", "") == f"octo/gate@{COMMIT} # v1.2.3"
    assert action_of(installed(url, revision="main"), "", "") == f"octo/gate@{COMMIT}"


@pytest.mark.parametrize(
    ("direct_url", "source", "release"),
    [
        ("", SOURCE, ""),
        ("", "https://github.com/OWNER/gate", json.dumps({"commit": COMMIT})),
        ("", "https://example.com/octo/gate", json.dumps({"commit": COMMIT})),
        ("", SOURCE, json.dumps({"commit": "main"})),
        ("", SOURCE, "[]"),
        (json.dumps({"url": "file:///src/gate", "dir_info": {"editable": True}}), SOURCE, ""),
        (installed(url="https://x@github.com/octo/gate"), "", ""),
        (installed(url='https://github.com/a/b"; evil'), "", ""),
        (installed(commit="0123"), "", ""),
        (json.dumps({"url": 7, "vcs_info": {"commit_id": []}}), "", ""),
    ],
)
def test_otherwise_it_is_unknown(direct_url, source, release):
    assert action_of(direct_url, source, release) == ""


def test_where_it_is_unknown_the_error_says_how_to_name_a_commit(init):
    said = init(action="")
    assert said.code == 2
    assert "--action OWNER/gate@SHA" in said.err
    assert "rev-parse HEAD" in said.err
