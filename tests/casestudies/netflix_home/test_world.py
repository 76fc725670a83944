"""The viewers: the documented utility is what they act on, every knob moves what it names, nothing leaks."""

import dataclasses

import numpy as np
import pytest

from casestudies.netflix_home import CASE
from casestudies.netflix_home.policies import POLICIES, POPULAR, Alike
from casestudies.netflix_home.world import CHOICE, HOUR_SHARE, TRUST, Home
from core.log import Log
from core.observed import Noise, Observed
from core.policy import Pipeline
from core.ranking.page import AllItems, GenreRows
from core.rng import APPEAL, keyed_words
from core.slate import Outcomes, Slate
from core.world import Arm, fit, simulate

TASTE = CASE.taste("fictional", 1)
BY_GENRE = Pipeline("by genre", AllItems(), Alike(), GenreRows())


def build(users: int = 1_000, **knobs: float) -> Home:
    return CASE.world.with_(history_days=35, **knobs).build(users, 1, TASTE)


def served(world: Home, policy: Pipeline = BY_GENRE, day: int = 0, log: Log | None = None):
    """One evening on which everyone comes: requests and slates."""
    log = log or Log(len(world.state.trust), len(world.catalog), "play")
    observed = Observed(world.catalog, log, day)
    requests = world.visit(day, np.arange(len(world.state.trust)))
    return requests, fit(policy, observed, 1, 0).slate(observed, requests, Noise(world.noise_key))


def fields(outcomes: Outcomes) -> dict[str, np.ndarray]:
    return {"entered": outcomes.entered} | {
        f"{part}.{name}": value
        for part in ("impression", "request", "truth")
        for name, value in getattr(outcomes, part).items()
    }


def state_bytes(world: Home) -> list[bytes]:
    return [getattr(world.state, f.name).tobytes() for f in dataclasses.fields(world.state)]


# --- the documented response ------------------------------------------------------------------------------


@pytest.mark.parametrize("late", [0.0, 2.0])
def test_a_title_looked_at_is_played_exactly_where_the_documented_utility_says_so(past, late):
    """After a burn-in: u + Gumbel > threshold for every examined tile, tired and satiated people included.

    The kernel sums in float32, so tiles within 1e-4 of the threshold are left out (one in ten thousand).
    """
    world = past.world.copy()
    world.spec = world.spec.with_(late=late, satiation=5.0)
    assert world.state.satiation.max() > 0.5
    requests, slate = served(world, POPULAR, past.day, past.log)
    hour, mood, _ = world._evening(past.day, requests.user)
    u = world.utility(requests.user, np.maximum(slate.item, 0), mood, np.where(hour >= 22, late, 0.0))
    word = keyed_words(world.key, APPEAL, past.day, np.zeros(1, int), requests.user[:, None], slate.item)[
        ..., 0
    ]
    u = u - CHOICE.noise * np.log(-np.log((word + 0.5) / 2**32)) - CHOICE.threshold
    outcomes = world.respond(past.day, requests, slate)
    sure = outcomes.truth["examined"] & (np.abs(u) > 1e-4)
    assert sure.sum() > 2_000
    np.testing.assert_array_equal((u > 0)[sure], outcomes.impression["play"][sure])


def test_plays_are_as_frequent_as_documented(past):
    """Over 40 evenings drawn anew: Σ P(take) over examined tiles is the number of plays, within 4 s.e.

    A tile is looked at whatever tonight's opinion of it, so each is a coin of its own probability.
    """
    expected = variance = plays = 0.0
    for index in range(40):
        world = past.world.replicate(index)
        requests, slate = served(world, POPULAR, past.day, past.log)
        hour, mood, _ = world._evening(past.day, requests.user)
        tired = np.where(hour >= 22, world.spec.late, 0.0)
        p = CHOICE.probability(world.utility(requests.user, np.maximum(slate.item, 0), mood, tired))
        outcomes = world.respond(past.day, requests, slate)
        examined = outcomes.truth["examined"]
        expected, variance = expected + p[examined].sum(), variance + (p * (1 - p))[examined].sum()
        plays += outcomes.impression["play"].sum()
    assert plays == pytest.approx(expected, abs=4 * np.sqrt(variance))


def test_an_evening_adds_up(past):
    world = past.world.copy()
    requests, slate = served(world, POPULAR, past.day, past.log)
    made = world.respond(past.day, requests, slate)
    asked, play = made.request, made.impression["play"]
    assert (play.sum(axis=1) == asked["played"]).all() and (play <= made.entered).all()
    np.testing.assert_array_equal(asked["abandoned"], ~asked["played"])
    assert (asked["time_to_first_play"][asked["abandoned"]] == 120).all()
    assert (asked["time_to_first_play"] > 0).all() and (asked["time_to_first_play"] <= 120).all()
    np.testing.assert_array_equal(
        asked["play_within_60s"], asked["played"] & (asked["time_to_first_play"] <= 60)
    )
    np.testing.assert_array_equal(asked["quality_play"], asked["minutes"] >= 6)
    assert (asked["minutes"][~asked["played"]] == 0).all()
    length = world.catalog["minutes"].to_numpy()[slate.item[play]]
    assert (asked["minutes"][asked["played"]] <= length).all()
    assert (np.abs(made.truth["satisfaction"]) <= 1).all()
    assert (made.truth["satisfaction"][asked["abandoned"]] == -1).all()


def test_people_come_at_the_hours_and_as_often_as_stated():
    """A visit of .6 on average over people and evenings at neutral trust; hours by their shares."""
    world = build(4_000)
    come = np.stack([world.visiting(day) for day in range(20)])
    chance = 1 / (1 + np.exp(-world.traits.visit))
    assert chance.mean() == pytest.approx(0.6, abs=1e-4)
    assert come.mean() == pytest.approx(
        0.6, abs=4 * float(np.sqrt((chance * (1 - chance)).mean() / come.size))
    )
    hour = world.visit(3, np.arange(4_000)).context["hour"]
    p = np.diff(HOUR_SHARE, prepend=0.0)
    assert (
        np.abs(np.bincount(hour, minlength=24) / 4_000 - p) < 4 * np.sqrt(p * (1 - p) / 4_000) + 1e-9
    ).all()


def test_moods_are_drawn_from_what_people_like():
    """Frequencies of one person's moods over 3,000 days against their genre shares."""
    world = build(40)
    for user in (0, 7):
        moods = np.array([world._evening(day, np.array([user]))[1][0] for day in range(3_000)])
        p = np.diff(world.traits.mood[user], prepend=0.0)
        seen = np.bincount(moods, minlength=len(p)) / 3_000
        assert (np.abs(seen - p) <= 4 * np.sqrt(p * (1 - p) / 3_000) + 1e-3).all()


# --- every knob moves what it names -----------------------------------------------------------------------


def one_evening(name: str, **knobs: float) -> np.ndarray:
    """A statistic of each of 1,000 people on one evening on which all come and see rows by genre."""
    world = build(**knobs)
    requests, slate = served(world)
    made = world.respond(0, requests, slate)
    if name == "told":
        return requests.context["mood"] >= 0
    if name == "found":
        return made.request["found"] >= 0
    play = made.impression["play"]
    item = slate.item[play]
    if name == "in the mood":
        return world.traits.genre[item] == made.truth["mood"][play.any(axis=1)]
    if name == "long after 22":
        late = requests.context["hour"][play.any(axis=1)] >= 22
        return world.traits.burden[item][late]
    return made.truth["titles_seen"] if name == "titles seen" else made.request[name]


def given_trust(name: str, level: float, **knobs: float) -> np.ndarray:
    """A statistic of each of 1,000 people whose trust is ``level``."""
    world = build(**knobs)
    world.state.trust[:] = level
    return world.visiting(0) if name == "visits" else np.log(world._patience(0, np.arange(1_000)))


def after_weeks(name: str, days: int = 28, start: int = 0, users: int = 400, **knobs: float) -> np.ndarray:
    """A statistic of each person after some weeks of one policy without a fit."""
    world = build(users, **knobs)
    log = Log(users, len(world.catalog), "play")
    simulate(world, [Arm(BY_GENRE, np.ones(users, dtype=bool), log)], start=start, days=days, seed=1)
    if name == "subscribed":
        return log.days[-1].user_days["subscribed"]
    if name == "resumed":
        return np.mean([day.user_days["resumed"] for day in log.days], axis=0)
    if name == "abandoned":
        return np.concatenate([day.requests["abandoned"] for day in log.days[7:]])
    if name == "had before":
        had, before = np.zeros((users, len(world.catalog)), dtype=bool), []
        for _, user, item in log.plays:
            before.append(had[user, item])
            had[user, item] = True
        return np.concatenate(before)
    if name == "same genre again":
        last, same = np.full(users, -1), []
        for _, user, item in log.plays:
            genre = world.traits.genre[item]
            same.append((genre == last[user])[last[user] >= 0])
            last[user] = genre
        return np.concatenate(same)
    raise KeyError(name)


def history(name: str, history_days: int) -> np.ndarray:
    world = CASE.world.with_(history_days=history_days).build(60, 1, TASTE)
    log = Log(60, len(world.catalog), "play")
    simulate(world, [Arm(CASE.logging, np.ones(60, dtype=bool), log)], start=0, days=history_days, seed=1)
    return np.asarray(Observed(world.catalog, log, history_days).history.sum(axis=1)).ravel()


UP, DOWN = 1, -1
KNOBS = [
    ("intent", 0.0, 1.5, one_evening, "in the mood", UP, {}),
    ("mood_visible", 0.1, 0.9, one_evening, "told", UP, {}),
    ("satiation", 0.0, 10.0, after_weeks, "same genre again", DOWN, {}),
    ("satiation", 0.0, 10.0, after_weeks, "abandoned", UP, {}),
    ("trust", 0.0, 3.0, given_trust, "visits", DOWN, {"level": -0.9}),
    ("trust", 0.0, 3.0, given_trust, "patience", DOWN, {"level": -0.9}),
    ("trust", 0.0, 3.0, given_trust, "patience", UP, {"level": 0.6}),
    ("churn", 0.01, 0.4, after_weeks, "subscribed", DOWN, {"start": 28}),
    ("patience", 40.0, 200.0, one_evening, "titles seen", UP, {}),
    ("patience", 40.0, 200.0, one_evening, "abandoned", DOWN, {}),
    ("headings", 0.0, 1.0, one_evening, "titles seen", DOWN, {}),
    ("taste_spread", 0.0, 2.4, after_weeks, "same genre again", UP, {"intent": 0.0}),
    ("history_days", 35, 56, history, "titles had", UP, {}),
    ("resume", 0.1, 0.7, after_weeks, "resumed", UP, {}),
    ("decided", 0.1, 0.9, one_evening, "found", UP, {}),
    ("rewatch", 0.0, 3.0, after_weeks, "had before", DOWN, {}),
    ("late", 0.0, 3.0, one_evening, "long after 22", DOWN, {}),
]


@pytest.mark.parametrize(
    ("name", "low", "high", "measure", "statistic", "direction", "others"),
    KNOBS,
    ids=[f"{k[0]} moves {k[4]} {'up' if k[5] > 0 else 'down'}" for k in KNOBS],
)
def test_a_knob_moves_what_it_names(name, low, high, measure, statistic, direction, others):
    """By more than four standard errors, as if the two runs shared no draws."""
    a, b = (np.asarray(measure(statistic, **{name: value}, **others), dtype=float) for value in (low, high))
    error = np.sqrt(a.var() / len(a) + b.var() / len(b))
    assert direction * (b.mean() - a.mean()) > 4 * error


def test_every_knob_of_the_world_is_in_the_table():
    assert {row[0] for row in KNOBS} == set(CASE.world.knobs())


def test_the_share_told_is_the_knob_and_what_is_told_is_true():
    world = build(4_000, mood_visible=0.3)
    _, mood, _ = world._evening(0, np.arange(4_000))
    told = world.visit(0, np.arange(4_000)).context["mood"]
    assert (told >= 0).mean() == pytest.approx(0.3, abs=4 * np.sqrt(0.21 / 4_000))
    np.testing.assert_array_equal(told[told >= 0], mood[told >= 0])
    assert (build(mood_visible=0.0).visit(0, np.arange(1_000)).context["mood"] == -1).all()
    assert (build(mood_visible=1.0).visit(0, np.arange(1_000)).context["mood"] >= 0).all()


def test_off_values_switch_off_exactly():
    assert not one_evening("found", decided=0.0).any()
    assert one_evening("found", decided=1.0).all()
    assert not after_weeks("resumed", days=7, resume=0.0).any()
    assert after_weeks("subscribed", days=14, start=28, churn=0.0).all()
    assert after_weeks("subscribed", days=14, start=0, churn=0.5).all()  # nobody leaves during the burn-in
    alike = build(taste_spread=0.0)
    assert not alike.traits.affinity.any() and not alike.traits.vector.any()
    # Without intent, satiation, trust and lateness the evening's mood moves nothing that people do.
    world = build(intent=0.0)
    requests, slate = served(world)
    at = [world.utility(requests.user, slate.item, np.full(1_000, mood), np.zeros(1_000)) for mood in (0, 5)]
    np.testing.assert_array_equal(*at)


def test_trust_off_means_no_past_evening_counts():
    world = build(300, trust=0.0)
    other = world.copy()
    other.state.trust[:] = 0.9
    np.testing.assert_array_equal(world.visiting(4), other.visiting(4))
    np.testing.assert_array_equal(world._patience(4, np.arange(300)), other._patience(4, np.arange(300)))
    # Also who leaves: the slope of the hazard is scaled with it.
    world, other = build(4_000, trust=0.0, churn=0.4), build(4_000, trust=0.0, churn=0.4)
    other.state.trust[:] = -1.0
    for w in (world, other):
        w.close(35)
    np.testing.assert_array_equal(world.members(36), other.members(36))
    assert not world.members(36).all()


def test_whole_weeks_only():
    with pytest.raises(ValueError, match="HomeWorld.history_days must be whole weeks, got 36"):
        CASE.world.with_(history_days=36)


# --- events belong to people ------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_the_order_and_the_shards_of_requests_leave_no_trace(past, seed):
    whole, parts = past.world.copy(), past.world.copy()
    requests, slate = served(whole, POPULAR, past.day, past.log)
    expected = fields(whole.respond(past.day, requests, slate))
    got = {name: np.empty_like(value) for name, value in expected.items()}
    for some in np.array_split(np.random.default_rng(seed).permutation(len(requests)), 5):
        piece = Slate(*(getattr(slate, name)[some] for name in Slate.__dataclass_fields__))
        for name, value in fields(parts.respond(past.day, requests.take(some), piece)).items():
            got[name][some] = value
    for name, value in expected.items():
        assert got[name].tobytes() == value.tobytes(), name
    whole.close(past.day)
    parts.close(past.day)
    assert state_bytes(whole) == state_bytes(parts)
    for name, value in whole.diary(past.day).items():
        np.testing.assert_array_equal(parts.diary(past.day)[name], value)


def test_copies_go_their_own_way_and_share_what_people_are(past):
    world, other = past.world.copy(), past.world.copy()
    before = state_bytes(past.world)
    assert world.traits is past.world.traits
    world.respond(past.day, *served(world, POPULAR, past.day, past.log))
    world.close(past.day)
    assert state_bytes(other) == before == state_bytes(past.world)
    assert state_bytes(world) != before
    other.respond(past.day, *served(other, POPULAR, past.day, past.log))
    other.close(past.day)
    assert state_bytes(other) == state_bytes(world)


def test_a_replicate_is_the_same_morning_with_other_draws(past):
    first, again, second = (past.world.replicate(i) for i in (0, 0, 1))
    assert state_bytes(first) == state_bytes(past.world)
    moods = [w._evening(past.day, np.arange(300))[1] for w in (past.world, first, again, second)]
    np.testing.assert_array_equal(moods[1], moods[2])
    for a, b in ((0, 1), (0, 3), (1, 3)):
        assert (moods[a] != moods[b]).any()


def test_only_members_ask_and_who_left_stays_away():
    world = build(400, churn=0.5)
    log = Log(400, len(world.catalog), "play")
    gone = np.zeros(400, dtype=bool)
    for day in range(28, 56):
        members = world.members(day)
        assert not (members & gone).any()
        gone |= ~members
        assert members[world.requests(day).user].all()
        simulate(world, [Arm(POPULAR, np.ones(400, dtype=bool), log)], start=day, days=1, seed=1)
        assert not log.days[-1].user_days["visited"][gone].any()
        assert not log.days[-1].user_days["resumed"][gone].any()
    assert 0.2 < gone.mean() < 0.8


def test_people_leave_at_different_times():
    """Half a year at 30 % a month: the busiest day sees few of the leavers (a hazard of 1.2 % a day)."""
    world = build(1_000, churn=0.3, trust=0.0)
    left = []
    for day in range(28, 28 + 120):
        before = world.members(day).sum()
        world.close(day)
        left.append(before - world.members(day + 1).sum())
    h = 1 - 0.7 ** (1 / 30.4)
    expected = 1_000 * (1 - (1 - h) ** 120)
    assert sum(left) == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected / 1_000)))
    assert max(left) < 0.05 * sum(left)


def test_an_arm_in_which_nobody_comes_is_no_trouble():
    world = build(40)
    world.state.subscribed[:] = False
    log = Log(40, len(world.catalog), "play")
    for policy in (BY_GENRE, POPULAR, CASE.logging, POLICIES["random"]):
        simulate(world, [Arm(policy, np.ones(40, dtype=bool), log)], start=len(log.days), days=2, seed=1)
    assert len(log.days) == 8 and all(len(day.requests["user"]) == 0 for day in log.days)


def test_what_people_are_is_locked():
    world = build(40)
    for field in dataclasses.fields(world.traits):
        with pytest.raises(ValueError, match="read-only"):
            getattr(world.traits, field.name)[:1] = 0
    assert TRUST.level == world.state.trust[0] == pytest.approx(-0.2)


def test_the_same_seed_makes_the_same_world_and_another_another():
    a, b, c = (CASE.world.build(50, seed, CASE.taste("fictional", seed)) for seed in (3, 3, 4))
    assert [getattr(a.traits, f.name).tobytes() for f in dataclasses.fields(a.traits)] == [
        getattr(b.traits, f.name).tobytes() for f in dataclasses.fields(b.traits)
    ]
    assert a.key == b.key != c.key
    assert (a.traits.quality != c.traits.quality).any()
