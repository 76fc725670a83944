"""Order by score, best first. One tie rule for the whole project: the lower candidate first."""

from __future__ import annotations

import numpy as np

from core.arrays import FloatArray, IntArray, lock
from core.ranking._kernels import order_rows


def best_first(scores: FloatArray) -> tuple[IntArray, IntArray]:
    """Candidates from best to worst.

    Parameters
    ----------
    scores : float array, shape (B, C)
        −inf never appears among the usable ones. NaN is refused earlier, by name.

    Returns
    -------
    order : int array, shape (B, C)
        Positions into C; ties by the lower position.
    usable : int array, shape (B,)
        How many lead the order with a score above −inf.

    Notes
    -----
    −0.0 and 0.0 tie. The order is that of a stable ``argsort`` of −scores, found by a radix sort of the
    floats' bits; see `core.ranking._kernels.order_rows`.
    """
    bits = (np.asarray(scores, dtype=np.float32) + np.float32(0.0)).view(np.uint32)
    usable = (scores > -np.inf).sum(axis=1)
    return order_rows(lock(bits)), usable.astype(np.int32)
