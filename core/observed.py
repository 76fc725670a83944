"""``Observed``: everything a policy may look at, up to and including yesterday. And ``Noise``, its draws."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from core.arrays import AnyArray, FloatArray, IntArray, lock
from core.catalog import Catalog
from core.interactions import Interactions
from core.log import Columns, Log, concatenate
from core.rng import keyed_uniform
from core.slate import Requests

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


class Observed:
    """Views of the log before ``day``, built when first asked for.

    There is no way from here to the world: a policy that holds an ``Observed`` holds public tables only.
    """

    def __init__(self, catalog: Catalog, log: Log, day: int) -> None:
        # A frame of its own: what a policy writes into it stays with it (copy on write, so this is cheap).
        self.catalog, self.day = Catalog(catalog.frame.copy(deep=False)), day
        self.n_users, self.n_items = log.n_users, log.n_items
        first = log.days[0].day if log.days else day
        known = max(day - first, 0)
        self._days = log.days[:known]
        self._plays = [p for p in log.plays if p[0] < day]                # a quiet day leaves no entry
        self._totals = log.totals[:known]
        self._first = first
        self._cache: dict[Any, Any] = {}

    def cached(self, key: object, make: Callable[[], Any]) -> Any:
        """``make()``, computed once for this day."""
        if key not in self._cache:
            self._cache[key] = make()
        return self._cache[key]

    def interactions(self, before: int | None = None) -> Interactions:
        """Plays before the day ``before`` (default: all known), in order of time."""
        last = self.day if before is None else before
        return self.cached(("interactions", last), lambda: self._interactions(last))

    def _interactions(self, last: int) -> Interactions:
        plays = [p for p in self._plays if p[0] < last]
        none = np.zeros(0, dtype=np.int32)
        user = np.concatenate([p[1] for p in plays]) if plays else none
        item = np.concatenate([p[2] for p in plays]) if plays else none
        day = np.repeat([p[0] for p in plays], [len(p[1]) for p in plays]) if plays else none
        weight = np.ones(len(user), dtype=np.float32)
        return Interactions(user, item, day, weight, self.n_users, self.n_items)

    @property
    def history(self) -> csr_matrix:
        """What everyone had so far: CSR float32, shape (n_users, n_items), 1 where had."""
        return self.history_before(self.day)

    def history_before(self, day: int) -> csr_matrix:
        """`history` as it stood on the morning of ``day``."""

        def made() -> csr_matrix:
            matrix = self.interactions(before=day).matrix().sign()
            for name in ("data", "indices", "indptr"):
                setattr(matrix, name, lock(getattr(matrix, name)))
            return matrix

        return self.cached(("history", day), made)

    def counts(self, name: str, before: int | None = None) -> IntArray:
        """Times an item was shown (``"impressions"``) or had the outcome ``name``, shape (n_items,)."""
        last = (self.day if before is None else before) - self._first
        if last <= 0 or not self._totals:
            return lock(np.zeros(self.n_items, dtype=np.int64))
        totals = self._totals[min(last, len(self._totals)) - 1]
        return totals.get(name, lock(np.zeros(self.n_items, dtype=np.int64)))

    def impressions(self, days: int) -> Columns:
        """Impression rows of the last ``days`` days that are still kept, as columns."""
        parts = [d.impressions for d in self._days[-days:] if d.impressions]
        return self.cached(("impressions", days), lambda: concatenate(parts))

    def requests(self, days: int) -> Columns:
        """Request rows of the last ``days`` days, as columns, in order of the request id."""
        parts = [d.requests for d in self._days[-days:]]
        return self.cached(("requests", days), lambda: concatenate(parts))

    def of_request(self, name: str, request: IntArray, days: int) -> AnyArray:
        """The column ``name`` of the requests table for request ids (n,) of the last ``days`` days."""
        table = self.requests(days)
        return table[name][np.searchsorted(table["request"], request)]


class Noise:
    """Keyed draws for exploration: the same request and slot draw the same, whatever else is served."""

    def __init__(self, key: tuple[int, int]) -> None:
        self.key = key

    def uniform(self, requests: Requests, slots: int | IntArray, purpose: int) -> FloatArray:
        """Uniforms in (0, 1), shape (B, K). ``slots`` is K, or the slot numbers (K,)."""
        slot = np.arange(slots) if isinstance(slots, (int, np.integer)) else np.asarray(slots)
        session, user = requests.session[:, None], requests.user[:, None]
        return keyed_uniform(self.key, purpose, requests.day, session, user, slot[None, :])
