"""`gate prune` over a registry and a GitHub on loopback: what is kept pulls, with its evidence, whatever fails."""

import json
import re

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from gate.model.image import ImageRef
from gate.registry.access import Access
from gate.registry.evidence import fetch_evidence
from tests.lab.oci import INDEX, MANIFEST
from tests.lab.packages import Packages
from tests.lab.referrers import MemoryRegistry
from tests.lab.storage import fallback
from tests.lab.tools import ROOT


@pytest.fixture
def registry():
    with MemoryRegistry(referrers=False) as served:
        yield served


@pytest.fixture
def shop(registry, layouts):
    """Three releases of several platforms, each with evidence on the index and on a platform, and leftovers."""
    for tag, name in (("v1", "multi"), ("v2", "rebuilt"), ("v3", "clean")):
        digest = registry.push(layouts, name, f"octo/app:{tag}")
        registry.attach("octo/app", digest, f"bundle {tag}".encode())
    held = registry.repository("octo/app")
    child = held.documents[held.tags["v1"]].read()["manifests"][0]["digest"]
    registry.attach("octo/app", child, b"bundle of a platform")
    signature = {"schemaVersion": 2, "mediaType": MANIFEST, "config": held.keep(b"{}", "x"), "layers": []}
    registry.put("octo/app", fallback(held.tags["v1"]) + ".sig", signature)
    with Packages(registry) as github:
        github.ages = {"v1": 30, "v2": 20, "v3": 10}
        yield github.list(ages=github.ages)


@pytest.fixture
def prune(gate, shop, registry):
    def call(*args, env=None):
        return gate("prune", f"{registry.host}/octo/app", *args, env={**shop.env, **(env or {})})

    call.image = f"{registry.host}/octo/app"
    call.folder = gate.folder
    call.context = gate.context
    return call


def record(prune):
    [path] = prune.folder.glob("gate-prune-*.json")
    document = json.loads(path.read_text())
    schema = json.loads((ROOT / "schemas" / "prune.schema.json").read_text())
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(document)
    return document


def whole(prune, registry, tag):
    """The tag pulls, every platform of it, and its evidence is all there."""
    held = registry.repository("octo/app")
    top = held.documents[held.tags[tag]].read()
    for child in top.get("manifests", []):
        assert child["digest"] in held.documents
    seen = fetch_evidence(ImageRef.parse(f"{prune.image}:{tag}"), context=prune.context, access=Access())
    assert not any(sight.fault or sight.unknown or sight.damaged for sight in seen.manifests)
    return sum(len(sight.pieces) for sight in seen.manifests)


def test_a_dry_run_shows_what_would_go_and_changes_nothing(prune, shop, registry):
    said = prune("--keep-last", "2")
    assert said.code == 0
    assert "dry run" in said.out
    assert "v1" in said.out
    assert not shop.count("DELETE", "")
    assert not list(prune.folder.glob("gate-prune-*"))
    assert registry.tags("octo/app")


def test_what_goes_takes_its_platforms_and_its_evidence_along(prune, shop, registry):
    before = {tag: whole(prune, registry, tag) for tag in ("v2", "v3")}
    said = prune("--keep-last", "2", "--yes")
    assert said.code == 0, said.err
    assert not [tag for tag in registry.tags("octo/app") if tag == "v1"]
    assert {tag: whole(prune, registry, tag) for tag in ("v2", "v3")} == before == {"v2": 1, "v3": 1}
    assert len(registry.repository("octo/app").documents) == 6  # two images, a bundle and a list of bundles for each
    assert "nothing to delete" in prune("--keep-last", "2").out


def test_without_a_rule_for_tags_only_leftovers_go(prune, shop, registry):
    held = registry.repository("octo/app")
    leftover = {"schemaVersion": 2, "mediaType": MANIFEST, "config": held.keep(b"{ }", "x"), "layers": []}
    digest = registry.put("octo/app", "moved", leftover)
    registry.move("octo/app", "moved", held.tags["v3"])
    shop.list()
    said = prune("--yes")
    assert said.code == 0, said.err
    assert set(registry.tags("octo/app")) >= {"v1", "v2", "v3", "moved"}
    assert [one.digest for one in shop.versions.values() if one.deleted] == [digest]


def test_the_rules_may_stand_in_the_policy_and_options_go_before_them(prune, gate):
    (gate.folder / "gate.yaml").write_text("version: 1\nprune: {keep_last: 1, keep_tags: [v1], older_than: 5d}\n")
    assert [tag for tag in ("v1", "v2", "v3") if tag in prune().out] == ["v2"]
    assert [tag for tag in ("v1", "v2", "v3") if tag in prune("--older-than", "25d").out] == []
    assert [tag for tag in ("v1", "v2", "v3") if tag in prune("--keep-last", "2", "--keep-tag", "v3").out] == []
    (gate.folder / "gate.yaml").write_text("version: 1\nprune: {keep_lasst: 1}\n")
    assert prune("--yes").code == 3


def test_every_kind_of_owner_is_asked_where_it_is(registry, shop, gate):
    for kind in ("mine", "User"):
        shop.kind = kind
        said = gate("prune", f"{registry.host}/octo/app", "--keep-last", "2", env=shop.env)
        assert (said.code, "v1" in said.out) == (0, True), said.err


def test_a_list_of_many_pages_is_read_to_its_end(prune, shop):
    whole = prune("--keep-last", "2").out
    shop.page = 2
    assert prune("--keep-last", "2").out == whole


def test_a_manifest_that_cannot_be_read_lets_nothing_go(prune, shop, registry):
    """dataaxiom/ghcr-cleanup-action#104: what nobody could read was taken for what nobody needs."""
    victim = registry.repository("octo/app").tags["v2"]
    registry.fault("GET", f"manifests/{victim}", status=500)
    said = prune("--keep-last", "2", "--yes")
    assert said.code == 6
    assert victim in said.err
    assert not shop.count("DELETE", "")


def test_a_manifest_that_is_not_what_its_digest_says_lets_nothing_go(prune, shop, registry):
    registry.alter("octo/app", registry.repository("octo/app").tags["v2"], b'{"manifests": []}')
    assert prune("--keep-last", "2", "--yes").code == 6
    assert not shop.count("DELETE", "")


def test_a_child_that_is_listed_nowhere_but_there_lets_nothing_go(prune, shop, registry):
    held = registry.repository("octo/app")
    child = held.documents[held.tags["v1"]].read()["manifests"][0]["digest"]
    shop.versions = {number: one for number, one in shop.versions.items() if one.digest != child}
    said = prune("--keep-last", "1", "--yes")
    assert (said.code, child in said.err) == (6, True)
    assert not shop.count("DELETE", "")


def test_an_index_whose_child_is_gone_already_stops_nobody(prune, shop, registry):
    held = registry.repository("octo/app")
    child = held.documents[held.tags["v1"]].read()["manifests"][0]["digest"]
    registry.forget("octo/app", child)
    shop.versions = {number: one for number, one in shop.versions.items() if one.digest != child}
    assert prune("--keep-last", "2", "--yes").code == 0
    assert "v1" not in registry.tags("octo/app")


def test_a_tag_that_githubs_list_lacks_lets_nothing_go(prune, shop, registry, layouts):
    registry.push(layouts, "single", "octo/app:new")
    said = prune("--keep-last", "1", "--yes")
    assert (said.code, "lacks the tag new" in said.err) == (6, True)
    assert not shop.count("DELETE", "")


def test_a_package_that_changes_while_it_is_read_is_left_alone(prune, shop, registry):
    registry.meanwhile("GET", "tags/list", lambda: [registry.move("octo/app", "v9", digest_of("v2")), shop.list()])
    digest_of = registry.repository("octo/app").tags.__getitem__
    said = prune("--keep-last", "2", "--yes")
    assert said.code == 6
    assert not shop.count("DELETE", "")


def test_a_version_that_gets_another_tag_at_the_last_moment_stays_with_all_it_needs(prune, shop, registry):
    held = registry.repository("octo/app")
    number = next(one.id for one in shop.versions.values() if "v1" in one.tags)

    def tagged():
        held.tags["stable"] = held.tags["v1"]
        shop.list()

    shop.meanwhile("GET", f"versions/{number}$", tagged)
    pieces = whole(prune, registry, "v1")
    said = prune("--keep-last", "2", "--yes")
    assert said.code == 0, said.err
    assert whole(prune, registry, "stable") == pieces
    assert {one["fate"] for one in record(prune)["going"]} == {"spared"}


def test_what_is_deployed_is_never_touched(prune, registry, gate):
    held = registry.repository("octo/app")
    child = held.documents[held.tags["v1"]].read()["manifests"][0]["digest"]
    file = gate.folder / "running.txt"
    for text in (child, f"{prune.image}@{child}", f"{prune.image}:v1"):
        file.write_text(text + "\n")
        said = prune("--keep-last", "1", "--keep-from", "running.txt")
        assert "v1" not in said.out, text
        assert "v2" in said.out, text
    deployment = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"image": f"{prune.image}:v1"}]}}
    (gate.folder / "pod.json").write_text(json.dumps(deployment))
    assert "v1" not in prune("--keep-last", "1", "--keep-from", "pod.json").out


def test_standard_input_is_read_once(prune):
    for options in (("--keep-from", "-", "--keep-from", "-"), ("--policy", "-", "--keep-from", "-")):
        said = prune("--keep-last", "1", *options)
        assert (said.code, "standard input can be read once" in said.err) == (2, True)


def test_a_file_of_what_is_deployed_that_says_nothing_lets_nothing_go(prune, shop, gate):
    (gate.folder / "empty.yaml").write_text("# nothing yet\n")
    assert prune("--keep-last", "1", "--keep-from", "empty.yaml", "--yes").code == 3
    assert prune("--keep-last", "1", "--keep-from", "none.yaml", "--yes").code == 3
    (gate.folder / "running.txt").write_text(f"{prune.image}:v7\n")
    said = prune("--keep-last", "1", "--keep-from", "running.txt", "--yes")
    assert (said.code, "v7 is deployed" in said.err) == (3, True)
    assert not shop.count("DELETE", "")


@pytest.mark.parametrize("stop", range(8))
def test_a_stopped_prune_leaves_every_tag_complete_and_can_be_run_again(prune, shop, registry, stop):
    pieces = {tag: whole(prune, registry, tag) for tag in ("v1", "v2", "v3")}
    shop.meanwhile("DELETE", "", lambda: None, times=stop)
    shop.fault("DELETE", "", status=403, body=b'{"message": "Must have admin rights"}')
    said = prune("--keep-last", "2", "--yes", "--record", "first.json")
    deleted = sum(one.deleted for one in shop.versions.values())
    planned = json.loads((prune.folder / "first.json").read_text())["going"]
    assert deleted == min(stop, len(planned))
    assert said.code == (6 if stop < len(planned) else 0)
    for tag in ("v1", "v2", "v3"):
        if tag in registry.tags("octo/app"):
            assert whole(prune, registry, tag) == pieces[tag]
    assert [one["fate"] for one in planned][:deleted] == ["gone"] * deleted
    shop.mend()
    assert prune("--keep-last", "2", "--yes", "--record", "second.json").code == 0
    assert sum(one.deleted for one in shop.versions.values()) == len(planned)
    assert {tag: whole(prune, registry, tag) for tag in ("v2", "v3")} == {tag: pieces[tag] for tag in ("v2", "v3")}


@pytest.mark.parametrize("method", ["DELETE", "GET"])
def test_a_404_is_no_proof_that_something_is_gone(prune, shop, registry, method):
    """actions/delete-package-versions#237: GitHub says 404 to who may not do it."""
    pieces = whole(prune, registry, "v1")
    number = next(one.id for one in shop.versions.values() if "v1" in one.tags)
    shop.fault(method, f"versions/{number}$", status=404, body=b'{"message": "Package not found."}')
    said = prune("--keep-last", "2", "--yes")
    assert said.code == 6
    assert whole(prune, registry, "v1") == pieces
    assert {one["fate"] for one in record(prune)["going"]} == {"spared", "planned"}


def test_an_image_that_is_pushed_meanwhile_keeps_the_platforms_that_it_shares(prune, shop, registry):
    held = registry.repository("octo/app")
    index = held.documents[held.tags["v1"]].read()

    def push():
        registry.put("octo/app", "v9", {**index, "annotations": {"built": "again"}})
        shop.list(age=0)

    shop.meanwhile("DELETE", "", push)
    said = prune("--keep-last", "2", "--yes")
    assert (said.code, "there is a new tag v9" in said.err) == (6, True)
    for child in index["manifests"]:
        assert child["digest"] in held.documents


def test_what_is_deployed_and_there_and_not_listed_lets_nothing_go(prune, shop, registry, gate):
    digest = registry.repository("octo/app").tags["v1"]
    shop.versions = {number: one for number, one in shop.versions.items() if one.digest != digest}
    registry.repository("octo/app").tags.pop("v1")
    (gate.folder / "running.txt").write_text(digest + "\n")
    assert prune("--keep-last", "1", "--keep-from", "running.txt", "--yes").code == 6
    assert not shop.count("DELETE", "")


def test_a_tag_that_leads_elsewhere_than_the_list_says_lets_nothing_go(prune, shop, registry):
    held = registry.repository("octo/app")
    registry.move("octo/app", "v3", held.tags["v1"])
    said = prune("--keep-last", "2", "--yes")
    assert (said.code, "leads elsewhere" in said.err) == (6, True)
    assert not shop.count("DELETE", "")


def test_a_digest_that_runs_stays_whatever_it_was_pulled_from(prune, registry, gate):
    held = registry.repository("octo/app")
    digest = held.tags["v1"]
    child = held.documents[digest].read()["manifests"][0]["digest"]
    image_id = held.documents[child].read()["config"]["digest"]
    for text in (f"mirror.example.org/ghcr/octo/app@{digest}", "mirror.example.org/proxy/app:v1", image_id):
        (gate.folder / "running.txt").write_text(text + "\n")
        said = prune("--keep-last", "1", "--keep-from", "running.txt")
        assert said.code == 0, said.err
        assert "v1" not in said.out, text
        assert "v2" in said.out, text


def test_an_image_of_a_kind_that_is_not_known_stays_too(prune, registry, gate):
    custom = {
        "apiVersion": "example.org/v1",
        "kind": "App",
        "spec": {"image": {"repository": prune.image, "tag": "v1"}},
    }
    (gate.folder / "all.json").write_text(json.dumps(custom))
    said = prune("--keep-last", "1", "--keep-from", "all.json")
    assert said.code == 0, said.err
    assert "v1" not in said.out
    assert "v2" in said.out


def test_files_that_name_nothing_of_the_package_let_nothing_go(prune, shop, gate):
    (gate.folder / "running.txt").write_text("ghcr.io/octo/other:v1\n")
    said = prune("--keep-last", "1", "--keep-from", "running.txt", "--yes")
    assert (said.code, "name no image of" in said.err) == (3, True)
    custom = {"apiVersion": "example.org/v1", "kind": "App", "spec": {"image": {"repository": prune.image}}}
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"image": f"{prune.image}:v2"}]}}
    (gate.folder / "all.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [custom, pod]}))
    said = prune("--keep-last", "1", "--keep-from", "all.json", "--yes")
    assert (said.code, "it is unknown which images are deployed" in said.err) == (3, True)
    assert "manifests: {example.org/App: none}" in said.err
    assert not shop.count("DELETE", "")


def test_a_restore_that_fails_ends_it_before_a_tag_comes_back_broken(prune, shop, registry):
    child = registry.repository("octo/app").documents[registry.repository("octo/app").tags["v1"]].read()["manifests"][0]
    number = next(one.id for one in shop.versions.values() if one.digest == child["digest"])
    prune("--keep-last", "2", "--yes", "--record", "gone.json")
    shop.fault("POST", f"versions/{number}/restore", status=403, body=b'{"message": "no"}')
    assert prune("--undo", "gone.json", "--yes").code == 6
    assert "v1" not in registry.tags("octo/app")
    shop.mend()
    assert prune("--undo", "gone.json", "--yes").code == 0
    assert whole(prune, registry, "v1")


def test_an_answer_that_is_lost_is_asked_again_and_what_is_gone_is_gone(prune, shop):
    shop.fault("DELETE", "", lost=True, times=1)
    assert prune("--keep-last", "2", "--yes").code == 0
    assert {one["fate"] for one in record(prune)["going"]} == {"gone"}


def test_a_popular_version_that_github_keeps_keeps_its_platforms_and_evidence(prune, shop, registry):
    pieces = whole(prune, registry, "v1")
    said = b'{"message": "Publicly visible package versions with more than 5,000 downloads cannot be deleted."}'
    number = next(one.id for one in shop.versions.values() if "v1" in one.tags)
    shop.fault("DELETE", f"versions/{number}$", status=400, body=said)
    told = prune("--keep-last", "1", "--yes")
    assert told.code == 0, told.err
    assert "v2" not in registry.tags("octo/app")
    assert whole(prune, registry, "v1") == pieces
    assert "it is kept" in told.out


def test_undo_takes_all_of_it_back_and_a_tag_only_when_it_is_whole(prune, shop, registry):
    pieces = whole(prune, registry, "v1")
    before = dict(registry.repository("octo/app").tags)
    prune("--keep-last", "2", "--yes", "--record", "gone.json")
    dry = prune("--undo", "gone.json")
    assert (dry.code, "would restore" in dry.out) == (0, True)
    assert not shop.count("POST", "restore")
    said = prune("--undo", "gone.json", "--yes")
    assert said.code == 0, said.err
    assert registry.repository("octo/app").tags == before
    assert whole(prune, registry, "v1") == pieces
    restored = [int(re.search(r"versions/(\d+)/restore", r.path)[1]) for r in shop.requests if r.method == "POST"]
    assert restored == [one["id"] for one in reversed(json.loads((prune.folder / "gone.json").read_text())["going"])]


def test_an_undo_of_another_package_or_of_no_record_is_refused(prune, registry, gate, shop):
    prune("--keep-last", "2", "--yes", "--record", "gone.json")
    other = gate("prune", f"{registry.host}/octo/other", "--undo", "gone.json", env=shop.env)
    assert other.code == 3
    (gate.folder / "no.json").write_text('{"going": "all"}')
    assert prune("--undo", "no.json", "--yes").code == 3
    assert not shop.count("POST", "")


def test_an_undo_of_a_dry_run_says_that_there_is_nothing_to_take_back(prune, shop):
    prune("--keep-last", "2", "--record", "dry.json")
    said = prune("--undo", "dry.json", "--yes")
    assert (said.code, "dry run" in said.err) == (3, True)
    assert not shop.count("POST", "")


def test_a_record_is_never_written_over_and_without_one_nothing_goes(prune, shop, gate):
    (gate.folder / "old.json").write_text("{}")
    assert prune("--keep-last", "2", "--yes", "--record", "old.json").code == 3
    assert prune("--keep-last", "2", "--yes", "--record", "no/such/folder.json").code == 3
    assert prune("--keep-last", "2", "--record", "old.json").code == 3
    assert not shop.count("DELETE", "")


def test_a_rate_limit_is_waited_out(prune, shop):
    headers = {"Retry-After": "0"}
    shop.fault("DELETE", "", status=429, body=b"{}", headers=headers, times=1)
    shop.fault("GET", "versions", status=403, body=b'{"message": "secondary rate limit"}', headers=headers, times=1)
    assert prune("--keep-last", "2", "--yes").code == 0


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("ghcr.io/octo/app:v1",), 2),
        (("ghcr.io/octo/app@sha256:" + "0" * 64,), 2),
        (("docker.io/octo/app",), 2),
        (("ghcr.io/app",), 2),
        (("ghcr.io/octo/app", "--older-than", "soon"), 2),
        (("ghcr.io/octo/app", "--keep-last", "-1"), 2),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anybody_is_asked(gate, args, code):
    assert gate("prune", *args, env={"GITHUB_TOKEN": "t"}).code == code


def test_without_a_token_nobody_is_asked(gate):
    said = gate("prune", "ghcr.io/octo/app")
    assert (said.code, "token" in said.err) == (2, True)


def test_hostile_tags_reach_no_runner(prune, shop):
    number = next(one.id for one in shop.versions.values() if "v1" in one.tags)
    shop.versions[number].tags = ("::error::\x1b[31m",)
    said = prune("--keep-last", "0", "--keep-tag", "v3")
    assert "\x1b" not in said.out
    assert not [line for line in said.out.splitlines() if line.lstrip().startswith("::")]


def test_an_index_that_names_no_digest_lets_nothing_go(prune, registry, shop):
    registry.put("octo/app", "odd", {"schemaVersion": 2, "mediaType": INDEX, "manifests": [{"digest": "../v1"}]})
    shop.list()
    assert prune("--yes").code == 6
    assert not shop.count("DELETE", "")


def test_a_package_without_a_registry_is_told_how_to_be_written(gate):
    said = gate("prune", "octo/app")
    assert (said.code, "write ghcr.io/OWNER/APP" in said.err) == (2, True)


def test_a_dry_run_excludes_yes_also_as_a_variable(prune, monkeypatch):
    assert prune("--keep-last", "1", "--dry-run").code == 0
    assert prune("--keep-last", "1", "--dry-run", "--yes").code == 2
    monkeypatch.setenv("GATE_DRY_RUN", "1")
    assert prune("--keep-last", "1", "--yes").code == 2
