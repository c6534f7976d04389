"""The images of a Compose file's services, and what such a file leaves open."""

import pytest

from gate.deploy.manifests import parse_manifests
from gate.errors import InputError


def deployment(text):
    return parse_manifests(text.encode(), "compose.yaml")


def named(text):
    return [(one.path, one.image) for one in deployment(text).images]


def refused(text):
    with pytest.raises(InputError) as caught:
        deployment(text)
    return caught.value


def test_the_image_of_every_service_is_named():
    assert named("name: x\nservices:\n  web: {image: a, build: .}\n  'd b': {image: b}\nvolumes: {}\nx-y: 1\n") == [
        ("services.web", "a"),
        ("services.d b", "b"),
    ]


def test_what_is_built_or_run_by_a_provider_names_none_and_is_told():
    found = deployment("services:\n  web:\n    build: .\n    image:\n  ai: {provider: {type: model}}\n")
    assert found.images == ()
    assert found.notes == (
        "compose.yaml:3:5: services.web is built at deployment and names no image",
        "compose.yaml:5:7: services.ai is run by a provider, and names no image",
    )


def test_a_file_without_services_in_it_names_none():
    assert named("services:\n") == named("services: {}\nname: x") == []


def test_an_image_that_is_mounted_is_named_too():
    text = "services: {web: {image: a, volumes: ['./x:/x', {type: bind, source: x}, {type: image, source: b}]}}"
    assert named(text) == [("services.web", "a"), ("services.web, image volume", "b")]


def test_fragments_are_read_where_they_are_merged_and_nowhere_else():
    text = (
        "x-a: &a {image: a, restart: always}\nx-b: {image: b}\nservices:\n  web: {<<: *a}\n  api: {<<: *a, image: c}\n"
    )
    assert named(text) == [("services.web", "a"), ("services.api", "c")]


@pytest.mark.parametrize("extends", ["base", "{service: base}"])
def test_what_extends_another_service_of_the_file_is_as_good_as_that(extends):
    text = "services: {base: {image: a}, web: {extends: %s}}"
    assert named(text % extends) == [("services.base", "a")]


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("services: {web: {image: 'a:${TAG:-1}'}}", "services.web: the image 'a:${TAG:-1}' has a variable in it", 1),
        ("services: {web: {image: a:$TAG}}", "services.web: the image 'a:$TAG' has a variable in it", 1),
        ("services: {web: {image: 1}}", "services.web: the image is not a string", 0),
        ("services: {web: {image: ''}}", "services.web: the image is empty", 0),
        ("services: {web: {ports: []}}", "services.web has neither an image nor a build", 1),
        ("services: {web: }", "services.web is not a mapping", 0),
        ("services: {web: a}", "services.web is not a mapping", 0),
        ("services: [a]", "services is not a mapping", 0),
        ("services: {web: {extends: {file: b.yaml, service: x}}}", "services.web extends a service that is not in", 1),
        (
            "services: {x: {image: a}, web: {extends: {file: b.yaml, service: x}}}",
            "services.web extends a service that is not in this file",
            1,
        ),
        ("services: {web: {extends: other}}", "services.web extends a service that is not in this file", 1),
        ("services: {web: {image: a}}\ninclude: [b.yaml]", "it includes other files", 1),
        ("services: {web: {image: a, volumes: [{type: $T, source: b}]}}", "a volume whose type is a variable", 1),
        (
            "services: {web: {image: a, volumes: [{type: image}]}}",
            "services.web, image volume: the image is not a string",
            0,
        ),
        ("services: {web: {image: !reset null}}", "services.web: the image is not a string", 0),
    ],
)
def test_what_the_file_leaves_open_is_refused_at_its_place(text, said, hint):
    caught = refused(text)
    assert caught.problem.startswith("compose.yaml:")
    assert said in caught.problem
    assert ("docker compose config" in caught.hint) == bool(hint)


def test_services_beside_what_compose_does_not_know_are_no_compose_file():
    assert "neither" in refused("services: {web: {image: a}}\nreplicas: 3").problem
