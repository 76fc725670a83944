"""How often the instruments are right: error rates, coverage and power against their stated values.

The table is printed under "figures" at the end of the run. A rate p over
R runs may miss its value by 4 sqrt(p (1 - p) / R).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from scipy.stats import norm

from core.inference import (
    SRM_ALPHA,
    Metric,
    across_worlds,
    compare,
    cuped,
    decide,
    guarded_power,
    mde,
    paired,
    relative_interval,
    scorecard,
    srm,
    welch,
)


class Row(NamedTuple):
    """One line of the table: a rate (or a mean) over ``runs``, and the range it must lie in."""

    name: str
    runs: int
    seen: float
    low: float
    high: float

    def __str__(self) -> str:
        mark = "" if self.low <= self.seen <= self.high else "  <-- outside"
        return f"{self.name:<52}{self.runs:>7,}{self.seen:>9.4f}   {self.low:.4f} to {self.high:.4f}{mark}"


def _rate(name: str, hits: list[bool], expected: float, slack: float = 0.0) -> Row:
    """Expected within 4 Monte Carlo s.e., or within a stated ``slack`` where that is wider."""
    room = max(4 * np.sqrt(expected * (1 - expected) / len(hits)), slack)
    return Row(name, len(hits), float(np.mean(hits)), expected - room, expected + room)


def _between(name: str, hits: list[bool], low: float, high: float) -> Row:
    return Row(name, len(hits), float(np.mean(hits)), low, high)


def _alarms(draw: Callable[[int], np.ndarray], n_c: int, n_t: int, runs: int) -> list[bool]:
    return [welch(draw(n_c), draw(n_t)).p_value < 0.05 for _ in range(runs)]


def _means(rng: np.random.Generator) -> list[Row]:
    """Welch is exact for normals, a little off for equal skewed arms, and wrong for very unequal ones."""

    def skewed(n: int) -> np.ndarray:
        return rng.lognormal(size=n)

    def mostly_zero(n: int) -> np.ndarray:
        return rng.lognormal(size=n) * (rng.random(n) < 0.3)

    return [
        _rate("Welch A/A, normal, 200 v 200", _alarms(lambda n: rng.normal(size=n), 200, 200, 10_000), 0.05),
        _between("Welch A/A, lognormal, 200 v 200", _alarms(skewed, 200, 200, 10_000), 0.04, 0.055),
        _between("Welch A/A, 70 % zeros, 200 v 200", _alarms(mostly_zero, 200, 200, 10_000), 0.04, 0.055),
        _between("Welch A/A, lognormal, 40 v 760: not 5 %", _alarms(skewed, 40, 760, 10_000), 0.085, 0.115),
    ]


def _variance_reduction(rng: np.random.Generator, runs: int = 4000) -> list[Row]:
    """rho .7, effect 2.8 s.e.: variance factor .51, power .80 becomes Phi(2.8 / sqrt(.51) - 1.96) = .975."""
    factor, plain, adjusted, false = [], [], [], []
    for _ in range(runs):
        x = rng.normal(size=(2, 200))
        y = 0.7 * x + np.sqrt(0.51) * rng.normal(size=(2, 200))
        null = cuped(y[0], y[1], x[0], x[1])
        factor.append(null.factor)
        false.append(welch(null.control, null.treatment).p_value < 0.05)
        plain.append(welch(y[0], y[1] + 0.28).p_value < 0.05)
        adjusted.append(welch(null.control, null.treatment + 0.28).p_value < 0.05)
    return [
        Row("CUPED, rho .7: variance left", runs, float(np.mean(factor)), 0.49, 0.53),
        _rate("CUPED, rho .7: A/A", false, 0.05),
        _rate("power at .28 sd, 200 v 200, without", plain, 0.799, slack=0.015),
        _rate("power at .28 sd, 200 v 200, with CUPED", adjusted, 0.975, slack=0.015),
    ]


def _sessions(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sums, and the sum of squares, of n users with 1 + Poisson(4) sessions that correlate at .5."""
    m = 1 + rng.poisson(4, size=n)
    y = np.repeat(rng.normal(size=n), m) + rng.normal(size=m.sum())
    total = np.bincount(np.repeat(np.arange(n), m), weights=y, minlength=n)
    return np.stack((total, m.astype(float))), m, y


def _ratios(rng: np.random.Generator, runs: int = 4000) -> list[Row]:
    """A z-test on sessions takes 5 sessions of one user for 5 witnesses.

    Its variance is short by the design effect 1 + (m (1 + cv²) - 1) ICC = 1 + (5 * 1.16 - 1) / 2 = 3.4, so it
    rejects 2 Phi(-1.96 / sqrt(3.4)) = 28.8 % of the time.
    """
    naive, delta, covered, twins = [], [], [], []
    for _ in range(runs):
        (c, m_c, y_c), (t, m_t, y_t) = _sessions(rng, 200), _sessions(rng, 200)
        z = (y_t.mean() - y_c.mean()) / np.sqrt(y_t.var() / m_t.sum() + y_c.var() / m_c.sum())
        naive.append(abs(z) > 1.959964)
        delta.append(compare(c, t).p_value < 0.05)
        lifted = t + np.array([[0.4], [0.0]]) * t[1]                  # .4 more in every session
        e = compare(c, lifted)
        covered.append(e.ci_low <= 0.4 <= e.ci_high)
        noise = rng.normal(size=200) * np.sqrt(m_c)
        twins.append(paired(c, c + np.stack((noise, np.zeros(200)))).p_value < 0.05)
    expected = 2 * norm.cdf(-1.959964 / np.sqrt(1 + (5 * 1.16 - 1) / 2))
    return [
        _rate("z-test on sessions, ICC .5: not 5 %", naive, expected, slack=0.03),
        _between("delta method, same data", delta, 0.039, 0.067),
        _rate("delta method, planted .4: covered", covered, 0.95, slack=0.015),
        _rate("paired twins, no mean difference", twins, 0.05),
    ]


def _intervals(rng: np.random.Generator, runs: int = 10_000) -> list[Row]:
    """Intervals cover a planted lift, and the mean over five worlds that differ."""
    lift, worlds = [], []
    for _ in range(runs):
        relative = relative_interval(rng.gamma(4, 1.0, size=300), rng.gamma(4, 1.1, size=300))
        lift.append(relative.ci_low <= 0.1 <= relative.ci_high)
        mean = across_worlds(rng.normal(1.0, 3.0, size=5))
        worlds.append(mean.ci_low <= 1.0 <= mean.ci_high)
    return [
        _rate("log interval of a lift of 10 %: covered", lift, 0.95),
        _rate("t-interval over 5 worlds: covered", worlds, 0.95),
    ]


def _mismatch(rng: np.random.Generator, runs: int = 40_000) -> list[Row]:
    halves = np.array([0.5, 0.5])
    counts = rng.binomial(10_000, 0.5, size=runs)
    alarms = [srm(np.array([c, 10_000 - c]), halves) < SRM_ALPHA for c in counts]
    return [_rate("SRM at .001, fair split", alarms, 0.001)]


def _decisions(rng: np.random.Generator, runs: int = 1500) -> list[Row]:
    """Two success metrics, three guardrails, 200 users an arm, unit variance.

    Nothing good and every guardrail exactly at its margin must ship at most alpha / 2. With one success
    metric at its detectable effect, and margins that a change without harm passes, it must ship with the
    power asked for: each of the four tests has 1 - beta / 4, so all hold with at least 1 - beta.
    """
    se, each = np.sqrt(2 / 200), guarded_power(0.8, 3)
    effect, margin = mde(se, 0.025, each), mde(se, 0.05, each, sides=1)
    metrics = [Metric(name, name, "user") for name in "ab"]
    metrics += [Metric(name, name, "user", role="guardrail", margin=margin) for name in "cde"]

    def ships(shift: dict[str, float]) -> bool:
        def arm(on: float) -> dict[str, np.ndarray]:
            drawn = {m.name: rng.normal(on * shift.get(m.name, 0.0), size=200) for m in metrics}
            return {name: np.stack((values, np.ones(200))) for name, values in drawn.items()}

        return decide(scorecard(metrics, arm(0.0), arm(1.0), days=28), days=28, srm_p=1.0).decision == "ship"

    bad = [ships({"c": -margin, "d": -margin, "e": -margin}) for _ in range(runs)]
    lucky = [ships({}) for _ in range(runs)]
    good = [ships({"a": effect}) for _ in range(runs)]
    return [
        _between("ships, no gain, guardrails at their margin", bad, 0.0, 0.025),
        _between("ships, no gain, no harm", lucky, 0.0, 0.025 + 4 * np.sqrt(0.025 * 0.975 / runs)),
        _between("ships, one gain at its MDE, no harm", good, 0.8 - 4 * np.sqrt(0.16 / runs), 1.0),
    ]


@pytest.mark.claims
def test_operating_characteristics(figure):
    """Every row of the table lies in its range; the table is printed at the end of the run."""
    table: list[Row] = []
    for seed, rows in enumerate((_means, _variance_reduction, _ratios, _intervals, _mismatch, _decisions)):
        table += rows(np.random.default_rng(seed))
    for row in table:
        figure(str(row))
    assert [row.name for row in table if not row.low <= row.seen <= row.high] == []
