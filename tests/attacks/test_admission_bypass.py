"""An image gets into a cluster past the exported policy, or the policy keeps a pod from going away."""

import copy

import pytest

from gate.deploy.admission import Target
from tests.deploy.admission.engines import asks_kyverno, exported
from tests.deploy.admission.signers import EXACT, KEY, SUBJECT, trust
from tests.deploy.admission.test_evaluated import at, cel, summary
from tests.deploy.admission.test_export import head, written

GOOD, EVIL = "ghcr.io/acme/app@sha256:" + "1" * 64, "ghcr.io/acme/evil@sha256:" + "2" * 64
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web", "namespace": "shop", "finalizers": ["shop.example/drain"]},
    "spec": {
        "initContainers": [{"name": "init", "image": GOOD}],
        "containers": [{"name": "app", "image": GOOD}, {"name": "side", "image": GOOD}],
    },
}
PLAIN = {**POD, "spec": {"containers": [{"name": "app", "image": GOOD}]}}
PODS = {"with init containers": POD, "with containers alone": PLAIN}


def changed(pod, path, value):
    """A copy with another value; a path ends before a list to append to it."""
    new = copy.deepcopy(pod)
    *parents, last = path
    place = new
    for one in parents:
        place = place[one] if isinstance(one, int) else place.setdefault(one, {})
    place[last] = value
    return new


def update(old, new, subresource=""):
    return {"operation": "UPDATE", "object": new, "oldObject": old, "subResource": subresource}


@pytest.fixture(params=[(EXACT,), (EXACT, KEY), (SUBJECT,)], ids=["exact", "several", "subject"])
def policy(request):
    [one] = exported(trust(*request.param), Target.KYVERNO)
    return one


@pytest.mark.parametrize("pod", PODS.values(), ids=PODS)
def test_a_new_pod_is_verified(policy, pod):
    assert asks_kyverno(policy, {"operation": "CREATE", "object": pod, "oldObject": None})


@pytest.mark.parametrize("image", [EVIL, GOOD])
@pytest.mark.parametrize("pod", PODS.values(), ids=PODS)
def test_an_ephemeral_container_is_verified_even_with_an_image_that_runs_already(policy, pod, image):
    added = changed(pod, ("spec", "ephemeralContainers"), [{"name": "debug", "image": image}])
    assert asks_kyverno(policy, update(pod, added, "ephemeralcontainers"))
    another = copy.deepcopy(added)
    another["spec"]["ephemeralContainers"].append({"name": "again", "image": image})
    assert asks_kyverno(policy, update(added, another, "ephemeralcontainers"))


@pytest.mark.parametrize(
    "path",
    [("containers", 0), ("containers", 1), ("initContainers", 0)],
    ids=["the first", "the second", "an init container"],
)
@pytest.mark.parametrize("dying", [False, True], ids=["running", "being deleted"])
def test_a_changed_image_is_verified(policy, path, dying):
    old = changed(POD, ("metadata", "deletionTimestamp"), "2026-06-01T12:00:00Z") if dying else POD
    for image in (EVIL, GOOD.partition("@")[0], f"{GOOD}0"):
        assert asks_kyverno(policy, update(old, changed(old, ("spec", *path, "image"), image)))


def test_images_that_change_places_are_verified(policy):
    old = changed(POD, ("spec", "containers", 1, "image"), EVIL)
    swapped = changed(changed(old, ("spec", "containers", 0, "image"), EVIL), ("spec", "containers", 1, "image"), GOOD)
    assert asks_kyverno(policy, update(old, swapped))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("metadata", "labels"), {"app": "web"}),
        (("metadata", "annotations"), {"note": "a"}),
        (("metadata", "finalizers"), []),
        (("spec", "activeDeadlineSeconds"), 5),
        (("spec", "tolerations"), [{"operator": "Exists"}]),
    ],
    ids=str,
)
@pytest.mark.parametrize("pod", PODS.values(), ids=PODS)
@pytest.mark.parametrize("dying", [False, True], ids=["running", "being deleted"])
def test_an_update_that_changes_no_image_is_left_alone(policy, pod, path, value, dying):
    old = changed(pod, ("metadata", "deletionTimestamp"), "2026-06-01T12:00:00Z") if dying else pod
    debugged = changed(old, ("spec", "ephemeralContainers"), [{"name": "debug", "image": EVIL}])
    for one in (old, debugged):
        assert not asks_kyverno(policy, update(one, changed(one, path, value)))


def test_a_deletion_is_left_alone(policy):
    assert not asks_kyverno(policy, {"operation": "DELETE", "object": None, "oldObject": POD})


@pytest.mark.parametrize("subresource", ["status", "binding", "eviction", "exec", "log"])
def test_what_brings_no_image_is_left_alone(policy, subresource):
    assert not asks_kyverno(policy, update(POD, POD, subresource))


def test_what_is_verified_is_every_container_of_the_pod(policy):
    """An ephemeral container whose verdict is missing or too old is refused, whatever the others have."""
    for one in policy["spec"]["validations"]:
        assert not cel(one["expression"], [], summary(timeVerified=at(days=30)), images=(GOOD, EVIL))


def test_the_condition_holds_for_a_deployment_as_kyverno_rewrites_it(policy):
    """Its rules for controllers are the same text with other fields (pkg/cel/autogen/replacement.go)."""
    rewritten = copy.deepcopy(policy)
    [condition] = rewritten["spec"]["matchConditions"]
    for name in ("object", "oldObject"):
        condition["expression"] = condition["expression"].replace(f"{name}.spec", f"{name}.spec.template.spec")
    old = {"metadata": POD["metadata"], "spec": {"replicas": 1, "template": {"spec": POD["spec"]}}}
    assert not asks_kyverno(rewritten, update(old, changed(old, ("spec", "replicas"), 2)))
    assert asks_kyverno(
        rewritten, update(old, changed(old, ("spec", "template", "spec", "containers", 0, "image"), EVIL))
    )


NOTES = {
    Target.KYVERNO: ["Kyverno 1.19 or later", "ephemeral container", "updates that change no image", "deletions"],
    Target.POLICY_CONTROLLER: [
        "ephemeral containers",
        "removal of finalizers",
        "even if it changes no image",
        "deletions",
    ],
    Target.CONNAISSEUR: [
        "ephemeral containers",
        "Connaisseur 3.10 or later",
        "automaticUnchangedApproval",
        "deletions",
    ],
    Target.RATIFY: ["pods/ephemeralcontainers", "removes a finalizer", "input.review.oldObject", "deletions"],
}


@pytest.mark.parametrize("target", Target)
def test_the_header_says_what_the_engine_does_with_debugging_updates_and_deletions(target):
    words = head(written(target))
    for note in NOTES[target]:
        assert note in words, note


@pytest.mark.parametrize("target", Target)
def test_the_caller_of_a_workflow_is_checked_or_the_header_says_that_it_is_not(target):
    words = head(written(target, SUBJECT)).partition("NOT ENFORCED by it, although `gate verify` checks it:")[2]
    assert "everybody who may call the workflow (workflow_call) signs under its name" in words
