"""Credentials in the history of an image get into no document, however it is judged."""

import json

import pytest

from gate.registry.configuration import Config
from gate.trivy.layer_lookup import made_by
from gate.trivy.report_schema import History
from tests.lab.contents import Deb, debian
from tests.lab.oci import Layout

HISTORY = [
    {"created_by": "ADD https://bob:hunter2pw@x.example/root.tar / # buildkit"},
    {"created_by": "RUN |2 TOKEN=hunter2 b PASS=hunter3 /bin/ash -c curl -u bob:hunter4 x # buildkit"},
    {"created_by": "RUN /bin/sh -c curl -H 'Authorization: Bearer hunter5' x # buildkit"},
]
KEPT = [
    "ADD https://***@x.example/root.tar / # buildkit",
    "RUN /bin/ash -c curl -u *** x # buildkit",
    "RUN /bin/sh -c curl -H 'Authorization: ***' x # buildkit",
]


def test_a_history_reads_the_same_whether_it_was_pulled_or_reported():
    digest = "sha256:" + "a" * 64
    config = Config.model_validate({"rootfs": {"diff_ids": [digest] * 3}, "history": HISTORY})
    assert list(config.instructions()) == made_by([History(**entry) for entry in HISTORY]) == KEPT


@pytest.mark.parametrize("document", ["json", "html", "markdown", "sarif"])
def test_no_document_of_a_scan_shows_a_credential_of_the_history(gate, database, trivy, tmp_path, document):
    layout = Layout(tmp_path / "built")
    layers = [debian("12.4", [Deb("curl", "7.88.1-10")]), {"a": b"a"}, {"b": b"b"}]
    layout.tag(layout.image(layers, history=HISTORY), "app")
    image = f"oci:{layout.folder}:app"
    said = gate("scan", image, "--offline", "--trivy-cache", database, f"--{document}=document")
    assert said.code == 10, said.err
    written = (said.folder / "document").read_text()
    assert "hunter" not in written + said.out + said.err
    if document == "json":
        assert KEPT[0] in json.dumps(json.loads(written))
