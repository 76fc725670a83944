"""What a recommender is, what fitting one returns, and the three forms that so far suffice.

`ItemWeights` scores a history through item-to-item weights (EASE), `ItemScores` gives everyone the
same (popularity), `RandomScores` draws by key. A score depends on its own row only, to the last bit:
a sparse row times a dense matrix is summed in the order of the row, unlike BLAS, whose blocking, and
with it the rounding, changes with the number of rows.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from core.arrays import AnyArray, FloatArray, IntArray, lock
from core.interactions import Interactions
from core.models.ordering import blocks, top_rows
from core.rng import EXPLORE, keyed_uniform

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


class Scorer(Protocol):
    """A fitted recommender. Scores are float32, comparable within a user, and higher is better."""

    @property
    def n_items(self) -> int: ...

    def rows(self, users: IntArray) -> FloatArray:
        """Scores of every item for the given users (B,), shape (B, n_items)."""
        ...

    def score(self, users: IntArray, items: IntArray) -> FloatArray:
        """Scores of ``items`` (B, C) for ``users`` (B,), shape (B, C). -1 pads, and scores -inf."""
        ...

    def top(self, users: IntArray, k: int, exclude: csr_matrix | None = None) -> IntArray:
        """The ``k`` best items of each user, best first, shape (B, k).

        Equal scores rank by lower item id. Non-zero entries of ``exclude`` (B, n_items), one row per
        entry of ``users``, are left out; -1 fills a row in which fewer than ``k`` items remain.
        ``ValueError`` unless 1 <= k <= n_items.
        """
        ...

    def fold_in(self, history: csr_matrix) -> Scorer:
        """A scorer whose users 0..B-1 are the rows of ``history`` (B, n_items), without fitting anew."""
        ...

    def save(self, path: str | Path) -> None:
        """Write to a ``.npz`` file without pickle, whole or not at all; `load` reads it."""
        ...


class Recommender(Protocol):
    """A frozen specification of a model over histories: ``EASE(l2=250.0)``."""

    def fit(self, interactions: Interactions, rng: np.random.Generator) -> Scorer: ...


@dataclass(frozen=True, slots=True, eq=False)
class ItemWeights:
    """Scores a history x as x B: what the items someone had say of every item.

    Parameters
    ----------
    history : csr_matrix, shape (n_users, n_items)
        Only signs count (1 had, 0 not), so a matrix of play counts may be passed as it is. Copied.
    weights : float32 array, shape (n_items, n_items)
        B. ``weights[i, j]`` is what having i adds to the score of j.
    """

    history: csr_matrix
    weights: FloatArray

    def __post_init__(self) -> None:
        from scipy.sparse import csr_matrix

        weights = np.asarray(self.weights, dtype=np.float32)
        if weights.ndim != 2 or weights.shape[0] != weights.shape[1]:
            raise ValueError(f"ItemWeights.weights must be square, got shape {weights.shape}")
        _check_width("ItemWeights.history", self.history, weights.shape[1])
        history = csr_matrix(self.history, dtype=np.float32, copy=True)
        history.sum_duplicates()
        history = history.sign()
        for part in (history.data, history.indices, history.indptr):
            lock(part)
        object.__setattr__(self, "history", history)
        object.__setattr__(self, "weights", lock(weights))

    @property
    def n_items(self) -> int:
        return self.weights.shape[1]

    def rows(self, users: IntArray) -> FloatArray:
        """Scores of every item, shape (B, n_items)."""
        users = _ids("users", users, 0, self.history.shape[0])
        return self.history[users] @ self.weights

    def score(self, users: IntArray, items: IntArray) -> FloatArray:
        """Scores of ``items`` (B, C), shape (B, C). Costs a whole row per user, however small C is."""
        users, items = _pairs(users, items, self.n_items)
        out = np.empty(items.shape, dtype=np.float32)
        for block in blocks(len(users), self.n_items):
            out[block] = np.take_along_axis(self.rows(users[block]), np.maximum(items[block], 0), axis=1)
        out[items < 0] = -np.inf
        return out

    def top(self, users: IntArray, k: int, exclude: csr_matrix | None = None) -> IntArray:
        """The ``k`` best items of each user, shape (B, k). See `Scorer.top`."""
        return top_rows(self.rows, self.n_items, users, k, exclude)

    def fold_in(self, history: csr_matrix) -> ItemWeights:
        """The same weights over other histories."""
        return ItemWeights(history, self.weights)

    def save(self, path: str | Path) -> None:
        """Write to ``.npz``."""
        h = self.history
        _save(path, "ItemWeights", weights=self.weights, data=h.data, indices=h.indices, indptr=h.indptr)


@dataclass(frozen=True, slots=True, eq=False)
class ItemScores:
    """One score per item, the same for every user, shape (n_items,)."""

    scores: FloatArray

    def __post_init__(self) -> None:
        scores = np.asarray(self.scores, dtype=np.float32)
        if scores.ndim != 1 or np.isnan(scores).any():
            raise ValueError(f"ItemScores.scores must be (n_items,) without NaN, got shape {scores.shape}")
        object.__setattr__(self, "scores", lock(scores))

    @property
    def n_items(self) -> int:
        return len(self.scores)

    def rows(self, users: IntArray) -> FloatArray:
        """Scores of every item, shape (B, n_items), read-only."""
        return np.broadcast_to(self.scores, (len(users), self.n_items))

    def score(self, users: IntArray, items: IntArray) -> FloatArray:
        """Scores of ``items`` (B, C), shape (B, C)."""
        _, items = _pairs(users, items, self.n_items)
        return np.where(items < 0, np.float32(-np.inf), self.scores[np.maximum(items, 0)])

    def top(self, users: IntArray, k: int, exclude: csr_matrix | None = None) -> IntArray:
        """The ``k`` best items of each user, shape (B, k). See `Scorer.top`."""
        return top_rows(self.rows, self.n_items, users, k, exclude)

    def fold_in(self, history: csr_matrix) -> ItemScores:
        """Itself: no history changes these scores."""
        _check_width("history", history, self.n_items)
        return self

    def save(self, path: str | Path) -> None:
        """Write to ``.npz``."""
        _save(path, "ItemScores", scores=self.scores)


@dataclass(frozen=True, slots=True, eq=False)
class RandomScores:
    """A uniform draw per user and item, by key: asked twice, it answers the same."""

    key: tuple[int, int]
    n_items: int

    def rows(self, users: IntArray) -> FloatArray:
        """Scores of every item, shape (B, n_items)."""
        return self._draw(np.asarray(users), np.arange(self.n_items)[None, :])

    def score(self, users: IntArray, items: IntArray) -> FloatArray:
        """Scores of ``items`` (B, C), shape (B, C)."""
        users, items = _pairs(users, items, self.n_items)
        return np.where(items < 0, np.float32(-np.inf), self._draw(users, items))

    def top(self, users: IntArray, k: int, exclude: csr_matrix | None = None) -> IntArray:
        """The ``k`` best items of each user, shape (B, k). See `Scorer.top`."""
        return top_rows(self.rows, self.n_items, users, k, exclude)

    def fold_in(self, history: csr_matrix) -> RandomScores:
        """Itself: row u of ``history`` gets the draws of user u."""
        _check_width("history", history, self.n_items)
        return self

    def save(self, path: str | Path) -> None:
        """Write to ``.npz``."""
        _save(path, "RandomScores", key=np.array(self.key, dtype=np.uint32), n_items=np.array(self.n_items))

    def _draw(self, users: IntArray, items: IntArray) -> FloatArray:
        # The key is the fit's own, so these draws meet no other use of the purpose EXPLORE.
        drawn = keyed_uniform(self.key, EXPLORE, 0, 0, users[:, None], np.maximum(items, 0))
        return drawn.astype(np.float32)


def load(path: str | Path) -> Scorer:
    """Read what a scorer's ``save`` wrote. Never unpickles, so a foreign file cannot run code.

    Raises
    ------
    ValueError
        If the file is not one of ours, or holds objects.
    """
    from scipy.sparse import csr_matrix

    with np.load(path, allow_pickle=False) as file:
        kind = str(file["kind"]) if "kind" in file else "no kind"
        if kind == "ItemScores":
            return ItemScores(file["scores"])
        if kind == "RandomScores":
            first, second = map(int, file["key"])
            return RandomScores((first, second), int(file["n_items"]))
        if kind == "ItemWeights":
            weights = file["weights"]
            parts = (file["data"], file["indices"], file["indptr"])
            return ItemWeights(csr_matrix(parts, shape=(len(parts[2]) - 1, len(weights))), weights)
    raise ValueError(f"{path} must hold ItemWeights, ItemScores or RandomScores, got {kind}")


def _save(path: str | Path, kind: str, **arrays: AnyArray) -> None:
    target = Path(path)
    if target.suffix != ".npz":
        raise ValueError(f"a scorer is saved to a path that ends in .npz, got {target.name!r}")
    part = target.with_name(f"{target.name}.part")
    with part.open("wb") as file:
        np.savez(file, allow_pickle=False, kind=np.array(kind), **arrays)
    os.replace(part, target)


def _pairs(users: IntArray, items: IntArray, n_items: int) -> tuple[IntArray, IntArray]:
    users, items = np.asarray(users), _ids("items", items, -1, n_items)
    if users.ndim != 1 or items.ndim != 2 or len(users) != len(items):
        raise ValueError(f"users must be (B,) and items (B, C), got {users.shape} and {items.shape}")
    return users, items


def _ids(name: str, ids: IntArray, low: int, n: int) -> IntArray:
    ids = np.asarray(ids)
    if ids.size and not (low <= ids.min() and ids.max() < n):
        raise ValueError(f"{name} must lie in {low}..{n - 1}, got {ids.min()}..{ids.max()}")
    return ids


def _check_width(name: str, history: csr_matrix, n_items: int) -> None:
    if history.shape[1] != n_items:
        raise ValueError(f"{name} must have {n_items} columns, one per item, got shape {history.shape}")
