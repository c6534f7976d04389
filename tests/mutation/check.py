"""Look at what mutation testing left: `python -m tests.mutation.check` fails on a survivor that is not accounted for.

A survivor is left out when it changes only text that people read. That is: after every f-string, every sentence that is
yielded, returned or handed on as a message, and every variable that is used for such text alone, is replaced by one and
the same word, and every length that `one_line` cuts at by none, mutant and original are equal. An empty text stays
empty, for it often means "nothing is wrong".
The rest stands in `accepted.toml` with its reason, or fails.
"""

import ast
import difflib
import json
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.lab.tools import ROOT

MUTANTS = ROOT / "mutants"
ACCEPTED = Path(__file__).parent / "accepted.toml"
KILLED = {1, 3, -24, 24, 36, 152, 255}
"""Exit codes of mutmut: tests failed, or took too long."""
_TEXT = "text"
_MESSAGES = {"message", "hint", "problem", "why"}


def main() -> int:
    """Print each survivor that is not accounted for; 1 if there is one, or if nothing was run."""
    accepted = tomllib.loads(ACCEPTED.read_text())["accepted"]
    names = [(path, name) for path in sorted(MUTANTS.rglob("*.py.meta")) for name in survivors(path)]
    counted = sum(len(codes(path)) for path in MUTANTS.rglob("*.py.meta"))
    left = [(name, change) for path, name in names if (change := real_change(path.with_suffix(""), name))]
    open_ = [(name, change) for name, change in left if not any(fits(one, name, change) for one in accepted)]
    for name, change in open_:
        print(f"\n{name}\n{change}")
    print(
        f"\n{counted} mutants, {len(names)} survived, {len(left)} of them not in text alone, {len(open_)} not accepted"
    )
    return 1 if open_ or not counted else 0


def codes(meta: Path) -> dict[str, int]:
    """The mutants of a file that were run, with the exit code of their tests."""
    found = json.loads(meta.read_text())["exit_code_by_key"]
    return {name: code for name, code in found.items() if code is not None}


def survivors(meta: Path) -> list[str]:
    """The mutants that no test noticed, those without a test included."""
    return [name for name, code in codes(meta).items() if code not in KILLED]


def real_change(path: Path, name: str) -> str:
    """The lines that a mutant changes; empty when it changes text alone."""
    functions = _functions(path)
    mangled = name.rpartition(".")[2]
    before, after = functions[f"{mangled.rpartition('__mutmut_')[0]}__mutmut_orig"], functions[mangled]
    after.name = before.name  # the name is no part of the change
    if ast.unparse(without_text(before)) == ast.unparse(without_text(after)):
        return ""
    lines = difflib.ndiff(ast.unparse(before).splitlines(), ast.unparse(after).splitlines())
    return "\n".join(line for line in lines if line[:1] in "-+")


@cache
def _functions(path: Path) -> dict[str, ast.FunctionDef]:
    """The functions of a file, mutants included; a file holds hundreds, and is read once."""
    return {one.name: one for one in ast.walk(ast.parse(path.read_text())) if isinstance(one, ast.FunctionDef)}


def fits(accepted: dict[str, str], name: str, change: str) -> bool:
    """Whether an entry is about this mutant: its function, and the new line, or every line (`*`)."""
    module, _, mangled = name.rpartition(".")
    function = mangled.rpartition("__mutmut_")[0].removeprefix("x_").rpartition("ǁ")[2]
    added = [line[2:].strip() for line in change.splitlines() if line.startswith("+")]
    return accepted["function"] == f"{module}.{function}" and (accepted["line"] == "*" or accepted["line"] in added)


def without_text(function: ast.FunctionDef) -> ast.AST:
    """A copy with the same word in place of everything that is only read by people."""
    copy: ast.FunctionDef = ast.parse(ast.unparse(function)).body[0]  # type: ignore[assignment]
    return _Replace(set(_text_variables(copy))).visit(copy)  # type: ignore[no-any-return]


def _text_variables(function: ast.FunctionDef) -> Iterator[str]:
    """Variables that are read in f-strings alone, or not at all."""
    inside = {id(name) for one in ast.walk(function) if isinstance(one, ast.JoinedStr) for name in ast.walk(one)}
    names = [one for one in ast.walk(function) if isinstance(one, ast.Name)]
    stored = {one.id for one in names if isinstance(one.ctx, ast.Store)}
    for name in sorted(stored):
        reads = [one for one in names if one.id == name and isinstance(one.ctx, ast.Load)]
        if all(id(one) in inside for one in reads):
            yield name


class _Replace(ast.NodeTransformer):
    def __init__(self, variables: set[str]) -> None:
        self._variables = variables

    def visit_JoinedStr(self, _: ast.JoinedStr) -> ast.AST:
        return ast.Constant(_TEXT)

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        target = node.targets[0]
        if isinstance(target, ast.Name) and target.id in self._variables:
            node.value = ast.Constant(_TEXT)
            return node
        return self.generic_visit(node)

    def visit_Yield(self, node: ast.Yield) -> ast.AST:
        node.value = _text(node.value) if node.value else None
        return self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> ast.AST:
        node.value = _text(node.value) if node.value else None
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name) and node.func.id == "one_line":
            node.args = node.args[:1]
        return self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        if node.arg in _MESSAGES:
            node.value = _text(node.value)
        return self.generic_visit(node)


def _text(node: ast.expr) -> ast.expr:
    """An expression with the same word for each sentence that it may become."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        return ast.Constant(_TEXT)
    if isinstance(node, ast.Tuple):
        return ast.Tuple([_text(one) for one in node.elts], node.ctx)
    if isinstance(node, ast.IfExp):
        return ast.IfExp(node.test, _text(node.body), _text(node.orelse))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text(node.left), _text(node.right)
        both = (isinstance(one, ast.Constant | ast.JoinedStr) for one in (left, right))
        return ast.Constant(_TEXT) if any(both) else ast.BinOp(left, node.op, right)
    return node


if __name__ == "__main__":
    sys.exit(main())
