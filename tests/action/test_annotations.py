"""What the action shows on the lines of a change."""

from tests.action.runner import commands


def test_what_refuses_is_annotated_within_what_github_shows(act, pushed):
    said = act(image=pushed["single"], upload="false").said
    errors = [line for line in commands(said) if line.startswith("::error ")]
    assert errors
    assert len(errors) <= 10
    assert "critical" in errors[0]


def test_a_clean_image_is_not_annotated(act, pushed):
    said = act(image=pushed["clean"], upload="false").said
    assert not [line for line in commands(said) if line.startswith(("::error", "::warning", "::notice"))]
