"""Packages that plug themselves into pydantic: none is loaded into `gate`."""

import os
import subprocess
import sys

import pytest

from tests.lab.tools import ROOT

PLUGIN = "from pathlib import Path; Path('loaded').touch()\nplugin = None\n"
GATE = "import sys; sys.argv = ['gate', 'policy', 'show']; from gate.__main__ import main; main()"
PYDANTIC = "import pydantic; pydantic.create_model('M', a=(int, 1))()"


@pytest.fixture
def run(tmp_path):
    info = tmp_path / "packages" / "plugin-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[pydantic]\nplugin = plugin:plugin\n")
    (info.parent / "plugin.py").write_text(PLUGIN)
    (tmp_path / "here").mkdir()

    def call(script):
        env = {**os.environ, "PYTHONPATH": f"{ROOT}:{info.parent}"}
        command = [sys.executable, "-W", "ignore", "-c", script]
        return subprocess.run(command, cwd=tmp_path / "here", env=env, capture_output=True, text=True, check=False)

    return call


def test_a_plugin_of_another_package_is_not_loaded(run, tmp_path):
    done = run(GATE)
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "here" / "loaded").exists()
    run(PYDANTIC)  # but it is one
    assert (tmp_path / "here" / "loaded").exists()


def test_the_search_for_plugins_is_not_loaded(run):
    """It would bring in what reads the metadata of packages, which is slow."""
    done = run(
        "import os, sys; sys.argv = ['gate', 'policy', 'show']; from gate.__main__ import main\n"
        "os._exit = lambda code: print('metadata' if 'importlib.metadata' in sys.modules else 'none', code)\nmain()"
    )
    assert done.stdout.endswith("none 0\n")


def test_what_stands_for_the_search_gives_way_to_it_where_more_is_wanted(run):
    wants = "from gate.unplugged import unplug; unplug(); from pydantic.plugin import _loader; "
    done = run(f"{wants} print(_loader.get_plugins(), _loader.PYDANTIC_ENTRY_POINT_GROUP)")
    assert (done.stdout, done.stderr) == ("() pydantic\n", "")
    done = run(f"{wants} _loader.nothing")
    assert "AttributeError" in done.stderr
