"""House rules that a program can check; the import contracts stand in pyproject.toml."""

from __future__ import annotations

import ast
import doctest
import importlib
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("core", "casestudies", "data", "apps")
MODULES = sorted(str(p.relative_to(ROOT)) for top in PACKAGES for p in (ROOT / top).rglob("*.py"))
TWISTS = [m for m in MODULES if m.startswith("casestudies/twists/") and not m.endswith("__init__.py")]

EMPTY_NAMES = set(
    "util utils helper helpers common misc base manager managers handler handlers service services engine"
    .split()
)
# What numpy.random holds besides its global state.
GENERATORS = set(
    "BitGenerator Generator MT19937 PCG64 PCG64DXSM Philox SFC64 SeedSequence default_rng"
    .split()
)
# Heavy libraries, each needed by few: they would double the time that `import core` takes.
WHERE_USED = ("sklearn", "implicit", "statsmodels", "scipy.stats")


@cache
def tree(module: str) -> ast.Module:
    return ast.parse((ROOT / module).read_text(encoding="utf-8"), filename=module)


def imported(nodes: Iterator[ast.AST]) -> set[str]:
    """Dotted names that import statements among ``nodes`` bring in; ``from a import b`` gives a and a.b."""
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def brings_in(names: set[str], library: str) -> bool:
    return any(name == library or name.startswith(library + ".") for name in names)


def when_imported(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that run on import: not the bodies of functions, not what is for type checkers only."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        yield child
        yield from when_imported(child)


def public_functions(node: ast.AST) -> Iterator[ast.FunctionDef]:
    """Functions and methods that others call, with ``__init__`` and the like, without nested ones."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef) and (
            not child.name.startswith("_") or re.fullmatch("__.+__", child.name)
        ):
            yield child
        elif isinstance(child, ast.ClassDef) and not child.name.startswith("_"):
            yield from public_functions(child)


def test_there_is_something_to_check():
    assert "core/rng.py" in MODULES


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_one_noun_of_the_field(module):
    assert Path(module).stem not in EMPTY_NAMES, "name the concept"
    lines = len((ROOT / module).read_text(encoding="utf-8").splitlines())
    assert lines <= 400, f"{lines} lines: a concept inside wants a module of its own"


@pytest.mark.parametrize("module", TWISTS)
def test_a_twist_is_one_short_file_and_sees_no_world(module):
    """The import linter passes over twists where their folder is not a package."""
    assert len((ROOT / module).read_text(encoding="utf-8").splitlines()) < 40
    worlds = [n for n in imported(ast.walk(tree(module))) if n.split(".")[-1] == "world"]
    assert not worlds, f"a twist changes assumptions by knob name, world={{...}}; it imports {worlds}"


@pytest.mark.parametrize("module", MODULES)
def test_libraries_stay_where_they_belong(module):
    names = imported(ast.walk(tree(module)))
    if not module.startswith("apps/") or module == "apps/jobs.py":
        assert not brings_in(names, "streamlit"), "the app draws; everything else runs without it"
    if Path(module).name != "_kernels.py":
        assert not brings_in(names, "numba"), "kernels live in _kernels.py"
    for library in ("pickle", "yaml", "random", "plotly"):
        assert not brings_in(names, library), f"{library} is not used here"
    at_import = imported(when_imported(tree(module)))
    for library in WHERE_USED:
        assert not brings_in(at_import, library), f"import {library} inside the function that uses it"


@pytest.mark.parametrize("module", MODULES)
def test_nothing_draws_from_the_global_state_of_numpy(module):
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in {"np.random", "numpy.random"}:
            assert node.attr in GENERATORS, f"line {node.lineno}: np.random.{node.attr}"
    drawn = {n for n in imported(ast.walk(tree(module))) if n.startswith("numpy.random.")}
    assert {n.split(".")[2] for n in drawn} <= GENERATORS


@pytest.mark.parametrize("module", MODULES)
def test_bad_input_is_refused_by_an_exception(module):
    """``python -O`` drops an assert, and its message names neither the owner nor what is allowed."""
    lines = [node.lineno for node in ast.walk(tree(module)) if isinstance(node, ast.Assert)]
    assert not lines, f"assert in lines {lines}"


@pytest.mark.parametrize("module", [m for m in MODULES if m.endswith("_kernels.py")])
def test_a_kernel_gives_the_same_bits_everywhere(module):
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.keyword):
            assert node.arg not in {"fastmath", "parallel"}, f"line {node.lineno}: {node.arg}"


@pytest.mark.parametrize("module", [m for m in MODULES if m not in TWISTS and not m.endswith("_kernels.py")])
def test_everything_public_is_annotated(module):
    """mypy says so too; this one also runs where it is not installed. Twists and kernels are exempt."""
    bare = []
    for function in public_functions(tree(module)):
        args = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        untyped = [a.arg for a in args if a.annotation is None and a.arg not in {"self", "cls"}]
        if untyped or function.returns is None:
            bare.append(f"line {function.lineno}: {function.name}")
    assert not bare


@pytest.mark.parametrize("module", [m for m in MODULES if ">>>" in (ROOT / m).read_text(encoding="utf-8")])
def test_examples_in_docstrings_are_true(module):
    name = module.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    outcome = doctest.testmod(
        importlib.import_module(name), optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    )
    assert outcome.failed == 0


def test_jobs_run_without_the_app():
    """Also through what they import: a job in a worker thread must not touch streamlit."""
    if "apps/jobs.py" not in MODULES:
        pytest.skip("apps/jobs.py is not there yet")
    seen, todo = set(), ["apps.jobs"]
    while todo:
        name = todo.pop()
        path = ROOT / name.replace(".", "/")
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if name in seen or not file.is_file():
            continue
        seen.add(name)
        names = imported(when_imported(tree(str(file.relative_to(ROOT)))))
        assert not brings_in(names, "streamlit"), f"apps.jobs reaches streamlit through {name}"
        todo += [n for n in names if n.split(".")[0] in PACKAGES]


def test_tests_are_files_not_a_package():
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_every_dependency_is_pinned_by_name_and_version_only():
    pins = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line]
    assert not [p for p in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", p)]
    pinned = {p.split("==")[0].lower().replace("_", "-") for p in pins}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    needed = {re.split(r"[<>=!~\[; ]", spec)[0].lower() for group in groups for spec in group}
    assert needed <= pinned
