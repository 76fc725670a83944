"""Cutting a history into what a model may see and what it is asked to predict.

All three take whole events: each goes to one side, in its old order, with the same ids and numbers of
users and items. Someone who had an item twice can have it on both sides. What leaks differs, so it is
stated at each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.arrays import BoolArray, IntArray
from core.interactions import Interactions


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """``train`` to fit on, ``test`` to be predicted; together every event once."""

    train: Interactions
    test: Interactions


def by_time(interactions: Interactions, *, share: float | None = None, at: float | None = None) -> Split:
    """Past against future, one moment for everybody: the only split without a look ahead.

    Many test users have no past then, and many test items neither; evaluators should say how many.

    Parameters
    ----------
    interactions : Interactions
    share : float, optional
        About this share of the events, the latest, is tested; strictly between 0 and 1. Events that
        happened at the same time stay together, on the test side, so it can be more.
    at : float, optional
        Events before it are trained on, the rest tested. In the unit of ``interactions.time``.

    Raises
    ------
    ValueError
        Unless exactly one of ``share`` and ``at`` is given; if a side would be empty.
    """
    time = interactions.time
    if share is not None and at is None:
        _check_share(share)
        # The slack keeps 0.29 * 100 = 28.999999999999996 at 29 events.
        n_tested = max(1, int(share * len(time) + 1e-9))
        later = time >= np.sort(time)[-n_tested] if len(time) else np.zeros(0, dtype=bool)
    elif share is None and at is not None:
        later = time >= at
    else:
        raise ValueError(f"by_time needs either share or at, got share={share} and at={at}")
    if later.all() or not later.any():
        raise ValueError(
            f"by_time leaves {int((~later).sum())} events to train and {int(later.sum())} to test; "
            "cut at a time inside the history"
        )
    return _split(interactions, later)


def leave_last(interactions: Interactions) -> Split:
    """Tests the last event of each user who has two or more; a lone event stays in ``train``.

    Of events at the same time the later row is the last, which in a file sorted by item is no order of
    viewing. It looks ahead: a user who left early is predicted from what others did afterwards. Common in
    papers, fair between models, optimistic about all of them.
    """
    user = interactions.user
    order = np.lexsort((interactions.time, user))                     # stable: ties in order of rows
    count = np.bincount(user, minlength=interactions.n_users)         # (n_users,)
    last = order[np.cumsum(count)[count >= 2] - 1]
    tested = np.zeros(len(user), dtype=bool)
    tested[last] = True
    return _split(interactions, tested)


def random_split(interactions: Interactions, share: float, rng: np.random.Generator) -> Split:
    """Tests ``share`` of each user's events, drawn without regard to time.

    Rounded down user by user: with share 0.2 someone with 4 events keeps all of them in ``train``. It looks
    ahead as `leave_last` does, at everyone's events and at the user's own.

    Raises
    ------
    ValueError
        Unless 0 < share < 1.
    """
    _check_share(share)
    count = np.bincount(interactions.user, minlength=interactions.n_users)
    quota = (share * count + 1e-9).astype(np.int64)                   # (n_users,)
    rank = _rank_within(interactions.user, count, rng.random(len(interactions)))
    return _split(interactions, rank < quota[interactions.user])


def _rank_within(user: IntArray, count: IntArray, draw: np.ndarray) -> IntArray:
    """Rank of each event's draw among its user's events, from 0, shape (N,)."""
    order = np.lexsort((draw, user))
    rank = np.empty(len(user), dtype=np.int64)
    rank[order] = np.arange(len(user)) - np.repeat(np.cumsum(count) - count, count)
    return rank


def _split(interactions: Interactions, tested: BoolArray) -> Split:
    return Split(train=interactions.where(~tested), test=interactions.where(tested))


def _check_share(share: float) -> None:
    if not 0.0 < share < 1.0:
        raise ValueError(f"share must lie strictly between 0 and 1, got {share}")
