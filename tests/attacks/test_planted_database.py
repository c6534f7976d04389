"""A vulnerability database that somebody planted in a cache: it decides nothing in CI, and signs nothing."""

import json
import os
import shutil
from datetime import timedelta

import pytest

from tests.builders import NOW
from tests.lab import database as lab_database
from tests.lab.advisories import ADVISORIES
from tests.lab.contents import Deb, debian, jar, python_package
from tests.lab.cosign import PASSWORD
from tests.lab.oci import Layout, digest

NOBODY = "127.0.0.1:9/nobody/there:2"
EMPTY = {bucket: {} for bucket in ADVISORIES}
CI = {"CI": "true"}
CIS = [
    {"CI": "true"}, {"CI": "1"}, {"GITHUB_ACTIONS": "true"}, {"TF_BUILD": "True"}, {"JENKINS_URL": "https://ci.example/"},
]  # fmt: skip


@pytest.fixture(scope="module")
def image(tmp_path_factory, registry):
    """An image with a critical vulnerability, and nothing else that refuses."""
    layout = Layout(tmp_path_factory.mktemp("vulnerable"))
    files = {**debian("12.4", [Deb("bash", "5.2.15-2+b2")]), **python_package("PyYAML", "5.3")}
    layout.tag(layout.image([files]), "it")
    registry.push(layout, "it", "planted/image:1")
    return f"{registry.host}/planted/image:1"


@pytest.fixture(scope="module")
def honest(tmp_path_factory, registry):
    """Where the database is that knows of it, two hours old."""
    return published(tmp_path_factory.mktemp("honest"), registry, "honest", NOW - timedelta(hours=2))


def published(folder, registry, name, updated, **more):
    lab_database.build(folder / "db", updated=updated, **more)
    layout = Layout(folder / "layout")
    lab_database.artifact(folder / "db", layout)
    registry.push(layout, "2", f"planted/{name}:2")
    return f"{registry.host}/planted/{name}:2"


@pytest.fixture
def cache(gate):
    folder = gate.context.cache / "trivy"
    folder.mkdir(parents=True, mode=0o700)
    return folder


def plant(folder, updated=NOW - timedelta(minutes=1), lasts=timedelta(days=3650)):
    """A database with the same buckets and no advisories, newer than any, that claims to last for years."""
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    return lab_database.build(folder, updated=updated, lasts=lasts, advisories=EMPTY)


def plant_archive(cache, tmp_path, name=None, **more):
    data = lab_database.archive(plant(tmp_path / "planted", **more))
    (cache / "artifacts").mkdir(exist_ok=True)
    hexadecimal = (name or digest(data)).removeprefix("sha256:")
    (cache / "artifacts" / f"db-{hexadecimal}.tar.gz").write_bytes(data)


@pytest.fixture
def scan(gate, image, trivy):
    def call(*args, **more):
        return gate("scan", image, "--json=verdict.json", *args, **more)

    return call


@pytest.fixture
def sign(gate, image, cosign, signing_key, trivy):
    """What would be signed by a key; nothing is pushed."""

    def call(*args, env=None):
        options = ("--key", signing_key.private, "--dry-run", "--json=answers.json")
        env = {"GATE_COSIGN": str(cosign), "COSIGN_PASSWORD": PASSWORD, **(env or {})}
        said = gate("sign", image, *options, *args, env=env)
        answers = json.loads((said.folder / "answers.json").read_bytes()) if said.code in {0, 10} else {}
        return said, {one["rule"] for result in answers.get("results", []) for one in result["reasons"]}

    return call


def notices(said):
    return " ".join(one["message"] for one in said.verdict["notices"])


def origin(said):
    return said.verdict["scanner"]["database"]["origin"]


@pytest.mark.parametrize("env", CIS, ids=lambda env: next(iter(env)))
def test_a_planted_database_does_not_count_in_ci(scan, honest, cache, env):
    plant(cache / "db-20260601T000000-aaaaaaaa")
    said = scan("--db-repository", honest, env=env)
    assert (said.code, origin(said), said.verdict["database_age"]) == (10, "checked", 2)


def test_nor_does_the_cache_of_trivy_itself_count_anywhere(scan, honest, gate):
    plant(gate.context.cache.parent / "trivy")
    assert scan("--db-repository", honest).code == 10
    assert scan("--db-repository", honest, env=CI).code == 10
    shutil.rmtree(gate.context.cache)
    assert scan("--offline").code == 3


def test_it_counts_when_it_is_named(scan, gate, honest):
    folder = plant(gate.context.cache.parent / "trivy")
    said = scan("--trivy-cache", folder, "--db-repository", honest, env=CI)
    assert (said.code, origin(said)) == (0, "named")


def test_a_planted_archive_does_not_count_whatever_it_is_called(scan, honest, cache, tmp_path):
    scan("--db-repository", honest, env=CI)
    (real,) = (cache / "artifacts").glob("db-*.tar.gz")
    plant_archive(cache, tmp_path, name=f"sha256:{real.name[3:67]}")
    said = scan("--db-repository", honest, env=CI)
    assert (said.code, said.verdict["database_age"]) == (10, 2)


def test_a_kept_archive_is_not_fetched_again_while_its_registry_names_it(scan, cache, registry, tmp_path):
    where = published(tmp_path, registry, "once", NOW - timedelta(hours=3))
    assert scan("--db-repository", where, env=CI).code == 10
    [kept] = (cache / "artifacts").glob("db-*.tar.gz")
    before = kept.stat()
    assert scan("--db-repository", where, env=CI).code == 10
    assert (kept.stat().st_ino, kept.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    newer = published(tmp_path / "newer", registry, "once", NOW - timedelta(hours=1))
    said = scan("--db-repository", newer, env=CI)
    assert (said.code, said.verdict["database_age"]) == (10, 1)


@pytest.mark.parametrize("name", ["trivy.db", "metadata.json"])
def test_an_unpacked_file_that_was_altered_does_not_count_in_ci(scan, honest, cache, tmp_path, name):
    scan("--db-repository", honest)
    planted = plant(tmp_path / "planted")
    for file in cache.rglob(name):
        file.write_bytes((planted / "db" / name).read_bytes())
    assert scan("--db-repository", honest, env=CI).code == 10


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o755, 0o777])
def test_a_folder_that_others_can_use_does_not_count(scan, honest, cache, tmp_path, mode):
    plant(cache / "db-20260601T000000-aaaaaaaa")
    plant_archive(cache, tmp_path)
    cache.chmod(mode)
    assert scan("--offline").code == 3
    said = scan("--db-repository", honest)
    assert (said.code, said.verdict["database_age"]) == (10, 2)
    assert cache.stat().st_mode & 0o777 == 0o700  # from now on what is in it counts
    assert origin(scan("--db-repository", NOBODY)) == "private"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("whole", [True, False])
def test_what_belongs_to_another_user_does_not_count(scan, honest, cache, whole):
    folder = plant(cache / "db-20260601T000000-aaaaaaaa")
    os.chown(cache if whole else folder, 12345, 12345)
    assert scan("--offline").code == 3
    said = scan("--db-repository", honest)
    assert (said.code, said.verdict["database_age"]) == (10, 2)


def test_a_database_of_this_users_own_counts_outside_of_ci(scan, sign, honest, cache):
    scan("--db-repository", honest)
    said = scan("--db-repository", NOBODY)
    assert (said.code, origin(said)) == (10, "private")


@pytest.mark.parametrize("options", [("--offline",), ("--db-repository", NOBODY)], ids=["offline", "no registry"])
@pytest.mark.parametrize("env", [{}, CI], ids=["outside of CI", "in CI"])
def test_without_a_registry_a_kept_database_gives_a_report_and_nothing_is_signed(
    scan, sign, cache, tmp_path, options, env
):
    if not env:
        plant(cache / "db-20260601T000000-aaaaaaaa", lasts=timedelta(seconds=1))
    plant_archive(cache, tmp_path)
    said = scan(*options, env=env)
    assert (said.code, origin(said)) == (0, "unchecked")
    assert "nothing is signed under it" in notices(said)
    answer, rules = sign(*options, env=env)
    assert answer.code == 10
    assert "database" in rules  # in a CI system that is not known nothing is signed at all


def test_a_registry_that_is_down_and_no_database_is_no_answer(scan, cache):
    assert scan("--db-repository", NOBODY, env=CI).code == 6


def test_offline_something_is_signed_when_the_database_is_named(sign, tmp_path):
    answer, rules = sign("--offline", "--trivy-cache", plant(tmp_path / "named"))
    assert (answer.code, rules) == (0, set())


def test_a_verdict_under_an_unchecked_database_signs_nothing_later(gate, scan, sign, cache, tmp_path):
    plant_archive(cache, tmp_path)
    said = scan("--offline", env=CI)
    said.keep("noon.json")
    options = ("--attach", "verdict", "--verdict", gate.folder / "noon.json")
    answer, rules = sign(*options)
    assert (answer.code, rules) == (10, {"database"}), answer.err
    document = said.json("noon.json")
    del document["verdicts"][0]["scanner"]["database"]["origin"]
    (gate.folder / "noon.json").write_text(json.dumps(document))
    answer, rules = sign(*options)
    assert (answer.code, rules) == (10, {"database"}), answer.err


def test_dates_to_come_are_refused(scan, honest, cache, registry, tmp_path):
    plant(cache / "db-20270601T000000-aaaaaaaa", updated=NOW + timedelta(days=2))
    assert scan("--offline").code == 3
    assert scan("--db-repository", honest).verdict["database_age"] == 2
    ahead = published(tmp_path, registry, "ahead", NOW + timedelta(days=2), advisories=EMPTY)
    assert scan("--db-repository", ahead, env=CI).verdict["scanner"]["database"]["origin"] == "unchecked"
    shutil.rmtree(cache)
    said = scan("--db-repository", ahead, env=CI)
    assert said.code == 6
    assert "yet to come" in said.err


def test_a_database_that_claims_to_last_for_years_is_due_after_a_day(scan, honest, cache):
    plant(cache / "db-20260530T000000-aaaaaaaa", updated=NOW - timedelta(hours=25))
    said = scan("--db-repository", honest)
    assert (said.code, said.verdict["database_age"]) == (10, 2)


def rewritten(registry, layout, name):
    registry.push(layout, "2", f"planted/{name}:2")
    return f"{registry.host}/planted/{name}:2"


@pytest.mark.parametrize("what", ["an image", "another type", "no database in it", "no archive", "two layers"])
def test_what_is_no_database_is_none(scan, registry, tmp_path, what):
    layout = Layout(tmp_path / "layout")
    kind = "application/vnd.aquasec.trivy.db.layer.v1.tar+gzip"
    planted = plant(tmp_path / "planted")
    data = lab_database.archive(planted)
    config = "application/vnd.aquasec.trivy.config.v1+json"
    if what == "an image":
        descriptor = layout.image([{"trivy.db": b"x"}])
    elif what == "another type":
        descriptor = layout.artifact(config, [layout.blob(data, "application/vnd.oci.image.layer.v1.tar+gzip")])
    elif what == "no database in it":
        (planted / "db" / "trivy.db").rename(planted / "db" / "other.db")
        descriptor = layout.artifact(config, [layout.blob(lab_database.archive(planted), kind)])
    elif what == "no archive":
        descriptor = layout.artifact(config, [layout.blob(b"not compressed", kind)])
    else:
        descriptor = layout.artifact(config, [layout.blob(data, kind), layout.blob(b"more", kind)])
    layout.tag(descriptor, "2")
    said = scan("--db-repository", rewritten(registry, layout, f"none-{what.replace(' ', '-')}"), env=CI)
    assert said.code == 6
    assert "Traceback" not in said.err


def test_an_archive_that_its_registry_alters_is_refused(scan, registry, tmp_path):
    where = published(tmp_path, registry, "altered", NOW - timedelta(minutes=77))  # no other test has this archive
    data = lab_database.archive(tmp_path / "db")
    other = bytearray(data)
    other[-1] ^= 1
    [kept] = registry.storage.rglob(f"{digest(data).removeprefix('sha256:')}/data")
    kept.write_bytes(bytes(other))
    said = scan("--db-repository", where, env=CI)
    assert said.code == 6
    assert "altered" in said.err or "something else" in said.err


def test_the_index_of_java_archives_follows_the_same_rule(gate, registry, honest, tmp_path, trivy):
    lab_database.build_java(tmp_path / "java", updated=NOW - timedelta(hours=6))
    index = Layout(tmp_path / "index")
    lab_database.artifact(tmp_path / "java", index, "1", kind="java-db")
    registry.push(index, "1", "planted/java:1")
    layout = Layout(tmp_path / "layout")
    layout.tag(layout.image([debian("12.4", [Deb("bash", "5.2.15-2+b2")]), {"app/unnamed.jar": jar()}]), "it")
    options = ("--db-repository", honest, "--java-db-repository", f"{registry.host}/planted/java:1")
    for _ in range(2):
        said = gate("scan", f"oci:{layout.folder}:it", *options, "--json=verdict.json", "--sbom", "sbom.json", env=CI)
        assert "pkg:maven/org.example/unnamed@2.0" in (said.folder / "sbom.json").read_text()
        [kept] = (gate.context.cache / "trivy" / "artifacts").glob("java-db-*.tar.gz")
        kept.write_bytes(b"planted")


def test_kept_lists_of_exploited_vulnerabilities_do_not_count_in_ci(gate, image, database, trivy):
    feeds = gate.context.cache / "feeds"
    feeds.mkdir(parents=True, mode=0o700)
    kept = {"count": 1, "dateReleased": f"{NOW:%Y-%m-%dT%H:%M:%SZ}", "vulnerabilities": [{"cveID": "CVE-2000-0001"}]}
    (feeds / "known-exploited").write_bytes(f"{NOW.isoformat()}\n{json.dumps(kept)}".encode())
    options = ("scan", image, "--known-exploited", "--offline", "--trivy-cache", database)
    assert gate(*options).code == 10
    said = gate(*options, env=CI)
    assert said.code == 3
    assert "none is cached" in said.err
    file = gate.folder / "kev.json"
    file.write_text(json.dumps(kept))
    assert gate(*options, "--kev-file", file, env=CI).code == 10
    feeds.chmod(0o777)
    assert gate(*options).code == 3
