"""Visiting (reversible) and leaving (for good) are two things."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.arrays import FloatArray
from core.config import Config, knob

MONTH = 30.4                                                              # days


@dataclass(frozen=True)
class Churn(Config):
    """A daily hazard, part of which no ranking can move.

    h = 1 − (1 − monthly)^(1 / 30.4) is the hazard at neutral trust; a share ``exogenous`` of it (a failed
    payment, a move) is fixed and the rest is multiplied by exp(−slope · (T − level)). At slope 0
    lifetimes are geometric with mean 1 / h days.
    """

    monthly: float = knob(0.035, 0.0, 0.9, "share/month", "Members who cancel in a month.", off=0.0)
    exogenous: float = knob(0.4, 0.0, 1.0, "share", "Part of it that no ranking can move.", off=1.0)
    slope: float = knob(1.5, 0.0, 10.0, "", "How strongly trust moves the rest.", off=0.0)

    def hazard(self, above: FloatArray) -> FloatArray:
        """Daily probability to leave, given trust minus its neutral level; any shape."""
        base = 1.0 - (1.0 - self.monthly) ** (1.0 / MONTH)
        moved = self.exogenous + (1.0 - self.exogenous) * np.exp(-self.slope * np.asarray(above))
        return np.minimum(base * moved, 1.0)
