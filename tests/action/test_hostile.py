"""Names, inputs and a checkout that want something else than a scan."""

import pytest

from tests.action.runner import commands

HOSTILE = [
    "$(touch pwned)", "`touch pwned`", '"; touch pwned; "', "'; touch pwned; '", "--help", "--fail-on=none", "-q",
    "a\nb\n--sign", "::error::pwned", "${{ github.token }}", "../../etc/passwd", "x" * 5000, "\x1b[31mred",
]  # fmt: skip


@pytest.mark.parametrize("image", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_name_stays_data(act, image, github):
    ran = act(image=image)
    assert ran.failed
    assert ran.codes["Decide"] in {2, 3, 6}, ran.said
    assert ran.outputs["verdict"] == "undecided"
    assert ran.outputs["digest"] == ""
    assert "decided" in ran.summary
    assert not list(act.workspace.iterdir())
    assert "\x1b" not in ran.said
    quoting = [command for command in commands(ran.said) if "pwned" in command]
    assert all(command.startswith("::error title=gate::not an image reference: ") for command in quoting)
    assert github.uploads == []


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"mode": "approve\n::error::x"}, "mode is scan, sign, verify, prune or tags"),
        ({"upload": "maybe"}, "upload is true, false or codeql"),
        ({"require": "signature"}, "the input 'require' is for mode verify, not for scan"),
        ({"mode": "verify", "fail-on": "high"}, "the input 'fail-on' is for mode scan and sign, not for verify"),
    ],
)
def test_an_input_that_would_do_nothing_is_refused(act, inputs, words):
    ran = act(image="ghcr.io/acme/app", lab=False, **inputs)
    assert ran.codes["Decide"] == 2
    assert len([one for one in commands(ran.said) if words in one]) == 1
    assert ran.outputs["verdict"] == "undecided"


@pytest.mark.parametrize("mode", ["scan", "sign", "verify", "prune"])
@pytest.mark.parametrize("image", ["", "\n  \n"])
def test_an_empty_image_is_named_with_what_to_write(act, mode, image):
    ran = act(image=image, mode=mode, lab=False)
    [command] = commands(ran.said)
    assert command.startswith("::error title=gate::the input 'image' is empty%0Awrite the ")
    assert ran.codes["Decide"] == 2
    assert ("ghcr.io/owner/app" if mode == "prune" else "needs.build.outputs.digest") in ran.summary


def test_what_a_checkout_calls_gate_is_not_what_runs(act, pushed):
    for name in ("gate.py", "click.py", "json.py", "sitecustomize.py"):
        (act.workspace / name).write_text("open('pwned', 'w')\n")
    ran = act(image=pushed["clean"], upload="false", env={"PYTHONPATH": str(act.workspace)})
    assert ran.outputs["verdict"] == "passed", ran.said
    assert not (act.workspace / "pwned").exists()
