"""Each clause of the verdict, its words, what it asks for, and how often it ships by luck."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from core.inference import Metric, decide, scorecard, truth_decision, users_needed

DF = 1000.0
T95, T975 = stats.t.ppf([0.95, 0.975], DF)


def _row(
    metric, difference, se, role="success", better="up", margin=np.nan, alpha=0.05, unit="", reason="", n=1000
):
    """A scorecard row as it follows from a difference and its standard error."""
    half = T975 * se
    p = 2 * stats.t.sf(abs(difference) / se, DF) if se > 0 else (1.0 if se == 0 else np.nan)
    return {
        "metric": metric, "label": metric.replace("_", " "), "unit": unit, "better": better, "role": role,
        "difference": difference, "ci_low": difference - half, "ci_high": difference + half,
        "p_value": p, "alpha": alpha,
        "margin": margin, "se": se, "df": DF, "n_control": n, "n_treatment": n, "reason": reason,
    }  # fmt: skip


def _decide(*rows, days=28, srm_p=0.5):
    return decide(pd.DataFrame(rows), days=days, srm_p=srm_p)


FASTER = _row("time_to_first_play", -4.1, 0.9 / T975, better="down", unit="s")
SLOWER = _row("time_to_first_play", 4.1, 0.9 / T975, better="down", unit="s")
UNCLEAR = _row("time_to_first_play", -0.3, 0.9 / T975, better="down", unit="s")
SAFE = _row("retention", 0.001, 0.005, role="guardrail", margin=0.02, unit="share")


def _guardrail(difference, se=0.005, margin=0.02, better="up"):
    return _row("retention", difference, se, role="guardrail", margin=margin, unit="share", better=better)


def test_ship_says_what_moved_in_units_with_its_interval():
    got = _decide(FASTER, SAFE)
    assert got.decision == "ship"
    assert got.needs == ()
    minus = "\N{MINUS SIGN}"
    moved = f"Time to first play fell by 4.1 s ({minus}5.0 to {minus}3.2)"
    assert got.why == f"{moved}; the guardrail stayed within its margin."


def test_ship_without_guardrails():
    assert _decide(FASTER).decision == "ship"


def test_ship_names_a_guardrail_that_is_worse_within_its_margin():
    """Lost 1.2 +- .4 points of an accepted 2.0: 1.2 + 1.65 * .2 = 1.5 < 2."""
    got = _decide(FASTER, _guardrail(-0.012, se=0.002))
    assert got.decision == "ship"
    assert "retention fell by 1.2 percentage points" in got.why
    assert "worse but within the accepted 2 percentage points" in got.why


def test_one_superior_success_metric_is_enough():
    assert _decide(UNCLEAR, _row("saves", 1.0, 0.2, alpha=0.025), SAFE).decision == "ship"


def test_stop_when_a_success_metric_is_worse_even_if_another_is_better():
    got = _decide(SLOWER, _row("saves", 1.0, 0.2), SAFE)
    assert got.decision == "stop"
    assert got.why.startswith("Time to first play rose by 4.1 s (3.2 to 5.0), which is worse")


def test_the_level_of_a_success_metric_is_its_alpha_column():
    """p = .03 is enough alone, not as one of two."""
    z = stats.t.isf(0.015, DF)
    assert _decide(_row("saves", z, 1.0, alpha=0.05)).decision == "ship"
    assert _decide(_row("saves", z, 1.0, alpha=0.025)).decision == "undecided"
    assert _decide(_row("saves", -z, 1.0, alpha=0.05)).decision == "stop"


@pytest.mark.parametrize(
    ("edge", "decision"),
    [
        (-0.02 + T95 * 0.005, "ship"),         # lower one-sided bound just inside the margin
        (-0.02 - T95 * 0.005, "undecided"),    # upper one-sided bound just inside
    ],
)
def test_guardrail_bounds_are_one_sided(edge, decision):
    """At 1.645 s.e. from the margin a test turns; two-sided bounds would turn at 1.96."""
    assert _decide(FASTER, _guardrail(edge + 1e-9)).decision == decision
    other = {"ship": "undecided", "undecided": "stop"}[decision]
    assert _decide(FASTER, _guardrail(edge - 1e-9)).decision == other


def test_stop_names_the_guardrail_and_its_margin():
    got = _decide(FASTER, _guardrail(-0.05))
    assert got.decision == "stop"
    assert "Retention fell by 5.0 percentage points" in got.why
    assert "more than the accepted 2 percentage points" in got.why


def test_a_guardrail_for_which_down_is_better_is_turned():
    assert _decide(FASTER, _guardrail(0.05, better="down")).decision == "stop"
    assert _decide(FASTER, _guardrail(-0.05, better="down")).decision == "ship"


def test_a_guardrail_without_margin_can_stop_but_never_pass():
    assert _decide(FASTER, _guardrail(0.03, margin=np.nan)).decision == "undecided"
    assert _decide(FASTER, _guardrail(-0.03, margin=np.nan)).decision == "stop"
    got = _decide(FASTER, _guardrail(0.0, margin=np.nan))
    assert "has no margin, so it cannot pass" in got.why
    assert got.needs[0].text == "Retention needs a margin: the loss that would be acceptable."


def test_identical_arms_pass_guardrails_and_are_undecided():
    """Standard error 0 and difference 0: p = 1, nothing gained, nothing lost."""
    got = _decide(_row("saves", 0.0, 0.0), _guardrail(0.0, se=0.0))
    assert got.decision == "undecided"
    assert got.needs[0].users is None
    assert [n.metric for n in got.needs] == ["saves"]
    assert _decide(FASTER, _guardrail(0.0, se=0.0)).decision == "ship"


def test_sample_ratio_mismatch_overrules_everything():
    got = _decide(FASTER, SAFE, srm_p=0.0009)
    assert got.decision == "invalid"
    assert "sample ratio mismatch, p = 0.0009" in got.why
    assert _decide(FASTER, SAFE, srm_p=0.001).decision == "ship"
    with pytest.raises(ValueError, match="srm_p must be between 0 and 1"):
        _decide(FASTER, srm_p=float("nan"))


def test_a_data_fault_is_invalid_except_in_a_diagnostic():
    fault = {**_row("saves", 1.0, np.nan, reason="data fault: arms differ, users within them do not")}
    assert _decide(FASTER, fault).decision == "invalid"
    assert _decide(FASTER, {**fault, "role": "diagnostic"}).decision == "ship"


@pytest.mark.parametrize("rows", [(FASTER, SAFE), (SLOWER, SAFE)])
def test_less_than_a_week_is_undecided(rows):
    got = _decide(*rows, days=6)
    assert got.decision == "undecided"
    assert got.needs[0].days == 7
    assert "6 of at least 7 days" in got.why
    assert _decide(*rows, days=7).decision != "undecided"
    assert _decide(*rows, days=6, srm_p=1e-6).decision == "invalid"


def test_undecided_asks_for_users_of_the_primary_metric():
    """The change as measured, .3 s, at .9 power: beta .2 is shared with one guardrail."""
    got = _decide(UNCLEAR, SAFE)
    assert got.decision == "undecided"
    assert got.why.startswith("No success metric clearly moved: time to first play changed by")
    need = got.needs[0]
    assert (need.metric, need.days) == ("time_to_first_play", None)
    assert need.users == users_needed(0.9 / T975, 2000, 0.3, 0.05, power=0.9)
    assert "to tell a change of 0.3 s from none; this run had 2,000." in need.text


def test_undecided_plans_for_the_margin_of_a_success_metric_where_it_has_one():
    got = _decide({**UNCLEAR, "margin": 1.0})
    assert got.needs[0].users == users_needed(0.9 / T975, 2000, 1.0, 0.05, power=0.8)


def test_undecided_asks_for_users_of_an_open_guardrail():
    """Better than before but wide: planned at no true effect, one-sided, for the whole margin."""
    got = _decide(FASTER, _guardrail(0.004, se=0.02))
    assert got.decision == "undecided"
    assert "so a loss of its margin, 2 percentage points, is not excluded" in got.why
    assert got.needs[0].users == users_needed(0.02, 2000, 0.02, 0.05, power=0.9, sides=1)

    lost = _decide(FASTER, _guardrail(-0.01, se=0.02)).needs[0]
    assert lost.users == users_needed(0.02, 2000, 0.01, 0.05, power=0.9, sides=1)
    beyond = _decide(FASTER, _guardrail(-0.025, se=0.02)).needs[0]
    assert beyond.users is None
    assert "beyond its margin" in beyond.text


def test_a_refused_guardrail_does_not_pass_and_says_why():
    refused = {**_guardrail(0.0, se=np.nan), "reason": "too few users: 20 in an arm"}
    got = _decide(FASTER, refused)
    assert got.decision == "undecided"
    assert "retention is not defined here (too few users: 20 in an arm)" in got.why
    assert "not defined" in got.needs[0].text


def test_without_a_success_metric_nothing_ships():
    got = _decide(SAFE)
    assert got.decision == "undecided"
    assert "no success metric was named" in got.why.lower()


def test_diagnostics_never_enter():
    bad = _row("novelty", -9.0, 0.1, role="diagnostic")
    assert _decide(FASTER, SAFE, bad) == _decide(FASTER, SAFE)


def test_a_verdict_is_plain_data():
    assert json.loads(json.dumps(asdict(_decide(UNCLEAR, SAFE)), allow_nan=False))["decision"] == "undecided"


def test_one_superior_metric_by_luck_ships_at_most_half_of_alpha():
    """2,000 scorecards through the whole path: two null success metrics, a guardrail without effect and
    ample margin. Ships at most alpha / 2 = 2.5 %, plus 4 Monte Carlo s.e."""
    metrics = [Metric("a", "a", "user"), Metric("b", "b", "user", better="down")]
    metrics.append(Metric("g", "g", "user", role="guardrail", margin=5.0))
    rng = np.random.default_rng(0)
    ships = 0
    for _ in range(2000):
        arms = [{m.name: np.stack((rng.normal(size=100), np.ones(100))) for m in metrics} for _ in range(2)]
        ships += decide(scorecard(metrics, *arms, days=28), days=28, srm_p=1.0).decision == "ship"
    assert ships / 2000 <= 0.025 + 4 * np.sqrt(0.025 * 0.975 / 2000)


def _truth(**differences):
    return pd.DataFrame({"metric": list(differences), "difference": list(differences.values())})


def test_truth_follows_signs_and_margins():
    card = pd.DataFrame([FASTER, _row("saves", 0.0, 0.1), _guardrail(0.0)])
    name = "time_to_first_play"
    for expected, differences in (
        ("treatment", {name: -2.0, "saves": 0.2, "retention": -0.019}),
        ("control", {name: -2.0, "saves": 0.2, "retention": -0.021}),
        ("control", {name: 2.0, "saves": 0.2, "retention": 0.0}),
        ("control", {name: -2.0, "saves": -0.2, "retention": 0.0}),
        ("treatment", {name: -2.0, "saves": -0.009, "retention": 0.0}),    # a tenth of saves' s.e. is .01
        ("treatment", {name: -2.0, "retention": np.nan}),
    ):
        assert truth_decision(_truth(**differences), card) == expected, differences


def test_truth_is_a_tie_below_a_tenth_of_the_margin_or_of_the_standard_error():
    """s.e. .459 with 2,000 users is .918 with 500: a tenth of it is .0918."""
    name, se = "time_to_first_play", 0.9 / T975
    card = pd.DataFrame([FASTER])
    assert truth_decision(_truth(**{name: -0.9 * 0.1 * se}), card) == "tie"
    assert truth_decision(_truth(**{name: -1.1 * 0.1 * se}), card) == "treatment"
    assert truth_decision(_truth(**{name: -1.1 * 0.1 * se}), card, default_users=500) == "tie"
    assert truth_decision(_truth(**{name: 0.0}), card) == "tie"
    with_margin = pd.DataFrame([{**FASTER, "margin": 5.0}])
    assert truth_decision(_truth(**{name: -0.49}), with_margin) == "tie"
    assert truth_decision(_truth(**{name: -0.51}), with_margin) == "treatment"


def test_truth_of_a_guardrail_without_margin_allows_a_tenth_of_its_error():
    card = pd.DataFrame([FASTER, _guardrail(0.0, se=0.01, margin=np.nan)])
    assert truth_decision(_truth(time_to_first_play=-2.0, retention=-0.0009), card) == "treatment"
    assert truth_decision(_truth(time_to_first_play=-2.0, retention=-0.0011), card) == "control"


def test_truth_needs_a_primary_metric():
    with pytest.raises(ValueError, match="none for time_to_first_play"):
        truth_decision(_truth(retention=0.1), pd.DataFrame([FASTER]))
    with pytest.raises(ValueError, match="no success metric"):
        truth_decision(_truth(retention=0.1), pd.DataFrame([SAFE]))
