"""The one estimator: by hand, against scipy and a bootstrap, and everything it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from core.inference import across_worlds, compare, linearise, paired, relative_interval, welch


def _per_user(values):
    """A mean per user is the ratio whose denominators are 1."""
    return np.stack((values, np.ones_like(values)))


def test_linearise_by_hand():
    """R = 6 / 6 = 1, mean denominator 1.2: L = 1 + (4 - 2, 2 - 1, 0 - 1, 0 - 1, 0 - 1) / 1.2."""
    got = linearise(np.array([[4.0, 2, 0, 0, 0], [2, 1, 1, 1, 1]]))
    assert got.mean == 1.0
    assert got.values == pytest.approx(1 + np.array([2, 1, -1, -1, -1]) / 1.2)
    assert got.values.mean() == pytest.approx(1.0)


def test_a_mean_per_user_is_left_as_it_is():
    values = np.random.default_rng(0).normal(size=50)
    assert linearise(_per_user(values)).values == pytest.approx(values)


def test_a_user_who_never_came_counts_with_the_ratio_itself():
    """Numerator and denominator 0 say nothing about R, but they are one of N users."""
    sums = np.concatenate((np.ones((2, 40)), np.zeros((2, 10))), axis=1)
    sums[0, :20] = 3.0
    got = linearise(sums)
    assert got.values[40:] == pytest.approx(np.full(10, 2.0))
    assert len(got.values) == 50


def test_linearise_refuses_a_denominator_near_zero():
    """1 of 100 users has a session: mean .01, s.e. .01, one standard error above 0."""
    sums = np.zeros((2, 100))
    sums[:, 0] = 1.0
    got = linearise(sums)
    assert got.reason == "denominator too near zero: its mean is 1.0 standard errors, 5 needed"
    assert np.isnan(got.values).all()
    assert got.mean == 1.0


@pytest.mark.parametrize(
    ("sums", "words"), [(np.zeros((2, 0)), "no users"), (np.zeros((2, 9)), "nothing to divide")]
)
def test_linearise_without_anything_is_nan(sums, words):
    got = linearise(sums)
    assert words in got.reason
    assert np.isnan(got.mean)


@pytest.mark.parametrize(
    ("sums", "words"),
    [
        (np.zeros(3), r"shape \(2, N\)"),
        (np.full((2, 3), np.nan), "must be finite"),
        (np.array([[1.0], [-1.0]]), "must not be negative"),
    ],
)
def test_malformed_sums_are_refused(sums, words):
    with pytest.raises(ValueError, match=words):
        linearise(sums)


@pytest.mark.parametrize("seed", range(10))
def test_welch_equals_scipy(seed):
    rng = np.random.default_rng(seed)
    c, t = rng.normal(5, 2, size=rng.integers(30, 300)), rng.lognormal(1, 1, size=rng.integers(30, 300))
    got, theirs = welch(c, t), stats.ttest_ind(t, c, equal_var=False)
    interval = theirs.confidence_interval(0.95)
    assert (got.p_value, got.df) == pytest.approx((theirs.pvalue, theirs.df), rel=1e-9)
    assert (got.ci_low, got.ci_high) == pytest.approx((interval.low, interval.high), rel=1e-9)
    assert got.difference == pytest.approx(t.mean() - c.mean())
    assert (got.n_control, got.n_treatment, got.reason) == (len(c), len(t), "")


def test_a_tiny_p_value_keeps_its_digits():
    c = np.random.default_rng(0).normal(size=400)
    theirs = stats.ttest_ind(c + 3, c, equal_var=False).pvalue
    assert welch(c, c + 3).p_value == pytest.approx(theirs, rel=1e-6)


def test_swapping_the_arms_flips_the_difference_only():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 60))
    there, back = welch(a, b), welch(b, a)
    assert (there.difference, there.ci_low) == pytest.approx((-back.difference, -back.ci_high))
    assert there.p_value == pytest.approx(back.p_value)


def test_fewer_than_thirty_users_have_a_difference_but_no_interval():
    got = welch(np.zeros(29), np.ones(50))
    assert got.difference == 1.0
    assert np.isnan([got.p_value, got.ci_low, got.ci_high, got.se]).all()
    assert got.reason == "too few users: 29 in an arm, 30 needed"
    assert welch(np.empty(0), np.ones(50)).reason == "an arm has no users"


def test_no_spread_and_no_difference_is_p_one():
    """Also for .1, whose sums are not exact, and for a ratio that is the same for every user."""
    sessions = np.arange(1.0, 61.0)
    for c, t in (
        (_per_user(np.full(40, 0.1)), _per_user(np.full(70, 0.1))),
        (np.stack((0.3 * sessions, sessions)), np.stack((0.3 * sessions[:45], sessions[:45]))),
    ):
        got = compare(c, t)
        assert (got.difference, got.se, got.p_value, got.ci_low, got.ci_high) == (0.0, 0.0, 1.0, 0.0, 0.0)
        assert got.reason == ""


def test_no_spread_and_a_difference_is_a_data_fault():
    got = compare(_per_user(np.zeros(40)), _per_user(np.ones(40)))
    assert got.reason.startswith("data fault")
    assert got.difference == 1.0
    assert np.isnan([got.p_value, got.ci_low, got.ci_high]).all()


def test_a_refused_ratio_is_refused_whichever_arm_it_is_in():
    fine, rare = np.ones((2, 100)), np.zeros((2, 100))
    rare[:, 0] = 1.0
    for got in (compare(fine, rare), compare(rare, fine), paired(fine, rare)):
        assert "too near zero" in got.reason
        assert np.isnan(got.p_value)


def test_the_delta_method_equals_a_bootstrap_over_users():
    """s.e. of a ratio of 800 users who differ in sessions and in rate, from 4,000 resamples: within
    4 Monte Carlo s.e., which for a standard deviation is 1 / sqrt(2 * 4000) of it."""
    rng = np.random.default_rng(2)
    sums = _sessions(rng, 800)
    pick = rng.integers(0, 800, size=(4000, 800))
    ratios = sums[0][pick].sum(axis=1) / sums[1][pick].sum(axis=1)
    se = linearise(sums).values.std(ddof=1) / np.sqrt(800)
    assert se == pytest.approx(ratios.std(ddof=1), rel=4 / np.sqrt(8000) + 0.01)   # + .01: second order


def _sessions(rng, n):
    """Sums of n users with Poisson sessions, some none, and a rate of their own."""
    sessions = rng.poisson(rng.gamma(2.0, 1.5, size=n))
    return np.stack((rng.binomial(sessions, rng.beta(2, 3, size=n)), sessions)).astype(float)


def test_paired_equals_scipy_for_means_and_is_exactly_zero_for_twins():
    rng = np.random.default_rng(3)
    c = rng.normal(5, 2, size=200)
    t = c + rng.normal(0.1, 0.5, size=200)
    got, theirs = paired(_per_user(c), _per_user(t)), stats.ttest_rel(t, c)
    assert (got.p_value, got.df) == pytest.approx((theirs.pvalue, 199))
    assert got.ci_low == pytest.approx(theirs.confidence_interval(0.95).low)

    sums = _sessions(rng, 100)
    same = paired(sums, sums.copy())
    assert (same.difference, same.p_value, same.ci_low, same.ci_high) == (0.0, 1.0, 0.0, 0.0)


def test_paired_ratio_equals_a_bootstrap_over_users():
    """Twins share sessions; the pair's ratio difference resampled by user, tolerance as above."""
    rng = np.random.default_rng(4)
    c = _sessions(rng, 800)
    t = np.stack((np.minimum(c[0] + rng.binomial(1, 0.2, size=800), c[1]), c[1]))
    pick = rng.integers(0, 800, size=(4000, 800))
    ratio = [s[0][pick].sum(axis=1) / s[1][pick].sum(axis=1) for s in (c, t)]
    assert paired(c, t).se == pytest.approx((ratio[1] - ratio[0]).std(ddof=1), rel=4 / np.sqrt(8000) + 0.01)


def test_paired_needs_the_same_users():
    with pytest.raises(ValueError, match="twins must hold the same users"):
        paired(np.ones((2, 40)), np.ones((2, 41)))
    assert "too few users: 29" in paired(np.ones((2, 29)), np.ones((2, 29))).reason


def test_relative_interval_by_hand():
    """Means 10 and 11, standard deviations made exactly 1, n = 100: log(1.1) +- t sqrt(.01/100 + .01/121)."""
    z = np.random.default_rng(5).normal(size=100)
    z = (z - z.mean()) / z.std(ddof=1)
    got = relative_interval(10 + z, 11 + z)
    v_c, v_t = 0.01 / 100, 0.01 / 121
    df = (v_c + v_t) ** 2 / (v_c**2 / 99 + v_t**2 / 99)
    half = stats.t.ppf(0.975, df) * np.sqrt(v_c + v_t)
    expected = (0.1, 1.1 * np.exp(-half) - 1, 1.1 * np.exp(half) - 1)
    assert tuple(got) == pytest.approx(expected)


def test_relative_is_undefined_without_a_clearly_positive_control():
    rng = np.random.default_rng(6)
    for c in (rng.normal(-1, 1, 100), rng.normal(0.1, 1, 100), np.zeros(100)):
        assert np.isnan(relative_interval(c, rng.normal(5, 1, 100))).all()
    gone = relative_interval(rng.normal(5, 1, 100), np.zeros(100))
    assert gone.value == pytest.approx(-1.0)
    assert np.isnan([gone.ci_low, gone.ci_high]).all()
    assert tuple(relative_interval(np.full(40, 3.0), np.full(40, 3.0))) == (0.0, 0.0, 0.0)


def test_relative_interval_inverts_when_the_arms_swap():
    rng = np.random.default_rng(7)
    c, t = rng.gamma(4, 1, 80), rng.gamma(5, 1, 90)
    there, back = relative_interval(c, t), relative_interval(t, c)
    assert 1 + there.ci_low == pytest.approx(1 / (1 + back.ci_high))


def test_across_worlds_by_hand():
    """1, 2, 3: mean 2, s.e. 1/sqrt(3), t(2, .975) = 4.303."""
    got = across_worlds(np.array([1.0, 2.0, 3.0]))
    assert tuple(got) == pytest.approx((2.0, 2 - 4.302653 / np.sqrt(3), 2 + 4.302653 / np.sqrt(3), 3))
    assert np.isnan(across_worlds(np.array([1.0]))[1:3]).all()
    assert np.isnan(across_worlds(np.array([1.0, np.nan, 2.0])).value)
    assert across_worlds(np.array([0.0, 0.0])) == (0.0, 0.0, 0.0, 2)
    with pytest.raises(ValueError, match="confidence must be between"):
        across_worlds(np.ones(3), confidence=95)


def test_alpha_out_of_range_is_refused():
    with pytest.raises(ValueError, match="alpha must be between"):
        welch(np.arange(40.0), np.arange(40.0), alpha=5)


def test_inputs_are_not_written_to():
    sums = _sessions(np.random.default_rng(8), 50)
    sums.setflags(write=False)
    compare(sums, sums)
    paired(sums, sums)
