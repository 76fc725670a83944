"""One estimator for every metric: a ratio of sums, its linearised users, Welch's interval.

A metric is R = sum(numerator) / sum(denominator) over the assigned users of an arm; a mean per user is
the case in which every denominator is 1. By the delta method R behaves like the mean of

    L_i = R + (numerator_i - R denominator_i) / mean(denominator),

one value per randomised user, so that whatever is known about means (Welch, CUPED, pairing, power)
holds for ratios too (Deng, Knoblich and Lu 2018). Rows finer than the user are never tested: two
sessions of one user are not two witnesses.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import stdtr, stdtrit

from core.arrays import FloatArray

MIN_USERS = 30              # below it neither the t approximation nor the delta method is trusted
MIN_DENOMINATOR_T = 5.0     # mean(denominator) in its own s.e.; nearer to zero a ratio has no useful s.e.
MIN_RELATIVE_T = 4.0        # control mean in its own s.e.; nearer to zero a lift has no useful interval
DATA_FAULT = "data fault"   # how the reason begins when numbers cannot come from an experiment

# Sums of a constant differ from it in the last bits; a spread this small beside the mean is rounding.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Estimate:
    """A difference between two arms with its interval; NaN with a reason where it is refused.

    Attributes
    ----------
    control, treatment, difference : float
        Means in the metric's unit; difference = treatment - control, never flipped.
    se, df : float
        Standard error of the difference and the degrees of freedom of its t.
    p_value : float
        Two-sided, of no difference.
    ci_low, ci_high : float
        The (1 - alpha) interval of the difference.
    n_control, n_treatment : int
        Assigned users.
    reason : str
        Empty, or why there is no p-value and interval.
    """

    control: float
    treatment: float
    difference: float
    se: float
    df: float
    p_value: float
    ci_low: float
    ci_high: float
    n_control: int
    n_treatment: int
    reason: str = ""


class Relative(NamedTuple):
    """A relative difference, as a share (-.05 is 5 % less), with its interval."""

    value: float
    ci_low: float
    ci_high: float


class AcrossWorlds(NamedTuple):
    """A mean over simulated worlds with its t-interval."""

    value: float
    ci_low: float
    ci_high: float
    n_worlds: int


class Linearised(NamedTuple):
    """A ratio metric as one value a user, whose mean is the ratio; or why not."""

    values: FloatArray      # (N,), NaN where refused
    mean: float
    reason: str


def linearise(sums: FloatArray) -> Linearised:
    """Turn per-user sums into per-user values whose mean is the metric and whose spread is its error.

    Parameters
    ----------
    sums : float array, shape (2, N)
        Numerator and denominator of every *assigned* user. A user with denominator 0 (never came)
        stays: dropping them would condition on something the treatment may have changed.

    Returns
    -------
    Linearised
        ``values`` (N,) in the metric's unit. NaN, with a reason, where there are no users, all
        denominators are 0, or their mean is less than 5 of its standard errors above 0. ``mean`` is
        kept in the last case: the ratio exists, its standard error does not.

    Raises
    ------
    ValueError
        If the shape is not (2, N), a number is not finite, or a denominator is negative.

    Notes
    -----
    >>> linearise(np.array([[2.0, 0, 1], [1, 0, 1]])).mean
    1.5
    """
    sums = np.asarray(sums, dtype=float)
    if sums.ndim != 2 or sums.shape[0] != 2:
        raise ValueError(f"sums must have shape (2, N), numerator and denominator a user, got {sums.shape}")
    if not np.isfinite(sums).all():
        raise ValueError("sums must be finite; a user without data has numerator 0 and denominator 0")
    numerator, denominator = sums
    if (denominator < 0).any():
        raise ValueError(f"denominators must not be negative, got {denominator.min()}")
    nothing = np.full(len(numerator), np.nan)
    if not len(numerator):
        return Linearised(nothing, math.nan, "an arm has no users")
    per_user = denominator.mean()
    if per_user == 0:
        return Linearised(nothing, math.nan, "nothing to divide by: every user's denominator is 0")
    ratio = float(numerator.sum() / denominator.sum())
    if len(numerator) > 1:
        error = denominator.std(ddof=1) / math.sqrt(len(denominator))
        if per_user < MIN_DENOMINATOR_T * error:
            seen, needed = f"{per_user / error:.1f}", f"{MIN_DENOMINATOR_T:g}"
            why = f"denominator too near zero: its mean is {seen} standard errors, {needed} needed"
            return Linearised(nothing, ratio, why)
    return Linearised(ratio + (numerator - ratio * denominator) / per_user, ratio, "")


def compare(control: FloatArray, treatment: FloatArray, alpha: float = 0.05) -> Estimate:
    """Difference of a metric between two arms of different users, from their per-user sums.

    Parameters
    ----------
    control, treatment : float array, shape (2, N)
        Numerator and denominator of each assigned user, as for `linearise`.
    alpha : float
        The interval covers 1 - alpha.

    Returns
    -------
    Estimate
        Refused, with the means where they exist, under the rules of `linearise` and `welch`.
    """
    c, t = linearise(control), linearise(treatment)
    if c.reason or t.reason:
        return _refused(c.mean, t.mean, len(c.values), len(t.values), c.reason or t.reason)
    return welch(c.values, t.values, alpha)


def welch(control: FloatArray, treatment: FloatArray, alpha: float = 0.05) -> Estimate:
    """Difference of two means with unequal variances.

    Parameters
    ----------
    control, treatment : float array, shape (n_c,), (n_t,)
        One value per randomised user.
    alpha : float
        The interval covers 1 - alpha, 0 < alpha < 1.

    Returns
    -------
    Estimate
        p-value and interval are NaN, with a reason, when an arm has fewer than 30 users or when the
        means differ although nobody within an arm does. No spread and no difference is p = 1, [0, 0].

    Notes
    -----
    Welch (1947), degrees of freedom by Satterthwaite. With equal arms its error rate is 4 to 5 % even
    for lognormal data; at 40 against 760 users it is about 10 %: keep arms of a skewed metric equal.
    """
    n_c, n_t = len(control), len(treatment)
    mean_c = float(np.mean(control)) if n_c else math.nan
    mean_t = float(np.mean(treatment)) if n_t else math.nan
    if min(n_c, n_t) < MIN_USERS:
        return _refused(mean_c, mean_t, n_c, n_t, _too_few(min(n_c, n_t)))
    v_c, v_t = float(np.var(control, ddof=1)) / n_c, float(np.var(treatment, ddof=1)) / n_t
    return _estimate(mean_c, mean_t, v_c + v_t, _satterthwaite(v_c, n_c, v_t, n_t), n_c, n_t, alpha)


def paired(control: FloatArray, treatment: FloatArray, alpha: float = 0.05) -> Estimate:
    """Difference of a metric for the same users in two worlds.

    Parameters
    ----------
    control, treatment : float array, shape (2, N)
        Per-user sums; column i is the same user in both.
    alpha : float
        The interval covers 1 - alpha.

    Returns
    -------
    Estimate
        s.e. = sd(L_treatment - L_control) / sqrt(N), t with N - 1 degrees of freedom. Refused under
        the rules of `linearise` and `welch`. Worlds that are equal give exactly 0, p = 1.

    Raises
    ------
    ValueError
        If the two hold different numbers of users.
    """
    if np.shape(control) != np.shape(treatment):
        shapes = f"{np.shape(control)} and {np.shape(treatment)}"
        raise ValueError(f"twins must hold the same users, got shapes {shapes}")
    c, t = linearise(control), linearise(treatment)
    n = len(c.values)
    if c.reason or t.reason:
        return _refused(c.mean, t.mean, n, n, c.reason or t.reason)
    if n < MIN_USERS:
        return _refused(c.mean, t.mean, n, n, _too_few(n))
    variance = float(np.var(t.values - c.values, ddof=1)) / n
    return _estimate(c.mean, t.mean, variance, n - 1.0, n, n, alpha)


def relative_interval(control: FloatArray, treatment: FloatArray, alpha: float = 0.05) -> Relative:
    """Relative difference of two means, treatment / control - 1, with the interval of its logarithm.

    Parameters
    ----------
    control, treatment : float array, shape (n_c,), (n_t,)
        One value per randomised user: linearised, and adjusted where CUPED was used.
    alpha : float
        The interval covers 1 - alpha.

    Returns
    -------
    Relative
        Shares. All NaN when the control's mean is not positive or less than 4 of its standard errors
        (read the absolute difference); NaN bounds below 30 users or when the treatment's mean is not
        positive.

    Notes
    -----
    Var(log(t / c)) = s_t² / (n_t t²) + s_c² / (n_c c²), then exponentiated, so that swapping the arms
    inverts the interval. It can disagree with the absolute one about 0 when p is near alpha; the
    p-value in a scorecard is the absolute difference's.
    """
    n_c, n_t = len(control), len(treatment)
    undefined = Relative(math.nan, math.nan, math.nan)
    if min(n_c, n_t) < 2:
        return undefined
    mean_c, mean_t = float(np.mean(control)), float(np.mean(treatment))
    v_c, v_t = float(np.var(control, ddof=1)) / n_c, float(np.var(treatment, ddof=1)) / n_t
    if mean_c <= 0 or mean_c < MIN_RELATIVE_T * math.sqrt(v_c):
        return undefined
    value = mean_t / mean_c - 1.0
    if mean_t <= 0 or min(n_c, n_t) < MIN_USERS:
        return Relative(value, math.nan, math.nan)
    v_c, v_t = v_c / mean_c**2, v_t / mean_t**2
    half = 0.0
    if v_c + v_t > _ROUNDING**2:
        half = t_quantile(1 - alpha / 2, _satterthwaite(v_c, n_c, v_t, n_t)) * math.sqrt(v_c + v_t)
    middle = math.log(mean_t / mean_c)
    return Relative(value, math.exp(middle - half) - 1.0, math.exp(middle + half) - 1.0)


def across_worlds(values: FloatArray, confidence: float = 0.95) -> AcrossWorlds:
    """Mean of an effect over independently built worlds, with its t-interval.

    Parameters
    ----------
    values : float array, shape (R,)
        One effect a world. A million users of one world are still one world.
    confidence : float
        Coverage, between 0 and 1.

    Returns
    -------
    AcrossWorlds
        In the unit of ``values``. Bounds are NaN below 2 worlds; all is NaN if a world is: leaving
        out the worlds in which an effect is not defined would be a choice by its value.

    >>> across_worlds(np.array([1.0, 2.0, 3.0])).ci_high.__round__(3)
    4.484
    """
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must be between 0 and 1, both excluded, got {confidence}")
    values = np.asarray(values, dtype=float)
    n = len(values)
    mean = float(values.mean()) if n else math.nan
    if n < 2 or math.isnan(mean):
        return AcrossWorlds(mean, math.nan, math.nan, n)
    half = t_quantile(0.5 + confidence / 2, n - 1.0) * float(values.std(ddof=1)) / math.sqrt(n)
    return AcrossWorlds(mean, mean - half, mean + half, n)


def t_quantile(probability: float, df: float) -> float:
    """The ``probability`` quantile of Student's t with ``df`` degrees of freedom."""
    return float(stdtrit(df, probability))


def _estimate(
    mean_c: float, mean_t: float, variance: float, df: float, n_c: int, n_t: int, alpha: float
) -> Estimate:
    if not 0.0 < alpha < 1.0:
        raise ValueError(f"alpha must be between 0 and 1, both excluded, got {alpha}")
    difference, se = mean_t - mean_c, math.sqrt(variance)
    rounding = _ROUNDING * max(abs(mean_c), abs(mean_t))
    if se <= rounding:
        if abs(difference) <= rounding:
            return Estimate(mean_c, mean_t, 0.0, 0.0, df, 1.0, 0.0, 0.0, n_c, n_t)
        return _refused(mean_c, mean_t, n_c, n_t, f"{DATA_FAULT}: arms differ, users within them do not")
    p_value = 2.0 * float(stdtr(df, -abs(difference) / se))
    half = t_quantile(1 - alpha / 2, df) * se
    low, high = difference - half, difference + half
    return Estimate(mean_c, mean_t, difference, se, df, p_value, low, high, n_c, n_t)


def _satterthwaite(v_c: float, n_c: int, v_t: float, n_t: int) -> float:
    """Degrees of freedom of a sum of two squared standard errors; any number where both are 0."""
    if v_c + v_t == 0:
        return float(n_c + n_t - 2)
    share = v_c / (v_c + v_t)                                         # free of underflow
    return 1.0 / (share**2 / (n_c - 1) + (1.0 - share) ** 2 / (n_t - 1))


def _refused(mean_c: float, mean_t: float, n_c: int, n_t: int, reason: str) -> Estimate:
    nan = math.nan
    return Estimate(mean_c, mean_t, mean_t - mean_c, nan, nan, nan, nan, nan, n_c, n_t, reason)


def _too_few(n: int) -> str:
    return f"too few users: {n} in an arm, {MIN_USERS} needed" if n else "an arm has no users"
