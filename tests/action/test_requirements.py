"""What the action installs: everything that the command needs, nothing else, each file by its hash."""

import re
import tomllib
from importlib.metadata import requires

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.lab.tools import ROOT

TEXT = (ROOT / "action" / "requirements.txt").read_text()
ENTRIES = re.findall(
    r"(?m)^([a-z0-9.-]+)==(\S+)(?: ; (.*?))? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", TEXT
)


def test_every_line_is_a_version_with_its_hashes():
    kept = [line for line in TEXT.splitlines() if line and not line.startswith("#")]
    assert len(kept) == len(ENTRIES) + sum(hashes.count("--hash") for *_, hashes in ENTRIES)
    assert not re.search(r"://|--index|--find-links", TEXT)


def test_the_versions_are_those_that_everything_is_tested_with():
    pins = (ROOT / "requirements" / "constraints.txt").read_text().splitlines()
    tested = {canonicalize_name(name): version for name, _, version in (line.partition("==") for line in pins)}
    assert {name: version for name, version, *_ in ENTRIES}.items() <= tested.items()


def test_it_is_all_that_the_command_needs_and_no_more():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    waiting, needed = [Requirement(one) for one in project["dependencies"]], set()
    while waiting:
        one = waiting.pop()
        if (one.marker is None or one.marker.evaluate({"extra": ""})) and canonicalize_name(one.name) not in needed:
            needed.add(canonicalize_name(one.name))
            waiting += [Requirement(line) for line in requires(one.name) or ()]
    named = {name for name, _, marker, _ in ENTRIES if not marker or Requirement(f"x ; {marker}").marker.evaluate()}
    assert named == needed
