"""`gate verify` before a deploy: what files name, pinned by what was verified, and judged again by today's database."""

import io
import json
import sys
from datetime import timedelta
from hashlib import sha256

import pytest

from tests.builders import NOW
from tests.lab import database as lab_database
from tests.lab.advisories import ADVISORIES, DEBIAN
from tests.lab.oci import Layout
from tests.lab.sigstore import github_claims
from tests.pipeline.evidence.conftest import place_of

MANIFEST = """\
# the shop
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  template:
    spec:
      initContainers:
        - {{name: migrate, image: "{good}:1"}}   # the same image
      containers:
        - name: web
          image: {good}:1  # keep me
"""


@pytest.fixture
def good(gate, sigstore, database, trivy, referrers, layouts, request):
    """The clean sample, signed by `gate` itself; its name and digest."""
    place = place_of(request)
    digest = referrers.push(layouts, "clean", f"{place}:1")
    name = f"{referrers.host}/{place}"
    services = ["--signing-config", sigstore.signing_config(), "--trusted-root", sigstore.trusted_root]
    job = sigstore.actions_env(**github_claims())
    said = gate("sign", f"{name}:1", *services, "--offline", "--trivy-cache", database, "--quiet", env=job)
    assert said.code == 0, said.words
    return name, digest


@pytest.fixture
def bad(referrers, layouts, request):
    place = f"{place_of(request)}-bad"
    referrers.push(layouts, "single", f"{place}:1")
    return f"{referrers.host}/{place}"


def test_every_image_of_a_manifest_is_verified_once_and_pinned_in_place(verify, good):
    name, digest = good
    path = verify.folder / "web.yaml"
    path.write_text(MANIFEST.format(good=name))
    said = verify("-f", "web.yaml", "--pin")
    assert said.code == 0, said.words
    [one] = said.results
    assert [place.partition(" ")[0] for place in one["places"]] == ["web.yaml:9", "web.yaml:12"]
    assert path.read_text() == MANIFEST.format(good=name).replace(f"{name}:1", f"{name}:1@{digest}")
    again = verify("-f", "web.yaml", "--pin")
    assert again.code == 0, again.words


def test_what_was_verified_is_pinned_though_the_tag_moves_meanwhile(verify, good, referrers, layouts):
    name, digest = good
    place = name.partition("/")[2]
    (verify.folder / "list.txt").write_text(f"{name}:1\n")
    other = referrers.push(layouts, "single", f"{place}:2")
    referrers.meanwhile("GET", f"/{place}/manifests/sha256-", lambda: referrers.move(place, "1", other))
    said = verify("-f", "list.txt", "--pin")
    referrers.mend()
    assert said.code == 0, said.words
    assert (verify.folder / "list.txt").read_text() == f"{name}:1@{digest}\n"


def test_one_image_that_is_not_verified_fails_the_whole_and_nothing_is_pinned(verify, good, bad):
    name, _ = good
    path = verify.folder / "compose.yaml"
    text = f"services:\n  web: {{image: '{name}:1'}}\n  db: {{image: '{bad}:1'}}\n"
    path.write_text(text)
    said = verify("-f", "compose.yaml", "--pin")
    assert said.code == 11
    assert [one["verified"] for one in said.results] == [True, False]
    assert "services.db" in said.out
    assert path.read_text() == text


def test_standard_input_is_read_and_pinned_to_standard_output(verify, good, request):
    name, digest = good
    before = sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(MANIFEST.format(good=name).encode()))
    request.addfinalizer(lambda: setattr(sys, "stdin", before))
    said = verify("-f", "-", "--pin")
    assert said.code == 0, said.words
    assert said.out == MANIFEST.format(good=name).replace(f"{name}:1", f"{name}:1@{digest}")
    assert "VERIFIED" in said.err


@pytest.mark.parametrize("options", [("-f", "-", "-f", "-"), ("-f", "-", "--policy", "-")])
def test_standard_input_is_read_once(verify, options):
    said = verify(*options)
    assert said.code == 2
    assert "standard input can be read once" in said.err


@pytest.mark.parametrize(
    ("option", "words"),
    [
        (("--max-age", "soon"), "--max-age 'soon' cannot be used: a span of time"),
        (("--accept-policy", "none"), "--accept-policy 'none' cannot be used: it is a SHA-256"),
    ],
)
def test_a_bad_value_is_reported_with_the_option_that_it_was_typed_for(verify, option, words):
    said = verify("ghcr.io/octo/app:1", *option)
    assert said.code == 2
    assert words in said.err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\n", "name no image"),
        ("image: {{ .Values.image }}\n", "error:"),
        ("", "error:"),
        ("apiVersion: v1\nkind: Pod\nspec: {containers: [{name: a, image: 'UPPER/case:1'}]}\n", "lower"),
        ("apiVersion: v1\nkind: Pod\nspec: {containers: [{name: a}]}\n", "pod.yaml:"),
    ],
)
def test_a_file_that_cannot_be_verified_is_an_error_and_never_a_pass(verify, text, words):
    (verify.folder / "pod.yaml").write_text(text)
    said = verify("-f", "pod.yaml")
    assert said.code in {2, 3}
    assert words in said.err
    assert "VERIFIED" not in said.words


def test_what_was_clean_and_is_not_any_more_is_refused_without_the_image(verify, good, referrers, tmp_path):
    name, digest = good
    today = NOW + timedelta(days=2)
    lab_database.build(tmp_path / "same", updated=today)
    calm = verify(f"{name}:1", "--rejudge", "--trivy-cache", tmp_path / "same", now=today)
    assert calm.code == 0, calm.words
    assert "nothing is new" in calm.row("rejudged")["why"]
    worse = {**ADVISORIES[DEBIAN], "curl": {"CVE-2023-38545": {"FixedVersion": "99-1"}}}
    lab_database.build(tmp_path / "newer", updated=today, advisories={**ADVISORIES, DEBIAN: worse})
    referrers.requests.clear()
    said = verify(f"{name}:1", "--rejudge", "--trivy-cache", tmp_path / "newer", now=today)
    assert said.code == 11, said.words
    row = said.row("rejudged")
    assert row["state"] == "refused"
    assert "2 new since it was built, 2 of them refusing" in row["why"]
    assert "CVE-2023-38545" in row["why"]
    layers = {one["digest"] for one in json.loads(referrers.read(name.partition("/")[2], digest))["layers"]}
    assert not any(one.path.endswith(layer) for layer in layers for one in referrers.requests)


def test_in_ci_the_database_is_fetched_to_judge_again(verify, good, registry, tmp_path):
    name, _ = good
    today = NOW + timedelta(days=2)
    worse = {**ADVISORIES[DEBIAN], "curl": {"CVE-2023-38545": {"FixedVersion": "99-1"}}}
    folder = lab_database.build(tmp_path / "newer", updated=today, advisories={**ADVISORIES, DEBIAN: worse})
    layout = Layout(tmp_path / "artifact")
    lab_database.artifact(folder, layout)
    registry.push(layout, "2", "rejudged/db:2")
    said = verify(
        f"{name}:1", "--rejudge", "--db-repository", f"{registry.host}/rejudged/db:2", now=today, env={"CI": "1"}
    )
    assert said.code == 11, said.words
    assert said.state("rejudged") == "refused"


@pytest.mark.parametrize("options", [("--offline",), ("--db-repository", "127.0.0.1:9/nobody/there:2")])
def test_a_database_that_was_not_checked_says_nothing_good_of_what_is_deployed(verify, gate, good, tmp_path, options):
    name, _ = good
    empty = {bucket: {} for bucket in ADVISORIES}
    planted = lab_database.archive(lab_database.build(tmp_path / "planted", updated=NOW, advisories=empty))
    kept = gate.context.cache / "trivy" / "artifacts" / f"db-{sha256(planted).hexdigest()}.tar.gz"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(planted)
    said = verify(f"{name}:1", "--rejudge", *options, env={"CI": "true"})
    assert said.code == 6, said.words
    assert said.state("rejudged") == "unknown"


def test_without_a_bill_of_materials_nothing_is_judged_again(verify, referrers, layouts, workshop, request, database):
    place = place_of(request)
    digest = referrers.push(layouts, "clean", f"{place}:1")
    workshop().sign(f"{referrers.host}/{place}@{digest}")
    more = ("--require", "signature", "--rejudge", "--trivy-cache", database)
    said = verify(f"{referrers.host}/{place}:1", *more)
    assert said.code == 11
    assert said.state("rejudged") == "missing"


def test_a_dry_run_shows_what_would_be_pinned_and_writes_nothing(verify, good):
    name, digest = good
    path = verify.folder / "web.yaml"
    path.write_text(MANIFEST.format(good=name))
    said = verify("-f", "web.yaml", "--pin", "--dry-run")
    assert said.code == 0, said.words
    assert path.read_text() == MANIFEST.format(good=name)
    assert f"{name}:1@{digest}" in said.err
    assert "+++ web.yaml" in said.err
