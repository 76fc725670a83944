"""How small an effect an experiment can see, and how many users it takes to see one.

Everything starts from the standard error of a difference, so the same functions serve means, ratios and
CUPED-adjusted metrics, and arms of any size.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri


class Errors(NamedTuple):
    """What a significant result is worth at a plausible true effect."""

    power: float            # chance of significance
    sign: float             # share of significant results with the wrong sign (type S)
    exaggeration: float     # mean |estimate| / |effect| among significant results (type M)


def guarded_power(power: float, guardrails: int) -> float:
    """The power each metric needs so that all pass together with ``power``: 1 - beta / (guardrails + 1).

    A change ships only if it beats one metric *and* passes every guardrail, so the chances to miss add
    up. The level of a guardrail test needs no such correction (Schultzberg, Ankargren and Frånberg 2024).

    >>> round(guarded_power(0.8, 3), 3)
    0.95
    """
    if guardrails < 0:
        raise ValueError(f"guardrails must not be negative, got {guardrails}")
    return 1.0 - (1.0 - power) / (guardrails + 1)


def mde(se: float, alpha: float = 0.05, power: float = 0.8, sides: int = 2) -> float:
    """Minimum detectable effect: the true effect found with ``power``, in the metric's unit.

    Parameters
    ----------
    se : float
        Standard error of the difference.
    alpha : float
        Level; already divided by the number of success metrics where there are several.
    power : float
        Between 0 and 1; for a metric next to guardrails see `guarded_power`.
    sides : int
        2 for a success metric. 1 for a guardrail: then it is the smallest margin that a change
        without any effect passes with ``power``.

    Returns
    -------
    float
        (z(1 - alpha / sides) + z(power)) se, never negative. NaN for a NaN ``se``.

    >>> round(mde(1.0), 2)
    2.8
    """
    return max(_z_sum(alpha, power, sides), 0.0) * se


def users_needed(
    se: float, n: int, effect: float, alpha: float = 0.05, power: float = 0.8, sides: int = 2
) -> int | None:
    """Users, all arms together and split as now, that find ``effect`` with ``power``.

    Parameters
    ----------
    se : float
        Standard error of the difference with ``n`` users.
    n : int
        Users of all arms together.
    effect : float
        True effect to be found, or margin to be passed at no true effect; the sign does not matter.
    alpha, power, sides
        As for `mde`.

    Returns
    -------
    int or None
        None where no number is: the effect is 0, or ``se`` is NaN.

    Notes
    -----
    The standard error falls with the root of the users: n (mde / effect)². With equal arms of variance
    v, se² = 4 v / n, and this is the textbook's 2 (z + z)² v / effect² for each arm.

    >>> users_needed(se=0.1, n=400, effect=0.28)
    401
    """
    if effect == 0 or not math.isfinite(effect) or not math.isfinite(se):
        return None
    return math.ceil(n * (mde(se, alpha, power, sides) / abs(effect)) ** 2)


def power_of(effect: float, se: float, alpha: float = 0.05, sides: int = 2) -> float:
    """Chance that a true ``effect`` is found significant; with two sides, in either direction.

    >>> round(power_of(2.8, 1.0), 2)
    0.8
    """
    critical, shift = float(ndtri(1 - alpha / sides)), effect / se
    upper = float(ndtr(shift - critical))
    return upper + float(ndtr(-shift - critical)) if sides == 2 else upper


def errors_at(effect: float, se: float, alpha: float = 0.05) -> Errors:
    """Type S and type M error at a plausible true effect, before or after the data.

    "Observed power" repeats the p-value; this asks instead what significance would mean if the effect
    were one that is believed possible. Gelman and Carlin (2014), with the normal in closed form.

    Parameters
    ----------
    effect : float
        A plausible true effect, not the estimate; not 0.
    se : float
        Standard error of the difference, above 0.
    alpha : float
        Two-sided level.

    Returns
    -------
    Errors
        Shares, and a factor of at least 1.

    >>> round(errors_at(1.0, 1.0).exaggeration, 1)
    2.5
    """
    if effect == 0 or not se > 0:
        raise ValueError(f"effect must not be 0 and se must be above 0, got {effect} and {se}")
    d, critical = abs(effect) / se, float(ndtri(1 - alpha / 2))
    right, wrong = float(ndtr(d - critical)), float(ndtr(-d - critical))
    # E|x| over both tails of N(d, 1) beyond the critical value
    density = np.exp(-0.5 * np.square([critical - d, critical + d])) / math.sqrt(2 * math.pi)
    size = d * (right - wrong) + float(density.sum())
    return Errors(right + wrong, wrong / (right + wrong), size / (right + wrong) / d)


def se_at(se: float, n: int, users: int) -> float:
    """The standard error that ``users`` would give, where ``n`` gave ``se``; both count all arms."""
    if min(n, users) < 1:
        raise ValueError(f"n and users must be at least 1, got {n} and {users}")
    return se * math.sqrt(n / users)


def _z_sum(alpha: float, power: float, sides: int) -> float:
    if sides not in (1, 2):
        raise ValueError(f"sides must be 1 or 2, got {sides}")
    for name, value in (("alpha", alpha), ("power", power)):
        if not 0.0 < value < 1.0:
            raise ValueError(f"{name} must be between 0 and 1, both excluded, got {value}")
    return float(ndtri(1 - alpha / sides) + ndtri(power))
