"""The five arms: they know what the product knows, nothing else, and a slate depends on its own request."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from casestudies.netflix_home import CASE
from casestudies.netflix_home.policies import LOGGING, MONOTONE, PERSONAL, POLICIES, POPULAR, STAGEWISE
from casestudies.netflix_home.world import Home
from core.experiment import BurnIn
from core.log import Log
from core.observed import Noise, Observed
from core.policy import check_slate
from core.ranking.page import N_COLS, N_ROWS
from core.rng import stream
from core.slate import Slate
from core.world import Arm, simulate

arms = pytest.mark.parametrize("arm", list(POLICIES))
EVERY = tuple(Slate.__dataclass_fields__)


def slates(past: BurnIn, policy: Any, fitted: Any = None) -> tuple[Slate, Any]:
    """Everybody's page on the morning after the burn-in, and what was fitted for it."""
    observed = Observed(past.world.catalog, past.log, past.day)
    fitted = fitted or policy.fit(observed, stream(1, "fit", 0))
    requests = past.world.visit(past.day, np.arange(300))
    return fitted.slate(observed, requests, Noise(past.world.noise_key)), fitted


def as_bytes(slate: Slate) -> list[bytes]:
    return [getattr(slate, name).tobytes() for name in EVERY]


@arms
def test_a_batch_is_its_requests_one_by_one(past, arm):
    """Byte for byte, scores included: no BLAS product of a whole batch stands between."""
    whole, fitted = slates(past, POLICIES[arm])
    observed = Observed(past.world.catalog, past.log, past.day)
    requests = past.world.visit(past.day, np.arange(300))
    noise = Noise(past.world.noise_key)
    some = np.random.default_rng(0).permutation(300)[:40]
    together = fitted.slate(observed, requests.take(some), noise)
    for name in EVERY:
        assert getattr(together, name).tobytes() == getattr(whole, name)[some].tobytes(), name
    for b in some[:12]:
        one = fitted.slate(observed, requests.take(np.array([b])), noise)
        for name in EVERY:
            assert getattr(one, name)[0].tobytes() == getattr(whole, name)[b].tobytes(), name


@arms
def test_a_fit_is_the_same_for_the_same_rng(past, arm):
    assert as_bytes(slates(past, POLICIES[arm])[0]) == as_bytes(slates(past, POLICIES[arm])[0])


@arms
def test_pages_are_whole_and_hold_each_title_once(past, arm):
    slate, _ = slates(past, POLICIES[arm])
    check_slate(slate, 300, len(past.world.catalog), arm)
    assert slate.item.shape == (300, N_ROWS * N_COLS)
    assert (slate.item[:, :N_COLS] >= 0).all()
    if arm not in ("popular", "random"):  # these two know nobody
        had = past.log.plays
        seen = {(u, i) for _, user, item in had for u, i in zip(user.tolist(), item.tolist(), strict=True)}
        assert not any((b, int(i)) in seen for b in range(300) for i in slate.item[b])


def poisoned(record: Any, rng: np.random.Generator) -> Any:
    """The record with every array replaced: floats by NaN, the rest by a permutation."""
    changed = {}
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        changed[field.name] = (
            np.full_like(value, np.nan) if value.dtype.kind == "f" else rng.permutation(value)
        )
    return dataclasses.replace(record, **changed)


@arms
def test_poison_in_every_hidden_array_changes_no_slate(past, arm):
    """Fitted before or after, with the requests the product got: slates are equal to the byte."""
    before, fitted = slates(past, POLICIES[arm])
    world = past.world.copy()
    requests = world.visit(past.day, np.arange(300))
    rng = np.random.default_rng(0)
    world.traits, world.state = poisoned(world.traits, rng), poisoned(world.state, rng)
    observed = Observed(world.catalog, past.log, past.day)
    noise = Noise(world.noise_key)
    again = POLICIES[arm].fit(observed, stream(1, "fit", 0))
    for served in (fitted, again):
        assert as_bytes(served.slate(observed, requests, noise)) == as_bytes(before)


def test_the_poison_is_poison(past):
    """The same world answers otherwise, so the test above would notice a policy that looked."""
    world = past.world.copy()
    requests = world.visit(past.day, np.arange(300))
    world.state = poisoned(world.state, np.random.default_rng(0))
    slate, _ = slates(past, POPULAR)
    with np.errstate(invalid="ignore"):
        hurt = world.respond(past.day, requests, slate)
    fine = past.world.copy().respond(past.day, requests, slate)
    assert (hurt.entered != fine.entered).any()


def vandal(observed, requests, candidates, scores):
    """Writes into all it was given; says how much of it let itself be written."""
    table, asked = observed.impressions(28), observed.requests(28)
    targets = [
        *(observed.catalog[name].to_numpy() for name in ("minutes", "genre_id", "popularity")),
        observed.history.data,
        observed.history.indices,
        observed.history.indptr,
        observed.interactions().item,
        observed.counts("play"),
        *table.values(),
        *asked.values(),
        requests.user,
        requests.request,
        *requests.context.values(),
        candidates.item,
    ]
    for target in targets:
        with pytest.raises(ValueError, match="read-only"):
            target[:1] = 0
    observed.catalog.frame["minutes"] = 1.0  # a frame cannot be locked
    observed.catalog.frame["genre_id"] = 0
    return scores


def test_what_a_policy_is_given_cannot_be_written_into_and_the_truth_does_not_move():
    """A table of the catalogue can, and then the vandal harms its own view only."""
    after = []
    for policy in (POPULAR, POPULAR.adjusted(vandal, "vandal")):
        world = CASE.world.with_(history_days=35).build(100, 7, CASE.taste("fictional", 7))
        log = Log(100, len(world.catalog), "play")
        simulate(world, [Arm(POPULAR, np.ones(100, dtype=bool), log)], start=0, days=2, seed=1)
        simulate(world, [Arm(policy, np.ones(100, dtype=bool), log)], start=2, days=3, seed=1)
        state = {f.name: getattr(world.state, f.name).tobytes() for f in dataclasses.fields(world.state)}
        after.append((state, log.frame("requests"), log.frame("impressions")))
    assert after[0][0] == after[1][0]
    assert after[0][1].equals(after[1][1]) and after[0][2].equals(after[1][2])


# --- the page's rules on real scores ----------------------------------------------------------------------


def test_without_diversity_the_mixed_page_is_the_accurate_one_tile_for_tile(past):
    accurate, _ = slates(past, MONOTONE)
    mixed, _ = slates(past, STAGEWISE.with_(diversity=0.0))
    assert as_bytes(mixed) == as_bytes(accurate)
    assert (slates(past, STAGEWISE)[0].item != accurate.item).any()


def test_the_top_of_all_learned_pages_is_the_same(past):
    """Why the usual offline metric is blind: personal and monotone share their first row to the tile."""
    first = [slates(past, p.with_(explore=0.0))[0].item[:, :N_COLS] for p in (MONOTONE, PERSONAL)]
    np.testing.assert_array_equal(*first)


def test_the_mood_is_used_where_it_is_told(past):
    """In a world that tells, the ranker learns to put titles of the mood first."""
    world = CASE.world.with_(history_days=35, mood_visible=1.0).build(200, 1, CASE.taste("fictional", 1))
    log = Log(200, len(world.catalog), "play")
    simulate(world, [Arm(LOGGING, np.ones(200, dtype=bool), log)], start=0, days=28, seed=1)
    told = BurnIn(world, log, 28)
    observed = Observed(world.catalog, log, 28)
    requests = world.visit(28, np.arange(200))
    genre = world.catalog["genre_id"].to_numpy()
    fitted = MONOTONE.with_(explore=0.0).fit(observed, stream(1, "fit", 0))
    slate = fitted.slate(observed, requests, Noise(told.world.noise_key))
    match, clash = fitted.ranker.logistic.coef[3:]
    assert match - clash > 1.0  # utility 2.5 / noise .5 = 5 in truth
    assert (genre[slate.item[:, :5]] == requests.context["mood"][:, None]).mean() > 0.8
    assert (slates(past, MONOTONE)[1].ranker.logistic.coef[3:] == 0).all()


# --- guards on learning -----------------------------------------------------------------------------------


def lived(users: int, days: int, seed: int) -> tuple[Home, Log]:
    """A past of which every row is kept."""
    world = CASE.world.with_(history_days=days).build(users, seed, CASE.taste("fictional", seed))
    log = Log(users, len(world.catalog), "play", keep_days=days)
    simulate(world, [Arm(LOGGING, np.ones(users, dtype=bool), log)], start=0, days=days, seed=seed)
    return world, log


def shuffled(log: Log, seed: int) -> Log:
    """The log with each day's plays dealt anew among its impressions; visits and pages stay."""
    rng = np.random.default_rng(seed)
    made = Log(log.n_users, log.n_items, log.positive)
    for day in log.days:
        tiles = {**day.impressions, "play": rng.permutation(day.impressions["play"])}
        made.append(day.day, [(tiles, day.requests, {})], day.user_days)
    return made


def seconds_to_play(world: Home, log: Log, policy: Any) -> float:
    """Mean time to first play over a week of pages fitted on ``log``."""
    world, log = world.copy(), log.copy()
    arm = Arm(policy, np.ones(log.n_users, dtype=bool), log)
    simulate(world, [arm], start=len(log.days), days=7, seed=1)
    return float(np.mean(np.concatenate([d.requests["time_to_first_play"] for d in log.days[-7:]])))


def test_what_is_learned_from_shuffled_plays_is_worth_nothing():
    """A learned arm whose plays were dealt at random is no better than the page of all hits.

    The same arms on the plays as they were are five seconds better: the test can tell.
    """
    world, log = lived(600, 84, seed=3)
    noise = shuffled(log, 0)
    assert sum(len(p[1]) for p in noise.plays) == sum(len(p[1]) for p in log.plays)
    hits = seconds_to_play(world, log, POPULAR)
    for policy in (PERSONAL, STAGEWISE):
        learned, lost = (seconds_to_play(world, past, policy) for past in (log, noise))
        assert lost > hits
        assert lost > learned + 5


def test_where_nothing_was_ever_played_every_tile_has_the_same_odds():
    """No play and n misses, one of each added: odds 1 / (n + 1); with nothing shown, even odds."""
    from casestudies.netflix_home.policies import _logistic

    fitted = _logistic(1.0, np.ones((8, 5)), np.zeros(8, dtype=bool))
    assert fitted.intercept == pytest.approx(np.log(1 / 9)) and not fitted.coef.any()
    assert _logistic(1.0, np.ones((0, 5)), np.zeros(0, dtype=bool)).intercept == 0.0
