"""The house: imports run one way, and each library has one home."""

import ast
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# A package may import from packages in rows above its own, and inside itself (the table of docs/architecture.md).
LAYERS = (
    "errors text",
    "model",
    "io",
    "policy",
    "judging",
    "attestation",
    "maintenance",
    "registry toolchain source",
    "trivy cosign github deploy",
    "output",
    "pipeline",
    "cli",
    "__main__",
)
RANK = {name: rank for rank, row in enumerate(LAYERS) for name in row.split()}
# Where each third-party library lives; other modules use that one.
HOMES = {
    "attr": "gate.output.sarif",
    "click": "gate.cli",
    "cryptography": "gate.cosign",
    "isal": "gate.registry",
    "jinja2": "gate.output",
    "jiter": "gate.io.strict_json",
    "jsonschema": "gate.io.schema",
    "msgspec": "gate.io.strict_json",
    "packageurl": "gate.model.purl",
    "rfc3161_client": "gate.cosign",
    "rich": "gate.output",
    "ruamel": "gate.io.yaml_document",
    "sarif_om": "gate.output.sarif",
    "sh": "gate.io.process",
    "univers": "gate.judging.upgrades",
    "urllib3": "gate.io.http_client",
    "zstandard": "gate.registry",
}
EVERYWHERE = {"pydantic", "pydantic_core", "typing_extensions"}
FILES = sorted((ROOT / "gate").rglob("*.py"))


def module_of(path):
    """`gate/a/b.py` as `gate.a.b`; a package is its `__init__.py`."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def package_of(module):
    """The first name below `gate`."""
    return module.split(".")[1]


def imported(path):
    """The full name of everything that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


MODULES = {module_of(path): path for path in FILES}


def modules_of(path):
    """The modules of ours that a file imports."""
    for name in imported(path):
        if name in MODULES:
            yield name
        elif (module := name.rpartition(".")[0]) in MODULES:
            yield module


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_from_packages_below_its_own(path):
    if path == ROOT / "gate" / "__init__.py":
        assert not list(imported(path))
        return
    mine = package_of(module_of(path))
    for other in modules_of(path):
        if other != "gate" and package_of(other) != mine:  # `gate` itself holds the version
            assert RANK[package_of(other)] < RANK[mine], f"{module_of(path)} imports {other}"


def test_no_modules_import_each_other_in_a_circle():
    graph = {module: set(modules_of(path)) - {module} for module, path in MODULES.items()}
    list(TopologicalSorter(graph).static_order())  # raises CycleError with the circle


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_library_is_imported_in_its_home_alone(path):
    for name in imported(path):
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names or top in EVERYWHERE or top == "gate":
            continue
        module, home = module_of(path), HOMES[top]
        assert module == home or module.startswith(f"{home}."), f"{module} imports {top}"


def test_the_top_of_the_package_has_few_names():
    assert len({path.relative_to(ROOT / "gate").parts[0] for path in FILES}) <= 22


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_run_context_alone_reads_clock_and_environment(path):
    module = module_of(path)
    if module in {"gate.io.run_context", "gate.__main__"} or package_of(f"{module}.") == "cli":
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
