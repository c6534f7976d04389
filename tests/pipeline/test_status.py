"""`gate status`: what there is of an owner's packages, and that what nobody knows is never told as a no."""

import json

import pytest
from jsonschema import Draft202012Validator

from tests.lab.owner import COMMIT, Owner, Run
from tests.lab.tools import ROOT


@pytest.fixture
def owner(private):
    with Owner(private) as served:
        yield served


@pytest.fixture
def status(gate, private, owner):
    """Ask for the packages of octo; the answer as JSON is in `.packages`."""

    def call(*args, of=owner, name="octo"):
        said = gate("status", name, "--registry", private.host, "--json=status.json", *args, env=of.env)
        written = gate.folder / "status.json"
        said.document = json.loads(written.read_text()) if said.code in {0, 6} and written.exists() else None
        said.packages = {one["name"].rpartition("/")[2]: one for one in (said.document or {"packages": []})["packages"]}
        return said

    call.folder = gate.folder
    return call


@pytest.fixture
def app(private, layouts, owner):
    """The package octo/app with two tags, linked to octo/code; its newest digest."""
    private.push(layouts, "clean", "octo/app:1.0")
    owner.add("app", linked="octo/code", ages={"1.1": 2, "1.0": 9})
    owner.runs["octo/code"] = [Run()]
    return private.push(layouts, "multi", "octo/app:1.1")


def built_from(registry, repository, tag, commit):
    """Let the image of one platform behind the tag name the commit that it was built from."""
    held = registry.repository(repository)
    manifest = held.documents[held.tags[tag]].read()
    config = json.loads(held.blobs[manifest["config"]["digest"]])
    config.setdefault("config", {})["Labels"] = {"org.opencontainers.image.revision": commit}
    manifest["config"] = held.keep(json.dumps(config).encode(), manifest["config"]["mediaType"])
    return registry.put(repository, tag, {"mediaType": "application/vnd.oci.image.manifest.v1+json", **manifest})


def test_a_package_is_told_with_its_tags_sizes_and_run(status, app):
    said = status()
    assert said.code == 0, said.err
    one = said.packages["app"]
    assert one["tags"] == ["1.1", "1.0"]
    assert one["digest"] == app
    assert [each["platform"] for each in one["platforms"]] == ["linux/amd64", "linux/arm64/v8"]
    assert all(each["size"] > 0 for each in one["platforms"])
    assert one["repository"] == "octo/code"
    assert one["signed"]["state"] == one["verdict"]["state"] == "none"
    assert [run["conclusion"] for run in one["runs"]] == ["success"]
    assert "completed, success" in said.out
    assert "1.1, 1.0" in said.out


def test_the_json_is_as_its_schema_says(status, app):
    schema = json.loads((ROOT / "schemas" / "status.schema.json").read_text())
    Draft202012Validator(schema).validate(status().document)


def test_downloads_are_not_known_rather_than_none(status, app):
    said = status()
    assert said.packages["app"]["downloads"] is None
    assert "downloads  not known" in said.out


def test_a_run_of_the_commit_that_the_image_names_is_the_one_that_built_it(status, app, private, owner):
    built_from(private, "octo/app", "1.0", COMMIT)
    owner.packages["app"].ages = {"1.0": 1}
    owner.runs["octo/code"] = [Run("d" * 40, "newer"), Run(COMMIT, "release", "in_progress", None)]
    said = status()
    one = said.packages["app"]
    assert one["runs_of_commit"] is True
    assert [(run["workflow"], run["commit"], run["status"]) for run in one["runs"]] == [
        ("release", COMMIT, "in_progress")
    ]
    assert "of its commit" in said.out


@pytest.mark.parametrize(("commit", "asked"), [("main", False), ("e" * 40, True), (f"{COMMIT}&per_page=1", False)])
def test_another_run_is_never_told_as_the_one_that_built_it(status, app, private, owner, commit, asked):
    built_from(private, "octo/app", "1.0", commit)
    owner.packages["app"].ages = {"1.0": 1}
    said = status()
    assert said.packages["app"]["runs_of_commit"] is False
    assert "may not have built the image" in said.out
    assert said.code == 0
    assert any("head_sha" in one.query for one in owner.requests) is asked, "what is no commit is not asked for"


def test_platforms_that_name_several_commits_name_none(status, app, private, owner):
    index = private.repository("octo/app").documents[app].read()
    kept = [one for one in index["manifests"] if one["platform"]["os"] != "unknown"]
    for one, commit in zip(kept, (COMMIT, "d" * 40), strict=True):
        private.move("octo/app", "part", one["digest"])
        one["digest"] = built_from(private, "octo/app", "part", commit)
        one["size"] = len(private.read("octo/app", one["digest"]))
    private.put("octo/app", "1.1", {**index, "manifests": kept})
    private.repository("octo/app").tags.pop("part")
    owner.runs["octo/code"] = [Run("f" * 40), Run(COMMIT), Run("d" * 40)]
    said = status()
    assert said.code == 0, said.out
    assert said.packages["app"]["runs_of_commit"] is False
    assert [run["commit"] for run in said.packages["app"]["runs"]] == ["f" * 40]


@pytest.mark.parametrize("kind", ["orgs", "user", "users"])
def test_an_owner_of_every_kind_has_packages(status, private, layouts, kind):
    private.push(layouts, "clean", "octo/app:1")
    with Owner(private, kind=kind) as served:
        served.add("app")
        said = status(of=served)
    assert said.code == 0, said.err
    assert said.packages["app"]["tags"] == ["1"]


def test_an_owner_whom_the_token_does_not_see_is_no_owner_without_packages(status, owner):
    owner.login = "somebody"
    said = status()
    assert said.code == 6
    assert "does not let this token have the packages of octo" in said.err


def test_an_owner_may_have_none(status):
    said = status()
    assert said.code == 0
    assert said.document["total"] == 0
    assert "0 packages of octo" in said.out


def test_one_package_that_fails_does_not_end_the_list(status, app, owner, private, layouts):
    private.push(layouts, "clean", "octo/shut:1")
    owner.add("shut", refused=403)
    said = status()
    assert said.code == 6
    assert said.packages["app"]["versions"] is not None
    assert said.packages["shut"]["versions"] is None
    assert said.packages["shut"]["signed"]["state"] == "unknown"
    assert "unknown: its versions" in said.out


def test_what_the_registry_does_not_tell_is_told_of_that_package_alone(status, app, owner, private, layouts):
    private.push(layouts, "clean", "octo/broken:1")
    owner.add("broken")
    private.fault("GET", "/v2/octo/broken/manifests/", status=403, times=99)
    said = status()
    assert said.code == 6
    broken = said.packages["broken"]
    assert broken["platforms"] == []
    assert broken["signed"]["state"] == broken["verdict"]["state"] == "unknown"
    assert said.packages["app"]["signed"]["state"] == "none"


def test_evidence_that_cannot_be_looked_for_is_not_missing_evidence(status, app, private):
    private.fault("GET", "/v2/octo/app/referrers/", status=403, times=99)
    said = status()
    assert said.code == 6
    assert said.packages["app"]["signed"]["state"] == "unknown"


def test_damaged_evidence_is_not_missing_evidence(status, app, private):
    private.alter("octo/app", private.attach("octo/app", app, b"{}"), b"something else")
    said = status()
    assert said.code == 6
    assert said.packages["app"]["signed"]["state"] == said.packages["app"]["verdict"]["state"] == "unknown"


def test_runs_that_the_token_does_not_see_are_told_as_such(status, app, owner):
    owner.runs.clear()
    said = status()
    assert said.code == 6
    assert "unknown: its runs" in said.out
    assert said.packages["app"]["tags"] == ["1.1", "1.0"]


def test_a_package_that_is_linked_to_no_repository_says_so(status, private, layouts, owner):
    private.push(layouts, "clean", "octo/app:1")
    owner.add("app")
    said = status()
    assert said.code == 0
    assert "linked to none" in said.out


def test_a_package_without_a_tag_has_no_image_to_tell_of(status, private, layouts, owner):
    digest = private.push(layouts, "clean", "octo/app:1")
    private.repository("octo/app").tags.clear()
    owner.add("app")
    said = status()
    assert said.code == 0
    assert said.packages["app"]["digest"] is None
    assert said.packages["app"]["signed"] == {
        "state": "none", "passed": None, "at": None, "why": "no version has a tag",
    }  # fmt: skip
    assert digest not in said.out


def test_tags_that_carry_evidence_are_no_tags_of_an_image(status, private, layouts, owner):
    digest = private.push(layouts, "clean", "octo/app:1")
    private.push(layouts, "multi", f"octo/app:{digest.replace(':', '-')}.sig")
    owner.add("app")
    assert status().packages["app"]["tags"] == ["1"]


def test_what_changed_last_comes_first_and_no_more_than_asked(status, private, layouts, owner):
    for age, name in enumerate(("new", "old", "oldest")):
        private.push(layouts, "clean", f"octo/{name}:1")
        owner.add(name, updated=age)
    said = status("--limit", "2")
    assert list(said.packages) == ["new", "old"]
    assert said.document["total"] == 3
    assert "1 other with a larger --limit" in said.out


def test_json_may_go_to_standard_output_alone(gate, private, owner, app):
    said = gate("status", "octo", "--registry", private.host, "--json", env=owner.env)
    assert said.code == 0, said.err
    assert json.loads(said.out)["owner"] == "octo"
    assert "octo/app" in said.err


def test_hostile_names_are_shown_inert(status, app, owner):
    owner.runs["octo/code"] = [Run(name="\x1b[31m::error::x\n::set-output", conclusion="success")]
    said = status()
    assert "\x1b" not in said.out
    assert not any(line.lstrip().startswith("::") for line in said.out.splitlines())


@pytest.mark.parametrize("name", ["", "octo/app", "../x", "a b", "-x", "x" * 101])
def test_what_is_no_owner_is_refused(gate, owner, name):
    assert gate("status", "--", name, env=owner.env).code == 2
    assert not owner.requests


@pytest.mark.parametrize("host", ["", "octo", "ghcr.io/octo", "https://ghcr.io"])
def test_what_is_no_registry_is_refused(gate, owner, host):
    assert gate("status", "octo", "--registry", host, env=owner.env).code == 2
    assert not owner.requests


def test_without_a_token_nothing_is_asked(gate):
    said = gate("status", "octo")
    assert said.code == 2
    assert "GATE_GITHUB_TOKEN" in said.err
