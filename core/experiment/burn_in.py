"""The common past: everyone's weeks before the experiment, simulated once and shared by all arms."""

from __future__ import annotations

import dataclasses
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.arrays import AnyArray, lock
from core.casestudy import CaseStudy
from core.experiment import store as disk
from core.experiment.fingerprint import code_hash, digest
from core.log import Day, Log
from core.world import Arm, World, simulate

KEEP_IN_MEMORY = 2
_recent: OrderedDict[str, BurnIn] = OrderedDict()
_guard = threading.Lock()
_locks: dict[str, threading.Lock] = {}


@dataclass(frozen=True, eq=False)
class BurnIn:
    """A world on the morning of day 0 and its log so far. Take copies: `world.copy()`, `log.copy()`."""

    world: World
    log: Log
    day: int


def burn_in(
    case: CaseStudy,
    world: Any,
    *,
    users: int,
    seed: int,
    taste: str,
    folder: Path | None = None,
    fresh: bool = False,
    tick: Callable[[int, int], None] | None = None,
) -> BurnIn:
    """The common past of a world, from memory, disk, or simulated.

    Parameters
    ----------
    case, world : CaseStudy, Config
        The world's specification with all settings applied.
    users, seed, taste
        As in `Setting`.
    folder : Path, optional
        Where burn-ins are kept; None keeps them in memory only.
    fresh : bool
        Do not read a stored one; one that this process simulated is used all the same.
    """
    parts = {
        "case": case.slug if case.parent is None else case.parent,
        "world": dataclasses.asdict(world),
        "users": users,
        "seed": seed,
        "taste": taste,
        "code": code_hash(dataclasses.replace(case, file="")),
    }
    key = digest(parts)
    with _guard:
        lock_of_key = _locks.setdefault(key, threading.Lock())
    with lock_of_key:
        with _guard:
            if key in _recent:
                _recent.move_to_end(key)
                return _recent[key]
        built = world.build(users, seed, case.taste(taste, seed))
        days = world.history_days
        log = None if folder is None or fresh else _load(folder / key, built, case.positive)
        if log is None:
            log = Log(users, len(built.catalog), case.positive)
            arm = Arm(case.logging, np.ones(users, dtype=bool), log)
            simulate(built, [arm], start=0, days=days, seed=seed, tick=tick)
            if folder is not None:
                _save(folder / key, built, log, parts)
        made = BurnIn(built, log, days)
        with _guard:
            _recent[key] = made
            while len(_recent) > KEEP_IN_MEMORY:
                _recent.popitem(last=False)
        return made


def _save(folder: Path, world: World, log: Log, parts: dict[str, Any]) -> None:
    arrays: dict[str, AnyArray] = {
        f"state.{f.name}": getattr(world.state, f.name) for f in dataclasses.fields(world.state)
    }
    columns = {}
    for table in ("impressions", "requests", "user_days"):
        days = [getattr(d, table) for d in log.days]
        columns[table] = names = next((list(d) for d in days if d), [])
        for name in names:
            arrays[f"{table}.{name}"] = np.concatenate([d[name] for d in days if d])
        sizes = [len(next(iter(d.values()))) if d else -1 for d in days]
        arrays[f"rows.{table}"] = np.array(sizes)
    arrays["plays.user"] = np.concatenate([p[1] for p in log.plays])
    arrays["plays.item"] = np.concatenate([p[2] for p in log.plays])
    arrays["plays.rows"] = np.array([len(p[1]) for p in log.plays])
    arrays["plays.day"] = np.array([p[0] for p in log.plays])
    for name in log.totals[-1]:
        arrays[f"totals.{name}"] = np.stack([t[name] for t in log.totals]).astype(np.int32)
    disk.save(folder, arrays, {"columns": columns, **parts}, replace=True)


def _load(folder: Path, world: World, positive: str) -> Log | None:
    entry = disk.load(folder)
    if entry is None:
        return None
    arrays, meta = entry
    for f in dataclasses.fields(world.state):
        setattr(world.state, f.name, arrays[f"state.{f.name}"].copy())
    log = Log(len(world.members(0)), len(world.catalog), positive)
    columns: dict[str, list[dict[str, AnyArray]]] = {}
    for table in ("impressions", "requests", "user_days"):
        sizes = arrays[f"rows.{table}"]
        edges = np.concatenate([[0], np.cumsum(np.maximum(sizes, 0))])
        names = meta["columns"][table]
        columns[table] = [
            {n: lock(arrays[f"{table}.{n}"][edges[i] : edges[i + 1]]) for n in names} if sizes[i] >= 0 else {}
            for i in range(len(sizes))
        ]
    for i in range(len(columns["requests"])):
        log.days.append(
            Day(i, columns["impressions"][i], columns["requests"][i], columns["user_days"][i], {})
        )
    edges = np.concatenate([[0], np.cumsum(arrays["plays.rows"])])
    for i, day in enumerate(arrays["plays.day"]):
        part = slice(edges[i], edges[i + 1])
        log.plays.append((int(day), lock(arrays["plays.user"][part]), lock(arrays["plays.item"][part])))
    names = sorted(n.split(".", 1)[1] for n in arrays if n.startswith("totals."))
    n_days = len(log.days)
    log.totals = [{n: lock(arrays[f"totals.{n}"][i].astype(np.int64)) for n in names} for i in range(n_days)]
    return log
