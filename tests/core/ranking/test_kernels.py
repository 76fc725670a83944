"""Compiled page building beside plain Python, slot for slot, and draws beside their exact probabilities."""

import os
from itertools import permutations

import numpy as np
import pytest

from core.arrays import lock
from core.ranking._kernels import competing_rows, genre_rows, lottery
from tests.core.ranking import reference

COMPILED = os.environ.get("NUMBA_DISABLE_JIT", "0") == "0"
SEEDS = range(40) if COMPILED else range(3)
DRAWS = 20_000 if COMPILED else 500
N_ROWS, N_COLS = 5, 4
WEIGHT = lock(np.array([0.4, 0.4, 0.1, 0.1]))
FADE = lock(0.85 ** np.arange(N_ROWS))


def some_pages(seed: int, b: int = 3):
    """Random candidates, with ties, −inf, few of some genres, and now and then fewer than a page holds."""
    rng = np.random.default_rng(seed)
    c, n_genres = int(rng.integers(3, 45)), int(rng.integers(1, 7))
    scores = rng.normal(-2, 1, (b, c)).round(int(rng.integers(1, 4)))
    scores[rng.random((b, c)) < 0.2] = -np.inf
    genre = np.sort(rng.integers(0, n_genres, (b, c)) ** 2 % n_genres).astype(np.int16)
    genre = rng.permuted(genre, axis=1)
    ranked = [reference.best_first(list(row)) for row in scores]
    order = np.array([r + [x for x in range(c) if x not in r] for r in ranked], dtype=np.int32)
    chance = 1.0 / (1.0 + np.exp(-scores))
    usable = np.array([len(r) for r in ranked], dtype=np.int32)
    return lock(order), lock(usable), lock(chance), lock(genre), n_genres, ranked


@pytest.mark.parametrize("strength", [0.0, 0.7, 2.25, 9.0])
@pytest.mark.parametrize("seed", SEEDS)
def test_competing_rows_are_the_reference_slot_for_slot(seed, strength):
    order, usable, chance, genre, n_genres, ranked = some_pages(seed)
    slots, kinds = competing_rows(
        order, usable, chance, genre, n_genres, N_ROWS, N_COLS, WEIGHT, FADE, strength
    )
    for b, best in enumerate(ranked):
        expected = reference.competing_rows(
            best, chance[b].tolist(), genre[b].tolist(), n_genres, N_ROWS, N_COLS, WEIGHT, FADE, strength
        )
        assert slots[b].tolist() == expected[0]
        assert kinds[b].tolist() == expected[1]


@pytest.mark.parametrize("seed", SEEDS)
def test_genre_rows_are_the_reference_slot_for_slot(seed):
    order, usable, _, genre, n_genres, ranked = some_pages(seed)
    preference = np.random.default_rng(seed).permuted(
        np.tile(np.arange(n_genres, dtype=np.int32), (3, 1)), axis=1
    )
    slots, kinds = genre_rows(order, usable, genre, n_genres, N_ROWS, N_COLS, lock(preference))
    for b, best in enumerate(ranked):
        expected = reference.genre_rows(best, genre[b].tolist(), N_ROWS, N_COLS, preference[b].tolist())
        assert slots[b].tolist() == expected[0]
        assert kinds[b].tolist() == expected[1]


@pytest.mark.parametrize("seed", SEEDS)
def test_without_diversity_rows_are_the_ranking_cut(seed):
    """The next best titles have term by term the highest chances, so no genre's row is worth more."""
    order, usable, chance, genre, n_genres, ranked = some_pages(seed)
    slots, kinds = competing_rows(order, usable, chance, genre, n_genres, N_ROWS, N_COLS, WEIGHT, FADE, 0.0)
    for b, best in enumerate(ranked):
        page = best[: N_ROWS * N_COLS]
        assert slots[b].tolist() == page + [-1] * (N_ROWS * N_COLS - len(page))
    assert (kinds == -1).all()


# --- draws ------------------------------------------------------------------------------------------------

WEIGHTS = [8.0, 4.0, 0.0, 2.0, 1.0, 1.0]
KEY = (np.uint32(7), np.uint32(9))


def draw(weights: list[float], uniform: float, n_slots: int, n: int = DRAWS):
    """The same lottery for n users: each user's draws are their own."""
    table = lock(np.tile(np.array(weights), (n, 1)))
    return lottery(table, uniform, n_slots, lock(np.arange(n)), lock(np.zeros(n, dtype=np.int64)), KEY, 8)


@pytest.mark.parametrize("uniform", [0.0, 0.05, 0.5, 1.0])
def test_propensities_are_exact(uniform):
    """Each slot's is its conditional probability given the slots above; float32 holds seven digits."""
    slots, propensity, _ = draw(WEIGHTS, uniform, 4, n=200)
    for row, p in zip(slots.tolist(), propensity, strict=True):
        for k in range(4):
            exact = reference.lottery_probability(WEIGHTS, row[:k], uniform)[row[k]]
            assert p[k] == pytest.approx(exact, rel=1e-6)


@pytest.mark.parametrize("uniform", [0.0, 0.05, 0.5, 1.0])
def test_frequencies_are_the_propensities(uniform):
    """All 20 ordered pairs of the first two slots, each within four standard errors of its probability."""
    slots, _, _ = draw(WEIGHTS, uniform, 2)
    for a, b in permutations([0, 1, 3, 4, 5], 2):
        first = reference.lottery_probability(WEIGHTS, [], uniform)[a]
        p = first * reference.lottery_probability(WEIGHTS, [a], uniform)[b]
        seen = ((slots[:, 0] == a) & (slots[:, 1] == b)).mean()
        assert seen == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / DRAWS)), (a, b)


def test_inverse_propensities_count_the_pages():
    """E[1 / p(page)] = Σ p · 1/p = the number of ordered pairs, 5 · 4 = 20, at any weights.

    Var[1/p] = Σ 1/p − 400, which gives the error of the mean.
    """
    _, propensity, _ = draw(WEIGHTS, 0.2, 2)
    inverse = 1.0 / propensity.prod(axis=1, dtype=np.float64)
    assert inverse.mean() == pytest.approx(20.0, abs=4 * inverse.std() / np.sqrt(DRAWS))


@pytest.mark.parametrize("uniform", [0.0, 0.05, 0.5, 1.0])
def test_the_explored_share_is_the_knob(uniform):
    slots, _, explored = draw(WEIGHTS, uniform, 4)
    n = explored.size
    assert explored.mean() == pytest.approx(uniform, abs=4 * np.sqrt(uniform * (1 - uniform) / n))
    if 0 < uniform < 1:  # explored first slots are uniform
        first = slots[explored[:, 0], 0]
        share = np.bincount(first, minlength=6) / len(first)
        np.testing.assert_allclose(share[[0, 1, 3, 4, 5]], 0.2, atol=4 * np.sqrt(0.16 / len(first)))


def test_what_may_not_be_shown_is_not_drawn_and_nothing_comes_twice():
    slots, propensity, explored = draw(WEIGHTS, 0.3, 8, n=300)
    assert (np.sort(slots, axis=1) == [-1, -1, -1, 0, 1, 3, 4, 5]).all()
    assert (slots[:, 5:] == -1).all() and not explored[:, 5:].any()
    np.testing.assert_allclose(propensity[:, 4], 1.0)  # one is left
    empty = draw([0.0, 0.0], 0.3, 2, n=3)
    assert (empty[0] == -1).all()


@pytest.mark.parametrize("range_", [20.0, 80.0, 700.0])
def test_weights_of_very_different_size_end_and_stay_probabilities(range_):
    """After the heavy ones are gone the light ones are drawn by what is left, not by rounding errors."""
    weights = np.exp(-np.linspace(0.0, range_, 12))
    slots, propensity, _ = draw(list(weights), 0.0, 12, n=50)
    assert (np.sort(slots, axis=1) == np.arange(12)).all()
    assert (propensity > 0).all() and (propensity <= 1 + 1e-6).all()
    for row, p in zip(slots.tolist(), propensity, strict=True):
        for k in range(12):
            exact = reference.lottery_probability(list(weights), row[:k], 0.0)[row[k]]
            assert p[k] == pytest.approx(exact, rel=1e-5)


def test_a_page_is_keyed_by_its_user_and_session():
    table = lock(np.tile(np.array(WEIGHTS), (6, 1)))
    user, counter = np.array([3, 9, 3, 4, 3, 3]), np.array([0, 0, 1, 0, 0, 64])
    slots, _, _ = lottery(table, 0.3, 5, lock(user), lock(counter), KEY, 8)
    assert slots[0].tolist() == slots[4].tolist()
    some = np.array([4, 1])
    again, _, _ = lottery(lock(table[some]), 0.3, 5, lock(user[some]), lock(counter[some]), KEY, 8)
    assert again.tolist() == slots[some].tolist()
    assert len({tuple(row) for row in slots.tolist()}) > 3
