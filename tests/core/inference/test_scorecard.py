"""The scorecard's contract: columns, order, levels, margins, CUPED and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from core.inference import Metric, compare, guarded_power, mde, scorecard, truth_table

CONTRACT = [
    "metric", "unit", "better", "role", "control", "treatment", "difference", "ci_low", "ci_high", "relative",
    "relative_low", "relative_high", "p_value", "alpha", "p_adjusted", "n_control", "n_treatment", "mde",
]  # fmt: skip

METRICS = [
    Metric("retention", "subscribed", "user", last_day=True, unit="share", role="guardrail", margin=0.02),
    Metric("ttfp", "seconds", "request", unit="s", better="down"),
    Metric("plays", "plays", "user-week", role="guardrail", relative_margin=0.03),
    Metric("fast", "within", "request", unit="share"),
    Metric("novelty", "bits", "impression", unit="bits", role="diagnostic"),
]


def _arm(rng, n, shift=0.0):
    sessions = 1.0 + rng.poisson(3, size=n)
    return {
        "retention": np.stack(((rng.random(n) < 0.9).astype(float), np.ones(n))),
        "ttfp": np.stack((rng.gamma(sessions * 4, 8) + shift * sessions, sessions)),
        "plays": np.stack((rng.gamma(2, 1, n), np.full(n, 4.0))),
        "fast": np.stack((rng.binomial(sessions.astype(int), 0.6).astype(float), sessions)),
        "novelty": np.stack((rng.normal(8, 1, n) * sessions, sessions)),
    }


@pytest.fixture(name="arms")
def two_arms():
    rng = np.random.default_rng(0)
    return _arm(rng, 500), _arm(rng, 450, shift=-3.0)


def test_columns_and_rows_are_the_contract(arms):
    frame = scorecard(METRICS, *arms, days=28)
    assert list(frame.columns[:18]) == CONTRACT
    assert list(frame.columns[18:20]) == ["margin", "reason"]
    assert list(frame["metric"]) == ["ttfp", "retention", "plays", "fast", "novelty"]
    assert (frame["n_control"] == 500).all() and (frame["n_treatment"] == 450).all()
    assert (frame["reason"] == "").all()
    assert frame.loc[0, "label"] == "ttfp"


def test_differences_are_treatment_minus_control_and_never_flipped(arms):
    """Time to first play is better down; 3 s less is still -3."""
    frame = scorecard(METRICS, *arms, days=28)
    np.testing.assert_allclose(frame["treatment"] - frame["control"], frame["difference"], atol=1e-12)
    assert frame.loc[0, "ci_low"] < -3 < frame.loc[0, "ci_high"] < 0
    np.testing.assert_allclose(frame["relative"], frame["treatment"] / frame["control"] - 1)
    plain = compare(arms[0]["ttfp"], arms[1]["ttfp"])
    for column in ("difference", "ci_low", "ci_high", "p_value"):
        assert frame.loc[0, column] == getattr(plain, column)


def test_a_mean_per_user_row_equals_scipy(arms):
    frame = scorecard(METRICS, *arms, days=28).set_index("metric")
    c, t = (a["retention"][0] for a in arms)
    theirs = stats.ttest_ind(t, c, equal_var=False)
    assert frame.loc["retention", "p_value"] == pytest.approx(theirs.pvalue)
    assert frame.loc["retention", "ci_high"] == pytest.approx(theirs.confidence_interval(0.95).high)


def test_only_success_metrics_share_alpha(arms):
    frame = scorecard(METRICS, *arms, days=28, alpha=0.1).set_index("metric")
    levels = {"ttfp": 0.05, "fast": 0.05, "retention": 0.1, "plays": 0.1, "novelty": 0.1}
    assert frame["alpha"].to_dict() == levels
    success = frame[frame["role"] == "success"]
    expected = multipletests(success["p_value"].to_numpy(), method="bonferroni")[1]
    np.testing.assert_allclose(success["p_adjusted"], expected)
    others = frame[frame["role"] != "success"]
    pd.testing.assert_series_equal(others["p_adjusted"], others["p_value"], check_names=False)


def test_margins_and_mde_follow_role_horizon_and_preset(arms):
    frame = scorecard(METRICS, *arms, days=14, preset="realistic").set_index("metric")
    assert frame.loc["retention", "margin"] == pytest.approx(0.02 * 14 / 28 / 10)
    assert frame.loc["plays", "margin"] == pytest.approx(0.003 * frame.loc["plays", "control"])
    assert np.isnan(frame.loc["ttfp", "margin"])
    se, power = frame["se"], guarded_power(0.8, 2)
    assert frame.loc["ttfp", "mde"] == pytest.approx(mde(se["ttfp"], 0.025, power))
    assert frame.loc["plays", "mde"] == pytest.approx(mde(se["plays"], 0.05, power, sides=1))
    assert frame.loc["novelty", "mde"] == pytest.approx(mde(se["novelty"], 0.05, 0.8))


def test_the_past_narrows_the_interval_and_keeps_the_identity(arms):
    """A pre-period that explains the gap in speed between users, with 60 new users in each arm."""
    rng = np.random.default_rng(1)
    slow = rng.normal(0, 10, size=950)
    now, past = [], []
    for arm, users in zip(arms, (slice(0, 500), slice(500, 950)), strict=True):
        sessions = arm["ttfp"][1]
        now.append({**arm, "ttfp": np.stack((arm["ttfp"][0] + slow[users] * sessions, sessions))})
        was = np.stack((slow[users] * 2.0 + 80, np.full(len(sessions), 2.0)))
        was[:, :60] = np.nan
        past.append({"ttfp": was})
    plain = scorecard(METRICS, *now, days=28).iloc[0]
    got = scorecard(METRICS, *now, before=(past[0], past[1]), days=28)
    assert got.loc[0, "cuped"] < 0.6
    assert got.loc[0, "se"] == pytest.approx(plain["se"] * np.sqrt(got.loc[0, "cuped"]), rel=0.05)
    assert got.loc[0, "treatment"] - got.loc[0, "control"] == pytest.approx(got.loc[0, "difference"])
    assert got.loc[0, "ci_low"] < -3 < got.loc[0, "ci_high"]
    assert (got.loc[1:, "cuped"] == 1.0).all() and (got["note"] == "").all()


def test_a_useless_or_unbalanced_past_changes_nothing_and_says_so(arms):
    control, treatment = arms
    plain = scorecard(METRICS, control, treatment, days=28)
    flat = ({"ttfp": np.ones((2, 500))}, {"ttfp": np.ones((2, 450))})
    shifted = ({"ttfp": control["ttfp"]}, {"ttfp": treatment["ttfp"] * np.array([[2.0], [1.0]])})
    none = ({"ttfp": np.full((2, 500), np.nan)}, {"ttfp": np.full((2, 450), np.nan)})
    pasts = ((flat, "does not vary"), (shifted, "differs between arms"), (none, "fewer than 30"))
    for past, words in pasts:
        got = scorecard(METRICS, control, treatment, before=past, days=28)
        assert words in got.loc[0, "note"]
        pd.testing.assert_frame_equal(got.drop(columns="note"), plain.drop(columns="note"))


def test_an_undefined_metric_is_a_row_with_a_reason(arms):
    control, treatment = ({**a, "plays": np.zeros_like(a["plays"])} for a in arms)
    row = scorecard(METRICS, control, treatment, days=28).set_index("metric").loc["plays"]
    assert "nothing to divide" in row["reason"]
    assert row[["control", "difference", "p_value", "p_adjusted", "mde", "margin"]].isna().all()


def test_small_arms_have_means_but_no_intervals():
    rng = np.random.default_rng(2)
    frame = scorecard(METRICS, _arm(rng, 20), _arm(rng, 20), days=28)
    assert frame["reason"].str.contains("too few users: 20").all()
    assert frame[["control", "treatment", "difference"]].notna().all(axis=None)
    assert frame[["p_value", "ci_low", "ci_high", "relative_low"]].isna().all(axis=None)


def test_missing_and_repeated_metrics_are_refused(arms):
    control, treatment = arms
    without = {name: sums for name, sums in treatment.items() if name != "fast"}
    with pytest.raises(KeyError, match="unknown metric in the sums of the treatment 'fast'.*nown: novelty"):
        scorecard(METRICS, control, without, days=28)
    with pytest.raises(ValueError, match="got twice: ttfp"):
        scorecard([*METRICS, METRICS[1]], control, treatment, days=28)
    with pytest.raises(ValueError, match="before must hold its arm's users"):
        scorecard(METRICS, control, treatment, before=(treatment, treatment), days=28)


def test_truth_is_paired_and_twins_without_a_change_differ_by_exactly_zero(arms):
    control = arms[0]
    same = truth_table(METRICS, control, {name: sums.copy() for name, sums in control.items()})
    assert list(same.columns) == ["metric", "difference", "ci_low", "ci_high", "relative"]
    assert list(same["metric"]) == ["ttfp", "retention", "plays", "fast", "novelty"]
    assert (same[["difference", "ci_low", "ci_high", "relative"]] == 0.0).all(axis=None)

    faster = {**control, "ttfp": control["ttfp"] - np.array([[1.0], [0.0]])}
    got = truth_table(METRICS, control, faster).iloc[0]
    sessions = control["ttfp"][1].mean()
    assert got["difference"] == pytest.approx(-1.0 / sessions)   # a second a user, over sessions a user
    wide = scorecard(METRICS, control, faster, days=28).iloc[0]
    assert got["ci_high"] - got["ci_low"] < 0.2 * (wide["ci_high"] - wide["ci_low"])
