"""Popularity: the bracket every model must beat, and the cold start of most products."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.arrays import FloatArray, IntArray
from core.config import Config, knob
from core.interactions import Interactions
from core.models.scorers import ItemScores


@dataclass(frozen=True)
class Popularity(Config):
    """Scores an item by how many different users had it: someone's tenth play counts no more than the first.

    Most items tie with others, so its quality depends on the tie rule; `Scorer.top` states ours. Cost: one
    pass over the events.
    """

    def fit(self, interactions: Interactions, rng: np.random.Generator) -> ItemScores:
        """Count users. ``rng`` is unused; every model takes one."""
        had = np.unique(interactions.user.astype(np.int64) * interactions.n_items + interactions.item)
        users = np.bincount(had % interactions.n_items, minlength=interactions.n_items)
        return ItemScores(users.astype(np.float32))


@dataclass(frozen=True)
class PlayRate(Config):
    """Plays per impression, shrunk to the rate r0 of the whole catalogue.

    A count confuses being liked with being shown; a rate does not, but jumps about where an item was
    shown three times. ``prior`` impressions at rate r0 are added to each item:

        rate_i = (plays_i + prior r0) / (impressions_i + prior),  r0 = sum plays / sum impressions

    which is the posterior mean under a Beta(prior r0, prior (1 - r0)) prior: empirical Bayes with the
    strength chosen rather than fitted (Casella 1985, The American Statistician 39(2)). It corrects for how
    often an item was shown, not for where: an item shown mostly at the bottom of the page keeps a low rate.
    """

    prior: float = knob(
        20.0, 1.0, 10_000.0, unit="impressions", help="Larger asks for more evidence before judging an item."
    )

    def rate(self, plays: IntArray | FloatArray, impressions: IntArray | FloatArray) -> FloatArray:
        """Shrunk plays per impression.

        Parameters
        ----------
        plays, impressions : array, shape (n_items,)
            Counts, 0 <= plays <= impressions. Discounted counts are fine.

        Returns
        -------
        float array, shape (n_items,)
            A share, 0 to 1. NaN everywhere if nothing was ever shown: there is no r0 then.

        Raises
        ------
        ValueError
            If shapes differ, or a count is negative, not finite, or has more plays than impressions.
        """
        plays, impressions = np.asarray(plays, dtype=float), np.asarray(impressions, dtype=float)
        if plays.ndim != 1 or plays.shape != impressions.shape:
            raise ValueError(
                f"plays and impressions must both be (n_items,), got {plays.shape} and {impressions.shape}"
            )
        # A part in a million of slack: discounted counts are sums in floating point.
        if not (np.isfinite(impressions).all() and ((plays >= 0) & (plays <= impressions * 1.000001)).all()):
            raise ValueError("PlayRate needs 0 <= plays <= impressions, all finite; are the two exchanged?")
        shown = impressions.sum()
        overall = plays.sum() / shown if shown > 0 else np.nan
        return (plays + self.prior * overall) / (impressions + self.prior)

    def fit(self, plays: IntArray | FloatArray, impressions: IntArray | FloatArray) -> ItemScores:
        """Log of `rate` over r0: 0 is average or unknown, log 2 is played twice as often as average.

        Unlike a `Recommender`, it is fitted to counts, because a history does not know what was shown. Until
        the first play every item scores 0. An item shown but never played tends to -inf as impressions grow.
        """
        rate = self.rate(plays, impressions)                          # (n_items,)
        if not np.sum(plays) > 0:
            return ItemScores(np.zeros(len(rate)))
        return ItemScores(np.log(rate) - np.log(np.sum(plays) / np.sum(impressions)))
