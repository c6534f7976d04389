"""How `gate scan` gets its database: from a registry, with fall-backs, and kept until it is due."""

from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.builders import NOW
from tests.lab import database as lab_database
from tests.lab.oci import Layout


@pytest.fixture
def repository(registry, tmp_path):
    """Publish a database made `age` ago in the registry; its reference."""

    def publish(name, age):
        folder = lab_database.build(tmp_path / name, updated=NOW - age)
        layout = Layout(tmp_path / f"{name}-layout")
        lab_database.artifact(folder, layout)
        registry.push(layout, "2", f"databases/{name}:2")
        return f"{registry.host}/databases/{name}:2"

    return publish


@pytest.fixture
def refusing():
    """A registry that says 429 to everything; how often it was asked is in `asked`."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(429)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_HEAD = do_GET  # noqa: N815 the standard library's name

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    server.asked = asked
    yield server
    server.shutdown()
    server.server_close()


def scan(gate, layouts, *repositories, name="clean", **more):
    options = [part for one in repositories for part in ("--db-repository", one)]
    return gate("scan", f"oci:{layouts.folder}:{name}", "--json=verdict.json", *options, **more)


def test_the_database_is_fetched_and_kept_until_it_is_due(gate, layouts, repository, trivy):
    fresh = repository("fresh", timedelta(hours=1))
    assert scan(gate, layouts, fresh).code == 0
    # Nothing is asked again while it is good, nor offline.
    assert scan(gate, layouts, "127.0.0.1:9/nobody/there:2").verdict["database_age"] == 1
    assert gate("scan", f"oci:{layouts.folder}:clean", "--offline").code == 0


def test_the_next_repository_is_asked_when_one_says_429(gate, layouts, repository, refusing, trivy):
    host, port = refusing.server_address[:2]
    said = scan(gate, layouts, f"{host}:{port}/db:2", repository("second", timedelta(hours=1)))
    assert said.code == 0, said.err
    assert refusing.asked


def test_a_database_that_cannot_be_updated_is_used_with_a_note_while_the_policy_allows(
    gate, layouts, repository, trivy
):
    assert scan(gate, layouts, repository("old", timedelta(hours=1))).code == 0
    later = scan(gate, layouts, "127.0.0.1:9/nobody/there:2", now=NOW + timedelta(days=2))
    assert later.code == 0
    assert any("could not be renewed" in notice["message"] for notice in later.verdict["notices"])
    much_later = scan(gate, layouts, "127.0.0.1:9/nobody/there:2", now=NOW + timedelta(days=20))
    assert much_later.code == 10


def test_a_database_that_is_due_is_renewed(gate, layouts, repository, trivy):
    assert scan(gate, layouts, repository("first", timedelta(days=3))).verdict["database_age"] == 72
    assert scan(gate, layouts, repository("newer", timedelta(hours=2))).verdict["database_age"] == 2


def test_without_any_database_nothing_is_decided(gate, layouts, trivy):
    said = scan(gate, layouts, "127.0.0.1:9/nobody/there:2")
    assert said.code == 6
    assert "127.0.0.1:9/nobody/there:2" in said.err
    assert "--db-repository" in said.err
    assert said.verdicts == []


def test_why_no_database_can_be_had_is_told_of_each_place(gate, layouts, refusing, registry, trivy):
    host, port = refusing.server_address[:2]
    said = scan(gate, layouts, f"{host}:{port}/db:2", "127.0.0.1:9/db:2", f"{registry.host}/no/such:2")
    assert said.code == 6
    assert "429 Too Many Requests" in said.err
    assert "connection refused" in said.err.lower()
    assert "MANIFEST_UNKNOWN" in said.err or "NAME_UNKNOWN" in said.err or "404" in said.err
    assert "occurred:" not in said.err


def test_an_index_of_java_archives_that_cannot_be_had_is_named_with_its_own_option(gate, edges, repository, trivy):
    options = ("--db-repository", repository("beside", timedelta(hours=1)), "--java-db-repository", "127.0.0.1:9/j:1")
    said = gate("scan", f"oci:{edges.folder}:jar", *options)
    assert said.code == 6
    assert "the index of Java archives cannot be fetched: 127.0.0.1:9/j:1" in said.err
    assert "--java-db-repository" in said.err


def test_a_broken_database_is_no_pass(gate, layouts, database, tmp_path, trivy):
    broken = tmp_path / "broken" / "db"
    broken.mkdir(parents=True)
    (broken / "metadata.json").write_bytes((database / "db" / "metadata.json").read_bytes())
    (broken / "trivy.db").write_bytes((database / "db" / "trivy.db").read_bytes()[:9000])
    said = gate("scan", f"oci:{layouts.folder}:clean", "--offline", "--trivy-cache", broken.parent)
    assert said.code == 3
    assert "broken" in said.err
