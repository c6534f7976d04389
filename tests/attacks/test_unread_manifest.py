"""An image beside a verified one, in a field that `gate verify -f` may not have looked at."""

import json
import re

import pytest

from gate.errors import ExitCode
from gate.io import yaml_document
from tests.lab.cosign import Cosign
from tests.lab.referrers import MemoryRegistry
from tests.lab.sigstore import github_claims
from tests.pipeline.evidence import conftest as signing

gate = signing.gate
IDENTITY = {"repository": "octo/app", "workflow": ".github/workflows/release.yml", "refs": ["main"]}
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: good}\nspec: {containers: [{name: app, image: 'GOOD'}]}\n"
WIDGET = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec:\n"
TEKTON, ARGO, OWN = "tekton.dev/v1", "argoproj.io/v1alpha1", "example.com/v1"
NOT_LOOKED_AT = {
    "tekton step": (TEKTON, "Task", "{steps: [{image: 'IMAGE'}]}"),
    "tekton sidecar": (TEKTON, "Task", "{steps: [{image: 'GOOD'}], sidecars: [{image: 'IMAGE'}]}"),
    "tekton pipeline": (TEKTON, "Pipeline", "{tasks: [{taskSpec: {stepTemplate: {image: 'IMAGE'}}}]}"),
    "tekton default": (TEKTON, "Task", "{params: [{name: i, default: 'IMAGE'}], steps: [{image: $(params.i)}]}"),
    "argo script": (ARGO, "Workflow", "{templates: [{script: {image: 'IMAGE'}}]}"),
    "argo cron workflow": (ARGO, "CronWorkflow", "{workflowSpec: {templates: [{container: {image: 'IMAGE'}}]}}"),
    "prometheus": ("monitoring.coreos.com/v1", "Prometheus", "{image: 'IMAGE'}"),
    "cloudnativepg": ("postgresql.cnpg.io/v1", "Cluster", "{imageName: 'IMAGE'}"),
    "strimzi": ("kafka.strimzi.io/v1", "Kafka", "{kafka: {image: 'IMAGE'}}"),
    "unknown text": (OWN, "Widget", "{deep: [{sidecarImage: 'IMAGE'}]}"),
    "unknown parts": (OWN, "Widget", "{image: {repository: 'NAME', tag: 'TAG'}}"),
    "unknown registry": (OWN, "Widget", "{image: {registry: 'HOST', repository: 'PLACE', tag: 'TAG', digest: ''}}"),
    "unknown tag in another field": (OWN, "Widget", "{image: 'NAME', tag: 'TAG'}"),
    "unknown pod template": (OWN, "Widget", "{template: {spec: {containers: [{image: 'IMAGE'}]}}}"),
    "known kind of another group": (OWN, "ConfigMap", "{image: 'IMAGE'}"),
    "list": ("v1", "List", "\nitems: [{apiVersion: tekton.dev/v1, kind: StepAction, spec: {image: 'IMAGE'}}]"),
}
EVERYWHERE = pytest.mark.parametrize("form", NOT_LOOKED_AT.values(), ids=NOT_LOOKED_AT)


@pytest.fixture(scope="module")
def images():
    with MemoryRegistry() as served:
        yield served


@pytest.fixture(scope="module")
def good(images, layouts, cosign, sigstore, tmp_path_factory):
    """A signed image: its name with its tag, and its digest."""
    digest = images.push(layouts, "clean", "octo/good:1")
    signer = signing.Signs(
        Cosign(cosign, tmp_path_factory.mktemp("signer"), sigstore), sigstore.token(**github_claims())
    )
    signer.sign(f"{images.host}/octo/good@{digest}")
    return f"{images.host}/octo/good:1", digest


@pytest.fixture(scope="module")
def bad(images, layouts):
    """An image that nobody signed."""
    images.push(layouts, "single", "octo/bad:1")
    return f"{images.host}/octo/bad:1"


@pytest.fixture
def verify(gate, sigstore):
    """Verify a file's text under a policy; the answer with the JSON document as `answers`."""

    def call(text, *args, manifests=None, name="deploy.yaml"):
        (gate.folder / name).write_text(text)
        policy = {"trust": {"require": ["signature"], "identities": [IDENTITY]}}
        (gate.folder / "gate.yaml").write_text(
            yaml_document.dump(policy | ({"manifests": manifests} if manifests else {}))
        )
        said = gate("verify", "-f", name, "--trusted-root", sigstore.trusted_root, "--json=answers.json", *args)
        path = gate.folder / "answers.json"
        said.answers = json.loads(path.read_bytes()) if path.exists() else {}
        if said.answers:
            signing.SCHEMAS[False].validate(said.answers)
        said.text = (gate.folder / name).read_text()
        return said

    return call


def pod(image):
    return POD.replace("GOOD", image)


def both(form, image, good):
    """A pod with a good image, and an object that names another one."""
    version, kind, spec = form
    name, _, tag = image.rpartition(":")
    host, _, place = name.partition("/")
    words = {"IMAGE": image, "NAME": name, "TAG": tag, "HOST": host, "PLACE": place, "GOOD": good}
    text = re.sub("|".join(words), lambda found: words[found[0]], f"spec: {spec}\n")
    return f"{pod(good)}---\napiVersion: {version}\nkind: {kind}\nmetadata: {{name: other}}\n{text}"


@EVERYWHERE
def test_an_unsigned_image_beside_a_verified_one_is_found_wherever_it_is(verify, good, bad, form):
    said = verify(both(form, bad, good[0]), "--pin")
    assert said.code == ExitCode.UNVERIFIED, said.words
    assert said.answers["verified"] is False
    assert {one["image"]: one["verified"] for one in said.answers["results"]} == {good[0]: True, bad: False}
    assert said.text == both(form, bad, good[0])


@EVERYWHERE
def test_a_signed_image_is_pinned_wherever_it_is_and_no_tag_is_left(verify, good, form):
    image, digest = good
    said = verify(both(form, image, image), "--pin")
    assert said.code == ExitCode.PASSED, said.words
    assert said.answers["verified"] is True
    again = verify(said.text, "--pin")
    assert again.code == ExitCode.PASSED, again.words
    assert again.text == said.text
    assert {one["image"] for one in again.answers["results"]} == {f"{image}@{digest}"}


@pytest.mark.parametrize(
    "spec",
    [
        "  image: logo.png\n",
        "  image: owner/app\n",
        "  image: 'https://example.com/logo.png'\n",
        "  image: 1.25\n",
        "  image: ''\n",
        "  image: '{{ .Values.image }}'\n",
        "  image: 'ghcr.io/o/app:$TAG'\n",
        "  image: {repository: ghcr.io/o/app}\n",
        "  image: {repository: ghcr.io/o/app, tag: 1.25}\n",
        "  image: ghcr.io/o/app\n  version: '1'\n",
        "  image: ghcr.io/Owner/app:1\n",
    ],
)
@pytest.mark.parametrize("as_list", [False, True], ids=["documents", "list"])
def test_what_may_be_an_image_and_cannot_be_read_is_never_verified(verify, good, spec, as_list):
    text = f"{pod(good[0])}---\n# Source: chart/templates/widget.yaml\n{WIDGET}{spec}---\n# nothing\n"
    if as_list:
        items = [re.sub("(?m)^(?=.)", "    ", one).replace("    ", "  - ", 1) for one in (pod(good[0]), WIDGET + spec)]
        text = "apiVersion: v1\nkind: List\nitems:\n" + "".join(items)
    said = verify(text, "--pin")
    assert said.code == ExitCode.INPUT, said.words
    assert said.answers["verified"] is False
    assert [one["verified"] for one in said.answers["results"]] == [True]
    [unread] = said.answers["unread"]
    assert unread["kind"] == "example.com/Widget"
    assert unread["field"] == "spec.image"
    assert re.fullmatch(r"deploy\.yaml:[0-9]+:[0-9]+", unread["place"])
    assert unread["place"] in said.err
    assert "\nmanifests:\n  example.com/Widget: " in said.err
    assert "1 image verified, 1 field unread" in said.out
    assert said.text == text


def test_the_lines_that_are_printed_settle_it(verify, good):
    text = f"{pod(good[0])}---\n{WIDGET}  image: {good[0]}\n  icon: {{image: logo.png}}\n"
    said = verify(text, "--quiet")
    assert said.code == ExitCode.INPUT
    printed = said.err.partition("\nmanifests:\n")[2].splitlines()
    assert len(printed) == 3
    assert printed[0].startswith("  example.com/Widget: [spec.image, spec.icon.image]  #")
    for line in printed[1:]:
        settled = yaml_document.read(f"manifests:\n{line}\n".encode(), "gate.yaml").value["manifests"]
        again = verify(text, manifests=settled)
        assert (again.code, again.answers["verified"]) == (ExitCode.PASSED, True)


def test_a_field_that_the_policy_names_is_verified(verify, good, bad):
    text = f"{pod(good[0])}---\n{WIDGET}  engine: {bad}\n"
    assert verify(text).code == ExitCode.PASSED
    assert verify(text, manifests={"example.com/Widget": ["spec.engine"]}).code == ExitCode.UNVERIFIED


def test_what_the_policy_leaves_out_is_said(verify, good, bad):
    text = f"{pod(good[0])}---\n{WIDGET}  image: {bad}\n"
    said = verify(text, manifests={"example.com/Widget": "none"})
    assert said.code == ExitCode.PASSED
    assert f"{bad!r} is not verified: the policy says that it is not an image" in said.err


def test_a_file_of_nothing_but_unread_fields_says_so(verify):
    said = verify(f"{WIDGET}  image: logo.png\n", "--pin")
    assert said.code == ExitCode.INPUT
    assert (said.answers["verified"], said.answers["results"]) == (False, [])
    assert "example.com/Widget: [spec.image]  #" in said.err
    assert "example.com/Widget: none  #" in said.err


def test_a_known_bad_image_outweighs_what_is_unread(verify, good, bad):
    text = f"{pod(bad)}---\n{WIDGET}  image: logo.png\n"
    said = verify(text)
    assert said.code == ExitCode.UNVERIFIED
    assert (said.answers["verified"], len(said.answers["unread"])) == (False, 1)
    assert "manifests:" in said.err


def test_what_is_unread_outweighs_a_registry_that_cannot_be_reached(verify):
    text = f"{pod('127.0.0.1:1/o/app:1')}---\n{WIDGET}  image: logo.png\n"
    said = verify(text)
    assert said.code == ExitCode.INPUT, said.words
    assert said.answers["results"][0]["rows"][0]["state"] == "unknown"


@pytest.mark.parametrize("value", ["$(params.none)", "$(tasks.build.results.image)", "{{ .Values.image }}"])
def test_a_step_whose_image_a_run_fills_in_is_unread(verify, good, value):
    said = verify(both((TEKTON, "Task", "{steps: [{image: 'IMAGE'}]}"), value, good[0]))
    assert said.code == ExitCode.INPUT, said.words
    assert said.answers["verified"] is False
    assert "tekton.dev/Task: none" in said.err


def test_a_default_that_is_verified_is_said_to_be_one(verify, good):
    said = verify(both(NOT_LOOKED_AT["tekton default"], good[0], good[0]))
    assert said.code == ExitCode.PASSED
    assert "the default is verified, but a run can set another image" in said.err


def test_kinds_that_run_nothing_are_not_left_out(verify, good):
    more = [
        "apiVersion: v1\nkind: ConfigMap\ndata: {image: logo.png}\n",
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: {image: {type: string}}\n",
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: {source: {kustomize: {images: [a]}}}\n",
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec: {values: {image: {repository: a, tag: b}}}\n",
        "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nspec: {rules: [{verifyImages: [{image: '*'}]}]}\n",
    ]
    said = verify("---\n".join([pod(good[0]), *more]))
    assert said.code == ExitCode.PASSED, said.words
    assert (said.answers["verified"], said.answers["unread"]) == (True, [])


def test_a_stream_of_json_is_read_to_its_end(verify, good):
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"image": good[0]}]}}
    widget = {"apiVersion": "example.com/v1", "kind": "Widget", "spec": {"image": "logo.png"}}
    said = verify(f"{json.dumps(pod)}\n{json.dumps(widget, indent=2)}", name="deploy.json")
    assert said.code == ExitCode.INPUT
    assert said.answers["verified"] is False


@pytest.mark.parametrize("manifests", [{"apps/Deployment": "none"}, {"Pod": "none"}])
def test_the_policy_cannot_leave_out_a_workload_of_kubernetes(verify, good, manifests):
    said = verify(pod(good[0]), manifests=manifests)
    assert said.code == ExitCode.INPUT
    assert "it runs pods" in said.err
