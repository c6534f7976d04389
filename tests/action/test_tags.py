"""`mode: tags`: the tags of an image for the event of the job, as outputs."""

import pytest


@pytest.mark.parametrize(
    ("ref", "tags"),
    [
        ("refs/heads/main", ["latest", "main", "main-0123456"]),
        ("refs/heads/develop", ["develop", "develop-0123456"]),
        ("refs/heads/feature/x", ["feature-x", "feature-x-0123456"]),
        ("refs/tags/v1.2.3", ["1.2.3", "1.2", "1", "latest"]),
    ],
)
def test_the_tags_of_the_event_are_outputs(act, registry, layouts, ref, tags):
    image = f"{registry.host}/tags/new"
    registry.push(layouts, "clean", "tags/new:0.9")
    done = act(mode="tags", image=image, lab=False, env={"GITHUB_REF": ref, "GITHUB_SHA": "01234567" * 5})
    assert done.outputs["tags"].splitlines() == [f"{image}:{tag}" for tag in tags]
    assert done.outputs["version"] == tags[0]
    assert (done.outputs["verdict"], done.summary) == ("named", "")


def test_the_rules_of_the_policy_decide(act):
    (act.workspace / "gate.yaml").write_text("version: 1\ntags:\n  default: ['edge']\n")
    done = act(
        mode="tags", image="ghcr.io/a/b", lab=False, env={"GITHUB_REF": "refs/heads/main", "GITHUB_SHA": "01234567" * 5}
    )
    assert done.outputs["tags"] == "ghcr.io/a/b:edge"


def test_an_event_without_a_tag_fails_and_says_why(act):
    done = act(mode="tags", image="ghcr.io/a/b", lab=False, env={"GITHUB_REF": "refs/tags/nightly"})
    assert done.failed
    assert done.outputs["tags"] == ""
    assert "gets no tag" in done.summary
    assert "::error title=gate::the tag nightly gets no tag" in done.said
