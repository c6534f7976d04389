"""Names of images that are in no registry: what is taken for one, and what is not."""

import pytest

from gate.errors import UsageError
from gate.model.reported_name import chosen_name, full_references, parse_name, repository_of, tag_of


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("ghcr.io/acme/app", "ghcr.io/acme/app"),
        ("ghcr.io/acme/app:1.2", "ghcr.io/acme/app:1.2"),
        ("localhost:5000/app", "localhost:5000/app"),
        ("app", "docker.io/library/app"),
    ],
)
def test_a_name_is_read_as_docker_reads_a_reference(typed, name):
    assert parse_name(typed) == name


@pytest.mark.parametrize(
    "typed",
    ["ghcr.io/acme/app@sha256:" + "a" * 64, "oci:image", "docker-archive:a.tar", "./image", "image.tar", "ghcr.io/A/b",
     "a b", "-x", "https://ghcr.io/acme/app"],
)  # fmt: skip
def test_what_is_no_name_of_an_image_is_refused_with_a_hint(typed):
    with pytest.raises(UsageError) as refused:
        parse_name(typed)
    assert refused.value.hint


def test_only_references_with_a_registry_count():
    with_registry = ["ghcr.io/acme/app:1.2", f"ghcr.io/acme/app@sha256:{'a' * 64}"]
    without = ["1.2", "app:1", "acme/app:1", "localhost/app:1", "../../x", ""]
    malformed = ["ghcr.io/ACME/app", "ghcr.io/acme/app:1 \x1b[31m", "ghcr.io/" + "a" * 600]
    assert full_references([*without, *with_registry, *malformed]) == ("ghcr.io/acme/app:1.2", "ghcr.io/acme/app")


def test_references_of_one_repository_choose_it_and_of_several_none():
    assert chosen_name(["ghcr.io/acme/app:1"])[0] == "ghcr.io/acme/app:1"
    assert chosen_name(["ghcr.io/acme/app:1", "ghcr.io/acme/app:2"])[0] == "ghcr.io/acme/app"
    name, notice = chosen_name(["ghcr.io/acme/app:1", "ghcr.io/acme/web:1"])
    assert not name
    assert "--name" in notice
    assert chosen_name([]) == ("", "")


def test_a_port_is_no_tag():
    assert repository_of("localhost:5000/app") == "localhost:5000/app"
    assert tag_of("localhost:5000/app") == ""
    assert tag_of("localhost:5000/app:1") == "1"
