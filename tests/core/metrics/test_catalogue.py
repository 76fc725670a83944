"""Diversity, calibration and concentration by hand, against slow formulas, and at their bounds."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.spatial.distance import cosine
from scipy.stats import entropy

from core.metrics import (
    calibration_kl,
    coverage,
    effective_catalogue,
    genre_shares,
    gini,
    intra_list_distance,
    novelty,
    page_diversity,
)

SEEDS = range(15)


def test_intra_list_distance_by_hand():
    """Pairs of (1,0), (3,0), (0,2): distances 0, 1, 1. Length does not matter."""
    vectors = np.array([[1.0, 0], [3, 0], [0, 2], [0, 0]])
    got = intra_list_distance(np.array([[0, 1, 2], [0, 1, -1], [0, 2, 3]]), vectors)
    assert got == pytest.approx([2 / 3, 0.0, 1.0])


def test_opposite_vectors_are_two_apart():
    assert intra_list_distance(np.array([[0, 1]]), np.array([[1.0, 2], [-1, -2]])) == pytest.approx([2.0])


def test_intra_list_distance_needs_two_items_with_a_direction():
    vectors = np.array([[1.0, 0], [0, 0]])
    assert np.isnan(intra_list_distance(np.array([[0, -1], [0, 1], [-1, -1]]), vectors)).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_intra_list_distance_equals_the_mean_over_pairs(seed):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(30, 4))
    ranked = np.stack([rng.permutation(30)[:8] for _ in range(5)])
    ranked[0, 5:] = -1
    for row, got in zip(ranked, intra_list_distance(ranked, vectors), strict=True):
        pairs = itertools.combinations(row[row >= 0], 2)
        assert got == pytest.approx(np.mean([cosine(vectors[a], vectors[b]) for a, b in pairs]))


def test_genre_shares_by_hand():
    """Weights 3, 1, 0 on items of genre a, half a half b, b: a = 3.5 / 4."""
    genre = np.array([[1.0, 0], [0.5, 0.5], [0, 1]])
    got = genre_shares(np.array([[0, 1, 2], [-1, 1, -1]]), genre, np.array([3.0, 1.0, 0.0]))
    assert got == pytest.approx(np.array([[3.5 / 4, 0.5 / 4], [0.5, 0.5]]))


def test_page_diversity_by_hand():
    """Attention .75 and .25 on two genres: exp(.75 log(4/3) + .25 log 4) = 1.755."""
    genre = np.eye(3)
    got = page_diversity(np.array([[0, 1, -1]]), genre, np.array([[3.0, 1.0, 5.0]]))
    assert got == pytest.approx([np.exp(0.75 * np.log(4 / 3) + 0.25 * np.log(4))])
    assert page_diversity(np.array([[0, 1, 2]]), genre) == pytest.approx([3.0])
    assert page_diversity(np.array([[1, -1, -1]]), genre) == pytest.approx([1.0])


def test_page_diversity_sees_where_the_variety_stands():
    """The same eight tiles, mixed at the top or at the bottom, differ once attention falls."""
    genre, attention = np.eye(4), 0.5 ** np.arange(8)
    mixed_first = np.array([[0, 1, 2, 3, 0, 0, 0, 0]])
    mixed_last = mixed_first[:, ::-1]
    assert page_diversity(mixed_first, genre, attention) > page_diversity(mixed_last, genre, attention)
    assert page_diversity(mixed_first, genre) == pytest.approx(page_diversity(mixed_last, genre))


def test_a_page_without_a_genre_is_nan():
    genre = np.array([[1.0, 0], [0, 0]])
    ranked = np.array([[-1, -1], [1, 1], [0, 0]])
    assert np.array_equal(np.isnan(page_diversity(ranked, genre)), [True, True, False])
    assert np.isnan(page_diversity(ranked, genre, np.zeros(2))).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_page_diversity_is_exp_entropy_and_between_one_and_all_genres(seed):
    rng = np.random.default_rng(seed)
    genre, attention = rng.dirichlet(np.full(6, 0.3), size=40), rng.random((9, 10))
    ranked = rng.integers(0, 40, size=(9, 10))
    got = page_diversity(ranked, genre, attention)
    shares = np.einsum("bk,bkg->bg", attention, genre[ranked]) / attention.sum(axis=1)[:, None]
    assert got == pytest.approx(np.exp(entropy(shares, axis=1)))
    assert ((got >= 1) & (got <= 6)).all()


def test_calibration_by_hand():
    """Steck's example of 70 romance, 30 action, shown only romance: .7 log(.7 / .997) + .3 log(100)."""
    got = calibration_kl(np.array([[0.7, 0.3]]), np.array([[1.0, 0.0]]))
    assert got == pytest.approx([0.7 * np.log(0.7 / 0.997) + 0.3 * np.log(100.0)])


@pytest.mark.parametrize("seed", SEEDS)
def test_calibration_is_a_divergence(seed):
    """0 for equal shares, never below 0, at most log(1 / alpha), and the scipy entropy of p and q~."""
    rng = np.random.default_rng(seed)
    p, q = rng.dirichlet(np.full(5, 0.2), size=(2, 12))
    got = calibration_kl(p, q, alpha=0.05)
    assert got == pytest.approx(entropy(p, 0.95 * q + 0.05 * p, axis=1))
    assert ((got >= 0) & (got <= np.log(20))).all()
    assert calibration_kl(p, p) == pytest.approx(np.zeros(12), abs=1e-12)


def test_calibration_reaches_its_bound_for_disjoint_genres():
    assert calibration_kl(np.array([[1.0, 0]]), np.array([[0.0, 1]])) == pytest.approx([np.log(100)])


def test_calibration_of_nothing_is_nan():
    p = np.array([[np.nan, np.nan], [0.5, 0.5]])
    assert np.isnan(calibration_kl(p, p[::-1])).all()


def test_effective_catalogue_of_the_published_example():
    """Hours 10, 6, 3: 2 (1*10 + 2*6 + 3*3) / 19 - 1 = 2.263."""
    assert effective_catalogue(np.array([3.0, 10.0, 6.0])) == pytest.approx(62 / 19 - 1)
    assert effective_catalogue(np.ones(7)) == pytest.approx(7.0)
    assert effective_catalogue(np.array([0.0, 5.0, 0.0])) == pytest.approx(1.0)


@pytest.mark.parametrize("seed", SEEDS)
def test_effective_catalogue_and_gini_say_the_same(seed):
    x = np.random.default_rng(seed).pareto(1.2, size=50)
    assert effective_catalogue(x) == pytest.approx(50 * (1 - gini(x)))
    assert effective_catalogue(7 * x) == pytest.approx(effective_catalogue(x))
    assert 1 <= effective_catalogue(x) <= 50


@pytest.mark.parametrize("seed", SEEDS)
def test_gini_equals_half_the_mean_absolute_difference(seed):
    x = np.random.default_rng(seed).exponential(size=30)
    slow = np.abs(x[:, None] - x[None, :]).mean() / (2 * x.mean())
    assert gini(x) == pytest.approx(slow)


def test_gini_at_its_bounds():
    assert gini(np.full(9, 2.0)) == pytest.approx(0.0)
    assert gini(np.array([0.0, 0, 0, 1])) == pytest.approx(3 / 4)


def test_novelty_by_hand():
    """Shares 1/2, 1/4, 1/4: 1, 2, 2 bits."""
    plays = np.array([4.0, 2.0, 2.0])
    got = novelty(np.array([[0, 1], [1, 2], [0, -1], [-1, -1]]), plays)
    assert np.allclose(got, [1.5, 2.0, 1.0, np.nan], equal_nan=True)


def test_an_item_nobody_played_counts_as_played_once():
    """One of 8 plays is 3 bits, and an unplayed item is no less novel than that."""
    assert novelty(np.array([[1], [2]]), np.array([7.0, 1.0, 0.0])) == pytest.approx([3.0, 3.0])


def test_coverage_by_hand():
    assert coverage(np.array([[0, 1], [1, 2], [-1, -1]]), n_items=6) == pytest.approx(3 / 6)
    assert coverage(np.full((2, 3), -1), n_items=4) == 0.0


def test_nothing_consumed_is_not_defined():
    assert np.isnan(effective_catalogue(np.zeros(3)))
    assert np.isnan(gini(np.zeros(3)))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: gini(np.array([1.0, -1.0])), "none below 0"),
        (lambda: effective_catalogue(np.array([1.0, np.nan])), "finite"),
        (lambda: novelty(np.array([[0]]), np.array([0.5, 0.5])), "must be counts"),
        (lambda: novelty(np.array([[5]]), np.array([3.0, 2.0])), "item 5, but plays covers items 0 to 1"),
        (lambda: coverage(np.array([[3]]), 3), "items 0 to 2"),
        (lambda: coverage(np.array([[0]]), 0), "at least 1"),
        (lambda: intra_list_distance(np.array([[2]]), np.eye(2)), "item 2"),
        (lambda: intra_list_distance(np.array([[0]]), np.array([[np.inf]])), "vectors must be finite"),
        (lambda: genre_shares(np.array([[0]]), -np.eye(1)), "genre must be finite and not negative"),
        (lambda: genre_shares(np.array([[0]]), np.eye(1), np.array([-1.0])), "weight must be finite"),
        (lambda: calibration_kl(np.array([[0.5, 0.2]]), np.array([[0.5, 0.5]])), "history must be shares"),
        (lambda: calibration_kl(np.array([[0.5, 0.5]]), np.array([[2.0, -1.0]])), "shown must be shares"),
        (lambda: calibration_kl(np.ones((1, 1)), np.ones((1, 1)), alpha=0.0), "alpha must be between"),
        (lambda: calibration_kl(np.ones((1, 1)), np.ones((2, 1))), "share one shape"),
    ],
)
def test_bad_input_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
