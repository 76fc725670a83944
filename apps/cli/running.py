"""What running an experiment always needs: a store, workers, progress, and a word if it was stored."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from apps.cli.asked import workers as checked_workers
from apps.cli.output import note, only_answers_on_stdout
from apps.cli.progress import progress
from apps.cli.refusal import blamed

if TYPE_CHECKING:
    from core.casestudy import CaseStudy

T = TypeVar("T")


def store() -> Path:
    """Where runs are kept."""
    from data import home

    return home() / "runs"


def running(case: CaseStudy, what: str, run: Callable[..., T], *, workers: int | None, fresh: bool) -> T:
    """``run(store=…, workers=…, fresh=…, tick=…)`` with progress on stderr; says if it was read from disk."""
    n_workers, folder = checked_workers(workers), store()
    before = _arms(folder)
    with blamed(case), only_answers_on_stdout(), progress(what) as tick:
        made = run(store=folder, workers=n_workers, fresh=fresh, tick=tick)
    if before and not fresh and _arms(folder) == before:
        note("read from stored runs; --fresh runs anew")
    return made


def _arms(folder: Path) -> set[str]:
    """Names of the finished arms on disk, none where nothing can be added: a stored run adds none."""
    arms = folder / "arms"
    if not arms.is_dir() or not os.access(arms, os.W_OK):
        return set()
    return {p.name for p in arms.glob("[!.]*")}
