"""``Log``: what the product can know of the past, day by day.

Three tables. ``impressions``: one row a tile that entered the viewport. ``requests``: one row a request.
``user_days``: one row a member and day. Impressions are kept for ``keep_days``; older days survive as
counts per item and as plays (who had what, when). Truth is a separate table that no policy is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.arrays import AnyArray, IntArray, lock
from core.slate import Outcomes, Requests, Slate

KEEP_DAYS = 28
TABLES = ("impressions", "requests", "user_days", "truth")
Columns = Mapping[str, AnyArray]


@dataclass(frozen=True, slots=True, eq=False)
class Day:
    """One day's rows, as columns, locked."""

    day: int
    impressions: Columns
    requests: Columns
    user_days: Columns
    truth: Columns


def rows(arm: int, requests: Requests, slate: Slate, outcomes: Outcomes) -> tuple[Columns, Columns, Columns]:
    """Impressions, requests and truth of one batch, as columns. Only ``entered`` tiles become rows."""
    b, k = np.nonzero(outcomes.entered)                                  # (n,)
    tile = {
        "request": requests.request[b],
        "user": requests.user[b].astype(np.int32),
        "slot": k.astype(np.int16),
        **{name: getattr(slate, name)[b, k] for name in ("row", "col", "item", "source", "score")},
        "propensity": slate.propensity[b, k],
        "explored": slate.explored[b, k],
        **{name: value[b, k] for name, value in outcomes.impression.items()},
    }
    asked = {
        "request": requests.request,
        "user": requests.user.astype(np.int32),
        "session": requests.session.astype(np.int8),
        **requests.context,
        **outcomes.request,
    }
    if len(asked) < 3 + len(requests.context) + len(outcomes.request):
        raise ValueError(f"a request's context and outcomes must have names of their own, got {sorted(asked)}")
    truth = {"request": requests.request, **{n: v for n, v in outcomes.truth.items() if v.ndim == 1}}
    for table in (tile, asked):
        n = len(table["request"])
        table["day"] = np.full(n, requests.day, dtype=np.int16)
        table["arm"] = np.full(n, arm, dtype=np.int8)
    return tile, asked, truth


def concatenate(parts: list[Columns]) -> Columns:
    """Stack batches of columns; every part has the same names."""
    if len(parts) == 1:
        return {name: lock(value) for name, value in parts[0].items()}
    return {name: lock(np.concatenate([p[name] for p in parts])) for name in parts[0]} if parts else {}


def _in_order(table: Columns) -> Columns:
    """Rows by request, so that the order in which batches were served leaves no trace."""
    request = table.get("request")
    if request is None or (request[1:] >= request[:-1]).all():
        return table
    order = np.argsort(request, kind="stable")
    return {name: lock(value[order]) for name, value in table.items()}


class Log:
    """Append-only. ``copy()`` shares the days so far, so that arms share their burn-in.

    Parameters
    ----------
    n_users, n_items : int
    positive : str
        The impression outcome that counts as *had it* (``play``): it makes the history.
    keep_days : int
        Days of impression rows to keep.
    keep_truth : bool
        Keep the truth table (for export); off by default.
    """

    def __init__(
        self, n_users: int, n_items: int, positive: str, keep_days: int = KEEP_DAYS, keep_truth: bool = False
    ) -> None:
        self.n_users, self.n_items = n_users, n_items
        self.positive, self.keep_days, self.keep_truth = positive, keep_days, keep_truth
        self.days: list[Day] = []
        self.plays: list[tuple[int, IntArray, IntArray]] = []             # day, user (n,), item (n,)
        self.totals: list[dict[str, IntArray]] = []                       # a day: name -> (n_items,) so far

    def copy(self) -> Log:
        """A log that shares what happened and continues on its own."""
        made = Log(self.n_users, self.n_items, self.positive, self.keep_days, self.keep_truth)
        made.days, made.plays, made.totals = self.days.copy(), self.plays.copy(), self.totals.copy()
        return made

    def append(
        self, day: int, batches: list[tuple[Columns, Columns, Columns]], user_days: Columns
    ) -> Day:
        """Add one day; days come in order, each once."""
        if self.days and day != self.days[-1].day + 1:
            raise ValueError(f"Log: day {self.days[-1].day + 1} comes next, got {day}")
        tiles, asked, truth = (_in_order(concatenate([b[i] for b in batches])) for i in range(3))
        made = Day(day, tiles, asked, concatenate([user_days]), truth if self.keep_truth else {})
        self._count(made)
        self.days.append(made)
        old = len(self.days) - 1 - self.keep_days
        if old >= 0 and self.days[old].impressions:
            kept = self.days[old]
            self.days[old] = Day(kept.day, {}, kept.requests, kept.user_days, kept.truth)
        return made

    def _count(self, day: Day) -> None:
        before = self.totals[-1] if self.totals else {}
        tiles, asked = day.impressions, day.requests
        now: dict[str, IntArray] = {}
        nothing = np.zeros(self.n_items, dtype=np.int64)
        if tiles:
            item, hit = tiles["item"], tiles[self.positive]
            now["impressions"] = np.bincount(item, minlength=self.n_items)
            now[self.positive] = np.bincount(item[hit], minlength=self.n_items)
            drawn = tiles["propensity"] < 1.0
            now["drawn_impressions"] = np.bincount(item[drawn], minlength=self.n_items)
            now[f"drawn_{self.positive}"] = np.bincount(item[hit & drawn], minlength=self.n_items)
            user, had = tiles["user"][hit], item[hit].astype(np.int32)
            if "found" in asked:
                found = asked["found"] >= 0
                user = np.concatenate([user, asked["user"][found]])
                had = np.concatenate([had, asked["found"][found].astype(np.int32)])
            order = np.lexsort((had, user))          # so that the order of batches leaves no trace
            self.plays.append((day.day, lock(user[order]), lock(had[order])))
        names = set(before) | set(now)
        self.totals.append({n: lock(before.get(n, nothing) + now.get(n, nothing)) for n in sorted(names)})

    def frame(self, table: str, arms: Mapping[int, str] | None = None) -> pd.DataFrame:
        """A table as a data frame; impressions are those still kept. ``arms`` names the arm codes."""
        if table not in TABLES:
            raise KeyError(f"Log has the tables {', '.join(TABLES)}, got {table!r}")
        parts = [getattr(d, table) for d in self.days]
        made = pd.DataFrame(dict(concatenate([p for p in parts if p])))
        if arms is not None and "arm" in made:
            made["arm"] = made["arm"].map(arms).astype("str")
        return made
