"""A short name for the code and settings a number came from."""

from __future__ import annotations

import ast
import functools
import hashlib
import json
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from core.casestudy import CaseStudy
from core.policy import Policy

ROOTS = ("core", "casestudies", "data")
SHOWS_ONLY = ("core.judge", "core.questions", "core.sweep")        # read results, never make them


@functools.cache
def _tree_hash(path: str, stamp: float) -> str:
    tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if (
            isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
            and body
            and isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant)
            and isinstance(body[0].value.value, str)
        ):
            node.body = body[1:] or [ast.Pass()]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


@functools.cache
def _imported(path: str, stamp: float) -> frozenset[str]:
    """Names of our modules that a module imports, read from its source."""
    tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module)
            found |= {f"{node.module}.{a.name}" for a in node.names}
    return frozenset(n for n in found if n.split(".")[0] in ROOTS and not n.startswith(SHOWS_ONLY))


# Python 3.11's parser counts its depth for all threads together and fails when two of them parse at once.
_parsing = threading.Lock()


def code_hash(case: CaseStudy) -> str:
    """Hash of the syntax trees, without docstrings and comments, of what a run of ``case`` imports.

    Starts from the module that defines the world and from the run itself, and follows imports.
    """
    with _parsing:
        return _code_hash(case)


def _code_hash(case: CaseStudy) -> str:
    start = {type(case.world).__module__, "core.experiment.arms", "core.experiment.burn_in"}
    start |= {type(p).__module__ for p in case.policies.values()}
    package = type(case.world).__module__.rpartition(".")[0]
    start |= {name for name in (f"{package}.policies", f"{package}.scorecard") if name in sys.modules}
    files = {case.file} if case.file else set()
    seen: set[str] = set()
    todo = list(start)
    while todo:
        name = todo.pop()
        module = sys.modules.get(name)
        if name in seen or module is None or not getattr(module, "__file__", None):
            continue
        seen.add(name)
        files.add(str(module.__file__))
        if not str(module.__file__).endswith("__init__.py"):
            todo += _imported(str(module.__file__), Path(str(module.__file__)).stat().st_mtime)
    hashes = sorted(_tree_hash(f, Path(f).stat().st_mtime) for f in files)
    return hashlib.sha256("".join(hashes).encode()).hexdigest()


def described(policy: Policy) -> str:
    """A policy in words that are the same in every process: a score rule by its code, not by its address."""
    text = repr(policy)
    rules = [rule.rule for rule in getattr(policy, "adjust", ())]
    for function in [*rules, getattr(policy, "explore", None)]:
        if isinstance(function, FunctionType):
            held = [repr(cell.cell_contents) for cell in function.__closure__ or ()]
            code = [word for word in _spoken(function.__code__) if word != repr(function.__doc__)]
            said = (*code, repr(function.__defaults__), *held)
            text = text.replace(repr(function), f"{function.__qualname__} {said}")
    return text


def _spoken(code: CodeType) -> tuple[str, ...]:
    inner = (c for c in code.co_consts if isinstance(c, CodeType))
    plain = [repr(c) for c in code.co_consts if not isinstance(c, CodeType)]
    return (code.co_code.hex(), *code.co_names, *plain, *(word for c in inner for word in _spoken(c)))


def digest(what: Mapping[str, Any]) -> str:
    """Twelve hex digits of a mapping of plain values."""
    text = json.dumps(what, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def fingerprint(case: CaseStudy, settings: Mapping[str, Any]) -> str:
    """Six hex digits that change when the code of a run or its settings do."""
    return digest({"code": code_hash(case), "settings": dict(settings)})[:6]
