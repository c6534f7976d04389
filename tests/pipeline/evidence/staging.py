"""What others lay beside an image: verdicts and bills as attestations, by whoever signs them."""

import json
from datetime import timedelta

from gate.attestation import predicates
from gate.model.evidence import CYCLONEDX, VERDICT
from gate.model.findings import PlatformScan
from tests.builders import NOW, finding, judged
from tests.builders import verdict as build

POLICY = "e" * 64
BILL = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": []}
DAY = timedelta(days=1)


def verdict(digest, *, platforms=None, at=NOW, policy=POLICY, failed=False):
    """The predicate of a verdict about the image with that digest, passed unless `failed`."""
    base = build(*([judged(finding())] if failed else []), judged_at=at)
    scans = tuple(PlatformScan(platform="linux/amd64", digest=one) for one in platforms or [digest])
    changes = {
        "subject": base.subject.model_copy(update={"digest": digest}),
        "platforms": scans,
        "policy": base.policy.model_copy(update={"sha256": policy}),
    }
    return json.loads(predicates.verdict(base.model_copy(update=changes)))


def attach(by, image, digest, *, signed=True, bill=True, **of_verdict):
    """Signature, verdict and bill, all by one signer, as a release workflow does."""
    by.attest(f"{image}@{digest}", VERDICT, verdict(digest, **of_verdict))
    if bill:
        by.attest(f"{image}@{digest}", CYCLONEDX, BILL)
    if signed:
        by.sign(f"{image}@{digest}")
