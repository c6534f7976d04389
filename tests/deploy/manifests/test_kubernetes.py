"""Every image of every pod, wherever a Kubernetes object describes one."""

import pytest

from gate.deploy.manifests import parse_manifests
from gate.errors import InputError

POD = "{containers: [{name: app, image: a}], initContainers: [{name: first, image: b}]}"


def deployment(text):
    return parse_manifests(text.encode(), "k8s.yaml")


def named(text):
    return [(one.path, one.image) for one in deployment(text).images]


def refused(text):
    with pytest.raises(InputError) as caught:
        deployment(text)
    return caught.value.problem


def written(version, kind, where, pod=POD):
    for key in reversed(where):
        pod = f"{{{key}: {pod}}}"
    return f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: web}}\n{pod.removeprefix('{').removesuffix('}')}\n"


KINDS = [
    ("v1", "Pod", ["spec"]),
    ("v1", "PodTemplate", ["template", "spec"]),
    ("v1", "ReplicationController", ["spec", "template", "spec"]),
    *(
        ("apps/v1", kind, ["spec", "template", "spec"])
        for kind in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")
    ),
    ("batch/v1", "Job", ["spec", "template", "spec"]),
    ("batch/v1", "CronJob", ["spec", "jobTemplate", "spec", "template", "spec"]),
]
FOREIGN = [
    ("serving.knative.dev/v1", "Service", ["spec", "template", "spec"]),
    ("argoproj.io/v1alpha1", "Rollout", ["spec", "template", "spec"]),
    ("batch.volcano.sh/v1alpha1", "Job", ["spec", "template", "spec"]),
]


@pytest.mark.parametrize(("version", "kind", "where"), KINDS + FOREIGN)
def test_the_containers_of_every_kind_are_named(version, kind, where):
    assert named(written(version, kind, where)) == [
        (f"{kind} web, container app", "a"),
        (f"{kind} web, init container first", "b"),
    ]


def test_where_each_image_stands_is_told_by_line_and_column_from_1():
    found = deployment("# Source: app\r\napiVersion: v1\r\nkind: Pod\r\nspec:\r\n  containers:\r\n  - image: 'é/a'\r\n")
    [image] = found.images
    assert (found.name, image.line, image.column, image.image) == ("k8s.yaml", 6, 12, "é/a")


def test_ephemeral_containers_and_image_volumes_are_named_too():
    assert named(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: web, namespace: prod}
        spec:
          containers:
          - {image: a}
          ephemeralContainers: [{name: debug, image: b}]
          volumes:
          - {name: tmp, emptyDir: {}}
          - {name: data, image: {reference: c, pullPolicy: Always}}
        """
    ) == [
        ("Pod prod/web, container 1", "a"),
        ("Pod prod/web, ephemeral container debug", "b"),
        ("Pod prod/web, volume data", "c"),
    ]


def test_pods_deep_in_an_unknown_kind_are_found_and_its_patches_passed_over():
    found = deployment(
        """
        apiVersion: ray.io/v1
        kind: RayCluster
        metadata: {name: ray}
        spec:
          groups:
          - template: {spec: {containers: [{name: worker, image: a}, {name: patched, resources: {}}]}}
          - volumes: [{name: v, image: {reference: b}}, {name: w, image: {}}]
          containers: {inner: {initContainers: [{image: c}, word]}}
          initContainers: [{image: d, after: {containers: [{image: e}]}}]
          volumes: [{filled: {containers: [{image: f}]}}]
        """
    )
    assert [(one.path, one.image) for one in found.images] == [
        ("RayCluster ray, container worker", "a"),
        ("RayCluster ray, volume v", "b"),
        ("RayCluster ray, init container 1", "c"),
        ("RayCluster ray, init container 1", "d"),
        ("RayCluster ray, container 1", "e"),
        ("RayCluster ray, container 1", "f"),
    ]
    assert found.notes == ()


@pytest.mark.parametrize("version", ["v1", "storage.k8s.io/v1"])
def test_a_kind_of_the_clusters_own_may_have_an_image_that_is_none_of_ours(version):
    found = deployment(written(version, "PersistentVolume", ["spec"], "{rbd: {image: disk, pool: p}}"))
    assert (found.images, found.notes) == ((), ())


@pytest.mark.parametrize("kind", ["List", "PodList"])
def test_every_element_of_a_list_is_looked_at(kind):
    item = "{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {containers: [{image: a}]}}"
    assert named(f"apiVersion: v1\nkind: {kind}\nitems:\n- {item}\n- {item}") == [("Pod x, container 1", "a")] * 2


def test_what_a_typed_list_says_holds_for_its_elements():
    text = "apiVersion: apps/v1\nkind: DeploymentList\nitems:\n- metadata: {name: x}\n  spec: {template: {spec: %s}}"
    assert named(text % POD)[0] == ("Deployment x, container app", "a")
    assert refused(text % "{}") == "k8s.yaml:5:27: Deployment x: spec.template.spec has no containers"


def test_whatever_has_items_is_a_list_as_it_is_for_kubectl():
    pods = "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Pod, spec: {containers: [{image: a}]}}]}"
    text = f"apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nitems:\n- {pods}"
    assert named(text) == [("Pod without a name, container 1", "a")]


@pytest.mark.parametrize("item", ["{spec: {}}", "word", "{}", "{kind: Pod}"])
def test_an_element_that_does_not_say_what_it_is_is_refused(item):
    text = f"apiVersion: v1\nkind: List\nitems:\n- {item}"
    assert refused(text) == "k8s.yaml:4:3: an element of this list is not a Kubernetes object"


@pytest.mark.parametrize(
    ("version", "kind"),
    [("v1", "ConfigMap"), ("v1", "Service"), ("rbac.authorization.k8s.io/v1", "Role")],
)
def test_what_runs_nothing_names_no_image(version, kind):
    found = deployment(f"apiVersion: {version}\nkind: {kind}\ndata: {{containers: 'image: a', image: logo.png}}")
    assert (found.images, found.notes, found.unread) == ((), (), ())


def test_a_definition_of_a_kind_names_none_whatever_its_schema_has_for_an_example():
    schema = "{containers: {default: [{image: a}], type: array}, x: {example: {containers: [{image: b}]}}}"
    text = f"apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: {schema}"
    assert (deployment(text).images, deployment(text).notes) == ((), ())


@pytest.mark.parametrize(
    ("version", "kind", "said"),
    [
        (
            "helm.toolkit.fluxcd.io/v2",
            "HelmRelease",
            "deploys something that is not in this file: its images are not verified",
        ),
        (
            "argoproj.io/v1alpha1",
            "Application",
            "deploys something that is not in this file: its images are not verified",
        ),
        ("kyverno.io/v1", "ClusterPolicy", "describes pods in patterns: its images are not verified"),
    ],
)
def test_what_deploys_from_elsewhere_or_describes_pods_is_told(version, kind, said):
    found = deployment(written(version, kind, ["spec"], "{containers: [{image: '!*:latest'}]}"))
    assert found.images == ()
    assert found.notes == (f"k8s.yaml:1:1: {kind} web {said}",)


@pytest.mark.parametrize(
    ("pod", "said"),
    [
        ("{containers: [{name: app}]}", "Pod web, container app has no image"),
        ("{containers: [{image: null}]}", "Pod web, container 1 has no image"),
        ("{containers: [app]}", "Pod web, container 1 has no image"),
        ("{containers: [{image: {name: a}}]}", "Pod web, container 1: the image is not a string"),
        ("{containers: [{image: 1.25}]}", "Pod web, container 1: the image is not a string"),
        ("{containers: [{image: !!binary YQ==}]}", "Pod web, container 1: the image is not a string"),
        ("{containers: [{image: ''}]}", "Pod web, container 1: the image is empty"),
        ("{containers: [{image: '{{ .Values.image }}'}]}", "the image '{{ .Values.image }}' is a template"),
        ("{containers: [{image: 'app:${TAG}'}]}", "the image 'app:${TAG}' has a variable in it"),
        ("{containers: []}", "Pod web: spec has no containers"),
        ("{containers: {image: a}}", "Pod web: spec has no containers"),
        ("{}", "Pod web: spec has no containers"),
        ("word", "Pod web: there is no spec"),
        ("{containers: [{image: a}], initContainers: {image: b}}", "Pod web: init containers are not a list"),
        (
            "{containers: [{image: a}], volumes: [{name: v, image: {}}]}",
            "Pod web, volume v has no reference to its image",
        ),
        ("{containers: [{image: a}], initContainers: [{name: b}]}", "Pod web, init container b has no image"),
    ],
)
def test_a_pod_whose_images_cannot_be_told_is_refused_at_its_place(pod, said):
    problem = refused(f"apiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec: {pod}")
    assert problem.startswith(("k8s.yaml:4:", "k8s.yaml:1:1: "))
    assert said in problem


def test_null_is_as_good_as_nothing_where_a_list_may_be_left_out():
    assert named("apiVersion: v1\nkind: Pod\nspec: {initContainers: null, volumes: null, containers: [{image: a}]}")


def test_a_kind_that_is_a_template_or_was_not_rendered_is_refused_with_what_to_do():
    for text, hint in (
        ("apiVersion: v1\nkind: '{{ .Values.kind }}'", "helm template"),
        ("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]", "kustomize build"),
        ("apiVersion: v1\nkind: Pod\nspec: {containers: [{image: '{{x}}'}]}", "helm template"),
        ("apiVersion: v1\nkind: Pod\nspec: {containers: [{image: $x}]}", "envsubst"),
    ):
        with pytest.raises(InputError) as caught:
            deployment(text)
        assert hint in caught.value.hint


def test_an_alias_and_a_merge_name_what_their_anchor_says():
    found = deployment(
        "apiVersion: v1\nkind: Pod\nx: &base\n  image: &img a\nspec:\n  containers:\n"
        "  - image: *img\n  - <<: *base\n  - <<: *base\n    image: b\n"
    )
    assert [(one.line, one.column, one.image) for one in found.images] == [(4, 15, "a"), (4, 15, "a"), (10, 12, "b")]


def test_names_are_made_safe_to_show():
    [(path, _)] = named('apiVersion: v1\nkind: Pod\nmetadata: {name: "a\\e[31m\\nb"}\nspec: {containers: [{image: a}]}')
    assert path == "Pod a [31m b, container 1"
