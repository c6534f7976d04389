"""What `gate doctor` prints is for people: it fits, and it is no command to anything."""

import pytest

from gate.model.diagnosis import CheckState, DiagnosisRow, code
from gate.output import doctor_terminal

HOSTILE = "\x1b[31mred\x1b[0m\n::error::x\u202e<b>" + "w" * 3000


@pytest.mark.parametrize("width", [40, 80, 200])
def test_rows_fit_and_are_harmless(width):
    text = doctor_terminal.rows(
        [DiagnosisRow("pull", state, HOSTILE, HOSTILE) for state in CheckState], color=False, width=width
    )
    assert all(len(line) <= width for line in text.splitlines())
    assert not any(line.lstrip().startswith("::") for line in text.splitlines())
    assert "\x1b" not in text
    assert "\u202e" not in text
    for state in CheckState:
        assert f"1 {state}" in " ".join(text.split())


def test_two_warnings_are_counted_in_the_plural():
    two = [DiagnosisRow("pull", state, "x") for state in (CheckState.WARNING, CheckState.BROKEN) for _ in range(2)]
    assert doctor_terminal.rows(two, color=False, width=80).endswith("2 warnings, 2 broken\n")


def test_colour_is_there_only_when_it_was_asked_for():
    rows = [DiagnosisRow("pull", CheckState.BROKEN, "no", "yes")]
    assert "\x1b" in doctor_terminal.rows(rows, color=True, width=80)
    assert "\x1b" not in doctor_terminal.rows(rows, color=False, width=80)


@pytest.mark.parametrize(
    ("states", "told"),
    [
        ([], 0),
        ([CheckState.OK, CheckState.WARNING], 0),
        ([CheckState.OK, CheckState.UNKNOWN], 6),
        ([CheckState.UNKNOWN, CheckState.BROKEN, CheckState.OK], 3),
    ],
)
def test_the_worst_row_is_the_exit_code(states, told):
    assert code(DiagnosisRow("x", state, "y") for state in states) == told
