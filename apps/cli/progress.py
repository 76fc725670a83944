"""How far, and how long still: a bar on a terminal, else a line every few seconds; always on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

FIRST_LINE, NEXT_LINES = 2.0, 5.0                             # seconds

Tick = Callable[[float], None]


@contextmanager
def progress(what: str) -> Iterator[Tick]:
    """A function to be called with the share done, 0 to 1; ``what`` says what is being done."""
    if sys.stderr.isatty():
        with _bar(what) as tick:
            yield tick
    else:
        yield _lines(what)


@contextmanager
def _bar(what: str) -> Iterator[Tick]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TaskProgressColumn(),
        TextColumn("{task.fields[left]}"),
    )
    began = time.monotonic()
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:
        task = bar.add_task(what, total=1.0, left="")

        def tick(share: float) -> None:
            bar.update(task, completed=share, left=time_left(share, time.monotonic() - began))

        yield tick


def _lines(what: str) -> Tick:
    began = time.monotonic()
    due = began + FIRST_LINE

    def tick(share: float) -> None:
        nonlocal due
        now = time.monotonic()
        if now >= due and share < 1.0:
            due = now + NEXT_LINES
            left = time_left(share, now - began)
            print(f"{what}: {100 * share:.0f} %{left and f', {left}'}", file=sys.stderr, flush=True)

    return tick


def time_left(share: float, seconds: float) -> str:
    """What is left if it goes on as it went; nothing while that is anybody's guess.

    >>> time_left(0.25, 20.0), time_left(0.5, 600.0), time_left(0.01, 1.0)
    ('about 60 s left', 'about 10 min left', '')
    """
    if share < 0.03 or seconds < 0.5:
        return ""
    left = seconds * (1.0 - share) / share
    return f"about {left:.0f} s left" if left < 100 else f"about {left / 60:.0f} min left"
