"""Kinds that `gate` does not know: which of their fields name an image, and which are left open until it is settled."""

import json

import pytest

from gate.deploy.manifests import parse_manifests, pin, settling_lines
from gate.errors import InputError

HEAD = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: web}\nspec:\n"
HEX = "a" * 64
DIGEST = f"@sha256:{HEX}"


def deployment(spec, **settled):
    return parse_manifests(
        (HEAD + spec).encode(), "w.yaml", {"example.com/Widget": settled["settled"]} if settled else {}
    )


def images(spec, **settled):
    found = deployment(spec, **settled)
    assert found.unread == ()
    return [one.image for one in found.images]


def unread(spec, **settled):
    found = deployment(spec, **settled)
    assert found.images == ()
    return [(one.field, one.why) for one in found.unread]


def pinned(spec):
    found = deployment(spec)
    assert found.unread == ()
    text = (HEAD + spec).encode()
    return pin(text, found, {one.image: one.image.partition("@")[0] + DIGEST for one in found.images}).decode()


@pytest.mark.parametrize(
    "key",
    [
        *("image", "Image", "imageName", "imageRef", "imageURL", "sidecarImage", "dockerImage", "redis_image"),
        *("init-image", "initImageURL", "containerImage", "IMAGE", "imageReference"),
    ],
)
@pytest.mark.parametrize(
    "text", ["ghcr.io/o/app", "app:1", f"app{DIGEST}", "localhost:5000/app", f"ghcr.io/o/app:1{DIGEST}"]
)
def test_a_text_with_registry_tag_or_digest_under_an_image_key_is_an_image(key, text):
    assert images(f"  deep: [{{{key}: '{text}'}}]\n") == [text]


@pytest.mark.parametrize("key", ["imagePullPolicy", "imagePullSecrets", "damage", "imageCatalogRef", "title", "tag"])
def test_other_keys_name_no_image(key):
    assert images(f"  {key}: 'ghcr.io/o/app:1'\n") == []


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("logo.png", "'logo.png' may or may not be an image"),
        ("owner/app", "'owner/app' may or may not be an image"),
        ("https://example.com/logo.png", "not an image reference"),
        ("GHCR.io/Owner/App:1", "image names are lower case"),
        ("''", "it is empty"),
        ("1.25", "it is not a string"),
        ("12", "it is not a string"),
        ("!!binary YQ==", "it is not a string"),
        ("'{{ .Values.image }}'", "contains a variable"),
        ("ghcr.io/o/app:${TAG}", "contains a variable"),
        ("$(params.image)", "contains a variable"),
        ("{name: app}", "'app' has neither tag nor digest"),
        ("{repository: ghcr.io/o/app}", "'ghcr.io/o/app' has neither tag nor digest"),
        ("{repository: ghcr.io/o/app, tag: 1.25}", "its tag is not a string"),
        ("{repository: ghcr.io/o/app, tag: '{{ x }}'}", "its tag '{{ x }}' contains a variable"),
        ("{repository: ghcr.io/o/app, version: '1'}", "has a version in another field"),
        ("{repository: 'ghcr.io/o/app:1', tag: '2'}", "has a tag of its own"),
        ("{repository: ghcr.io/o/app, digest: abc}", "'abc' is not a digest"),
        ("{repository: ghcr.io/o/app, tag: a, imageTag: b}", "there are several tags"),
        ("{registry: quay.io, repository: ghcr.io/o/app, tag: a}", "has a registry of its own"),
        ("{repository: '', tag: a}", "not an image name"),
        ("{url: 'https://example.com/logo.png'}", "not an image reference"),
        ("{path: 'ghcr.io/o/app@sha256:abc'}", "not a digest"),
    ],
)
def test_what_may_be_an_image_and_cannot_be_read_is_unread(value, why):
    [(_, said)] = unread(f"  image: {value}\n")
    assert why in said


@pytest.mark.parametrize("value", ["null", "~", "", "true", "{}", "{pullPolicy: Always}", "[]", "{repository: null}"])
def test_what_is_not_given_names_no_image(value):
    assert images(f"  image: {value}\n") == []


@pytest.mark.parametrize(
    ("spec", "image"),
    [
        ("image: {repository: ghcr.io/o/app, tag: v1}", "ghcr.io/o/app:v1"),
        ("image: {repo: ghcr.io/o/app, tag: v1}", "ghcr.io/o/app:v1"),
        ("image: {registry: ghcr.io, repository: o/app, tag: v1}", "ghcr.io/o/app:v1"),
        ("image: {registry: ghcr.io, name: o/app, tag: v1}", "ghcr.io/o/app:v1"),
        ("image: {registry: ghcr.io, repository: ghcr.io/o/app, tag: v1}", "ghcr.io/o/app:v1"),
        ("image: {name: app, tag: v1}", "app:v1"),
        (f"image: {{repository: app, digest: 'sha256:{HEX}'}}", f"app{DIGEST}"),
        (f"image: {{repository: app, tag: v1, digest: 'sha256:{HEX}'}}", f"app:v1{DIGEST}"),
        (f"image: {{repository: app, tag: 'v1{DIGEST}'}}", f"app:v1{DIGEST}"),
        ("image: {repository: 'app:v1', pullPolicy: Always}", "app:v1"),
        ("image: {reference: 'app:v1', pullPolicy: Always}", "app:v1"),
        ("proxy: {repository: ghcr.io/o/app, tag: v1}", "ghcr.io/o/app:v1"),
        ("proxy: {registry: ghcr.io, name: x, image: o/app, tag: v1}", "ghcr.io/o/app:v1"),
        ("engineImageSpec: {repository: app, versionTag: v1}", "app:v1"),
        ("imageRepository: ghcr.io/o/app\n  imageTag: v1", "ghcr.io/o/app:v1"),
        ("image: ghcr.io/o/app\n  tag: v1", "ghcr.io/o/app:v1"),
        ("image: o/app\n  imageRegistry: ghcr.io\n  imageTag: v1", "ghcr.io/o/app:v1"),
        ("sidecarImage: ghcr.io/o/app\n  sidecarImageTag: v1", "ghcr.io/o/app:v1"),
        ("sidecarImage: ghcr.io/o/app\n  sidecarTag: v1", "ghcr.io/o/app:v1"),
        ("redis_image: redis\n  redis_image_tag: v1", "redis:v1"),
        ("images: {web: 'app:v1'}", "app:v1"),
        ("images: ['app:v1']", "app:v1"),
        ("images: {web: {name: app, tag: v1}, pullPolicy: Always}", "app:v1"),
        ("containers: ['app:v1', sidecar]", "app:v1"),
        ("containers: [{name: a, image: app}]", "app"),
        ("template: {spec: {initContainers: [{name: a, image: app}]}}", "app"),
        ("volumes: [{name: a, image: {reference: app}}]", "app"),
        ("volumes: [{name: a, image: 'app:v1'}]", "app:v1"),
        ("volumes: [{name: a, image: {repository: app, tag: v1}}]", "app:v1"),
        ("image: 'docker://app:v1'", "app:v1"),
        ("image: {repository: 'oci://ghcr.io/o/app', tag: v1}", "ghcr.io/o/app:v1"),
    ],
)
def test_an_image_in_parts_is_put_together(spec, image):
    assert images(f"  {spec}\n") == [image]


def test_a_repository_of_source_code_is_no_image():
    assert images("  chart: {repository: 'https://charts.example.com', version: '1', tag: x}\n  repository: x\n") == []


def test_a_repository_in_a_registry_alone_is_unread_for_its_tag_is_chosen_elsewhere():
    for spec, where in (("  repository: ghcr.io/o/app\n", "spec"), ("  a: {repo: ghcr.io/o/app}\n", "spec.a")):
        [(field, why)] = unread(spec)
        assert (field, "neither tag nor digest" in why) == (where, True)


def test_what_was_not_used_of_an_image_in_parts_is_looked_at_too():
    assert images("  x: {repository: ghcr.io/o/a, tag: v1, image: 'ghcr.io/o/b', c: {image: 'ghcr.io/o/c:1'}}\n") == [
        "ghcr.io/o/a:v1",
        "ghcr.io/o/b:v1",
        "ghcr.io/o/c:1",
    ]


def test_an_object_that_is_itself_an_image_in_parts_is_read():
    text = b"apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nrepository: app\ntag: v1\n"
    assert [one.image for one in parse_manifests(text, "w.yaml").images] == ["app:v1"]


@pytest.mark.parametrize("place", ["metadata: {annotations: {image: logo.png}}", "status: {image: logo.png}"])
def test_metadata_and_status_name_nothing_that_is_deployed(place):
    found = parse_manifests(f"apiVersion: example.com/v1\nkind: Widget\n{place}\n".encode(), "w.yaml")
    assert (found.images, found.unread) == ((), ())


def test_an_embedded_object_is_read_by_its_own_kind():
    found = parse_manifests(
        b"apiVersion: example.com/v1\nkind: Wrapper\nspec:\n"
        b"  ref: {apiVersion: apps/v1, kind: Deployment, name: x}\n"
        b"  manifests:\n"
        b"  - {apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {image: logo.png}}\n"
        b"  - {apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{image: a}]}}\n",
        "w.yaml",
    )
    assert [(one.path, one.image) for one in found.images] == [("Pod p, container 1", "a")]
    assert found.unread == ()


@pytest.mark.parametrize("version", ["example.com/v1", "apps.example.com/v1", "example.com/apps/v1"])
@pytest.mark.parametrize("kind", ["Deployment", "ConfigMap", "Task", "Application"])
def test_a_known_kind_in_another_group_is_not_known(version, kind):
    found = parse_manifests(f"apiVersion: {version}\nkind: {kind}\ndata: {{image: logo.png}}\n".encode(), "w.yaml")
    assert [one.field for one in found.unread] == ["data.image"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("  image: 'app:1' # x\n", f"  image: 'app:1{DIGEST}' # x\n"),
        ("  i: &a {repository: app, tag: v1}\n  j: *a\n", f"  i: &a {{repository: app, tag: v1{DIGEST}}}\n  j: *a\n"),
        (
            "  image:\n    repository: app\n    tag: 'v1'\n    digest: ''\n",
            f"  image:\n    repository: app\n    tag: 'v1'\n    digest: 'sha256:{HEX}'\n",
        ),
        (
            "  image:\n    digest:\n    repository: app\n    tag: v1\n",
            f'  image:\n    digest: "sha256:{HEX}"\n    repository: app\n    tag: v1\n',
        ),
        ("  image: {repository: app, tag: v1, digest: ~}\n", None),
        ("  image: {repository: app, tag: v1, digest: }\n", '  image: {repository: app, tag: v1, digest: "%d" }\n'),
        ("  image: {registry: r.io, repository: 'app:1'}\n", "  image: {registry: r.io, repository: 'app:1%s'}\n"),
        ("  image: docker://app:1\n", "  image: docker://app:1%s\n"),
        ("  sideImage: app\n  sideImageTag: v1\n", "  sideImage: app\n  sideImageTag: v1%s\n"),
    ],
)
def test_pinned_the_digest_stands_in_the_right_member_and_nothing_else_changes(before, after):
    wanted = (after or before.replace("~", f'"sha256:{HEX}"')).replace("%s", DIGEST).replace("%d", DIGEST[1:])
    assert pinned(before) == HEAD + wanted
    assert pinned(wanted) == HEAD + wanted


def test_json_is_pinned_in_the_right_member():
    text = json.dumps(
        {
            "apiVersion": "example.com/v1",
            "kind": "Widget",
            "spec": {"image": {"repository": "app", "tag": "v1", "digest": None}},
        }
    )
    found = parse_manifests(text.encode(), "w.json")
    after = pin(text.encode(), found, {"app:v1": f"app:v1{DIGEST}"}).decode()
    assert after == text.replace("null", f'"sha256:{HEX}"')


def test_a_tag_that_two_images_share_is_not_pinned_to_one_of_them():
    spec = "  a: {repository: app, tag: &t v1}\n  b: {repository: web, tag: *t}\n"
    found = deployment(spec)
    digests = {"app:v1": f"app:v1{DIGEST}", "web:v1": f"web:v1@sha256:{'b' * 64}"}
    with pytest.raises(InputError, match="the result would name other images"):
        pin((HEAD + spec).encode(), found, digests)


def test_the_policy_says_which_fields_name_images_and_no_other_does():
    spec = "  image: app\n  icon: {image: logo.png}\n  other: {image: 'ghcr.io/o/x:1'}\n  containers: [{image: c}]\n"
    found = deployment(spec, settled=("spec.image",))
    assert [one.image for one in found.images] == ["app", "c"]
    assert found.unread == ()
    said = "'ghcr.io/o/x:1' is not verified: the policy says that it is not an image"
    assert found.notes == (f"w.yaml:7:18: Widget web, spec.other.image: {said}",)


@pytest.mark.parametrize(
    ("path", "spec", "image"),
    [
        ("spec.images.*", "images: {a: app}", "app"),
        ("spec.list[].image", "list: [{image: app}]", "app"),
        ("spec.list[]", "list: [app]", "app"),
        ("spec.any", "any: app", "app"),
        ("spec.any", "any: {repository: app, tag: v1}", "app:v1"),
        ("spec.image.repository", "image: {repository: app, tag: v1}", "app:v1"),
        ("spec.image.reference", "image: {reference: app}", "app"),
        ("spec.image", "image: ghcr.io/o/app\n  version: '1'", "ghcr.io/o/app"),
        ("spec.*.image", "'a.b/c': {image: app}", "app"),
    ],
)
def test_a_field_that_the_policy_names_is_an_image_whatever_it_looks_like(path, spec, image):
    assert images(f"  {spec}\n", settled=(path,)) == [image]


@pytest.mark.parametrize("value", ["'{{ x }}'", "12", "''", "UPPER/case", "true"])
def test_a_field_that_the_policy_names_and_cannot_be_read_stays_unread(value):
    assert len(unread(f"  image: {value}\n", settled=("spec.image",))) == 1


def test_none_in_the_policy_leaves_the_whole_kind_out_and_says_what_that_was():
    spec = "  image: logo.png\n  b: {image: '{{ x }}'}\n  c: {image: 'ghcr.io/o/x:1'}\n  containers: [{image: c}]\n"
    found = deployment(spec, settled="none")
    assert (found.images, found.unread, len(found.notes)) == ((), (), 2)


def test_a_workload_of_kubernetes_cannot_be_left_out():
    with pytest.raises(InputError, match="apps/Deployment names no image, but it runs pods"):
        parse_manifests(b"nginx\n", "list", {"apps/Deployment": "none"})


def test_the_lines_that_settle_it_do_so():
    spec = "  image: 'ghcr.io/o/app:1'\n  list: [{image: a}]\n  'x.y/z': {image: b}\n"
    found = deployment(spec)
    lines = settling_lines([found])
    assert lines[0] == "manifests:"
    assert lines[1].partition("  #")[0] == ('  example.com/Widget: [spec.image, "spec.list[].image", "spec.*.image"]')
    assert lines[2].partition("  #")[0] == "  example.com/Widget: [spec.image]"
    assert lines[3].partition("  #")[0] == "  example.com/Widget: none"
    assert images(spec, settled=("spec.image", "spec.list[].image", "spec.*.image")) == ["ghcr.io/o/app:1", "a", "b"]
    assert images(spec, settled=("spec.image",)) == ["ghcr.io/o/app:1"]
    assert images(spec, settled="none") == []


def test_a_kind_whose_name_is_no_name_gets_no_line():
    found = parse_manifests(b'apiVersion: example.com/v1\nkind: "A: none\\n"\nspec: {image: logo.png}\n', "w.yaml")
    assert len(found.unread) == 1
    assert settling_lines([found]) == []
