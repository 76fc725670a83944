"""From a scorecard to a decision, with the clause that decided and what is missing where none did.

The rule is that of Schultzberg, Ankargren and Frånberg (2024), "Risk-aware product decisions in A/B tests
with multiple metrics": ship if at least one success metric is superior, every guardrail is non-inferior,
nothing deteriorated and no quality check failed. Anything short of that is not a loss but no decision.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from core.inference.means import DATA_FAULT, t_quantile
from core.inference.power import guarded_power, se_at, users_needed
from core.inference.srm import SRM_ALPHA

MIN_DAYS = 7                # people use Mondays and Sundays differently
MOST_USERS = 100_000_000    # beyond it a plan is not one
TIE = 0.1                   # of the margin, or of the s.e.: an effect nobody would act on

_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class Need:
    """What a metric still needs for a decision.

    Attributes
    ----------
    metric : str
        Its name; empty where there is no success metric at all.
    users : int or None
        All arms together, split as now; None where users are not what is missing.
    days : int or None
        Length of the experiment; None where time is not what is missing.
    text : str
        The same as a sentence.
    """

    metric: str
    users: int | None
    days: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision, the sentence behind it, and what is missing.

    Attributes
    ----------
    decision : str
        ``ship``, ``stop``, ``undecided`` or ``invalid``.
    why : str
        Plain sentences: which metrics decided, their direction and 95 % interval.
    needs : tuple of Need
        Empty unless undecided.
    """

    decision: str
    why: str
    needs: tuple[Need, ...] = ()


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the scorecard, turned so that up is good where that matters."""

    metric: str
    label: str
    unit: str
    role: str
    sign: int
    difference: float
    ci_low: float
    ci_high: float
    p_value: float
    alpha: float
    margin: float | None
    se: float
    df: float
    n: int
    reason: str

    @property
    def gain(self) -> float:
        return self.sign * self.difference

    @property
    def significant(self) -> bool:
        return self.p_value < self.alpha                              # False for NaN

    @property
    def superior(self) -> bool:
        return self.significant and self.gain > 0

    @property
    def worse(self) -> bool:
        return self.significant and self.gain < 0

    @property
    def passed(self) -> bool:
        """Non-inferior: the one-sided interval excludes a loss of the margin or more."""
        return self.margin is not None and self.gain - self._half > -self.margin

    @property
    def failed(self) -> bool:
        """The whole one-sided interval is a loss beyond the margin, or beyond 0 without one."""
        return self.gain + self._half < -(self.margin or 0.0)

    @property
    def _half(self) -> float:
        return t_quantile(1.0 - self.alpha, self.df) * self.se if self.se > 0 else self.se


def decide(
    scorecard: pd.DataFrame, *, days: int, srm_p: float, power: float = 0.8
) -> Verdict:
    """Ship, stop, undecided or invalid.

    Parameters
    ----------
    scorecard : pandas.DataFrame
        As from `core.inference.scorecard`; its ``alpha`` column holds alpha / S for success metrics.
    days : int
        Length of the experiment.
    srm_p : float
        From `core.inference.srm`, 0 to 1.
    power : float
        For the users still needed.

    Returns
    -------
    Verdict
        By the first clause that holds:

        1. ``invalid``: sample ratio mismatch with p < .001, or a success metric or guardrail that differs
           between the arms without any spread within them.
        2. ``undecided``: fewer than 7 days.
        3. ``stop``: a success metric is significantly worse (two-sided, alpha / S), or the whole one-sided
           (1 - alpha) interval of a guardrail lies beyond its margin. A guardrail without a margin is
           held to 0 here: it can stop a change but never pass it.
        4. ``ship``: at least one success metric is superior (two-sided, alpha / S) and every guardrail
           non-inferior (one-sided, alpha). One that is worse, but within its margin, is named.
        5. ``undecided``: everything else; ``needs`` says what is missing.

    Raises
    ------
    ValueError
        If ``srm_p`` is not between 0 and 1.

    Notes
    -----
    With S success metrics and all of them without effect, at most alpha / 2 of changes ship by luck.
    """
    if not 0.0 <= srm_p <= 1.0:
        raise ValueError(f"srm_p must be between 0 and 1, got {srm_p}")
    rows = list(_rows(scorecard))
    success = [r for r in rows if r.role == "success"]
    guardrails = [r for r in rows if r.role == "guardrail"]

    if srm_p < SRM_ALPHA:
        what = f"the arms do not have the sizes they were assigned (sample ratio mismatch, p = {srm_p:.1g})"
        return Verdict("invalid", _sentence(f"{what}; no effect can be believed until that is explained"))
    faults = [f"{r.label}: {r.reason}" for r in success + guardrails if r.reason.startswith(DATA_FAULT)]
    if faults:
        return Verdict("invalid", _sentence("; ".join(faults)))
    if days < MIN_DAYS:
        short = f"{days} of at least {MIN_DAYS} days were run, and a decision needs a full week"
        metric = success[0].metric if success else ""
        return Verdict("undecided", _sentence(short), (Need(metric, None, MIN_DAYS, _sentence(short)),))

    bad = [f"{_moved(r)}, which is worse" for r in success if r.worse]
    bad += [f"{_moved(r)}, {_beyond(r)}" for r in guardrails if r.failed]
    if bad:
        return Verdict("stop", _sentence("; ".join(bad)))

    won = [r for r in success if r.superior]
    open_guardrails = [r for r in guardrails if not r.passed]
    if won and not open_guardrails:
        return Verdict("ship", _why_ship(won, guardrails))
    return _undecided(success, won, open_guardrails, guarded_power(power, len(guardrails)))


def _why_ship(won: list[_Row], guardrails: list[_Row]) -> str:
    why = [" and ".join(_moved(r) for r in won)]
    if len(guardrails) == 1:
        why.append("the guardrail stayed within its margin")
    elif guardrails:
        why.append(f"all {len(guardrails)} guardrails stayed within their margins")
    for row in guardrails:
        if row.worse and row.margin is not None:
            why.append(f"{_moved(row)}, worse but within the accepted {_limit(row, row.margin)}")
    return _sentence("; ".join(why))


def _undecided(success: list[_Row], won: list[_Row], open_guardrails: list[_Row], power: float) -> Verdict:
    why, needs = [], []
    if won:
        why += [_moved(r) for r in won]
    elif success:
        why.append(f"no success metric clearly moved: {'; '.join(_moved(r) for r in success)}")
        needs.append(_need_of_success(success[0], power))
    else:
        why.append("no success metric was named, so nothing can be gained")
        needs.append(Need("", None, None, "Name a success metric before the experiment."))
    for row in open_guardrails:
        if row.margin is None:
            why.append(f"{_moved(row)}; it has no margin, so it cannot pass")
        elif row.reason:
            why.append(_moved(row))
        else:
            loss = _limit(row, row.margin)
            why.append(f"{_moved(row)}, so a loss of its margin, {loss}, is not excluded")
        needs.append(_need_of_guardrail(row, power))
    return Verdict("undecided", _sentence("; ".join(why)), tuple(needs))


def _need_of_success(row: _Row, power: float) -> Need:
    """Users to find the margin, as the smallest effect of interest, or else the effect as measured."""
    if row.reason:
        return _no_number(row, f"is not defined here: {row.reason}")
    effect = abs(row.difference) if row.margin is None else row.margin
    users = users_needed(row.se, row.n, effect, row.alpha, power)
    if users is None or row.se == 0:
        return _no_number(row, "did not differ at all; more users will not help")
    return _more_users(row, users, f"tell a change of {_limit(row, effect)} from none")


def _need_of_guardrail(row: _Row, power: float) -> Need:
    """Users to pass the margin if the true change is none, or the loss measured where there is one."""
    if row.margin is None:
        return _no_number(row, "needs a margin: the loss that would be acceptable")
    if row.reason:
        return _no_number(row, f"is not defined here: {row.reason}")
    margin = _limit(row, row.margin)
    room = min(row.margin, row.margin + row.gain)
    users = users_needed(row.se, row.n, room, row.alpha, power, sides=1) if room > 0 else None
    if users is None:
        beyond = f"was measured beyond its margin of {margin}"
        return _no_number(row, f"{beyond}; more users would sooner confirm than clear it")
    return _more_users(row, users, f"exclude a loss of {margin}")


def _more_users(row: _Row, users: int, purpose: str) -> Need:
    if users > MOST_USERS:
        return _no_number(row, f"needs more than {MOST_USERS:,} users to {purpose}")
    text = f"{row.label} needs about {_round(users):,} users to {purpose}; this run had {row.n:,}"
    return Need(row.metric, users, None, _sentence(text))


def _no_number(row: _Row, text: str) -> Need:
    return Need(row.metric, None, None, _sentence(f"{row.label} {text}"))


def truth_decision(truth: pd.DataFrame, scorecard: pd.DataFrame, *, default_users: int | None = None) -> str:
    """Which arm is better in truth: the rule of `decide` on the means of twin worlds, without intervals.

    Parameters
    ----------
    truth : pandas.DataFrame
        ``metric`` and ``difference``, as from `truth_table`. A metric that is missing or NaN is not judged.
    scorecard : pandas.DataFrame
        The same pair's scorecard: roles, directions, margins and standard errors are read from it.
    default_users : int, optional
        Users, all arms together, of the study's default experiment, for which standard errors are
        rescaled. By default those of the scorecard.

    Returns
    -------
    str
        ``tie`` if the primary metric's effect is below a tenth of its margin or, without a margin, of its
        standard error at ``default_users``. Otherwise ``treatment`` if a success metric is better, none
        is worse and every guardrail loses less than its margin, else ``control``. A change smaller
        than a metric's own tenth counts as none; that is also all a guardrail without a margin may lose.

    Raises
    ------
    ValueError
        If there is no success metric, or the primary's truth is not defined.
    """
    rows = list(_rows(scorecard))
    gains = {r.metric: r.sign * _difference(truth, r.metric) for r in rows}
    success = [r for r in rows if r.role == "success"]
    if not success or math.isnan(gains[success[0].metric]):
        name = success[0].metric if success else "no success metric"
        raise ValueError(f"truth must hold a finite difference of the primary metric, got none for {name}")

    small = {r.metric: _negligible(r, default_users) for r in rows}
    primary = success[0].metric
    if abs(gains[primary]) < small[primary] or gains[primary] == 0:
        return "tie"
    better = any(gains[r.metric] > small[r.metric] for r in success)
    worse = any(gains[r.metric] < -small[r.metric] for r in success)
    guardrails = [r for r in rows if r.role == "guardrail"]
    lost = any(gains[r.metric] < -(small[r.metric] if r.margin is None else r.margin) for r in guardrails)
    return "treatment" if better and not worse and not lost else "control"


def _negligible(row: _Row, default_users: int | None) -> float:
    if row.margin is not None:
        return TIE * row.margin
    if math.isnan(row.se):
        return 0.0
    return TIE * se_at(row.se, row.n, row.n if default_users is None else default_users)


def _difference(truth: pd.DataFrame, metric: str) -> float:
    found = truth.loc[truth["metric"] == metric, "difference"]
    return float(found.iloc[0]) if len(found) else math.nan


def _rows(scorecard: pd.DataFrame) -> Iterator[_Row]:
    for r in scorecard.itertuples(index=False):
        yield _Row(
            r.metric, r.label, r.unit, r.role, 1 if r.better == "up" else -1,
            r.difference, r.ci_low, r.ci_high, r.p_value, r.alpha,
            None if math.isnan(r.margin) else r.margin, r.se, r.df,
            r.n_control + r.n_treatment, r.reason,
        )  # fmt: skip


def _moved(row: _Row) -> str:
    """"time to first play fell by 4.1 s (-5.0 to -3.2)"; says so where it is not clear that it did."""
    if row.reason:
        return f"{row.label} is not defined here ({row.reason})"
    if row.se == 0:
        return f"{row.label} did not differ"
    low, high = _number(row, row.ci_low), _number(row, row.ci_high)
    if row.significant:
        verb = "rose" if row.difference > 0 else "fell"
        return f"{row.label} {verb} by {_amount(row, abs(row.difference))} ({low} to {high})"
    return f"{row.label} changed by {_amount(row, row.difference)} ({low} to {high}), which may be chance"


def _beyond(row: _Row) -> str:
    if row.margin is None:
        return "which is worse"
    return f"which is more than the accepted {_limit(row, row.margin)}"


def _amount(row: _Row, value: float) -> str:
    """An estimate with its unit, rounded as its interval is."""
    shown = _number(row, value)
    return f"{shown} {_unit(row, shown)}".rstrip()


def _limit(row: _Row, value: float) -> str:
    """A margin or a planned effect with its unit: three digits, whatever the interval."""
    scaled = 100.0 * value if row.unit == "share" else value
    shown = f"{float(f'{scaled:.3g}'):,g}"
    return f"{shown} {_unit(row, shown)}".rstrip()


def _unit(row: _Row, shown: str) -> str:
    if row.unit == "share":
        return "percentage point" if shown in ("1", f"{_MINUS}1") else "percentage points"
    return row.unit


def _number(row: _Row, value: float) -> str:
    """As many decimals as the interval's half-width deserves; never "-0.0"."""
    scale = 100.0 if row.unit == "share" else 1.0
    half = scale * (row.ci_high - row.ci_low) / 2.0
    decimals = max(0, math.ceil(-math.log10(half / 3.0))) if half > 0 else 1
    shown = round(scale * value, decimals) + 0.0
    return f"{shown:,.{decimals}f}".replace("-", _MINUS)


def _round(users: int) -> int:
    """Two digits: more would promise what a planning formula cannot hold."""
    step = int(10 ** max(0, len(str(users)) - 2))
    return math.ceil(users / step) * step


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."
