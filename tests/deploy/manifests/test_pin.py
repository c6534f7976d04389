"""The same file with digests: every image replaced where it stands, and not one other byte."""

from dataclasses import replace

import pytest

from gate.deploy.manifests import parse_manifests, pin
from gate.errors import InputError

DIGEST = "@sha256:" + "a" * 64
HEAD = "apiVersion: v1\nkind: Pod\nspec:\n"


def pinned(text):
    """The text with every image pinned, in the least surprising way: its digest after it."""
    data = text if isinstance(text, bytes) else text.encode()
    deployment = parse_manifests(data, "file")
    return pin(data, deployment, {one.image: one.image + DIGEST for one in deployment.images}).decode()


def refused(text):
    with pytest.raises(InputError) as caught:
        pinned(text)
    return caught.value


@pytest.mark.parametrize(
    "containers",
    [
        "  containers:\n  - image: IMG  # said\n    name: x   \n",
        "  containers:\n    -   image:   'IMG'\n",
        '  containers: [{name: x, "image": "IMG"}, {image: IMG, name: y}]\n',
        "  containers: [{image: IMG}]",
        "  containers:\n  - image: &here IMG\n  - image: *here\n",
        "  containers:\n  - image: &here 'IMG'\n  - {image: *here, name: y}\n  - image: !!str IMG\n",
        "  containers:\n  - &c {image: IMG}\n  - *c\n  - {<<: *c, name: z}\n",
        "  containers:\n  - image:\n      # where from\n      IMG\n",
        "  containers:\n  - ? image\n    : IMG\n",
        "  containers:\n  - image: IMG\n---\n# Source: é.yaml\n---\nAGAIN\n  containers: [{image: IMG}]\n",
    ],
)
@pytest.mark.parametrize("image", ["ghcr.io/o/app:1", "app", "localhost:5000/a/b:x_y.z-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_an_image_is_replaced_however_it_is_written(containers, image, end, mark):
    text = mark + (HEAD + containers.replace("AGAIN", HEAD.strip())).replace("\n", end)
    assert pinned(text.replace("IMG", image)) == text.replace("IMG", image + DIGEST)


def test_a_compose_file_a_list_and_json_are_pinned_too():
    for text in (
        'x-a: &a\n    image: IMG # é\nservices:\n    web: {<<: *a}\n    api:   {image: "IMG", build: .}\n\n\n',
        "# é\n  IMG   # web\r\n\nIMG\n",
        '{"apiVersion":"v1","kind":"Pod","x":"é😀","spec":{\t"containers":[{"image" :"IMG" }] } }\n\n',
    ):
        assert pinned(text.replace("IMG", "app:1")) == text.replace("IMG", "app:1" + DIGEST)


def test_what_takes_the_place_is_the_callers_word():
    data = f"nginx\nghcr.io/o/app:1@sha256:{'b' * 64}\n".encode()
    deployment = parse_manifests(data, "file")
    digests = {one.image: f"docker.io/library/x{DIGEST}" for one in deployment.images}
    assert pin(data, deployment, digests).decode() == f"docker.io/library/x{DIGEST}\n" * 2


def test_an_image_with_escapes_or_over_two_lines_in_quotes_is_replaced_within_them():
    text = HEAD + '  containers:\n  - image: "ghcr.io\\/o\\\n      /app"  # x\n'
    assert parse_manifests(text.encode(), "file").images[0].image == "ghcr.io/o/app"
    assert pinned(text) == HEAD + f'  containers:\n  - image: "ghcr.io/o/app{DIGEST}"  # x\n'


@pytest.mark.parametrize(
    "value", ["|-\n      app", ">-\n      app", "&x |-\n      app", '&x "a\\x70p"', '!!str "a\\\n      pp"']
)
def test_an_image_that_cannot_be_replaced_in_place_is_named_and_not_pinned(value):
    text = HEAD + f"  containers:\n  - image: {value}\n"
    [image] = parse_manifests(text.encode(), "file").images
    where = f"file:5:12: Pod without a name, container 1: {image.image!r}"
    assert refused(text).problem == f"{where} is written in a form that cannot be replaced in place"


@pytest.mark.parametrize(
    "digest", [None, "", "app", "app:1", "app@sha256:abc", f"a b{DIGEST}", f"-x{DIGEST}", f"a\n{DIGEST}"]
)
def test_an_image_without_a_digest_to_pin_it_to_is_refused(digest):
    data = b"nginx\napp\n"
    digests = {"nginx": f"nginx{DIGEST}"} | ({"app": digest} if digest is not None else {})
    with pytest.raises(InputError, match=r"file:2:1: line 2: 'app' has no digest to pin it to"):
        pin(data, parse_manifests(data, "file"), digests)


def test_a_text_that_is_not_the_one_that_was_read_is_refused():
    with pytest.raises(InputError, match="file has changed since it was read"):
        pin(b"redis\n", parse_manifests(b"nginx\n", "file"), {"nginx": f"nginx{DIGEST}"})


def test_an_outcome_that_names_something_else_is_refused():
    data = b"nginx # redis\n"
    deployment = parse_manifests(data, "file")
    [image] = deployment.images
    elsewhere = replace(deployment, images=(replace(image, span=(8, 13)),))
    with pytest.raises(InputError, match="the result would name other images"):
        pin(data, elsewhere, {"nginx": f"nginx{DIGEST}"})


def test_an_anchor_that_is_more_than_an_image_is_replaced_where_it_stands():
    text = HEAD + "  nodeName: &x app\n  containers:\n  - image: *x\n    name: *x\n"
    assert refused(text).problem == "file cannot be pinned: the result would name other images"
    text = HEAD + "  nodeName: &x app\n  containers:\n  - image: *x\n"
    assert pinned(text) == text.replace("&x app", f"&x app{DIGEST}")


def test_a_file_that_names_none_stays_as_it_is():
    text = "apiVersion: v1\nkind: ConfigMap\n"
    assert pinned(text) == text
