"""Results that are kept: in memory by their arguments, and on disk as records under ``LAB_HOME``.

Arguments are names, numbers and stamps of code, never arrays or objects.
"""

from __future__ import annotations

import functools
import json
import os
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from core.experiment.result import plain
from data.home import home

P = ParamSpec("P")
R = TypeVar("R")


def kept(most: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Remember the last ``most`` results. Two threads never compute the same one twice."""

    def wrap(make: Callable[P, R]) -> Callable[P, R]:
        results: OrderedDict[Any, R] = OrderedDict()
        locks: dict[Any, threading.Lock] = {}
        guard = threading.Lock()

        @functools.wraps(make)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            key = (args, tuple(sorted(kwargs.items())), str(home()))
            with guard:
                own = locks.setdefault(key, threading.Lock())
            with own:
                with guard:
                    if key in results:
                        results.move_to_end(key)
                        return results[key]
                made = make(*args, **kwargs)
                with guard:
                    results[key] = made
                    while len(results) > most:
                        locks.pop(results.popitem(last=False)[0], None)
                return made

        return call

    return wrap


def store() -> Path:
    """Where runs are kept."""
    return home() / "runs"


def on_disk(name: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """A record under ``LAB_HOME``, made once. A disk that cannot be written costs the cache, no more."""
    if (known := read(name)) is not None:
        return known
    made = plain(make())
    write(name, made)
    return dict(made)


def read(name: str) -> dict[str, Any] | None:
    """A record, or None where there is none that can be read."""
    try:
        made: dict[str, Any] = json.loads((store() / "app" / f"{name}.json").read_text(encoding="utf-8"))
        return made
    except (OSError, ValueError):
        return None


def write(name: str, record: Mapping[str, Any]) -> None:
    """Keep a record; it appears whole."""
    folder = store() / "app"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=folder, delete=False, encoding="utf-8") as part:
            json.dump(dict(record), part, allow_nan=False)
        os.replace(part.name, folder / f"{name}.json")
    except OSError:
        return
