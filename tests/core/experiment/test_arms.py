"""Equal arms are equal to the bit; sums are what the rows say; assignment moves nobody."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from casestudies.netflix_home import CASE
from casestudies.netflix_home.policies import MONOTONE, STAGEWISE
from core.experiment import Arm, Setting, run_arms, simulate_arm
from core.experiment.arms import BEFORE_DAYS, Collector, arm_key, halves, side_by_side, table_of, total
from core.experiment.burn_in import burn_in
from core.inference import Metric, srm
from core.log import Day
from core.observed import Observed
from core.rng import stream
from core.world import Arm as WorldArm
from core.world import simulate


def with_arm(policy):
    """The case with one policy more."""
    return dataclasses.replace(CASE, policies={**CASE.policies, policy.name: policy})


def never_called(observed, requests, candidates, scores):
    raise AssertionError("weight 0 calls the rule")


def same(a, b) -> bool:
    parts = [("weeks", m.name) for m in CASE.scorecard] + [("before", m.name) for m in CASE.scorecard]
    equal = all(getattr(a, part)[name].tobytes() == getattr(b, part)[name].tobytes() for part, name in parts)
    return equal and a.users.tobytes() == b.users.tobytes() and a.plays.tobytes() == b.plays.tobytes()


# --- A/A --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "twin",
    [STAGEWISE.renamed("twin"), STAGEWISE.adjusted(never_called, "twin", weight=0.0)],
    ids=["renamed", "weight 0"],
)
@pytest.mark.parametrize("half", [None, 1], ids=["everyone", "half"])
def test_two_arms_of_one_behaviour_differ_by_exactly_0(small, twin, half):
    """Different objects, simulated apart, with several fits: every sum of every user and week is equal."""
    setting = small()
    assert setting.days // setting.retrain >= 2
    a = simulate_arm(CASE, Arm(setting, "stagewise", half=half))
    b = simulate_arm(with_arm(twin), Arm(setting, "twin", half=half))
    for m in CASE.scorecard:
        assert (a.weeks[m.name] - b.weeks[m.name] == 0).all()
    assert same(a, b)


def test_arms_that_differ_do_differ(small):
    a, b = run_arms(CASE, [Arm(small(), "stagewise"), Arm(small(), "monotone")])
    assert (a.weeks["time_to_first_play"] != b.weeks["time_to_first_play"]).any()
    np.testing.assert_array_equal(a.before["time_to_first_play"], b.before["time_to_first_play"])


class Frozen:
    """Serves as on the first morning: neither the fit nor counts nor histories move."""

    def __init__(self, policy, observed):
        self.fitted, self.observed = policy.fit(observed, stream(1, "fit", 0)), observed

    def slate(self, observed, requests, noise, trace=None):
        return self.fitted.slate(self.observed, requests, noise)


def test_with_fitted_state_frozen_an_untreated_user_is_untouched(small):
    """10 % get another page for two weeks; of the other 90 % not one differs in anything, seen or hidden."""
    past = burn_in(CASE, small(users=300).spec(CASE), users=300, seed=1, taste="fictional")
    observed = Observed(past.world.catalog, past.log, past.day)
    accurate, mixed = Frozen(MONOTONE, observed), Frozen(STAGEWISE, observed)
    treated = np.arange(300) % 10 == 3

    def lived(*parts):
        arms = [WorldArm(MONOTONE, who, past.log.copy(), fitted) for who, fitted in parts]
        world = past.world.copy()
        simulate(world, arms, start=past.day, days=14, seed=1, refit=False)
        tables = {}
        for name in ("impressions", "requests", "user_days"):
            rows = pd.concat([arm.log.frame(name) for arm in arms]).drop(columns="arm")
            rows = rows[rows["day"] >= past.day]
            tables[name] = rows.sort_values([c for c in ("day", "user", "slot") if c in rows])
        return tables, world.state

    plain, before = lived((np.ones(300, dtype=bool), accurate))
    tested, after = lived((~treated, accurate), (treated, mixed))
    for name in plain:
        untouched, touched = (
            [t[name][treated[t[name]["user"]] == which].reset_index(drop=True) for t in (plain, tested)]
            for which in (False, True)
        )
        assert len(untouched[0]) > 500
        pd.testing.assert_frame_equal(*untouched, check_exact=True)
        assert name == "user_days" or not touched[0].equals(touched[1])
    for field in dataclasses.fields(before):
        a, b = getattr(before, field.name), getattr(after, field.name)
        assert a[~treated].tobytes() == b[~treated].tobytes()
    assert (before.trust[treated] != after.trust[treated]).any()


# --- a split is its halves --------------------------------------------------------------------------------


def test_halves_run_apart_are_both_arms_of_one_world(small):
    """In an isolated world: two simulations of a half each equal one simulation with two arms."""
    setting = small()
    apart = [
        simulate_arm(CASE, Arm(setting, name, half=h)) for h, name in enumerate(("monotone", "stagewise"))
    ]
    past = burn_in(CASE, setting.spec(CASE), users=setting.users, seed=1, taste="fictional")
    in_treatment = halves(1, setting.users)
    collectors, arms = [], []
    for mine, policy in ((~in_treatment, MONOTONE), (in_treatment, STAGEWISE)):
        arms.append(WorldArm(policy, mine, past.log.copy()))
        collectors.append(Collector(CASE.scorecard, np.flatnonzero(mine), setting.users, setting.days))
    simulate(
        past.world.copy(), arms, start=past.day, days=setting.days, seed=1, retrain=7, collect=collectors
    )
    for alone, together in zip(apart, collectors, strict=True):
        np.testing.assert_array_equal(alone.users, together.users)
        for m in CASE.scorecard:
            assert alone.weeks[m.name].tobytes() == together.sums[m.name].tobytes(), m.name


def test_the_halves_of_a_world_whose_people_meet_cannot_run_apart(small, monkeypatch):
    from casestudies.netflix_home.world import Home

    monkeypatch.setattr(Home, "isolated", False)
    with pytest.raises(ValueError, match="netflix-home: users of this world depend on each other"):
        simulate_arm(CASE, Arm(small(), "popular", half=0))


def test_one_worker_and_two_give_the_same_bytes(small):
    arms = [
        Arm(small(), n, half=h)
        for n, h in (("popular", None), ("stagewise", 0), ("stagewise", 1), ("monotone", None))
    ]
    for a, b in zip(run_arms(CASE, arms, workers=1), run_arms(CASE, arms, workers=2), strict=True):
        assert same(a, b)


def test_arms_side_by_side_are_each_run_once(small):
    settings = [small(seed=s) for s in (1, 2, 3)]
    arms = [Arm(s, n) for s in settings for n in ("popular", "random", "monotone")]
    for workers in (1, 2, 5):
        assert sorted(side_by_side(arms, workers)) == list(range(9))
    first = side_by_side(arms, 2)[:2]
    assert arms[first[0]].setting != arms[first[1]].setting


# --- assignment -------------------------------------------------------------------------------------------


def test_adding_users_moves_nobody():
    np.testing.assert_array_equal(halves(5, 1_000), halves(5, 50_000)[:1_000])
    assert (halves(5, 1_000) != halves(6, 1_000)).any()


def test_halves_are_halves_and_the_ratio_test_agrees():
    """Over 400 seeds the p-value of the ratio is uniform: mean .5 ± 4 · √(1/12/400), 5 % below .05."""
    share = halves(1, 100_000).mean()
    assert share == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / 100_000))
    sizes = [halves(seed, 2_000).sum() for seed in range(400)]
    p = np.array([srm(np.array([2_000 - n, n]), np.array([0.5, 0.5])) for n in sizes])
    assert p.mean() == pytest.approx(0.5, abs=4 * np.sqrt(1 / 12 / 400))
    assert (p < 0.05).mean() == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / 400))


def test_assignment_does_not_know_who_people_are():
    """Activity before the experiment is alike in both halves: |t| below 4."""
    world = CASE.world.build(4_000, 1, CASE.taste("fictional", 1))
    mine = halves(1, 4_000)
    a, b = world.traits.visit[mine], world.traits.visit[~mine]
    assert abs(a.mean() - b.mean()) < 4 * np.sqrt(a.var() / len(a) + b.var() / len(b))


# --- sums by hand -----------------------------------------------------------------------------------------

USERS = np.array([1, 3])  # of four; 0 and 2 are in no arm


def day(d: int) -> Day:
    """User 1 asks twice (10 s, and 20 s at night) and user 3 once (5 s at night); user 1 sees three tiles."""
    as_array = lambda **columns: {k: np.array(v) for k, v in columns.items()}  # noqa: E731
    tiles = as_array(user=[1, 1, 3, 1], hit=[True, False, True, True], first=[True, False, True, False])
    asked = as_array(user=[1, 1, 3], seconds=[10.0, 20.0, 5.0], night=[False, True, True])
    return Day(d, tiles, asked, as_array(user=[1, 3], here=[True, d < 9], came=[1, 1]), {})


def collected(metric: Metric, days: int = 10) -> np.ndarray:
    made = Collector([metric], USERS, 4, days)
    for d in range(days):
        made(d, day(d))
    return made.sums[metric.name]


@pytest.mark.parametrize(
    ("metric", "above", "below"),
    [
        (Metric("a", "seconds", "request"), [[210, 90], [35, 15]], [[14, 6], [7, 3]]),
        (Metric("b", "seconds", "request", where="night"), [[140, 60], [35, 15]], [[7, 3], [7, 3]]),
        (Metric("c", "hit", "impression"), [[14, 6], [7, 3]], [[21, 9], [7, 3]]),
        (Metric("d", "hit", "impression", where="first"), [[7, 3], [7, 3]], [[7, 3], [7, 3]]),
        (Metric("e", "seconds", "user"), [[210, 90], [35, 15]], [[1, 1], [1, 1]]),
        (Metric("f", "came", "user-day"), [[7, 3], [7, 3]], [[7, 3], [7, 3]]),
        (Metric("g", "hit", "user-week"), [[14, 6], [7, 3]], [[1, 3 / 7], [1, 3 / 7]]),
        (Metric("h", "here", "user", last_day=True), [[1, 1], [1, 0]], [[1, 1], [1, 1]]),
    ],
    ids=lambda x: (
        f"{x.per}{' where' if x.where else ''}{' last day' if x.last_day else ''}"
        if isinstance(x, Metric)
        else ""
    ),
)
def test_sums_by_hand(metric, above, below):
    """Ten days are a week and three days. Per user-week a day counts a seventh, whoever came."""
    made = collected(metric)
    np.testing.assert_allclose(made[0], above)
    np.testing.assert_allclose(made[1], below)


def test_totals_by_hand():
    """Per user the denominator is 1 over any horizon; a stock is what is left in the last week."""
    assert total(Metric("e", "seconds", "user"), collected(Metric("e", "seconds", "user"))).tolist() == [
        [300, 50],
        [1, 1],
    ]
    stock = Metric("h", "here", "user", last_day=True)
    assert total(stock, collected(stock)).tolist() == [[1, 0], [1, 1]]
    rate = Metric("a", "seconds", "request")
    assert total(rate, collected(rate)).tolist() == [[300, 50], [20, 10]]


def test_a_metric_that_nobody_logs_is_refused():
    with pytest.raises(KeyError, match="metric a: unknown logged column 'secondz'; did you mean 'seconds'"):
        table_of(Metric("a", "secondz", "request"), day(0))
    assert table_of(Metric("a", "seconds", "user"), day(0))["seconds"].sum() == 35


def test_sums_before_are_those_of_the_last_four_weeks(small):
    """Recomputed from the log's rows."""
    made = simulate_arm(CASE, Arm(small(), "popular", half=1))
    past = burn_in(CASE, small().spec(CASE), users=150, seed=1, taste="fictional")
    asked = past.log.frame("requests").query("day >= @past.day - @BEFORE_DAYS")
    by_user = (
        asked.groupby("user")["time_to_first_play"].agg(["sum", "count"]).reindex(made.users, fill_value=0)
    )
    np.testing.assert_allclose(made.before["time_to_first_play"], by_user.to_numpy().T)
    assert BEFORE_DAYS == 28


# --- settings ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"users": 39}, ValueError, "users must be between 40 and 1,000,000, got 39"),
        ({"users": 0}, ValueError, "users must be between"),
        ({"users": 1_000_001}, ValueError, "got 1,000,001"),
        ({"days": 0}, ValueError, "days must be between 1 and 728, got 0"),
        ({"days": -3}, ValueError, "days must be between"),
        ({"seed": -1}, ValueError, "seed must be between 0"),
        ({"retrain": 729}, ValueError, "retrain must be between 0 and 728"),
        ({"users": 100.0}, TypeError, "users must be a whole number, got 100.0"),
        ({"users": True}, TypeError, "users must be a whole number, got True"),
        ({"days": "14"}, TypeError, "days must be a whole number, got '14'"),
        ({"days": float("nan")}, TypeError, "days must be a whole number, got nan"),
    ],
)
def test_a_bad_setting_is_refused(changes, error, says):
    with pytest.raises(error, match=says):
        Setting.of(CASE, **changes)


def test_a_setting_is_the_case_s_with_changes():
    assert Setting.of(CASE) == Setting(4_000, 28, 1, "teaching", "fictional", (), 7)
    assert Setting.of(CASE, users=None, days=np.int64(7)).days == 7
    two = Setting.of(CASE, world=(("patience", 50.0), ("intent", 0.0)))
    assert two == Setting.of(CASE, world=(("intent", 0.0), ("patience", 50.0)))
    assert two.spec(CASE).patience == 50.0
    with pytest.raises(KeyError, match="unknown taste 'fictionl'; did you mean 'fictional'"):
        Setting.of(CASE, taste="fictionl").spec(CASE)
    with pytest.raises(KeyError, match="unknown preset 'real'"):
        Setting.of(CASE, preset="real").spec(CASE)
    with pytest.raises(ValueError, match="HomeWorld.patience must be between"):
        Setting.of(CASE, world=(("patience", 1.0),)).spec(CASE)


def test_a_key_is_equal_where_results_must_be_and_only_there(small):
    base = Arm(small(), "stagewise")
    assert arm_key(CASE, base) == arm_key(CASE, Arm(small(), "stagewise"))
    # A default said out loud is the same experiment.
    assert arm_key(CASE, base) == arm_key(CASE, Arm(small(), "stagewise", (("diversity", 0.75),)))
    others = [
        Arm(small(seed=2), "stagewise"), Arm(small(days=7), "stagewise"), Arm(small(retrain=14), "stagewise"),
        Arm(small(world=(("history_days", 42), ("intent", 0.5))), "stagewise"), Arm(small(), "monotone"),
        Arm(small(), "stagewise", half=0), Arm(small(), "stagewise", half=1),
        Arm(small(), "stagewise", (("diversity", 0.5),)), Arm(small(users=151), "stagewise"),
    ]  # fmt: skip
    keys = {arm_key(CASE, arm) for arm in (base, *others)}
    assert len(keys) == len(others) + 1


def test_the_key_of_a_rule_is_its_code_and_not_its_address(small):
    """Two functions of one text have one key, in any process; another number, another key."""

    def rule(factor, number):
        space = {}
        exec(f"def bump(o, r, c, s):\n    return s + {number}", space)
        return space["bump"] if factor is None else (lambda o, r, c, s: s * factor)

    def key(function):
        policy = STAGEWISE.adjusted(function, "bumped")
        return arm_key(with_arm(policy), Arm(small(), "bumped"))

    assert key(rule(None, 1.5)) == key(rule(None, 1.5)) != key(rule(None, 1.6))
    assert key(rule(2.0, 0)) == key(rule(2.0, 0)) != key(rule(3.0, 0))
