"""What was meant by a name that leads nowhere, and whose fault an error is when several images were named."""

import pytest

from tests.lab.oci import Layout


@pytest.mark.parametrize(
    "name",
    ["nope.tar", "./app", "../app", "/srv/app", "~/app", "nope.tar.gz", "old.json", "a/b.sarif", "x" * 300 + ".tar"],
)
def test_a_path_that_is_not_there_is_no_image_of_docker_hub(gate, name):
    said = gate("scan", name)
    assert said.code == 2
    assert "there is no file" in said.err
    assert "hint:" in said.err


def test_a_path_that_is_there_is_named_as_what_it_is(gate):
    (gate.folder / "layout").mkdir()
    (gate.folder / "image.tar.gz").write_bytes(b"")
    assert "an OCI layout is named oci:./layout" in gate("scan", "./layout").err
    assert "docker-archive:FILE" in gate("scan", "image.tar.gz").err


@pytest.mark.parametrize("name", ["old-verdict.json", "./old", "old.sarif"])
@pytest.mark.parametrize("command", [["scan", "127.0.0.1:1/o/app:1"], ["judge", "report.json"]])
def test_a_misspelled_baseline_is_no_image(gate, name, command):
    said = gate(*command, "--baseline", name, "--offline")
    assert said.code == 3
    assert f"the baseline {name} does not exist" in said.err
    assert "hint:" in said.err


def test_of_several_images_the_one_that_is_wrong_is_named(gate, registry, layouts, database, tmp_path):
    registry.push(layouts, "clean", "names/good:1")
    broken = Layout(tmp_path / "broken")
    image = broken.image([{"a": b"a"}], platform="/")
    broken.tag(image, "1")
    registry.push(broken, "1", "names/bad:1")
    good, bad = f"{registry.host}/names/good:1", f"{registry.host}/names/bad:1"
    said = gate("scan", "--offline", "--trivy-cache", database, good, bad)
    assert said.code == 6
    assert f"error: {bad}: the manifest sha256:" in said.err
    assert f"{bad}: " not in gate("scan", bad).err


def test_a_layout_says_its_name_once(gate, layouts):
    said = gate("scan", f"oci:{layouts.folder}:clean", "--platform", "linux/s390x")
    assert said.code == 3
    assert said.err[said.err.index("error:") :].count(str(layouts.folder)) == 1


def test_a_scanner_that_is_named_and_not_there_is_told_with_its_variable(gate, layouts, database, tmp_path):
    def said(path):
        args = ["scan", f"oci:{layouts.folder}:clean", "--offline", "--trivy-cache", database]
        return gate(*args, env={"GATE_TRIVY": str(path)})

    assert "GATE_TRIVY names /nope, which is not there" in said("/nope").err
    assert said("/nope").code == 4
    (tmp_path / "text").write_text("just text")
    assert "which is no program that can be run" in said(tmp_path / "text").err
    (tmp_path / "text").chmod(0o755)
    odd = said(tmp_path / "text")
    assert (odd.code, "Traceback" in odd.err) == (5, False)
    assert "Exec format error" in odd.err
