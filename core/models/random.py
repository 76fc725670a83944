"""Random order: the other bracket. What a metric says of it is what the metric says of nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.config import Config
from core.interactions import Interactions
from core.models.scorers import RandomScores


@dataclass(frozen=True)
class Random(Config):
    """Every user gets the items in an order of their own, independent of everything.

    The order is drawn by key when it is asked for: nothing of size n_users x n_items is stored, and
    a user's order does not depend on who else is served.
    """

    def fit(self, interactions: Interactions, rng: np.random.Generator) -> RandomScores:
        """Draw the key."""
        first, second = map(int, rng.integers(0, 1 << 32, size=2, dtype=np.uint32))
        return RandomScores((first, second), interactions.n_items)
