"""Parse the ignore files and VEX documents that the policy names."""

from gate.judging import trivyignore, vex
from gate.judging.judge import JudgeInputs
from gate.policy.loader import Loaded


def from_files(loaded: Loaded) -> JudgeInputs:
    """Read the inputs without feeds and baseline. Raises `InputError` for an invalid file."""
    policy, contents = loaded.policy, loaded.files
    ignored = tuple(
        one for terms in policy.trivyignore for one in trivyignore.parse_ignore_file(contents[terms.file], terms)
    )
    statements = tuple(one for name in policy.vex for one in vex.parse_vex(contents[name], name))
    return JudgeInputs(statements=statements, exceptions=ignored)
