"""The scorecard: one row a metric, from the per-user sums of two arms."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from core.arrays import FloatArray
from core.config import unknown
from core.inference.cuped import Adjusted, cuped
from core.inference.means import Estimate, Relative, compare, linearise, paired, relative_interval, welch
from core.inference.metric import Metric
from core.inference.power import guarded_power, mde

Sums = Mapping[str, FloatArray]     # metric name -> (2, N): numerator and denominator of each assigned user

COLUMNS = (
    "metric", "unit", "better", "role", "control", "treatment", "difference", "ci_low", "ci_high",
    "relative", "relative_low", "relative_high", "p_value", "alpha", "p_adjusted", "n_control",
    "n_treatment", "mde", "margin", "reason", "cuped", "note", "se", "df", "label",
)  # fmt: skip


class _Analysed(NamedTuple):
    estimate: Estimate
    relative: Relative
    factor: float       # variance CUPED left over; 1 where it was not used
    note: str           # why it was not, where a past was given


def scorecard(
    metrics: Sequence[Metric],
    control: Sums,
    treatment: Sums,
    *,
    before: tuple[Sums, Sums] | None = None,
    days: int,
    preset: str = "teaching",
    alpha: float = 0.05,
    power: float = 0.8,
) -> pd.DataFrame:
    """Compare two arms of different users on every metric.

    Parameters
    ----------
    metrics : sequence of Metric
        The first success metric is the primary one.
    control, treatment : mapping of metric name to float array, shape (2, N)
        Numerator and denominator of each assigned user of the arm. More names than asked for are fine.
    before : (control, treatment), optional
        The same for the time before the experiment, same users in the same order, NaN for a user who was
        not there. A metric found here is adjusted by CUPED; one not found is compared as it is.
    days : int
        Length of the experiment, which scales the margins of stocks.
    preset : str
        ``teaching`` or ``realistic``: the scale of the margins.
    alpha, power : float
        Level of one success metric or guardrail; chance to ship what deserves it.

    Returns
    -------
    pandas.DataFrame
        One row a metric in the order given, the primary first.

        - ``difference`` is treatment - control in the metric's unit, never flipped; ``ci_low, ci_high`` its
          raw (1 - ``alpha``) interval and ``p_value`` its raw two-sided p. ``relative`` is a share.
          With CUPED, ``control`` and ``treatment`` are the adjusted means, so they still differ by it.
        - ``alpha`` (column) is alpha / S for each of S success metrics, alpha for the rest. ``p_adjusted`` is
          min(1, S p) for success metrics (Bonferroni), p for the rest.
        - ``mde`` is found with the power each metric needs for the whole decision; one-sided for guardrails.
        - ``margin`` in the metric's unit, NaN without one. ``reason`` is empty, or why p-value and
          interval are NaN. ``cuped`` is the share of variance left, 1 where no past was used; ``note`` is
          empty, or why a given past was not.
        - ``se``, ``df``, ``label`` are what `decide` needs besides.

    Raises
    ------
    KeyError
        If a metric has no sums in an arm; the message lists those that have.
    ValueError
        If two metrics share a name, or sums are malformed.

    Notes
    -----
    Levels and power: Schultzberg, Ankargren and Frånberg (2024). Only success metrics share alpha,
    because one of them suffices; guardrails must all pass, which costs power and not level. S counts
    the metrics declared, also one that turned out to be undefined.
    """
    metrics = _primary_first(metrics)
    n_success = sum(m.role == "success" for m in metrics)
    guarded = guarded_power(power, sum(m.role == "guardrail" for m in metrics))
    rows = []
    for metric in metrics:
        arms = _arms(metric, control, treatment)
        past = None
        if before is not None and metric.name in before[0] and metric.name in before[1]:
            past = (before[0][metric.name], before[1][metric.name])
        analysed = _analyse(arms, past, alpha)
        e, success = analysed.estimate, metric.role == "success"
        level = alpha / n_success if success else alpha
        margin = metric.margin_for(e.control, days, preset)
        rows.append(
            (
                metric.name, metric.unit, metric.better, metric.role,
                e.control, e.treatment, e.difference, e.ci_low, e.ci_high, *analysed.relative,
                e.p_value, level, min(1.0, n_success * e.p_value) if success else e.p_value,
                e.n_control, e.n_treatment,
                mde(e.se, level, power if metric.role == "diagnostic" else guarded, _sides(metric)),
                math.nan if margin is None else margin, e.reason, analysed.factor, analysed.note,
                e.se, e.df, metric.label,
            )
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def truth_table(
    metrics: Sequence[Metric], control: Sums, treatment: Sums, alpha: float = 0.05
) -> pd.DataFrame:
    """What the change does to every user: the same users in two worlds, paired.

    Parameters
    ----------
    metrics : sequence of Metric
        The first success metric is the primary one.
    control, treatment : mapping of metric name to float array, shape (2, N)
        Sums of all N users in the world with and in the world without the change, in one order.
    alpha : float
        The intervals cover 1 - alpha.

    Returns
    -------
    pandas.DataFrame
        ``metric, difference, ci_low, ci_high, relative``: treatment - control in the metric's unit, and as
        a share of the control (NaN unless that is positive). The interval is over users of *this* world;
        worlds differ more than users, see `across_worlds`.

    Raises
    ------
    KeyError, ValueError
        As `scorecard`; also when the two worlds hold different numbers of users.
    """
    rows = []
    for metric in _primary_first(metrics):
        e = paired(*_arms(metric, control, treatment), alpha=alpha)
        relative = e.difference / e.control if e.control > 0 else math.nan
        rows.append((metric.name, e.difference, e.ci_low, e.ci_high, relative))
    return pd.DataFrame(rows, columns=["metric", "difference", "ci_low", "ci_high", "relative"])


def _analyse(
    arms: tuple[FloatArray, FloatArray], past: tuple[FloatArray, FloatArray] | None, alpha: float
) -> _Analysed:
    """Linearise, adjust by the past where it helps, compare."""
    c, t = linearise(arms[0]), linearise(arms[1])
    if c.reason or t.reason:
        return _Analysed(compare(*arms, alpha), Relative(math.nan, math.nan, math.nan), 1.0, "")
    y = Adjusted(c.values, t.values, np.empty(0), 1.0, "")
    if past is not None:
        y = cuped(c.values, t.values, *_covariate(arms, past))
    return _Analysed(
        welch(y.control, y.treatment, alpha),
        relative_interval(y.control, y.treatment, alpha),
        y.factor,
        y.reason,
    )


def _covariate(
    arms: tuple[FloatArray, FloatArray], past: tuple[FloatArray, FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """The metric's linearised past, both arms on one scale; NaN for users without one."""
    for arm, was in zip(arms, past, strict=True):
        if np.shape(arm) != np.shape(was):
            raise ValueError(f"before must hold its arm's users, got {np.shape(was)} for {np.shape(arm)}")
    both = np.concatenate(past, axis=1)                               # (2, n_c + n_t)
    known = np.isfinite(both).all(axis=0)
    x = np.full(both.shape[1], np.nan)
    x[known] = linearise(both[:, known]).values                       # NaN where the past has no ratio
    n_control = arms[0].shape[1]
    return x[:n_control], x[n_control:]


def _arms(metric: Metric, control: Sums, treatment: Sums) -> tuple[FloatArray, FloatArray]:
    for arm, sums in (("control", control), ("treatment", treatment)):
        if metric.name not in sums:
            raise KeyError(unknown(f"metric in the sums of the {arm}", metric.name, sums))
    return control[metric.name], treatment[metric.name]


def _primary_first(metrics: Sequence[Metric]) -> list[Metric]:
    names = [m.name for m in metrics]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"every metric may appear once, got twice: {', '.join(twice)}")
    primary = next((m for m in metrics if m.role == "success"), None)
    return sorted(metrics, key=lambda m: m is not primary)


def _sides(metric: Metric) -> int:
    return 1 if metric.role == "guardrail" else 2
