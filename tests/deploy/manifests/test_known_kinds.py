"""The table of known kinds, each held to a sample written after the documentation that the table names."""

import json
from pathlib import Path

import pytest

from gate.deploy.manifests import parse_manifests
from gate.deploy.manifests.kinds import known_kind, projects
from gate.deploy.manifests.paths import ANY, ELEMENT, parse_path

POD = {"containers": [{"name": "c", "image": "main"}], "initContainers": [{"name": "i", "image": "init"}]}
STEPS = {"steps": [{"image": "step"}], "sidecars": [{"image": "side"}], "stepTemplate": {"image": "base"}}
TEMPLATES = {
    "templateDefaults": {"container": {"image": "default"}},
    "templates": [
        {"container": {"image": "a"}, "initContainers": [{"image": "b"}], "sidecars": [{"image": "c"}]},
        {"script": {"image": "d", "source": "image: no"}},
        {"containerSet": {"containers": [{"image": "e"}]}},
        {"steps": [[{"inline": {"container": {"image": "f"}}}]]},
        {"dag": {"tasks": [{"inline": {"script": {"image": "g"}}}]}},
    ],
}
WORKFLOW = ["a", "b", "c", "d", "default", "e", "f", "g"]
RAY = {"headGroupSpec": {"template": {"spec": POD}}, "workerGroupSpecs": [{"template": {"spec": POD}}]}
RAY_IMAGES = ["init", "init", "main", "main"]
TEMPLATE = {"template": {"spec": POD}}
BOTH = ["init", "main"]
TASKS = {
    "tasks": [{"taskSpec": STEPS}, {"taskRef": {"name": "x"}}],
    "finally": [{"taskSpec": {"steps": [{"image": "z"}]}}],
}
TASK_IMAGES = ["base", "side", "step"]
SAMPLES = [
    ("tekton.dev/v1", "Task", STEPS, TASK_IMAGES),
    ("tekton.dev/v1beta1", "ClusterTask", STEPS, TASK_IMAGES),
    ("tekton.dev/v1", "TaskRun", {"taskSpec": STEPS}, TASK_IMAGES),
    ("tekton.dev/v1", "Pipeline", TASKS, [*TASK_IMAGES, "z"]),
    ("tekton.dev/v1", "PipelineRun", {"pipelineSpec": TASKS}, [*TASK_IMAGES, "z"]),
    ("tekton.dev/v1", "Pipeline", {"tasks": [{"pipelineSpec": TASKS}]}, [*TASK_IMAGES, "z"]),
    ("tekton.dev/v1beta1", "StepAction", {"image": "step", "args": ["image: no"]}, ["step"]),
    ("argoproj.io/v1alpha1", "Workflow", TEMPLATES, WORKFLOW),
    ("argoproj.io/v1alpha1", "WorkflowTemplate", TEMPLATES, WORKFLOW),
    ("argoproj.io/v1alpha1", "ClusterWorkflowTemplate", TEMPLATES, WORKFLOW),
    ("argoproj.io/v1alpha1", "CronWorkflow", {"workflowSpec": TEMPLATES}, WORKFLOW),
    ("argoproj.io/v1alpha1", "Rollout", TEMPLATE, BOTH),
    ("argoproj.io/v1alpha1", "Experiment", {"templates": [TEMPLATE]}, BOTH),
    ("argoproj.io/v1alpha1", "AnalysisTemplate", {"metrics": [{"provider": {"job": {"spec": TEMPLATE}}}]}, BOTH),
    ("serving.knative.dev/v1", "Service", TEMPLATE, BOTH),
    ("serving.knative.dev/v1", "Configuration", TEMPLATE, BOTH),
    ("serving.knative.dev/v1", "Revision", POD, BOTH),
    ("sources.knative.dev/v1", "ContainerSource", TEMPLATE, BOTH),
    (
        "monitoring.coreos.com/v1",
        "Prometheus",
        {"image": "p", "thanos": {"image": "t"}, **POD},
        ["init", "main", "p", "t"],
    ),
    ("monitoring.coreos.com/v1", "Alertmanager", {"image": "p", **POD}, ["init", "main", "p"]),
    ("monitoring.coreos.com/v1", "ThanosRuler", {"image": "p", **POD}, ["init", "main", "p"]),
    ("monitoring.coreos.com/v1alpha1", "PrometheusAgent", {"image": "p", **POD}, ["init", "main", "p"]),
    (
        "postgresql.cnpg.io/v1",
        "Cluster",
        {"imageName": "pg", "postgresql": {"extensions": [{"name": "x", "image": {"reference": "ext"}}]}},
        ["ext", "pg"],
    ),
    ("postgresql.cnpg.io/v1", "ImageCatalog", {"images": [{"major": 17, "image": "pg"}]}, ["pg"]),
    ("postgresql.cnpg.io/v1", "ClusterImageCatalog", {"images": [{"major": 17, "image": "pg"}]}, ["pg"]),
    ("postgresql.cnpg.io/v1", "Pooler", TEMPLATE, BOTH),
    (
        "kafka.strimzi.io/v1",
        "Kafka",
        {
            "kafka": {"image": "k", "version": "4", "template": {"pod": {"volumes": []}}},
            "entityOperator": {"topicOperator": {"image": "t"}, "userOperator": {"image": "u"}},
            "cruiseControl": {"image": "cc"},
            "kafkaExporter": {"image": "x"},
        },
        ["cc", "k", "t", "u", "x"],
    ),
    ("kafka.strimzi.io/v1", "KafkaConnect", {"image": "k", "clientRackInitImage": "r"}, ["k", "r"]),
    ("core.strimzi.io/v1", "StrimziPodSet", {"pods": [{"apiVersion": "v1", "kind": "Pod", "spec": POD}]}, BOTH),
    ("keda.sh/v1alpha1", "ScaledJob", {"jobTargetRef": TEMPLATE}, BOTH),
    ("apps.openshift.io/v1", "DeploymentConfig", TEMPLATE, BOTH),
    ("pkg.crossplane.io/v1", "Provider", {"package": "xpkg.io/p:1"}, ["xpkg.io/p:1"]),
    ("kibana.k8s.elastic.co/v1", "Kibana", {"image": "k", "podTemplate": {"spec": POD}}, ["init", "k", "main"]),
    ("elasticsearch.k8s.elastic.co/v1", "Elasticsearch", {"nodeSets": [{"podTemplate": {"spec": POD}}]}, BOTH),
    ("grafana.integreatly.org/v1beta1", "Grafana", {"deployment": {"spec": TEMPLATE}}, BOTH),
    ("k8s.mariadb.com/v1alpha1", "MariaDB", {"image": "m", "galera": {"agent": {"image": "a"}}}, ["a", "m"]),
    ("acid.zalan.do/v1", "postgresql", {"dockerImage": "s", "sidecars": [{"image": "x"}]}, ["s", "x"]),
    ("rabbitmq.com/v1beta1", "RabbitmqCluster", {"image": "r"}, ["r"]),
    ("ray.io/v1", "RayCluster", RAY, RAY_IMAGES),
    ("ray.io/v1", "RayJob", {"rayClusterSpec": RAY}, RAY_IMAGES),
    ("ray.io/v1", "RayService", {"rayClusterConfig": RAY}, RAY_IMAGES),
    ("sparkoperator.k8s.io/v1beta2", "SparkApplication", {"image": "s", "driver": {"image": "d"}}, ["d", "s"]),
    ("batch.volcano.sh/v1alpha1", "Job", {"tasks": [TEMPLATE]}, BOTH),
    (
        "serving.kserve.io/v1beta1",
        "InferenceService",
        {"predictor": {"model": {"image": "m"}, **POD}},
        ["init", "m", "main"],
    ),
    ("kueue.x-k8s.io/v1beta1", "Workload", {"podSets": [TEMPLATE]}, BOTH),
    ("kubeflow.org/v1", "PyTorchJob", {"pytorchReplicaSpecs": {"Master": TEMPLATE}}, BOTH),
    ("jobset.x-k8s.io/v1alpha2", "JobSet", {"replicatedJobs": [{"template": {"spec": TEMPLATE}}]}, BOTH),
    (
        "kubevirt.io/v1",
        "VirtualMachine",
        {"template": {"spec": {"volumes": [{"containerDisk": {"image": "d"}}]}}},
        ["d"],
    ),
    (
        "argoproj.io/v1alpha1",
        "Sensor",
        {
            "triggers": [
                {"template": {"k8s": {"source": {"resource": {"apiVersion": "v1", "kind": "Pod", "spec": POD}}}}},
                {
                    "template": {
                        "argoWorkflow": {
                            "source": {
                                "resource": {
                                    "apiVersion": "argoproj.io/v1alpha1",
                                    "kind": "Workflow",
                                    "spec": {"templates": [{"container": {"image": "w"}}]},
                                }
                            }
                        }
                    }
                },
            ]
        },
        ["init", "main", "w"],
    ),
]
# The fields that name images in the CRDs of each project, from github.com/datreeio/CRDs-catalog, August 2026.
CRD_FIELDS = [
    (group, kind, path)
    for group, kinds in json.loads((Path(__file__).parent / "crd_fields.json").read_bytes()).items()
    for kind, paths in kinds.items()
    for path in paths
]
RUN_NOTHING = [
    ("v1", "ConfigMap"),
    ("v1", "Secret"),
    ("v1", "Service"),
    ("v1", "PersistentVolume"),
    ("networking.k8s.io/v1", "Ingress"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ("cert-manager.io/v1", "Certificate"),
    ("cert-manager.io/v1", "ClusterIssuer"),
    ("monitoring.coreos.com/v1", "AlertmanagerConfig"),
    ("source.toolkit.fluxcd.io/v1", "OCIRepository"),
    ("image.toolkit.fluxcd.io/v1beta2", "ImageRepository"),
    ("argoproj.io/v1alpha1", "AppProject"),
    ("gateway.networking.k8s.io/v1", "HTTPRoute"),
    ("policy.sigstore.dev/v1beta1", "ClusterImagePolicy"),
]
ELSEWHERE = [
    ("argoproj.io/v1alpha1", "Application"),
    ("argoproj.io/v1alpha1", "ApplicationSet"),
    ("helm.toolkit.fluxcd.io/v2", "HelmRelease"),
    ("kustomize.toolkit.fluxcd.io/v1", "Kustomization"),
    ("install.istio.io/v1alpha1", "IstioOperator"),
    ("kyverno.io/v1", "ClusterPolicy"),
]


def read(version, kind, spec):
    return parse_manifests(json.dumps({"apiVersion": version, "kind": kind, "spec": spec}).encode(), "m.json")


@pytest.mark.parametrize(("version", "kind", "spec", "images"), SAMPLES)
def test_a_known_kind_names_every_image_that_it_runs(version, kind, spec, images):
    found = read(version, kind, spec)
    assert sorted(one.image for one in found.images) == images
    assert (found.unread, found.notes) == ((), ())


def holding(path, value):
    """An object that has `value` in that field."""
    for part in reversed(parse_path(path)):
        value = [value] if part == ELEMENT else {"any" if part == ANY else part: value}
    return value


@pytest.mark.parametrize(("group", "kind", "path"), CRD_FIELDS)
def test_every_field_of_a_crd_that_names_an_image_is_read(group, kind, path):
    document = {"apiVersion": f"{group}/v1", "kind": kind, **holding(path, "app")}
    found = parse_manifests(json.dumps(document).encode(), "m.json")
    assert ([one.image for one in found.images], found.unread) == (["app"], ())


@pytest.mark.parametrize(("version", "kind"), RUN_NOTHING)
def test_a_kind_that_runs_nothing_names_none_and_is_not_left_out(version, kind):
    found = read(version, kind, {"image": "logo.png", "containers": [{"image": "a"}], "images": ["b:1"]})
    assert (found.images, found.unread, found.notes) == ((), (), ())


@pytest.mark.parametrize(("version", "kind"), ELSEWHERE)
def test_a_kind_that_deploys_from_elsewhere_is_noted_and_not_unread(version, kind):
    found = read(version, kind, {"image": "logo.png", "values": {"image": {"repository": "a", "tag": "1"}}})
    assert (found.images, found.unread, len(found.notes)) == ((), (), 1)


def test_what_an_operator_adds_to_a_known_kind_is_found_by_its_name():
    found = read(
        "monitoring.coreos.com/v1", "Prometheus", {"image": "p", "newImage": "ghcr.io/o/new:1", "oldImage": "x"}
    )
    assert [one.image for one in found.images] == ["p", "ghcr.io/o/new:1"]
    assert [one.field for one in found.unread] == ["spec.oldImage"]


@pytest.mark.parametrize("value", ["{{ x }}", "app:$TAG", 12, True, "UPPER/case", ""])
def test_a_known_field_that_cannot_be_read_is_unread(value):
    found = read("monitoring.coreos.com/v1", "Prometheus", {"image": value})
    assert [one.field for one in found.unread] == ["spec.image"]
    assert all(one.required for one in found.unread)


@pytest.mark.parametrize(
    ("kind", "path"),
    [("Workflow", "templates"), ("WorkflowTemplate", "templates"), ("ClusterWorkflowTemplate", "templates")],
)
def test_a_manifest_that_a_workflow_holds_as_text_is_unread(kind, path):
    found = read("argoproj.io/v1alpha1", kind, {path: [{"resource": {"action": "create", "manifest": "kind: Pod"}}]})
    assert [one.field for one in found.unread] == ["spec.templates[].resource.manifest"]


def test_the_table_has_a_source_for_each_group_and_each_group_once():
    groups = [one.group for one in projects()]
    assert len(groups) == len(set(groups))
    for one in projects():
        lists = [one.pod, one.images, one.texts, one.ignored]
        kinds = [*{name for listed in lists for name in listed}, *one.none, *one.elsewhere, *one.patterns]
        assert kinds, one.group
        assert len(kinds) == len(set(kinds)), one.group
        assert all(known_kind(one.group, kind) for kind in kinds)
