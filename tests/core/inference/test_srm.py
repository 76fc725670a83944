"""Sample ratio mismatch: the published example, scipy, and the rate of false alarms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from core.inference import SRM_ALPHA, srm


def test_the_published_example():
    """821,588 v 815,482: chi² = 6106² / 1,637,070 = 22.8, p = 1.8e-6."""
    chi2 = 6106**2 / 1_637_070
    assert chi2 == pytest.approx(22.8, abs=0.05)
    assert srm(np.array([821_588, 815_482]), np.array([0.5, 0.5])) == pytest.approx(1.8e-6, rel=0.03)


@pytest.mark.parametrize("seed", range(5))
def test_equals_scipy(seed):
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.ones(4))
    counts = rng.multinomial(3000, shares)
    assert srm(counts, shares) == pytest.approx(stats.chisquare(counts, 3000 * shares).pvalue)


def test_exact_sizes_are_p_one():
    assert srm(np.array([300, 100]), np.array([0.75, 0.25])) == 1.0


def test_false_alarms_are_one_in_a_thousand():
    """20,000 fair splits of 4,000 users; 4 s.e. of a rate of .001 are .0009."""
    counts = np.random.default_rng(0).binomial(4000, 0.5, size=20_000)
    alarms = np.mean([srm(np.array([c, 4000 - c]), np.array([0.5, 0.5])) < SRM_ALPHA for c in counts])
    assert alarms == pytest.approx(0.001, abs=4 * np.sqrt(0.001 * 0.999 / 20_000))


@pytest.mark.parametrize(
    ("counts", "shares", "words"),
    [
        ([10], [1.0], "two or more arms"),
        ([10, 10], [0.5, 0.3, 0.2], "two or more arms"),
        ([10, 10], [0.5, 0.4], "sum to 1"),
        ([10, 10], [1.0, 0.0], "above 0"),
        ([10, -1], [0.5, 0.5], "not be negative"),
        ([0, 0], [0.5, 0.5], "count somebody"),
    ],
)
def test_bad_input_is_refused(counts, shares, words):
    with pytest.raises(ValueError, match=words):
        srm(np.array(counts), np.array(shares))
