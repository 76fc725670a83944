"""Beyond accuracy: how alike a list is, how a page spreads, how even the catalogue is used.

None of these is a goal. Random lists win most of them, so they are read beside accuracy and beside
the random and the popularity ranker.
"""

from __future__ import annotations

import numpy as np

from core.arrays import FloatArray, IntArray


def intra_list_distance(ranked: IntArray, vectors: FloatArray) -> FloatArray:
    """Mean distance, 1 - cosine, over the pairs of items of a list.

    Parameters
    ----------
    ranked : int array, shape (B, K)
        Item ids in any order. -1 marks an empty slot.
    vectors : float array, shape (n_items, d)
        One vector an item: genres, tags or factors. Its length does not matter.

    Returns
    -------
    float array, shape (B,)
        No unit; 0 (all point the same way) to 2, and to 1 where no vector has a negative entry. NaN
        with fewer than two items that have a direction: an all-zero vector has none and is left out.

    Raises
    ------
    ValueError
        If ``ranked`` names an item beyond ``vectors``, or a vector is not finite.

    Notes
    -----
    Ziegler et al. (2005), as a distance and averaged. With unit vectors u and their sum S over m items
    the cosines of all ordered pairs sum to S.S - m, so a list costs O(K d), not O(K² d).

    >>> intra_list_distance(np.array([[0, 1, 2]]), np.array([[1.0, 0], [2, 0], [0, 1]])).round(3)
    array([0.667])
    """
    _known("vectors", ranked, len(vectors))
    if not np.isfinite(vectors).all():
        raise ValueError("vectors must be finite")
    length = np.sqrt((vectors.astype(float) ** 2).sum(axis=1, keepdims=True))                # (n_items, 1)
    unit = np.divide(vectors, length, out=np.zeros(vectors.shape), where=length > 0)         # (n_items, d)
    total = _sum_rows(ranked, unit, np.ones(ranked.shape))            # (B, d)
    m = ((ranked >= 0) & (length[:, 0] > 0)[ranked]).sum(axis=1)      # (B,)
    pairs = m * (m - 1.0)
    cosine = np.divide((total**2).sum(axis=1) - m, pairs, out=np.full(len(m), np.nan), where=m > 1)
    distance: FloatArray = np.clip(1.0 - cosine, 0.0, 2.0)
    return distance


def genre_shares(ranked: IntArray, genre: FloatArray, weight: FloatArray | None = None) -> FloatArray:
    """Genre shares of a list, each slot counted by ``weight``.

    Parameters
    ----------
    ranked : int array, shape (B, K)
        Item ids. -1 marks an empty slot, which counts for nothing.
    genre : float array, shape (n_items, G)
        p(genre | item): non-negative, rows sum to 1, or to 0 for an item without a genre.
    weight : float array, shape (B, K) or (K,), optional
        What a slot is worth: the attention it gets, or a discount by rank. Non-negative; 1 by default.

    Returns
    -------
    float array, shape (B, G)
        Shares that sum to 1. A row of NaN where no weighted slot holds an item with a genre.

    Raises
    ------
    ValueError
        If a weight or a genre share is negative or not finite, or an id is beyond ``genre``.

    Notes
    -----
    q(g) of Steck (2018): sum of w p(g | i) over the list, over the sum of w. Following an attention
    curve by ``weight`` instead of counting the set is the point of Kleinberg, Ryu and Tardos (2023).

    >>> genre_shares(np.array([[0, 1]]), np.eye(2), np.array([3.0, 1.0]))
    array([[0.75, 0.25]])
    """
    _known("genre", ranked, len(genre))
    worth = np.broadcast_to(1.0 if weight is None else weight, ranked.shape)
    for name, given in (("genre", genre), ("weight", worth)):
        if not (np.isfinite(given).all() and (given >= 0).all()):
            raise ValueError(f"{name} must be finite and not negative")
    mass = _sum_rows(ranked, genre, worth)                            # (B, G)
    total = mass.sum(axis=1, keepdims=True)
    shares: FloatArray = np.divide(mass, total, out=np.full(mass.shape, np.nan), where=total > 0)
    return shares


def page_diversity(ranked: IntArray, genre: FloatArray, attention: FloatArray | None = None) -> FloatArray:
    """Effective number of genres of a page as it is looked at: exp of the entropy of their shares.

    Parameters
    ----------
    ranked : int array, shape (B, K)
        The page's items in the order of ``attention``. -1 marks an empty slot.
    genre : float array, shape (n_items, G)
        p(genre | item); rows sum to 1, or to 0.
    attention : float array, shape (B, K) or (K,), optional
        Weight of a slot, such as the probability that it is looked at; equal by default.

    Returns
    -------
    float array, shape (B,)
        Genres; 1 (one genre has all attention) to G (all alike). NaN for a page without a genre.

    Raises
    ------
    ValueError
        As `genre_shares`.

    Notes
    -----
    The Hill number of order 1 (Hill 1973): n equally frequent genres count as n.

    >>> page_diversity(np.array([[0, 1]]), np.eye(2)).round(6)
    array([2.])
    """
    shares = genre_shares(ranked, genre, attention)                   # (B, G)
    log = np.log(shares, out=np.zeros_like(shares), where=~(shares <= 0))
    effective: FloatArray = np.exp(-(shares * log).sum(axis=1))
    return effective


def calibration_kl(history: FloatArray, shown: FloatArray, alpha: float = 0.01) -> FloatArray:
    """How far the genres shown are from the genres a user has watched; 0 is calibrated.

    Parameters
    ----------
    history : float array, shape (B, G)
        p: genre shares of each user's history; rows sum to 1.
    shown : float array, shape (B, G)
        q: genre shares of each user's list, as from `genre_shares` with weights by rank.
    alpha : float
        Share of p mixed into q, 0 < alpha < 1, so that a genre never shown does not cost infinity.

    Returns
    -------
    float array, shape (B,)
        Nats; 0 to log(1 / alpha), 4.6 for .01. NaN where a row of either is NaN.

    Raises
    ------
    ValueError
        If ``alpha`` is out of range, shapes differ, or a row is negative or does not sum to 1.

    Notes
    -----
    C_KL of Steck (2018): the sum of p log(p / q~) over genres, q~ = (1 - alpha) q + alpha p.

    >>> calibration_kl(np.array([[0.7, 0.3]]), np.array([[1.0, 0.0]])).round(3)
    array([1.134])
    """
    if not 0.0 < alpha < 1.0:
        raise ValueError(f"alpha must be between 0 and 1, both excluded, got {alpha}")
    if history.shape != shown.shape:
        raise ValueError(f"history and shown must share one shape, got {history.shape} and {shown.shape}")
    for name, shares in (("history", history), ("shown", shown)):
        total = shares.sum(axis=1)
        if (shares < 0).any() or not (np.isnan(total) | np.isclose(total, 1.0)).all():
            raise ValueError(f"rows of {name} must be shares that sum to 1, or NaN")
    mixed = (1.0 - alpha) * shown + alpha * history                   # (B, G)
    ratio = np.divide(history, mixed, out=np.ones(history.shape), where=~(history <= 0))
    divergence = (history * np.log(ratio)).sum(axis=1)
    return np.where(np.isnan(shown).any(axis=1), np.nan, np.maximum(divergence, 0.0))


def effective_catalogue(shares: FloatArray) -> float:
    """Effective catalogue size: how many titles carry the viewing, as if they shared it evenly.

    Parameters
    ----------
    shares : float array, shape (n_items,)
        Hours, plays or shares of each title, in any order and unit; titles nobody chose may be 0.

    Returns
    -------
    float
        Titles; 1 (one title has everything) to n_items (all alike). NaN where nothing was chosen.

    Raises
    ------
    ValueError
        If a share is negative or not finite.

    Notes
    -----
    Gomez-Uribe and Hunt (2015): 2 sum(i p_i) - 1 with p sorted downwards and i from 1. Equal to
    n (1 - `gini`).

    >>> round(effective_catalogue(np.array([10.0, 6.0, 3.0])), 2)
    2.26
    """
    shares = _amounts(shares)
    if shares.sum() == 0:
        return float("nan")
    p = np.sort(shares)[::-1] / shares.sum()
    return float(2.0 * (np.arange(1, len(p) + 1) @ p) - 1.0)


def novelty(ranked: IntArray, plays: FloatArray) -> FloatArray:
    """Mean surprise of a list's items: minus log2 of their share of all plays.

    Parameters
    ----------
    ranked : int array, shape (B, K)
        Item ids. -1 marks an empty slot.
    plays : float array, shape (n_items,)
        How often each item was played so far: counts, not shares.

    Returns
    -------
    float array, shape (B,)
        Bits; 0 (one item has all plays) to log2 of all plays. One bit more is half as popular. NaN
        for an empty list.

    Raises
    ------
    ValueError
        If a count is negative, or all together are no more than 1 (shares were passed).

    Notes
    -----
    Self-information, Zhou et al. (2010), who count users where this counts plays. An item without a
    play would be infinitely novel; it counts as played once, the most this history can say.

    >>> novelty(np.array([[0, 1]]), np.array([4.0, 2.0, 2.0]))
    array([1.5])
    """
    counts = _amounts(plays)
    _known("plays", ranked, len(counts))
    if counts.sum() <= 1.0:
        raise ValueError(f"plays must be counts that sum to more than 1, got a sum of {counts.sum():g}")
    bits = -np.log2(np.maximum(counts, 1.0) / counts.sum())           # (n_items,)
    size = (ranked >= 0).sum(axis=1)
    total = np.where(ranked >= 0, bits[ranked], 0.0).sum(axis=1)
    mean: FloatArray = np.divide(total, size, out=np.full(len(size), np.nan), where=size > 0)
    return mean


def coverage(ranked: IntArray, n_items: int) -> float:
    """Share of the catalogue that stands on at least one list.

    Parameters
    ----------
    ranked : int array, any shape
        Item ids of all lists. -1 marks an empty slot.
    n_items : int
        Size of the catalogue, at least 1.

    Returns
    -------
    float
        Share, 0 to 1. It only grows with the number of lists: compare equally many.

    Raises
    ------
    ValueError
        If ``n_items`` is below 1 or an id is not below it.

    >>> coverage(np.array([[0, 1], [1, -1]]), n_items=4)
    0.5
    """
    if n_items < 1:
        raise ValueError(f"n_items must be at least 1, got {n_items}")
    _known("n_items", ranked, n_items)
    return float(np.bincount(ranked[ranked >= 0], minlength=n_items).astype(bool).sum() / n_items)


def gini(amounts: FloatArray) -> float:
    """Gini index of exposure or plays over items.

    Parameters
    ----------
    amounts : float array, shape (n,)
        Impressions, plays or income of each item or creator; include those with none.

    Returns
    -------
    float
        No unit; 0 (all alike) to 1 - 1/n (one has everything). Libraries that report a "Gini
        diversity" show one minus this. NaN where there is nothing to divide.

    Raises
    ------
    ValueError
        If an amount is negative or not finite.

    Notes
    -----
    Half the mean absolute difference over the mean, by the sorted form
    sum((2 i - n - 1) x_i) / (n sum(x)), x upwards and i from 1.

    >>> gini(np.array([0.0, 0.0, 0.0, 5.0]))
    0.75
    """
    x = np.sort(_amounts(amounts))
    if x.sum() == 0:
        return float("nan")
    n = len(x)
    return float((2.0 * np.arange(1, n + 1) - n - 1.0) @ x / (n * x.sum()))


def _sum_rows(ranked: IntArray, rows: FloatArray, weight: FloatArray) -> FloatArray:
    """Weighted sum of ``rows[item]`` over each list, (B, d); slot by slot, never (B, K, d)."""
    total = np.zeros((len(ranked), rows.shape[1]))
    for k in range(ranked.shape[1]):
        worth = np.where(ranked[:, k] >= 0, weight[:, k], 0.0)        # (B,)
        total += worth[:, None] * rows[ranked[:, k]]
    return total


def _amounts(values: FloatArray) -> FloatArray:
    values = np.asarray(values, dtype=float)
    if values.ndim != 1 or not (np.isfinite(values).all() and (values >= 0).all()):
        raise ValueError(f"amounts must be one row of finite numbers, none below 0, got shape {values.shape}")
    return values


def _known(owner: str, ranked: IntArray, n_items: int) -> None:
    if ranked.size and ranked.max() >= n_items:
        raise ValueError(f"ranked holds item {ranked.max()}, but {owner} covers items 0 to {n_items - 1}")
