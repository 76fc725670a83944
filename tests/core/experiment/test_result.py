"""From a setting to a verdict: refusals, the record, pooled worlds by hand."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from casestudies.netflix_home import CASE
from core.experiment import Arm, ab, simulate_arm
from core.experiment.result import CONTRACT, pair, plain, split_settings, weekly
from core.inference import scorecard


@pytest.fixture(scope="module")
def result(small, lab_home):
    return ab(CASE, small(), store=lab_home / "results")


def test_the_frame_is_the_scorecard_of_the_two_halves(small, result):
    """Of the halves run by themselves, adjusted by their own burn-in: near the plain means, within 4 s.e."""
    c, t = (simulate_arm(CASE, Arm(small(), n, half=h)) for h, n in enumerate(("monotone", "stagewise")))
    totals = [{m.name: s.total(m) for m in CASE.scorecard} for s in (c, t)]
    expected = scorecard(CASE.scorecard, *totals, before=(c.before, t.before), days=14, preset="teaching")
    pd.testing.assert_frame_equal(result.frame, expected)
    assert list(result.frame["metric"]) == [m.name for m in CASE.scorecard]
    for _, row in result.frame.iterrows():
        values = [total[row["metric"]][0].sum() / total[row["metric"]][1].sum() for total in totals]
        assert row["difference"] == pytest.approx(values[1] - values[0], abs=4 * row["se"])
        assert [row["n_control"], row["n_treatment"]] == [len(c.users), len(t.users)]
    assert result.verdict.decision in ("ship", "stop", "undecided", "invalid")


def test_the_truth_is_everyone_in_both_worlds(small, result):
    c, t = (simulate_arm(CASE, Arm(small(), n)) for n in ("monotone", "stagewise"))
    for _, row in result.truth.iterrows():
        m = CASE.metric(row["metric"])
        values = [s.total(m)[0].sum() / s.total(m)[1].sum() for s in (c, t)]
        assert row["difference"] == pytest.approx(values[1] - values[0])


def test_weeks_are_single_weeks(small, result):
    assert sorted(set(result.weeks["week"])) == [1, 2]
    c, t = (simulate_arm(CASE, Arm(small(), n, half=h)) for h, n in enumerate(("monotone", "stagewise")))
    frame = weekly(CASE, c, t, twin=False)
    row = frame[(frame["week"] == 2) & (frame["metric"] == "time_to_first_play")].iloc[0]
    values = [
        s.weeks["time_to_first_play"][0, :, 1].sum() / s.weeks["time_to_first_play"][1, :, 1].sum()
        for s in (c, t)
    ]
    assert row["difference"] == pytest.approx(values[1] - values[0])


def test_the_record_is_plain_json(result):
    """No NaN, no infinity, no time, no path: equal for equal runs."""
    record = result.record()
    text = json.dumps(record, allow_nan=False, sort_keys=True)
    assert json.loads(text)["verdict"] == result.verdict.decision
    assert set(record["metrics"][0]) == set(CONTRACT)
    assert "/" not in json.dumps({k: v for k, v in record.items() if k in ("case", "fingerprint", "taste")})


def test_the_same_run_has_the_same_record_also_from_disk_and_with_two_workers(small, result, lab_home):
    text = json.dumps(result.record(), sort_keys=True)
    read = ab(CASE, small(), store=lab_home / "results", workers=2)
    assert read.cached
    assert json.dumps(read.record(), sort_keys=True) == text
    assert json.dumps(ab(CASE, small(), workers=2, fresh=True).record(), sort_keys=True) == text


def test_plain_values():
    given = {"a": np.float64("nan"), "b": [np.int64(3), -0.0, float("inf")], 5: (np.bool_(True), None, "x")}
    made = plain(given)
    assert made == {"a": None, "b": [3, 0.0, None], "5": [True, None, "x"]}
    assert np.copysign(1, made["b"][1]) == 1
    json.dumps(made, allow_nan=False)


def test_an_arm_against_itself_differs_by_exactly_0_in_twins(small):
    made = ab(CASE, small(days=7), control="stagewise", treatment="stagewise", design="twin", details=False)
    assert (made.frame["difference"] == 0).all()
    assert (made.frame["p_value"] == 1).all()
    assert made.verdict.decision != "ship"


def test_worlds_are_pooled_by_a_t_interval(small):
    """Three worlds by hand: mean ± t(.975, 2) · sd / √3, for the estimate and for the truth."""
    made = ab(CASE, small(days=7, users=100), replicates=3, details=False)
    assert [r.setting.seed for r in made.replicates] == [1, 2, 3]
    factor = stats.t.ppf(0.975, 2) / np.sqrt(3)
    for table in ("frame", "truth"):
        single = np.array([getattr(r, table)["difference"].to_numpy() for r in made.replicates])
        pooled = getattr(made, table)
        half = factor * single.std(axis=0, ddof=1)
        np.testing.assert_allclose(pooled["difference"], single.mean(axis=0))
        np.testing.assert_allclose(pooled["ci_low"], single.mean(axis=0) - half)
        np.testing.assert_allclose(pooled["ci_high"], single.mean(axis=0) + half)
    assert made.verdict is made.replicates[0].verdict
    record = made.record()
    assert len(record["replicates"]) == 3
    json.dumps(record, allow_nan=False)


# --- refusals ---------------------------------------------------------------------------------------------


def test_paths_are_split_by_owner():
    made = split_settings(CASE, {"world.intent": 0.0, "treatment.diversity": 0.1, "experiment.retrain": 14})
    assert made == {
        "world": {"intent": 0.0},
        "control": {},
        "treatment": {"diversity": 0.1},
        "experiment": {"retrain": 14},
    }


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("world.intnet", "world.intent"),
        ("wrld.intent", "world.intent"),
        ("intent", ""),
        ("world.", ""),
        ("experiment.retrian", "experiment.retrain"),
        ("experiment.seed", ""),
    ],
)
def test_an_unknown_path_is_refused_and_the_nearest_offered(path, near):
    with pytest.raises(KeyError) as caught:
        split_settings(CASE, {path: 1.0})
    said = caught.value.args[0]
    assert f"unknown knob of netflix-home {path!r}" in said
    assert f"did you mean {near!r}" in said if near else "Known: " in said


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ({"settings": {"treatment.diversty": 1.0}}, KeyError, "did you mean 'diversity'"),
        ({"settings": {"control.diversity": 1.0}}, KeyError, "unknown knob of monotone 'diversity'"),
        (
            {"settings": {"treatment.diversity": float("nan")}},
            ValueError,
            "CompetingRows.diversity must be between",
        ),
        ({"settings": {"world.patience": 1.0}}, ValueError, "HomeWorld.patience must be between"),
        ({"settings": {"experiment.users": 10}}, ValueError, "users must be between 40"),
        ({"settings": {"experiment.retrain": 6.5}}, TypeError, "retrain must be a whole number, got 6.5"),
        ({"control": "monotne"}, KeyError, "did you mean 'monotone'"),
        ({"design": "splt"}, KeyError, "unknown design 'splt'; did you mean 'split'"),
        ({"replicates": 0}, ValueError, "replicates must be between 1 and 1,000, got 0"),
    ],
)
def test_a_bad_question_is_refused_before_anything_runs(small, given, error, says, monkeypatch):
    import core.experiment.trial as module

    monkeypatch.setattr(module, "run_arms", lambda *a, **k: pytest.fail("something ran"))
    with pytest.raises(error, match=says):
        ab(CASE, small(), **given)


def test_a_pair_is_two_halves_or_two_wholes(small):
    made = pair(
        CASE, small(), "popular", "stagewise", {"treatment.diversity": 0.2, "world.intent": 0}, half=True
    )
    assert [(a.name, a.half, a.settings) for a in made] == [
        ("popular", 0, ()), ("stagewise", 1, (("diversity", 0.2),)),
    ]  # fmt: skip
    assert dict(made[0].setting.world) == {"history_days": 42, "intent": 0}
    assert (
        dataclasses.replace(made[0], half=None)
        == pair(CASE, small(), "popular", "stagewise", {"world.intent": 0}, half=False)[0]
    )
