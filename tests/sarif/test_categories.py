"""One run for each image, and a category that tells them apart."""

import re

import pytest

from gate import sarif
from gate.findings import Subject
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
    assert ids(APP, other) == ["gate/ghcr.io/acme/app/", "gate/ghcr.io/acme/app/2.0/"]


def test_names_that_flatten_to_the_same_variable_of_the_upload_action_are_told_apart():
    one, other = (Subject(name=f"ghcr.io/acme/{name}", tag="1") for name in ("a-b", "a/b"))
    found = ids(one, other, one, one)
    flat = [re.sub(r"[^a-z0-9]", "_", name) for name in found]
    assert len(set(flat)) == 4


def test_a_hostile_name_makes_a_harmless_category():
    (name,) = ids(Subject(name="\n::error::/../ü \x1b[31m", local=False))
    assert re.fullmatch(r"gate/[A-Za-z0-9._/@:+~-]+/", name)


def test_more_images_than_github_takes_runs_are_cut_with_words():
    subjects = [Subject(name=f"ghcr.io/acme/app{number}") for number in range(23)]
    rendered = sarif.render([verdict(subject=subject) for subject in subjects], sarif.Options())
    assert len(rendered.document["runs"]) == 20
    assert "3 of 23 images" in rendered.cut[0]
    assert rendered.document["properties"]["cut"] == [rendered.cut[0]]
