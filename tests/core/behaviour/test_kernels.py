"""Compiled browsing beside plain Python, draw for draw, and documented probabilities beside frequencies."""

import os
from typing import Any

import numpy as np
import pytest

from core.arrays import lock
from core.behaviour._kernels import Titles, Viewers, Visits, Walk, browse
from core.behaviour.choice import Satisficing
from core.rng import APPEAL, BROWSE
from tests.core.behaviour import reference

COMPILED = os.environ.get("NUMBA_DISABLE_JIT", "0") == "0"
N = 20_000 if COMPILED else 250
KEY = (123, 456)
WALK = Walk(2.0, 1.5, 0.3, 0.15, 0.0, 0.25, 0.6, 5, 1.5, -1.0, 0.5, 3.2, 0.7)


def world(rng: np.random.Generator, users: int, items: int, genres: int) -> tuple[Viewers, Titles]:
    draw = lambda *shape: lock(rng.normal(0, 0.7, shape).astype(np.float32))  # noqa: E731
    seen = lock(rng.random((users, items)) < 0.2)
    viewers = Viewers(draw(users, 3), draw(users, genres), lock(np.abs(draw(users, genres))), seen)
    genre = lock(rng.integers(0, genres, items).astype(np.int16))
    return viewers, Titles(draw(items, 3), draw(items), genre, lock(np.abs(draw(items))))


def visits(user: Any, mood: Any, patience: Any, tired: Any = 0.0, counter: Any = 64) -> Visits:
    shape = np.shape(user)
    of = lambda value, kind: lock(np.broadcast_to(np.asarray(value, dtype=kind), shape).copy())  # noqa: E731
    return Visits(
        of(user, np.int64), of(counter, np.int64), of(mood, np.int64), of(patience, float), of(tired, float)
    )


def walk_pages(page, heading, evenings, viewers, titles, walk):
    page, heading = lock(np.asarray(page, dtype=np.int32)), lock(np.asarray(heading, dtype=np.int64))
    return browse(page, heading, evenings, viewers, titles, walk, KEY, BROWSE, APPEAL)


@pytest.mark.parametrize("seed", range(12 if COMPILED else 3))
@pytest.mark.parametrize("headings", [0.0, 0.7])
def test_browsing_is_the_reference_draw_for_draw(seed, headings):
    """Random pages with empty tiles and rows of 4 to 13 tiles, mixed and of genres, tired, short of time."""
    rng = np.random.default_rng(seed)
    b, n_rows, n_cols, items, genres = 60 if COMPILED else 15, 4, int(rng.integers(4, 14)), 80, 5
    viewers, titles = world(rng, b, items, genres)
    page = np.stack([rng.permutation(items)[: n_rows * n_cols] for _ in range(b)]).reshape(b, n_rows, n_cols)
    page = np.where(rng.random(page.shape) < 0.15, -1, page)
    heading = rng.integers(-1, genres, (b, n_rows))
    user = rng.permutation(b)
    mood, patience = rng.integers(0, genres, b), 25 * np.exp(0.9 * rng.normal(size=b))
    tired, counter = rng.choice([0.0, 0.8], b), rng.integers(0, 64 * 300, b)
    walk = WALK._replace(headings=headings, visible=int(rng.integers(2, 6)), threshold=2.4)
    path = walk_pages(page, heading, visits(user, mood, patience, tired, counter), viewers, titles, walk)
    ends = set()
    for i in range(b):
        said = reference.browse_one(
            page[i].tolist(), heading[i].tolist(), int(user[i]), int(counter[i]), mood[i], patience[i],
            tired[i], viewers, titles, walk, KEY,
        )  # fmt: skip
        assert set(np.flatnonzero(path.entered[i])) == said.entered
        assert np.flatnonzero(path.examined[i]).tolist() == said.examined
        assert path.played[i] == said.played
        assert path.seconds[i] == pytest.approx(said.seconds, rel=1e-9)
        ends.add((said.played >= 0, said.seconds > patience[i]))
    assert len(ends) > 1  # some play, some run out of time or reach the end


def test_only_what_is_in_the_viewport_is_looked_at_and_only_that_is_played():
    rng = np.random.default_rng(3)
    viewers, titles = world(rng, 50, 90, 4)
    page = np.stack([rng.permutation(90)[:60] for _ in range(50)]).reshape(50, 5, 12)
    path = walk_pages(page, np.full((50, 5), -1), visits(np.arange(50), 0, 80.0), viewers, titles, WALK)
    assert (path.examined <= path.entered).all()
    hit = path.played >= 0
    assert path.examined[hit, path.played[hit]].all()
    assert hit.any() and not hit.all()


# --- documented probabilities -----------------------------------------------------------------------------

NOTHING = lock(np.zeros((N, 2), np.float32))
FLAT = Viewers(lock(np.zeros((N, 1), np.float32)), NOTHING, NOTHING, lock(np.zeros((N, 300), bool)))


def planted(appeal: float, items: int = 1) -> Titles:
    """Titles of one quality, all in genre 1."""
    quality = lock(np.full(items, appeal, dtype=np.float32))
    return Titles(
        lock(np.zeros((items, 1), np.float32)),
        quality,
        lock(np.ones(items, np.int16)),
        lock(np.ones(items, np.float32)),
    )


def errors(p: float, n: int = N) -> float:
    return 4 * np.sqrt(p * (1 - p) / n)


@pytest.mark.parametrize("p", [0.01, 0.2, 0.63, 0.99])
@pytest.mark.parametrize("noise", [0.5, 1.7])
def test_a_title_looked_at_is_taken_as_often_as_documented(p, noise):
    """p = 1 − exp(−exp((u − τ) / s)), so u = τ + s · log(−log(1 − p)); intent is off."""
    choice = Satisficing(threshold=3.2, noise=noise)
    appeal = choice.threshold + noise * np.log(-np.log1p(-p))
    assert choice.probability(appeal) == pytest.approx(p)
    walk = WALK._replace(skip=0.0, in_mood=0.0, off_mood=0.0, noise=noise)
    path = walk_pages(
        np.zeros((N, 1, 1)), np.full((N, 1), -1), visits(np.arange(N), 0, 1e9), FLAT, planted(appeal), walk
    )
    assert path.examined.all()
    assert (path.played == 0).mean() == pytest.approx(p, abs=errors(p))


@pytest.mark.parametrize(("mood", "tired", "extra"), [(1, 0.0, 1.5), (0, 0.0, -1.0), (1, 0.4, 1.1)])
def test_mood_and_length_move_the_appeal_as_documented(mood, tired, extra):
    """In the mood +1.5, in another −1, and 0.4 less per hour of burden late at night."""
    choice = Satisficing()
    p = float(choice.probability(2.0 + extra))
    walk = WALK._replace(skip=0.0)
    evening = visits(np.arange(N), mood, 1e9, tired)
    path = walk_pages(np.zeros((N, 1, 1)), np.full((N, 1), -1), evening, FLAT, planted(2.0), walk)
    assert (path.played == 0).mean() == pytest.approx(p, abs=errors(p))


def never_taken(
    n_rows: int, n_cols: int, heading: int = -1, mood: int = 0, walk: Walk = WALK, patience: float = 1e9
):
    """Pages nobody likes, so that the walk goes on."""
    page = np.broadcast_to(np.arange(n_rows * n_cols).reshape(1, n_rows, n_cols), (N, n_rows, n_cols))
    evening = visits(np.arange(N), mood, patience)
    return walk_pages(
        page, np.full((N, n_rows), heading), evening, FLAT, planted(-99.0, n_rows * n_cols), walk
    )


def test_rows_are_passed_over_as_often_as_documented():
    path = never_taken(6, 5)
    read = path.examined.reshape(N, 6, 5).any(axis=2)
    assert read.mean() == pytest.approx(0.85, abs=errors(0.85, 6 * N))
    assert path.entered.all()  # passed over, but on screen
    assert (path.played == -1).all()


@pytest.mark.parametrize(("mood", "q"), [(0, 0.25), (1, 0.6)], ids=["off mood", "in mood"])
def test_windows_of_a_row_are_looked_at_as_often_as_documented(mood, q):
    """(1 − q^W) / (1 − q) windows a row read, W = 4. The count's variance is below q / (1 − q)²."""
    path = never_taken(1, 20, mood=mood, walk=WALK._replace(skip=0.0))
    windows = path.examined.reshape(N, 4, 5).any(axis=2)
    expected = (1 - q**4) / (1 - q)
    assert windows.sum(axis=1).mean() == pytest.approx(expected, abs=4 * np.sqrt(q) / (1 - q) / np.sqrt(N))
    np.testing.assert_array_equal(path.entered, path.examined)


@pytest.mark.parametrize("headings", [0.0, 0.4, 1.0])
def test_a_row_of_another_genre_is_passed_over_for_its_heading(headings):
    walk = WALK._replace(skip=0.0, headings=headings)
    other, own, none = (
        never_taken(3, 5, heading=h, mood=1, walk=walk).examined.reshape(N, 3, 5).any(axis=2)
        for h in (0, 1, -1)
    )
    assert other.mean() == pytest.approx(1 - headings, abs=errors(headings, 3 * N) + 1e-12)
    assert own.all() and none.all()


def test_a_tile_takes_a_log_normal_time_and_a_row_a_fixed_one():
    """Seconds of one row of five: 2 + Σ 1.5 · LogNormal(0, .3); mean of LogNormal is exp(.3² / 2)."""
    seconds = never_taken(1, 5, walk=WALK._replace(skip=0.0)).seconds
    mean = 1.5 * np.exp(0.3**2 / 2)
    sd = mean * np.sqrt(np.expm1(0.3**2))
    assert seconds.mean() == pytest.approx(2.0 + 5 * mean, abs=4 * sd * np.sqrt(5 / N))
    fixed = never_taken(1, 5, walk=WALK._replace(skip=0.0, tile_sd=0.0)).seconds
    np.testing.assert_allclose(fixed, 2.0 + 5 * 1.5)


def test_patience_ends_the_walk_before_the_tile_that_exceeds_it():
    """Row 2 s, tiles 1.5 s each without spread: after 6.9 s three tiles were looked at, after 1.9 s none."""
    walk = WALK._replace(skip=0.0, tile_sd=0.0)
    assert never_taken(1, 5, walk=walk, patience=6.9).examined.sum(axis=1).max() == 3
    short = never_taken(1, 5, walk=walk, patience=1.9)
    assert not short.entered.any() and not short.examined.any()
    just = never_taken(1, 5, walk=walk, patience=2.0)
    assert just.entered.all() and not just.examined.any()


def test_an_opinion_belongs_to_the_evening_and_the_title_not_to_the_slot():
    """With all time in the world, who takes a title depends on no order: the best-liked set is the same."""
    rng = np.random.default_rng(1)
    n = min(N, 2_000)
    viewers, titles = world(rng, n, 5, 2)
    walk = WALK._replace(skip=0.0, threshold=1.5)
    took = []
    for order in ([0, 1, 2, 3, 4], [4, 2, 0, 3, 1]):
        page = np.broadcast_to(np.array([[order]]), (n, 1, 5))
        path = walk_pages(page, np.full((n, 1), -1), visits(np.arange(n), 0, 1e9), viewers, titles, walk)
        took.append(path.played >= 0)
    np.testing.assert_array_equal(took[0], took[1])
    assert 0.2 < took[0].mean() < 0.999
