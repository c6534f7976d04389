"""Findings shown at the Dockerfile and the lock files of the repository."""

import pytest

from gate.errors import InputError
from gate.model.findings import Kind, Occurrence, PlatformScan
from gate.model.image import Layer
from gate.output import sarif
from gate.source import lockfiles
from gate.source.checkout import Checkout
from tests.builders import finding, judged, verdict


def layer(digit, created_by):
    return Layer(
        digest=f"sha256:{digit * 64}", size=1, diff_id=f"sha256:{digit.upper().lower() * 63}0", created_by=created_by
    )


BASE = layer("1", "/bin/sh -c #(nop) ADD file:0b1c2d in / ")
INSTALL = layer("2", "RUN /bin/sh -c apt-get install -y curl # buildkit")
COPY = layer("3", "COPY . /app # buildkit")
DOCKERFILE = "FROM debian:12\nRUN apt-get install -y \\\n    curl\nCOPY . /app\n"
PACKAGE_LOCK = """\
{
  "name": "app",
  "lockfileVersion": 3,
  "packages": {
    "": {
      "name": "app",
      "version": "1.0.0"
    },
    "node_modules/@babel/traverse": {
      "version": "7.22.0"
    },
    "node_modules/lodash": {
      "version": "4.17.4"
    }
  }
}
"""


@pytest.fixture
def repository(tmp_path):
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "package-lock.json").write_text(PACKAGE_LOCK)
    return tmp_path


def on(made):
    return (Occurrence("linux/amd64", made.digest, made.diff_id, made.created_by),)


def lodash(made=COPY, version="4.17.4", **more):
    fields = {
        "ecosystem": "node-pkg",
        "path": "app/node_modules/lodash/package.json",
        "purl": f"pkg:npm/lodash@{version}",
    }
    return finding("CVE-2019-10744", "lodash", installed=version, occurrences=on(made), **fields | more)


def place(one, places, layers=(BASE, INSTALL, COPY)):
    platforms = (PlatformScan(platform="linux/amd64", layers=layers),)
    document = sarif.render([verdict(judged(one), platforms=platforms)], sarif.Options(places=places)).document
    physical = document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    region = physical["region"]
    numbers = tuple(region[name] for name in ("startLine", "startColumn", "endLine", "endColumn"))
    return physical["artifactLocation"]["uri"], numbers


def test_a_package_of_the_distribution_is_shown_at_the_instruction_that_installed_it(repository):
    assert place(finding(occurrences=on(INSTALL)), Checkout(repository)) == ("Dockerfile", (2, 1, 3, 9))


def test_a_package_of_the_base_image_is_shown_at_from(repository):
    assert place(finding(occurrences=on(BASE)), Checkout(repository)) == ("Dockerfile", (1, 1, 1, 15))


def test_a_lock_file_wins_for_its_own_packages_with_the_line_of_the_version(repository):
    assert place(lodash(), Checkout(repository)) == ("package-lock.json", (13, 1, 13, 26))


@pytest.mark.parametrize("one", [lodash(version="4.17.15"), lodash(BASE), lodash(ecosystem="debian")])
def test_a_lock_file_counts_for_its_version_layer_and_ecosystem_only(repository, one):
    assert place(one, Checkout(repository))[0] == "Dockerfile"


def test_without_a_fitting_dockerfile_only_a_lock_file_gives_a_location(repository):
    (repository / "Dockerfile").write_text("FROM debian\nRUN something else\n")
    assert place(lodash(), Checkout(repository))[0] == "package-lock.json"
    assert place(finding(occurrences=on(INSTALL)), Checkout(repository))[0] == "ghcr.io/acme/app/debian/zlib1g"


def test_a_mistake_in_the_image_s_configuration_is_shown_at_the_stage_s_from(repository):
    one = finding("DS-0002", "", kind=Kind.MISCONFIGURATION, occurrences=(Occurrence("linux/amd64"),), purl="")
    assert place(one, Checkout(repository)) == ("Dockerfile", (1, 1, 1, 15))


def test_of_several_dockerfiles_the_one_that_fits_is_taken(repository):
    (repository / "Dockerfile").rename(repository / "app.Dockerfile")
    (repository / "web").mkdir()
    (repository / "web" / "Dockerfile").write_text("FROM nginx\nCOPY site /srv\n")
    assert place(finding(occurrences=on(INSTALL)), Checkout(repository))[0] == "app.Dockerfile"


def test_two_dockerfiles_that_fit_alike_place_nothing(repository):
    (repository / "Dockerfile.copy").write_text(DOCKERFILE)
    assert place(finding(occurrences=on(INSTALL)), Checkout(repository))[0].startswith("ghcr.io/")


def test_two_projects_with_one_package_are_told_apart_by_the_dockerfile_s_folder(repository):
    (repository / "web").mkdir()
    (repository / "web" / "package-lock.json").write_text(PACKAGE_LOCK)
    assert place(lodash(), Checkout(repository))[0] == "package-lock.json"
    (repository / "Dockerfile").write_text("FROM other\nRUN x\n")
    assert place(lodash(), Checkout(repository))[0].startswith("ghcr.io/")


def test_a_layer_that_comes_twice_is_placed_nowhere(repository):
    text = "FROM debian:12\nRUN true\nRUN false\n"
    (repository / "Dockerfile").write_text(text)
    one = layer("4", "RUN /bin/sh -c true # buildkit")
    other = one.model_copy(update={"created_by": "RUN /bin/sh -c false # buildkit"})
    assert place(finding(occurrences=on(one)), Checkout(repository), (BASE, one, other))[0].startswith("ghcr.io/")


def test_a_chosen_dockerfile_is_the_only_one_looked_at(repository):
    (repository / "other").write_text(DOCKERFILE)
    assert place(finding(occurrences=on(INSTALL)), Checkout(repository, repository / "other"))[0] == "other"


def test_a_chosen_dockerfile_must_be_one_and_be_in_the_repository(repository, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "Dockerfile"
    outside.write_text(DOCKERFILE)
    (repository / "notes").write_text("nothing to build here\n")
    for chosen, words in ((outside, "not in the repository"), (repository / "notes", "no FROM"), ("gone", "not there")):
        with pytest.raises(InputError, match=words):
            Checkout(repository, repository / chosen)


def test_links_and_folders_of_installed_packages_are_not_looked_at(repository, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "yarn.lock").write_text('lodash@^4:\n  version "9.9.9"\n')
    (repository / "yarn.lock").symlink_to(elsewhere / "yarn.lock")
    (repository / "node_modules").mkdir()
    (repository / "node_modules" / "yarn.lock").write_text('lodash@^4:\n  version "9.9.9"\n')
    assert place(lodash(version="9.9.9"), Checkout(repository))[0] == "Dockerfile"


def test_of_two_lock_files_in_one_folder_the_more_exact_wins(repository):
    (repository / "requirements.txt").write_text("PyYAML==5.3\n")
    (repository / "poetry.lock").write_text('[[package]]\nname = "pyyaml"\nversion = "5.3"\n')
    one = finding("CVE-1", "PyYAML", ecosystem="python-pkg", installed="5.3", occurrences=on(COPY), path="app/x")
    assert place(one, Checkout(repository))[0] == "poetry.lock"


@pytest.mark.parametrize(
    ("name", "ecosystem", "text", "pin", "line"),
    [
        ("package-lock.json", "node-pkg", PACKAGE_LOCK, ("@babel/traverse", "7.22.0"), 10),
        ("yarn.lock", "node-pkg", '# v1\n\n"@a/b@^1", "@a/b@^1.1":\n  version "1.1.2"\n', ("@a/b", "1.1.2"), 4),
        ("yarn.lock", "node-pkg", '"lodash@npm:^4":\n  version: 4.17.4\n  resolution: "x"\n', ("lodash", "4.17.4"), 2),
        ("pnpm-lock.yaml", "node-pkg", "packages:\n\n  /lodash@4.17.4:\n", ("lodash", "4.17.4"), 3),
        ("pnpm-lock.yaml", "node-pkg", "packages:\n  '@a/b@1.0.0(c@2.0.0)':\n", ("@a/b", "1.0.0"), 2),
        ("bun.lock", "node-pkg", '    "lodash": ["lodash@4.17.4", "", {}, "x"],\n', ("lodash", "4.17.4"), 1),
        ("poetry.lock", "python-pkg", '[[package]]\nname = "pyyaml"\nversion = "5.3"\n', ("PyYAML", "5.3"), 3),
        ("uv.lock", "python-pkg", 'version = 1\n[[package]]\nname = "a-b"\nversion = "1"\n', ("A_b", "1"), 4),
        ("Pipfile.lock", "python-pkg", '{\n  "requests": {\n    "version": "==2.0"\n', ("requests", "2.0"), 3),
        ("requirements.txt", "python-pkg", "# x\nrequests[socks] == 2.0 ; x\n", ("requests", "2.0"), 2),
        (
            "go.mod",
            "gobinary",
            "module x\n\ngo 1.21.3\n\nrequire (\n\tgolang.org/x/net v0.7.0 // indirect\n)\n",
            ("golang.org/x/net", "v0.7.0"),
            6,
        ),
        ("go.mod", "gobinary", "module x\n\ngo 1.21.3\n", ("stdlib", "1.21.3"), 3),
        ("go.mod", "gobinary", "toolchain go1.22.1\n", ("stdlib", "v1.22.1"), 1),
        (
            "go.sum",
            "gobinary",
            "golang.org/x/net v0.7.0/go.mod h1:x=\ngolang.org/x/net v0.7.0 h1:x=\n",
            ("golang.org/x/net", "0.7.0"),
            2,
        ),
        ("Cargo.lock", "rustbinary", '[[package]]\nname = "time"\nversion = "0.1.1"\n', ("time", "0.1.1"), 3),
        ("Gemfile.lock", "gemspec", "GEM\n  specs:\n    nokogiri (1.15.0-x86_64-linux)\n", ("nokogiri", "1.15.0"), 3),
        ("composer.lock", "composer-vendor", '{\n  "name": "a/b",\n  "version": "v1.2"\n', ("a/b", "1.2"), 3),
        (
            "packages.lock.json",
            "dotnet-core",
            '  "N.Json": {\n    "type": "Direct",\n    "resolved": "13.0.1"\n',
            ("N.Json", "13.0.1"),
            3,
        ),
        ("gradle.lockfile", "jar", "# x\norg.a:b:1.0=compileClasspath\n", ("org.a:b", "1.0"), 2),
    ],
)
def test_each_lock_file_is_read_the_way_it_is_written(name, ecosystem, text, pin, line):
    assert lockfiles.covers(name, ecosystem)
    assert lockfiles.pins(name, text)[lockfiles.normal(ecosystem, *pin)] == line


def test_an_unreadable_lock_file_places_nothing(repository):
    (repository / "package-lock.json").write_bytes(b"\xff\xfe\x00" * 100)
    assert place(lodash(), Checkout(repository))[0] == "Dockerfile"
    (repository / "package-lock.json").unlink()
    (repository / "package-lock.json").mkdir()
    assert place(lodash(), Checkout(repository))[0] == "Dockerfile"
