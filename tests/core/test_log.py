"""The log beside a brute-force recomputation from every row it was ever given."""

import numpy as np
import pytest

from core.log import Log, rows
from core.slate import Outcomes, Requests, Slate

N_USERS, N_ITEMS, K = 30, 17, 6


def evening(day: int, rng: np.random.Generator, found: bool = True) -> tuple[Requests, Slate, Outcomes]:
    """A random day: some users, pages of six of seventeen titles, tiles entered, at most one play each."""
    user = np.sort(rng.choice(N_USERS, size=rng.integers(5, 20), replace=False))
    b = len(user)
    requests = Requests(
        day, day * 64 * N_USERS + user, user, np.zeros(b, dtype=int), {"hour": rng.integers(0, 24, b)}
    )
    item = np.stack([rng.permutation(N_ITEMS)[:K] for _ in range(b)])
    propensity = np.where(rng.random((b, 1)) < 0.5, 1.0, 0.3) * np.ones((b, K), dtype=np.float32)
    slate = Slate.page(item, rng.normal(size=(b, K)), 3, propensity=propensity)
    entered = np.arange(K) < rng.integers(0, K + 1, b)[:, None]
    play = np.zeros((b, K), dtype=bool)
    played = rng.integers(0, K, b)
    play[np.arange(b), played] = entered[np.arange(b), played]
    by_search = np.where(~play.any(axis=1) & (rng.random(b) < 0.5), rng.integers(0, N_ITEMS, b), -1)
    asked = {"minutes": rng.random(b)} | ({"found": by_search} if found else {})
    return requests, slate, Outcomes(entered, {"play": play}, asked, {"mood": rng.integers(0, 5, b)})


def diary(day: int) -> dict[str, np.ndarray]:
    return {"user": np.arange(N_USERS, dtype=np.int32), "day": np.full(N_USERS, day, dtype=np.int16)}


def written(keep_days: int, n_days: int, seed: int = 0, start: int = 0, **options):
    """A log of some days, and what it was given."""
    rng = np.random.default_rng(seed)
    log = Log(N_USERS, N_ITEMS, "play", keep_days=keep_days, **options)
    given = [evening(start + d, rng) for d in range(n_days)]
    for requests, slate, outcomes in given:
        log.append(requests.day, [rows(0, requests, slate, outcomes)], diary(requests.day))
    return log, given


def brute_force(given) -> tuple[dict[str, np.ndarray], list[list[tuple[int, int]]]]:
    """Totals by item, and each day's plays as sorted (user, item), tile by tile."""
    totals = {
        n: np.zeros(N_ITEMS, dtype=int) for n in ("impressions", "play", "drawn_impressions", "drawn_play")
    }
    plays = []
    for requests, slate, outcomes in given:
        today = []
        for b in range(len(requests)):
            for k in range(K):
                if not outcomes.entered[b, k]:
                    continue
                i = slate.item[b, k]
                hit = outcomes.impression["play"][b, k]
                totals["impressions"][i] += 1
                totals["play"][i] += hit
                if slate.propensity[b, k] < 1:
                    totals["drawn_impressions"][i] += 1
                    totals["drawn_play"][i] += hit
                if hit:
                    today.append((requests.user[b], i))
            if outcomes.request["found"][b] >= 0:
                today.append((requests.user[b], outcomes.request["found"][b]))
        plays.append(sorted(today))
    return totals, plays


@pytest.mark.parametrize("keep_days", [1, 4, 28])
def test_what_is_folded_away_survives_in_counts_and_plays(keep_days):
    log, given = written(keep_days, 10)
    for d in range(1, 11):
        totals, plays = brute_force(given[:d])
        for name, expected in totals.items():
            np.testing.assert_array_equal(log.totals[d - 1][name], expected, err_msg=f"{name} after {d} days")
        assert list(zip(log.plays[d - 1][1].tolist(), log.plays[d - 1][2].tolist(), strict=True)) == plays[-1]
    kept = [bool(day.impressions) for day in log.days]
    assert kept == [d >= 10 - keep_days for d in range(10)]
    assert all(day.requests and day.user_days for day in log.days)  # these stay whole


def test_only_tiles_in_the_viewport_become_rows():
    log, given = written(28, 3)
    frame = log.frame("impressions")
    assert len(frame) == sum(int(outcomes.entered.sum()) for _, _, outcomes in given)
    requests, slate, outcomes = given[1]
    b, k = np.argwhere(outcomes.entered)[4]
    row = frame[(frame["request"] == requests.request[b]) & (frame["slot"] == k)].iloc[0]
    assert row["item"] == slate.item[b, k]
    assert row["row"] == k // 3 and row["col"] == k % 3
    assert row["day"] == 1 and row["user"] == requests.user[b]
    assert row["score"] == slate.score[b, k]


def test_the_order_of_batches_leaves_no_trace():
    log, given = written(28, 4)
    shuffled = Log(N_USERS, N_ITEMS, "play")
    rng = np.random.default_rng(1)
    for requests, slate, outcomes in given:
        parts = []
        for some in np.array_split(rng.permutation(len(requests)), 3):
            piece = Slate(*(getattr(slate, name)[some] for name in Slate.__dataclass_fields__))
            happened = Outcomes(
                outcomes.entered[some],
                *(
                    {n: v[some] for n, v in part.items()}
                    for part in (outcomes.impression, outcomes.request, outcomes.truth)
                ),
            )
            parts.append(rows(0, requests.take(some), piece, happened))
        shuffled.append(requests.day, parts, diary(requests.day))
    for table in ("impressions", "requests", "user_days"):
        assert shuffled.frame(table).equals(log.frame(table))
    for ours, theirs in zip(shuffled.plays, log.plays, strict=True):
        assert [ours[0], ours[1].tobytes(), ours[2].tobytes()] == [
            theirs[0],
            theirs[1].tobytes(),
            theirs[2].tobytes(),
        ]


def test_copies_share_the_past_and_part_ways():
    log, _ = written(2, 5)
    arms = [log.copy(), log.copy()]
    assert arms[0].days[0] is log.days[0]
    rng = np.random.default_rng(9)
    for d, arm in zip((5, 5, 6), (arms[0], arms[1], arms[0]), strict=True):
        requests, slate, outcomes = evening(d, rng)
        arm.append(d, [rows(0, requests, slate, outcomes)], diary(d))
    assert [len(x.days) for x in (log, *arms)] == [5, 7, 6]
    assert [len(x.plays) for x in (log, *arms)] == [5, 7, 6]
    assert (arms[0].totals[5]["impressions"] != arms[1].totals[5]["impressions"]).any()
    # Folding one arm's old days does not take them from the others.
    assert [bool(d.impressions) for d in log.days] == [False, False, False, True, True]
    assert log.totals[4] is arms[0].totals[4]


def test_rows_are_locked():
    log, _ = written(28, 2)
    for table in (log.days[0].impressions, log.days[0].requests, log.days[0].user_days):
        for name, value in table.items():
            with pytest.raises(ValueError, match="read-only"):
                value[:1] = value[:1]
            assert not value.flags.writeable, name


def test_days_come_in_order_each_once():
    log, _ = written(28, 3)
    for wrong in (2, 4):
        with pytest.raises(ValueError, match=f"Log: day 3 comes next, got {wrong}"):
            log.append(wrong, [], diary(wrong))


def test_truth_is_kept_only_where_asked_for():
    plain, _ = written(28, 2)
    assert plain.frame("truth").empty
    asked, given = written(28, 2, keep_truth=True)
    assert asked.frame("truth")["mood"].tolist() == [*given[0][2].truth["mood"], *given[1][2].truth["mood"]]
    assert "mood" not in asked.frame("requests") and "mood" not in asked.frame("impressions")


def test_arms_are_named_and_unknown_tables_refused():
    log, _ = written(28, 2)
    assert set(log.frame("requests", {0: "control"})["arm"]) == {"control"}
    with pytest.raises(KeyError, match="impressions, requests, user_days, truth, got 'impresions'"):
        log.frame("impresions")


def test_a_quiet_day_counts_nothing_and_breaks_nothing():
    log, _ = written(28, 2)
    before = log.totals[-1]
    log.append(2, [], diary(2))
    for name, value in before.items():
        np.testing.assert_array_equal(log.totals[2][name], value)
    requests, slate, outcomes = evening(3, np.random.default_rng(3))
    log.append(3, [rows(0, requests, slate, outcomes)], diary(3))
    assert log.plays[-1][0] == 3
