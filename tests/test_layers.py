"""The house: imports run one way, and each library has one home."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# A room may import from rooms in rows above its own, and inside its own package. What cannot be told from the
# name of a room is said beside it.
LAYERS = (
    "errors text globs evidence deadline death",
    "image purls masking",  # the values every other value is made of
    "findings reported_name progress verification inspection status health",
    "fingerprint policy platforms sbom_subject",
    "verdict rules trust",
    "signing",
    "world process files strictjson locks",  # doors
    "ci_job network schema yamldoc toolbox troubles ocilayout workdirs",  # doors that stand on doors
    "policyfile limits statements exceptions upgrades whole baseline dockerfile lockfiles predicate origin vex_fields",
    "pinning",
    "tags prune pullsecret workflows ballast trend csaf gathered",
    "vex feeds ignorefile judge assess",
    "context consistency permission",
    "registry",
    "trivy cosign tools github manifests admission sarif views init",
    "pipeline",
    "cli",
    "__main__",
)
RANK = {name: rank for rank, row in enumerate(LAYERS) for name in row.split()}
# Where each third-party library lives; everything else asks that room.
HOMES = {
    "attr": {"sarif"},
    "click": {"cli"},
    "cryptography": {"cosign"},
    "isal": {"registry"},
    "jinja2": {"views"},
    "jiter": {"strictjson"},
    "jsonschema": {"schema"},
    "msgspec": {"strictjson"},
    "packageurl": {"purls"},
    "rfc3161_client": {"cosign"},
    "rich": {"views"},
    "ruamel": {"yamldoc"},
    "sarif_om": {"sarif"},
    "sh": {"process"},
    "univers": {"upgrades"},
    "urllib3": {"network"},
    "zstandard": {"registry"},
}
EVERYWHERE = {"pydantic", "pydantic_core", "typing_extensions"}
FILES = sorted((ROOT / "gate").rglob("*.py"))


def room(path):
    parts = path.relative_to(ROOT / "gate").parts
    return Path(parts[0]).stem


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_imports_only_from_layers_below_it(path):
    mine = room(path)
    if path == ROOT / "gate" / "__init__.py":
        assert not list(imported(path))
        return
    for name in imported(path):
        top, _, rest = name.partition(".")
        other = rest.partition(".")[0]
        if top != "gate" or other in {mine, "__version__"}:
            continue
        assert RANK[other] < RANK[mine], f"{mine} imports {other}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_library_is_imported_in_its_home_alone(path):
    for name in imported(path):
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names or top in EVERYWHERE or top == "gate":
            continue
        assert room(path) in HOMES[top], f"{room(path)} imports {top}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_world_alone_reads_clock_and_environment(path):
    if room(path) in {"world", "cli", "__main__"}:
        return
    text = path.read_text()
    assert "os.environ" not in text
    assert "datetime.now(" not in text


def test_every_dependency_is_told_with_its_reason():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    page = (ROOT / "docs" / "dependencies.md").read_text()
    for dependency in project["dependencies"]:
        name = dependency.split(";")[0].split(">")[0].strip()
        assert f"`{name}`" in page, name


def test_the_help_needs_no_heavy_library():
    import subprocess

    script = "import sys; sys.argv = ['gate']; import gate.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "click" in loaded
    assert not loaded & {"pydantic", "sarif_om", "rich", "urllib3", "sh", "msgspec", "jinja2", "ruamel", "univers"}
