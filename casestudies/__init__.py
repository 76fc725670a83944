"""Products to experiment on. ``discover`` finds them and every twist by itself."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import importlib.util
import sys
import threading
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from core.casestudy import CaseStudy

HERE = Path(__file__).parent
IMPORT_SECONDS = 5.0


@dataclass(frozen=True)
class Problem:
    """A file that could not be used, and why, in one sentence with the line where there is one."""

    file: str
    error: str


def discover(folders: Sequence[str | Path] = ()) -> tuple[dict[str, CaseStudy], list[Problem]]:
    """All case studies and twists by slug, and what could not be loaded.

    Studies are the packages beside this file that define ``CASE``; twists are the files of ``twists/`` and
    of ``folders`` that define ``TWIST``. A broken file is a problem, never an exception, and stops nobody
    else. A second file with a known slug is a problem too.
    """
    cases: dict[str, CaseStudy] = {}
    problems: list[Problem] = []
    for path in sorted(HERE.glob("*/__init__.py")):
        name = path.parent.name
        if name != "twists":
            module = importlib.import_module(f"casestudies.{name}")
            cases[module.CASE.slug] = module.CASE
    for folder in (HERE / "twists", *map(Path, folders)):
        if not folder.is_dir():
            problems.append(Problem(str(folder), "is not a folder; twists are .py files in one"))
            continue
        for path in sorted(folder.glob("*.py")):
            if path.name.startswith("_"):
                continue
            try:
                found = getattr(_load(path), "TWIST", None)
                if not isinstance(found, CaseStudy):
                    raise TypeError("defines no TWIST made by CASE.twist(...)")
                if found.slug in cases:
                    raise ValueError(f"the slug {found.slug!r} is taken by {cases[found.slug].file or 'a study'}")
                cases[found.slug] = dataclasses.replace(found, file=str(path))
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt):
                    raise
                problems.append(Problem(str(path), _sentence(path, error)))
    return cases, problems


def _load(path: Path) -> ModuleType:
    """Import a twist from its file, giving up after `IMPORT_SECONDS`; an endless import is left behind in a
    thread that ends with the process."""
    name = _module_name(path)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError("cannot be read as Python")
    module = importlib.util.module_from_spec(spec)
    loader, failure = spec.loader, []

    def run() -> None:
        try:
            loader.exec_module(module)
        except BaseException as error:
            failure.append(error)

    before = sys.modules.get(name)
    sys.modules[name] = module            # before it runs: `@dataclass` looks up the module it stands in
    try:
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        thread.join(IMPORT_SECONDS)
        if thread.is_alive():
            raise TimeoutError(f"did not finish importing in {IMPORT_SECONDS:.0f} s; is there a loop?")
        if failure:
            raise failure[0]
    except BaseException:
        if before is None:
            sys.modules.pop(name, None)
        else:
            sys.modules[name] = before
        raise
    return module


def _module_name(path: Path) -> str:
    """``casestudies.twists.NAME``, for files of other folders with a mark of the folder: two folders may hold
    files of one name."""
    folder = path.parent.resolve()
    if folder == (HERE / "twists").resolve():
        return f"casestudies.twists.{path.stem}"
    mark = hashlib.sha256(str(folder).encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return f"casestudies.twists.{path.stem}_{mark}"


def _sentence(path: Path, error: BaseException) -> str:
    line = None
    if isinstance(error, SyntaxError):
        line = error.lineno
    else:
        for frame in traceback.extract_tb(error.__traceback__):
            if Path(frame.filename) == path.absolute():
                line = frame.lineno
    where = f"line {line}: " if line else ""
    text = error.args[0] if isinstance(error, KeyError) and error.args else error
    return f"{where}{type(error).__name__}: {text}"
