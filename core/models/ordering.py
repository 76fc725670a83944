"""From scores to a list: the best few, in one order that everybody gets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import FloatArray, IntArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

# Numbers scored at a time: 4 MB of float32 stay in cache, and memory does not grow with the batch.
CELLS = 1 << 20


def blocks(n_rows: int, width: int) -> Iterator[slice]:
    """Slices that cut ``n_rows`` rows of ``width`` numbers into blocks of about `CELLS` numbers."""
    step = max(1, CELLS // max(1, width))
    return (slice(start, start + step) for start in range(0, n_rows, step))


def top_rows(
    rows: Callable[[IntArray], FloatArray], n_items: int, users: IntArray, k: int, exclude: csr_matrix | None
) -> IntArray:
    """`Scorer.top` for whoever can score every item: ``rows(users)`` is (B, n_items) float32."""
    users = np.asarray(users)
    if not 1 <= k <= n_items:
        raise ValueError(f"k must be between 1 and the number of items {n_items}, got {k}")
    if exclude is not None and exclude.shape != (len(users), n_items):
        raise ValueError(
            f"exclude must be of shape ({len(users)}, {n_items}), one row per entry of users, "
            f"got {exclude.shape}; did you mean exclude[users]?"
        )
    out = np.empty((len(users), k), dtype=np.int64)
    for block in blocks(len(users), n_items):
        scores = np.array(rows(users[block]))                         # (b, n_items)
        if exclude is not None:
            scores[exclude[block].nonzero()] = -np.inf
        out[block] = best(scores, k)
    return out


def best(scores: FloatArray, k: int) -> IntArray:
    """Columns of the ``k`` highest scores of each row, best first, shape (B, k).

    ``scores`` is float32 (B, C) without NaN, and 1 <= k <= C. Equal scores rank by lower column, so the
    first 10 of 20 are the 10, and no order is left to chance. -1 stands for a score of -inf.

    >>> best(np.array([[0.5, 2.0, -np.inf, 2.0]], dtype=np.float32), k=4)
    array([[ 1,  3,  0, -1]])
    """
    # A float's bits order like an integer of sign and magnitude, so score and column fit in one
    # 64-bit key. Keys are unique: the order is total, whatever the partition does with ties.
    bits = (scores + np.float32(0.0)).view(np.int32)                  # + 0.0: -0.0 ties with 0.0
    rising = np.where(bits < 0, bits ^ 0x7FFFFFFF, bits).astype(np.int64)
    key = (~rising << 32) | np.arange(scores.shape[1])                # (B, C), best is lowest
    first = np.partition(key, k - 1, axis=1)[:, :k] if k < scores.shape[1] else key
    column = np.sort(first, axis=1) & 0xFFFFFFFF                      # (B, k)
    return np.where(np.isneginf(np.take_along_axis(scores, column, axis=1)), -1, column)
