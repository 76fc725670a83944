"""The day loop: who is served by whom, when it fits, what it hands on. A toy world of coins."""

import numpy as np
import pandas as pd
import pytest

from core.catalog import Catalog
from core.log import Log
from core.rng import VISIT, keyed_uniform
from core.slate import Outcomes, Requests, Slate
from core.world import Arm, fit, simulate

N = 20


class Coins:
    """Everyone asks on every day and plays the first title on a coin of their own."""

    catalog = Catalog(pd.DataFrame({"title": ["a", "b", "c"]}))
    traits = state = None
    noise_key = (1, 2)
    isolated = True

    def __init__(self):
        self.closed, self.served = [], []

    def members(self, day):
        return np.ones(N, dtype=bool)

    def requests(self, day):
        user = np.arange(N)
        return Requests(day, day * 64 * N + user, user, np.zeros(N, dtype=int))

    def respond(self, day, requests, slate):
        self.served += [(day, int(u)) for u in requests.user]
        play = np.zeros(slate.item.shape, dtype=bool)
        play[:, 0] = keyed_uniform((3, 4), VISIT, day, 0, requests.user, 0) < 0.4
        return Outcomes(np.ones(play.shape, dtype=bool), {"play": play}, {"played": play[:, 0]}, {})

    def close(self, day):
        self.closed.append(day)

    def diary(self, day):
        return {"visited": np.ones(N, dtype=bool)}


class Spy:
    """Serves titles in order of id, and remembers what it was fitted on."""

    name = "spy"

    def __init__(self):
        self.fits, self.seen = [], []

    def fit(self, observed, rng):
        self.fits.append((observed.day, len(observed.interactions()), rng.random()))
        return self

    def slate(self, observed, requests, noise, trace=None):
        self.seen.append((requests.day, observed.day, requests.user.tolist()))
        item = np.tile(np.arange(3), (len(requests), 1))
        return Slate.page(item, np.zeros(item.shape, dtype=np.float32), 3)


def run(policies, users, days=10, retrain=0, start=0, seed=5, **options):
    world, arms = Coins(), [Arm(p, u, Log(N, 3, "play")) for p, u in zip(policies, users, strict=True)]
    simulate(world, arms, start=start, days=days, seed=seed, retrain=retrain, **options)
    return world, arms


EVERYONE = np.ones(N, dtype=bool)


@pytest.mark.parametrize(
    ("retrain", "fitted"), [(0, [0]), (3, [0, 3, 6, 9]), (7, [0, 7]), (1, list(range(10)))]
)
def test_fits_come_on_day_0_and_every_retrain_days(retrain, fitted):
    spy = Spy()
    run([spy], [EVERYONE], retrain=retrain)
    assert [day for day, _, _ in spy.fits] == fitted


def test_a_fit_knows_yesterday_and_is_keyed_by_its_index_not_its_arm():
    one, two = Spy(), Spy()
    half = np.arange(N) < N // 2
    _, arms = run([one, two], [half, ~half], retrain=3)
    for spy, arm in ((one, arms[0]), (two, arms[1])):
        plays = np.cumsum([0] + [len(p[1]) for p in arm.log.plays])
        assert [n for _, n, _ in spy.fits] == [plays[d] for d in (0, 3, 6, 9)]
    assert [draw for *_, draw in one.fits] == [draw for *_, draw in two.fits]
    assert len({draw for *_, draw in one.fits}) == 4
    again = Spy()
    run([again], [EVERYONE], retrain=3, seed=6)
    assert again.fits[0][2] != one.fits[0][2]


def test_everyone_is_served_once_a_day_by_their_own_arm_from_what_was_known():
    half = np.arange(N) % 3 == 0
    world, arms = run([Spy(), Spy()], [half, ~half])
    assert sorted(world.served) == [(d, u) for d in range(10) for u in range(N)]
    for arm, mine in zip(arms, (half, ~half), strict=True):
        assert all(today == seen for today, seen, _ in arm.policy.seen)
        assert {u for *_, users in arm.policy.seen for u in users} == set(np.flatnonzero(mine))
        assert set(arm.log.frame("requests")["user"]) == set(np.flatnonzero(mine))
        assert set(arm.log.frame("user_days")["user"]) == set(np.flatnonzero(mine))
    assert world.closed == list(range(10))


def test_users_outside_every_arm_are_not_served():
    few = np.arange(N) < 4
    world, arms = run([Spy()], [few], days=2)
    assert {u for _, u in world.served} == {0, 1, 2, 3}
    assert len(arms[0].log.days[0].user_days["user"]) == 4


def test_a_user_in_two_arms_is_refused():
    with pytest.raises(ValueError, match="a user belongs to one arm, 20 belong to more"):
        run([Spy(), Spy()], [EVERYONE, EVERYONE])


def test_frozen_arms_are_not_fitted():
    spy, ready = Spy(), Spy()
    arm = Arm(spy, EVERYONE, Log(N, 3, "play"), fitted=ready)
    simulate(Coins(), [arm], start=0, days=9, seed=1, retrain=2, refit=False)
    assert not spy.fits and not ready.fits
    assert len(ready.seen) == 9 and arm.fitted is ready


def test_collectors_get_days_since_the_start_and_that_day_s_rows():
    got = []
    run(
        [Spy()],
        [EVERYONE],
        days=3,
        start=0,
        collect=[lambda d, day: got.append((d, day.day, len(day.requests["user"])))],
    )
    assert got == [(0, 0, N), (1, 1, N), (2, 2, N)]


def test_ticks_come_before_each_day_and_may_stop():
    ticks = []
    run([Spy()], [EVERYONE], days=4, tick=lambda d, n: ticks.append((d, n)))
    assert ticks == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]
    world = Coins()

    def stop(d, n):
        if d == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(world, [Arm(Spy(), EVERYONE, Log(N, 3, "play"))], start=0, days=9, seed=1, tick=stop)
    assert world.closed == [0, 1]


def test_batches_are_cut_without_a_trace(monkeypatch):
    _, whole = run([Spy()], [EVERYONE], days=3)
    monkeypatch.setattr("core.world.CHUNK", 7)
    _, parts = run([Spy()], [EVERYONE], days=3)
    assert len(parts[0].policy.seen) == 9
    for table in ("impressions", "requests", "user_days"):
        assert whole[0].log.frame(table).equals(parts[0].log.frame(table))


def test_fits_run_under_one_blas_thread():
    from threadpoolctl import threadpool_info

    fit(Spy(), type("O", (), {"day": 0, "interactions": lambda self: []})(), 1, 0)
    assert {p["num_threads"] for p in threadpool_info() if p["user_api"] == "blas"} <= {1}
