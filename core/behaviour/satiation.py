"""Satiation: the same again is worth less, until time has passed."""

from __future__ import annotations

from dataclasses import dataclass

from core.arrays import FloatArray
from core.config import Config, knob


@dataclass(frozen=True)
class Satiation(Config):
    """Per user and genre, s ← keep · s + gain · (plays today); an item of the genre loses weight · s.

    After rebounding bandits (Leqi, Kilinc-Karzan, Lipton & Montgomery, NeurIPS 2021), without their noise
    term and per day rather than per pull. One play a day for ever leads to s = gain / (1 − keep).
    """

    keep: float = knob(0.8, 0.0, 0.99, "share/day", "Satiation left after a day.")
    gain: float = knob(0.3, 0.0, 5.0, "", "Added by one play.", off=0.0)
    weight: float = knob(0.1, 0.0, 10.0, "utility", "Utility lost per unit of satiation.", off=0.0)

    def close(self, state: FloatArray, plays: FloatArray) -> FloatArray:
        """The next morning's satiation, shape as ``state``; ``plays`` counts today's."""
        return (self.keep * state + self.gain * plays).astype(state.dtype)

    def steady(self) -> float:
        """Where one play a day leads."""
        return self.gain / (1.0 - self.keep)
