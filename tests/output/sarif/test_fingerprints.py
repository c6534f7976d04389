"""An alert stays the same alert for as long as the finding is there."""

from dataclasses import replace
from datetime import timedelta

from gate.model.findings import Kind, Severity
from gate.output import sarif
from gate.output.sarif.diff import diff
from tests.builders import HERE, finding, judged, verdict


def written(one):
    return sarif.to_bytes(sarif.render([one], sarif.Options()).document)


def prints(one):
    results = sarif.render([one], sarif.Options()).document["runs"][0]["results"]
    return sorted(result["partialFingerprints"]["primaryLocationLineHash"] for result in results)


FINDINGS = (finding(), finding(package="minizip"), finding("CVE-2", "PyYAML", path="app/PyYAML/METADATA"))
BEFORE = verdict(*(judged(one) for one in FINDINGS))


def same(after):
    change = diff(written(BEFORE), written(after))
    return prints(BEFORE) == prints(after) and not change.opened and not change.closed and len(change.kept) == 3


def test_a_rescan_keeps_every_alert():
    later = BEFORE.model_copy(update={"scanned_at": BEFORE.scanned_at + timedelta(days=1)})
    assert same(later)


def test_a_rebuild_that_moves_a_layer_and_changes_the_tag_keeps_every_alert():
    moved = replace(HERE, layer="sha256:" + "7" * 64, diff_id="sha256:" + "8" * 64, created_by="RUN x # buildkit")
    subject = BEFORE.subject.model_copy(update={"tag": "2.0", "digest": "sha256:" + "9" * 64})
    after = verdict(*(judged(replace(one, occurrences=(moved,))) for one in FINDINGS), subject=subject)
    assert same(after)


def test_a_new_database_that_rates_and_fixes_anew_keeps_every_alert():
    anew = [replace(one, score=5.0, severity=Severity.MEDIUM, fixed="9", severity_source="ghsa") for one in FINDINGS]
    assert same(verdict(*(judged(one) for one in anew)))


def test_an_upgrade_that_does_not_mend_keeps_every_alert():
    upgraded = [replace(one, installed="1.0-9", purl=one.purl.replace("1.0-1", "1.0-9")) for one in FINDINGS]
    assert same(verdict(*(judged(one) for one in upgraded)))


def test_findings_of_one_fingerprint_are_numbered_by_what_does_not_change():
    twice = [finding("key", "", kind=Kind.SECRET, path="a", message="*", start_line=line) for line in (9, 3)]
    one = verdict(judged(twice[0]), judged(twice[1], severity=Severity.LOW))
    other = verdict(judged(twice[1]), judged(twice[0], severity=Severity.LOW))
    base = twice[0].fingerprint
    assert prints(one) == prints(other) == [f"{base}:1", f"{base}:2"]
    results = sarif.render([one], sarif.Options()).document["runs"][0]["results"]
    by_line = {
        result["locations"][0]["physicalLocation"]["region"]["startLine"]: result["partialFingerprints"]
        for result in results
    }
    assert by_line[3]["primaryLocationLineHash"].endswith(":1")


def test_a_mended_finding_closes_and_a_new_one_opens():
    after = verdict(*(judged(one) for one in (*FINDINGS[1:], finding("CVE-3", "curl"))))
    change = diff(written(BEFORE), written(after))
    assert [alert.rule for alert in change.opened] == ["CVE-3-curl"]
    assert [alert.rule for alert in change.closed] == ["CVE-2023-45853-zlib1g"]
    assert len(change.kept) == 2


def test_alerts_of_an_image_that_is_no_longer_uploaded_stay_open():
    web = verdict(judged(finding()), subject=BEFORE.subject.model_copy(update={"name": "ghcr.io/acme/web"}))
    both = sarif.to_bytes(sarif.render([BEFORE, web], sarif.Options()).document)
    change = diff(both, written(BEFORE))
    assert not change.closed
    assert [alert.category for alert in change.orphaned] == ["gate/ghcr.io/acme/web"]
