"""Satisficing: the first title that is good enough is played."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.arrays import FloatArray
from core.config import Config, knob


@dataclass(frozen=True)
class Satisficing(Config):
    """Take the first item whose utility passes a threshold (Simon 1956; Caplin, Dean & Martin 2011).

    Utility is appeal plus Gumbel noise of scale ``noise``, so an item that is looked at is taken with
    probability 1 − exp(−exp((appeal − threshold) / noise)). The draw belongs to (session, item): another
    order of the page does not change what tonight's viewer thinks of a title.
    """

    threshold: float = knob(3.2, -10.0, 20.0, "utility", "How good is good enough.")
    noise: float = knob(0.5, 0.01, 5.0, "utility", "Scale of what appeal does not explain.")

    def probability(self, appeal: FloatArray) -> FloatArray:
        """Probability to take an item of this appeal once it is looked at; any shape."""
        return -np.expm1(-np.exp((np.asarray(appeal) - self.threshold) / self.noise))
