"""Images that a run fills in: known when a default or the steps say with what, and unread when they do not."""

import json

import pytest

from gate.deploy.manifests import parse_manifests, pin

DIGEST = "@sha256:" + "a" * 64


def task(image, *params, **more):
    return {
        "apiVersion": "tekton.dev/v1",
        "kind": "Task",
        "spec": {"params": list(params), "steps": [{"image": image}], **more},
    }


def workflow(image, *parameters, **more):
    template = {"name": "t", "container": {"image": image}, **more}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "spec": {"arguments": {"parameters": list(parameters)}, "templates": [template]},
    }


def read(document):
    return parse_manifests(json.dumps(document).encode(), "m.json")


IMAGE = {"name": "image", "default": "app:1"}


@pytest.mark.parametrize(
    ("document", "images"),
    [
        (task("$(params.image)", IMAGE), ["app:1"]),
        (task("$(inputs.params.image)", IMAGE), ["app:1"]),
        (task('$(params["image"])', IMAGE), ["app:1"]),
        (task("$(params['my.image'])", {"name": "my.image", "default": "app:1"}), ["app:1"]),
        (task("ghcr.io/o/app:$(params.tag)", {"name": "tag", "default": "v1"}), ["ghcr.io/o/app:v1"]),
        (
            task("$(params.a)/$(params.b)", {"name": "a", "default": "r.io"}, {"name": "b", "default": "x:1"}),
            ["r.io/x:1"],
        ),
        (task("$(params.a)", {"name": "a", "default": "$(params.image)"}, IMAGE), ["app:1"]),
        (task("$(params.image)", IMAGE, other=[{"params": [{"name": "image", "value": "b:2"}]}]), ["app:1", "b:2"]),
        (
            task(
                "$(params.image)", IMAGE, other=[{"matrix": {"params": [{"name": "image", "value": ["b:2", "c:3"]}]}}]
            ),
            ["app:1", "b:2", "c:3"],
        ),
        (workflow("{{workflow.parameters.image}}", {"name": "image", "value": "app:1"}), ["app:1"]),
        (workflow("{{ inputs.parameters.image }}", {"name": "image", "value": "app:1"}), ["app:1"]),
        (
            workflow("{{inputs.parameters.image}}", inputs={"parameters": [{"name": "image", "default": "app:1"}]}),
            ["app:1"],
        ),
    ],
)
def test_every_value_that_the_object_gives_is_an_image_and_that_is_said(document, images):
    found = read(document)
    assert [one.image for one in found.images] == images
    assert found.unread == ()
    assert "the default is verified, but a run can set another image" in found.notes[0]


@pytest.mark.parametrize(
    "document",
    [
        task("$(params.image)"),
        task("$(params.image)", {"name": "image"}),
        task("$(params.image)", {"name": "image", "default": ""}),
        task("$(params.image)", {"name": "image", "default": {"key": "app:1"}}),
        task("$(params.image)", {"name": "image", "default": "NOT/an image"}),
        task("$(params.image)", {"name": "image", "default": "$(params.image)"}),
        task("$(params.image)", {"name": "image", "default": "$(tasks.a.results.b)"}),
        task("$(params.image)", IMAGE, other=[{"params": [{"name": "image", "value": "$(tasks.a.results.b)"}]}]),
        task("$(steps.a.results.b)", IMAGE),
        task("$(params.image[*])", IMAGE),
        task("$(params.image.key)", IMAGE),
        task("{{inputs.parameters.image}}", IMAGE),
        task("app:$TAG", IMAGE),
        workflow("{{item}}"),
        workflow("{{=sprig.trim(x)}}", {"name": "image", "value": "app:1"}),
        workflow("{{steps.a.outputs.result}}", {"name": "image", "value": "app:1"}),
        workflow("{{workflow.parameters.image}}", {"name": "image", "valueFrom": {"configMapKeyRef": {"name": "c"}}}),
        workflow("$(params.image)", {"name": "image", "value": "app:1"}),
    ],
)
def test_a_value_that_the_object_does_not_give_leaves_the_image_unread(document):
    found = read(document)
    assert found.images == ()
    assert len(found.unread) == 1


def test_too_many_combinations_are_unread():
    values = [{"name": name, "value": [f"{name}{number}" for number in range(8)]} for name in ("a", "b")]
    found = read(task("$(params.a):$(params.b)", *values))
    assert "more than 50 names" in found.unread[0].why


@pytest.mark.parametrize(
    ("image", "param", "after_image", "after_param"),
    [
        ("$(params.p)", "app:1", "$(params.p)", f"app:1{DIGEST}"),
        ("ghcr.io/app:$(params.p)", "v1", f"ghcr.io/app:$(params.p){DIGEST}", "v1"),
    ],
)
def test_pinned_no_tag_is_left_behind(image, param, after_image, after_param):
    text = json.dumps(task(image, {"name": "p", "default": param})).encode()
    found = parse_manifests(text, "m.json")
    after = pin(text, found, {one.image: one.image + DIGEST for one in found.images})
    assert json.loads(after) == task(after_image, {"name": "p", "default": after_param})


def test_a_trigger_template_settles_what_it_embeds():
    run = {
        "apiVersion": "tekton.dev/v1",
        "kind": "TaskRun",
        "spec": {"taskSpec": {"steps": [{"image": "$(tt.params.i)"}]}},
    }
    document = {
        "apiVersion": "triggers.tekton.dev/v1beta1",
        "kind": "TriggerTemplate",
        "spec": {"params": [{"name": "i", "default": "app:1"}], "resourcetemplates": [run]},
    }
    assert [one.image for one in read(document).images] == ["app:1"]
