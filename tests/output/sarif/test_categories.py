"""One run for each image, and a category that tells them apart."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.model.findings import Subject
from gate.output import sarif
from gate.output.sarif.names import categories
from tests.builders import finding, judged, verdict


def ids(*subjects, **options):
    verdicts = [verdict(judged(finding()), subject=subject) for subject in subjects]
    runs = sarif.render(verdicts, sarif.Options(**options)).document["runs"]
    return [run["automationDetails"]["id"] for run in runs]


APP = Subject(name="ghcr.io/acme/app", tag="1.0", digest="sha256:" + "a" * 64)


def test_the_category_is_made_from_the_image_s_name_and_keeps_through_tags():
    assert ids(APP) == ids(APP.model_copy(update={"tag": "2.0"})) == ["gate/ghcr.io/acme/app/"]


def test_chosen_platforms_have_a_category_of_their_own():
    assert ids(APP, platform_suffix="linux_arm64") == ["gate/ghcr.io/acme/app/linux_arm64/"]


@pytest.mark.parametrize("chosen", ["mine", "mine/", "/mine/"])
def test_a_chosen_category_ends_in_one_slash(chosen):
    assert ids(APP, category=chosen) == ["mine/"]


def test_a_chosen_category_is_told_apart_by_image_when_there_are_several():
    other = APP.model_copy(update={"name": "ghcr.io/acme/web"})
    assert ids(APP, other, category="mine") == ["mine/ghcr.io/acme/app/", "mine/ghcr.io/acme/web/"]


def test_two_tags_of_one_image_are_two_categories():
    other = APP.model_copy(update={"tag": "2.0"})
    assert ids(APP, other) == ["gate/ghcr.io/acme/app/1.0/", "gate/ghcr.io/acme/app/2.0/"]


def test_two_digests_of_one_image_are_two_categories():
    one, other = (Subject(name="ghcr.io/acme/app", digest="sha256:" + digit * 64) for digit in "ab")
    assert ids(one, other) == [f"gate/ghcr.io/acme/app/{digit * 12}/" for digit in "ab"]


def test_names_that_flatten_to_the_same_variable_of_the_upload_action_are_told_apart():
    one, other = (Subject(name=f"ghcr.io/acme/{name}", tag="1") for name in ("a-b", "a/b"))
    found = ids(one, other, one, one)
    flat = [re.sub(r"[^a-z0-9]", "_", name) for name in found]
    assert len(set(flat)) == 4


SUBJECTS = st.builds(
    Subject,
    name=st.sampled_from(["ghcr.io/acme/app", "ghcr.io/acme/a-b", "ghcr.io/acme/a/b", "ghcr.io/acme/app/1", "build"]),
    tag=st.sampled_from([None, "1", "2", "a-b"]),
    digest=st.sampled_from([None, "sha256:" + "a" * 64, "sha256:" + "b" * 64]),
    local=st.booleans(),
    reported_as=st.sampled_from(["", "ghcr.io/acme/app", "ghcr.io/acme/app:1", "ghcr.io/acme/a-b:2"]),
)


@given(st.lists(SUBJECTS, max_size=8).flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))))
def test_the_order_of_the_images_has_no_influence_on_their_categories(orders):
    one, other = (sorted(zip(map(repr, some), categories(some, "", ""), strict=True)) for some in orders)
    assert one == other
    assert len({re.sub(r"[^a-z0-9]", "_", name) for _, name in one}) == len(one)


def test_an_image_has_its_category_wherever_it_stands_and_whatever_is_uploaded_with_it():
    subjects = [Subject(name=f"ghcr.io/acme/app{number}") for number in range(23)]
    verdicts = [verdict(subject=subject) for subject in subjects]
    options = sarif.Options(category="mine")
    names = sarif.category_names(verdicts, options)
    (run,) = sarif.render(verdicts[22:], options, names=names[22:]).document["runs"]
    assert run["automationDetails"]["id"] == "mine/ghcr.io/acme/app22/"


def test_a_local_image_has_the_category_of_the_image_that_it_is_reported_as():
    layout = Subject(name="/tmp/x/image", local=True, digest="sha256:" + "c" * 64, reported_as="ghcr.io/acme/app:2.0")
    assert ids(layout) == ids(APP)
    assert ids(layout, APP) == ids(APP, layout)[::-1] == ["gate/ghcr.io/acme/app/2.0/", "gate/ghcr.io/acme/app/1.0/"]


def test_a_hostile_name_makes_a_harmless_category():
    (name,) = ids(Subject(name="\n::error::/../ü \x1b[31m", local=False))
    assert re.fullmatch(r"gate/[A-Za-z0-9._/@:+~-]+/", name)


def test_more_images_than_github_takes_runs_are_cut_with_words():
    subjects = [Subject(name=f"ghcr.io/acme/app{number}") for number in range(23)]
    rendered = sarif.render([verdict(subject=subject) for subject in subjects], sarif.Options())
    assert len(rendered.document["runs"]) == 20
    assert "3 of 23 images" in rendered.cut[0]
    assert rendered.document["properties"]["cut"] == [rendered.cut[0]]
