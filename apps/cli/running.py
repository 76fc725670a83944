"""What running an experiment always needs: a store, workers, progress, and a word if it was stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from apps.cli.asked import workers as checked_workers
from apps.cli.output import note
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
    """``run(store=…, workers=…, fresh=…, tick=…)`` with progress on stderr."""
    n_workers = checked_workers(workers)
    with blamed(case), progress(what) as tick:
        return run(store=store(), workers=n_workers, fresh=fresh, tick=tick)


@contextmanager
def saying_if_stored(fresh: bool) -> Iterator[list[bool]]:
    """Says so afterwards if everything in between was read from disk and nothing was computed. A result that
    knows better adds its word to the list."""
    read, written = _entries()
    known: list[bool] = []
    yield known
    read_now, written_now = _entries()
    # Reading an entry touches its folder, keeping one writes its meta.json. A run that could not be kept
    # does neither.
    some_read = any(read_now.get(name, at) > at for name, at in read.items())
    if not fresh and all(known) and some_read and written_now == written:
        note("read from stored runs; --fresh runs anew")


def _entries() -> tuple[dict[str, int], dict[str, int]]:
    """When each stored arm was last read, and when each entry was written, in ns."""
    read, written = {}, {}
    for kind in ("arms", "details"):
        for meta in store().glob(f"{kind}/[!.]*/meta.json"):
            with suppress(OSError):                           # pruned meanwhile
                written[str(meta)] = meta.stat().st_mtime_ns
                if kind == "arms":
                    read[str(meta)] = meta.parent.stat().st_mtime_ns
    return read, written
