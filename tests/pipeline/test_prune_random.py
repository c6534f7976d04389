"""Random packages, random rules, a fault somewhere: every tag that is kept pulls with its evidence; a rerun ends it."""

import json
import random

import pytest

from gate.model.image import ImageRef
from gate.registry.access import Access
from gate.registry.evidence import fetch_evidence
from tests.lab.oci import INDEX, MANIFEST
from tests.lab.packages import Packages
from tests.lab.referrers import MemoryRegistry
from tests.lab.storage import fallback

REPOSITORY = "octo/app"


def build(registry, dice):
    """Images, indexes that share them, evidence on some of everything, tags on some; the ages of the tags."""
    held = registry.repository(REPOSITORY)
    images = []
    for number in range(dice.randint(2, 6)):
        config = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}, "n": number}
        kind = "application/vnd.oci.image.config.v1+json"
        document = {"schemaVersion": 2, "mediaType": MANIFEST, "layers": []}
        document["config"] = held.keep(json.dumps(config).encode(), kind)
        images.append(held.put(MANIFEST, json.dumps(document).encode()))
    tops = list(images)
    for number in range(dice.randint(1, 4)):
        parts = dice.sample(images, dice.randint(1, len(images)))
        children = [{**held.descriptor(one), "platform": {"os": "linux", "architecture": "amd64"}} for one in parts]
        document = {"schemaVersion": 2, "mediaType": INDEX, "manifests": children, "annotations": {"n": str(number)}}
        tops.append(held.put(INDEX, json.dumps(document).encode()))
    for one in tops:
        for number in range(dice.choice((0, 0, 1, 2))):
            registry.attach(REPOSITORY, one, f"bundle {number} of {one}".encode())
        if dice.random() < 0.3:
            signature = {"schemaVersion": 2, "mediaType": MANIFEST, "config": held.keep(b"{}", "x"), "layers": []}
            registry.put(REPOSITORY, fallback(one) + dice.choice((".sig", ".att")), {**signature, "of": one})
    ages = {}
    for number in range(dice.randint(2, 5)):
        tag = f"v{number}"
        registry.move(REPOSITORY, tag, dice.choice(tops))
        ages[tag] = dice.randint(0, 60)
    return ages


def contents(registry, context, tags):
    """Of each tag: everything that pulling and verifying it reads."""
    found = {}
    for tag in tags:
        seen = fetch_evidence(ImageRef.parse(f"{registry.host}/{REPOSITORY}:{tag}"), context=context, access=Access())
        assert not any(sight.fault or sight.unknown or sight.damaged for sight in seen.manifests), tag
        found[tag] = {(sight.digest, piece.content) for sight in seen.manifests for piece in sight.pieces}
        found[tag] |= {sight.digest for sight in seen.manifests}
    return found


@pytest.mark.parametrize("referrers", [True, False])
@pytest.mark.parametrize("seed", range(20))
def test_a_kept_tag_is_whole_whatever_fails(gate, seed, referrers):
    dice = random.Random(seed)
    with MemoryRegistry(referrers=referrers) as registry:
        ages = build(registry, dice)
        with Packages(registry, REPOSITORY, kind=dice.choice(("Organization", "mine", "User"))) as github:
            github.page = dice.choice((3, 100))
            github.list(ages=ages)
            rules = ["--keep-last", dice.randint(1, 3), "--older-than", dice.choice(("1d", "10d"))]
            rules += ["--keep-tag", "v0"] if dice.random() < 0.5 else []

            def prune(*args):
                return gate("prune", f"{registry.host}/{REPOSITORY}", *rules, *args, env=github.env)

            before = contents(registry, gate.context, ages)
            assert prune("--record", "plan.json").code == 0
            plan = json.loads((gate.folder / "plan.json").read_text())
            doomed = {tag for one in plan["going"] for tag in one["tags"]}
            kept = ages.keys() - doomed
            assert kept
            victim = dice.choice(plan["going"])["id"] if plan["going"] else 0
            answer = {"status": dice.choice((401, 403, 404, 400)), "body": b'{"message": "no"}'}
            github.fault(dice.choice(("DELETE", "GET")), f"versions/{victim}$", **answer)
            assert prune("--yes", "--record", "first.json").code in {0, 6}
            after = contents(registry, gate.context, ages.keys() & registry.tags(REPOSITORY))
            assert kept <= after.keys()
            assert after == {tag: before[tag] for tag in after}
            github.mend()
            assert prune("--yes", "--record", "second.json").code == 0
            assert contents(registry, gate.context, kept) == {tag: before[tag] for tag in kept}
            assert not doomed & set(registry.tags(REPOSITORY))
