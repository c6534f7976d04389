"""What a cluster is told: the exported policy, and what its engines can read."""

import pytest

from tests.pipeline.evidence.conftest import IDENTITY, place_of

ENGINES = ["policy-controller", "kyverno", "connaisseur", "ratify"]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_policy_of_a_cluster_is_written_to_standard_output(gate, engine):
    said = gate("policy", "export", "--to", engine, "--image", "ghcr.io/octo/**", *IDENTITY, "--require", "signature")
    assert said.code == 0, said.words
    assert "octo/app/.github/workflows/release.yml" in said.out
    assert "NOT ENFORCED" in said.out


def test_nobody_trusted_is_no_policy(gate):
    said = gate("policy", "export", "--to", "kyverno", "--image", "ghcr.io/octo/**")
    assert said.code == 3
    assert said.out == ""


def test_an_explanation_says_of_each_engine_whether_it_reads_what_is_there(
    verify, registry, layouts, workshop, request
):
    place = place_of(request)
    digest = registry.push(layouts, "clean", f"{place}:1")
    workshop().sign(f"{registry.host}/{place}@{digest}")
    said = verify(f"{registry.host}/{place}:1", "--require", "signature", "--explain")
    assert said.code == 0, said.words
    [one] = said.results
    assert {"policy-controller", "Connaisseur"} <= {cluster["engine"] for cluster in one["clusters"]}
    assert all(cluster["why"] for cluster in one["clusters"])
    [connaisseur] = [cluster for cluster in one["clusters"] if cluster["engine"] == "Connaisseur"]
    assert connaisseur["reads"] is False
    workshop().sign(f"{registry.host}/{place}@{digest}", legacy=True)
    again = verify(f"{registry.host}/{place}:1", "--require", "signature", "--explain")
    [connaisseur] = [cluster for cluster in again.results[0]["clusters"] if cluster["engine"] == "Connaisseur"]
    assert connaisseur["reads"] is True
