"""Sample ratio mismatch: are the arms as large as the assignment intended?"""

from __future__ import annotations

import numpy as np
from scipy.special import chdtrc

from core.arrays import FloatArray, IntArray

SRM_ALPHA = 0.001


def srm(counts: IntArray, shares: FloatArray) -> float:
    """p-value of the observed arm sizes under the intended shares.

    Parameters
    ----------
    counts : int array, shape (arms,)
        Users of each arm, as assigned, as triggered or as analysed: each can go wrong by itself.
    shares : float array, shape (arms,)
        Intended shares, above 0, summing to 1.

    Returns
    -------
    float
        0 to 1, chi-square with arms - 1 degrees of freedom. Below .001 (`SRM_ALPHA`) no effect of
        the experiment is to be believed: find out who is missing first.

    Raises
    ------
    ValueError
        If there are fewer than two arms, shapes differ, shares do not sum to 1, or nobody was counted.

    Notes
    -----
    Fabijan et al. (2019). The threshold is strict because the test is run on every experiment.

    >>> f"{srm(np.array([821_588, 815_482]), np.array([0.5, 0.5])):.1e}"
    '1.8e-06'
    """
    counts, shares = np.asarray(counts), np.asarray(shares, dtype=float)
    if counts.ndim != 1 or len(counts) < 2 or counts.shape != shares.shape:
        shapes = f"{counts.shape} and {shares.shape}"
        raise ValueError(f"counts and shares must name the same two or more arms, got shapes {shapes}")
    if not (shares > 0).all() or not np.isclose(shares.sum(), 1.0):
        raise ValueError(f"shares must be above 0 and sum to 1, got {shares.tolist()}")
    if (counts < 0).any() or counts.sum() == 0:
        raise ValueError(f"counts must not be negative and must count somebody, got {counts.tolist()}")
    expected = shares * counts.sum()
    return float(chdtrc(len(counts) - 1, ((counts - expected) ** 2 / expected).sum()))
