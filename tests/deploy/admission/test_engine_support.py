"""Which engines can read the evidence of an image."""

import re
from itertools import product

import pytest

from gate.deploy.admission import engine_support
from gate.deploy.admission.engine_support import facts
from gate.model.evidence import Format
from tests.lab.tools import ROOT

ENGINES = POLICY_CONTROLLER, KYVERNO, KYVERNO_OLD, CONNAISSEUR, RATIFY = (
    "policy-controller",
    "Kyverno ImageValidatingPolicy",
    "Kyverno ClusterPolicy",
    "Connaisseur",
    "Ratify",
)
BUNDLE, LEGACY = [Format.BUNDLE], [Format.LEGACY]
CASES = list(product([BUNDLE, LEGACY, [*Format]], [True, False], [True, False]))


def answers(formats, *, fallback_tag=True, keyless=True):
    return {one.engine: one.reads for one in engine_support(formats, fallback_tag=fallback_tag, keyless=keyless)}


def test_bundles_by_certificates_on_ghcr():
    assert answers(BUNDLE) == {
        POLICY_CONTROLLER: True,
        KYVERNO: True,
        KYVERNO_OLD: False,
        CONNAISSEUR: False,
        RATIFY: False,
    }


def test_bundles_by_a_key_on_ghcr():
    assert answers(BUNDLE, keyless=False) == {
        POLICY_CONTROLLER: False,
        KYVERNO: None,
        KYVERNO_OLD: False,
        CONNAISSEUR: False,
        RATIFY: False,
    }


@pytest.mark.parametrize("keyless", [True, False])
def test_bundles_on_a_registry_with_the_referrers_api(keyless):
    assert answers(BUNDLE, fallback_tag=False, keyless=keyless) == {
        POLICY_CONTROLLER: keyless,
        KYVERNO: True,
        KYVERNO_OLD: True,
        CONNAISSEUR: False,
        RATIFY: False,
    }


@pytest.mark.parametrize("keyless", [True, False])
@pytest.mark.parametrize("formats", [LEGACY, [*Format]])
def test_the_old_format_is_read_by_all(formats, keyless):
    assert set(answers(formats, keyless=keyless).values()) == {True}


def test_no_engine_reads_evidence_that_does_not_exist():
    assert {(one.reads, one.why) for one in engine_support([], fallback_tag=True, keyless=True)} == {
        (False, "there is no evidence to read")
    }


@pytest.mark.parametrize(("formats", "fallback_tag", "keyless"), CASES)
def test_every_engine_has_an_answer_with_its_source(formats, fallback_tag, keyless):
    found = engine_support(formats, fallback_tag=fallback_tag, keyless=keyless)
    assert tuple(one.engine for one in found) == ENGINES
    for one in found:
        assert one.why
        assert one.why[-1] != "."
        assert re.fullmatch(r"https://[^\s/]+/\S+", one.source)
        assert re.fullmatch(r"(?:[0-9]+\.[0-9]+\.[0-9]+)?", one.since)
        assert one.reads or not one.since


def test_every_fact_is_an_answer_to_something():
    """A row that never applies would be untested."""
    shown = {
        (one.engine, one.why, one.source)
        for formats, fallback_tag, keyless in CASES
        for one in engine_support(formats, fallback_tag=fallback_tag, keyless=keyless)
    }
    assert {(fact.engine, fact.why, fact.source) for fact in facts()} == shown


def test_the_page_says_of_ghcr_what_the_table_says():
    page = (ROOT / "docs" / "admission.md").read_text().partition("## What each engine can read")[2]
    rows = dict(re.findall(r"(?m)^\| ([^|]+?) \| (.*) \|$", page))
    for name, engine in {
        "policy-controller": POLICY_CONTROLLER,
        "Kyverno, `ImageValidatingPolicy`": KYVERNO,
        "Kyverno, `ClusterPolicy`": KYVERNO_OLD,
        "Connaisseur": CONNAISSEUR,
        "Ratify": RATIFY,
    }.items():
        for cell, (formats, keyless) in zip(
            rows[name].split(" | "), [(BUNDLE, True), (BUNDLE, False), (LEGACY, True)], strict=True
        ):
            [known] = (
                one for one in engine_support(formats, fallback_tag=True, keyless=keyless) if one.engine == engine
            )
            said = {"no": False, "not known": None}.get(cell, True)
            assert said == known.reads, (name, cell)
            if formats is BUNDLE and known.reads:
                assert cell == f"from {known.since}"
