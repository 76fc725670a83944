"""Satisfaction with a session, and the trust it leaves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.arrays import FloatArray
from core.config import Config, knob

HORIZON = 120.0                                                           # seconds after which nobody chooses


def satisfaction(completion: FloatArray, seconds: FloatArray) -> FloatArray:
    """Share of the title watched minus the search, in [−1, 1]; nothing played at all is −1.

    ``completion`` is 0..1 (0 where nothing was played), ``seconds`` the time spent choosing, counted as
    `HORIZON` where nothing was played and cut there.
    """
    return completion - np.minimum(seconds, HORIZON) / HORIZON


@dataclass(frozen=True)
class Trust(Config):
    """A running expectation that falls faster than it rises.

    T ← T + rise · d for d > 0 and T + fall · d for d < 0, d = satisfaction − T. Losses count about twice
    (Kahneman & Tversky 1979); both rates are assumed. Trust moves the log-odds to open the app by
    ``visit`` · (T − level) and the log of patience by ``patience`` · (T − level).
    """

    rise: float = knob(0.10, 0.0, 1.0, "", "Step up after a good session.", off=0.0)
    fall: float = knob(0.20, 0.0, 1.0, "", "Step down after a bad one.", off=0.0)
    level: float = knob(-0.2, -1.0, 1.0, "", "Trust that changes nothing.")
    visit: float = knob(0.6, 0.0, 5.0, "log-odds", "Effect on opening the app.", off=0.0)
    patience: float = knob(0.2, 0.0, 2.0, "log s", "Effect on patience.", off=0.0)

    def update(self, trust: FloatArray, felt: FloatArray) -> FloatArray:
        """Trust after a session that felt like ``felt``; NaN (no session) leaves it."""
        gap = np.nan_to_num(felt - trust)
        return (trust + np.where(gap > 0, self.rise, self.fall) * gap).astype(trust.dtype)
