"""Power in closed form, against statsmodels, and against simulated normals."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.power import NormalIndPower

from core.inference import errors_at, guarded_power, mde, power_of, se_at, users_needed


def test_mde_by_hand():
    """z(.975) + z(.8) = 1.960 + .842; one-sided 1.645 + .842."""
    assert mde(2.0) == pytest.approx(2 * 2.8016, abs=1e-3)
    assert mde(2.0, sides=1) == pytest.approx(2 * 2.4865, abs=1e-3)
    assert np.isnan(mde(float("nan")))
    assert mde(0.0) == 0.0


@pytest.mark.parametrize("effect", [0.1, 0.3])
@pytest.mark.parametrize("alpha", [0.05, 0.025])
def test_users_needed_equals_statsmodels(effect, alpha):
    """Unit variance, equal arms of 100: s.e. = sqrt(2 / 100)."""
    theirs = 2 * NormalIndPower().solve_power(effect, alpha=alpha, power=0.9)
    # Theirs counts the tail on the wrong side too, which only matters far below 90 % power.
    assert users_needed(np.sqrt(2 / 100), 200, effect, alpha, 0.9) == pytest.approx(theirs, abs=1.01)


def test_power_and_mde_invert_each_other():
    for sides in (1, 2):
        found = power_of(mde(0.7, 0.05, 0.8, sides), 0.7, 0.05, sides)
        assert found == pytest.approx(0.8, abs=1e-5)
    assert power_of(0.0, 1.0) == pytest.approx(0.05)


def test_no_number_of_users_finds_no_effect():
    assert users_needed(0.1, 100, 0.0) is None
    assert users_needed(float("nan"), 100, 1.0) is None


def test_guardrails_share_beta():
    """.8 with three guardrails: each of four tests may miss .05."""
    assert guarded_power(0.8, 3) == pytest.approx(0.95)
    assert guarded_power(0.8, 0) == pytest.approx(0.8)
    with pytest.raises(ValueError, match="guardrails"):
        guarded_power(0.8, -1)


@pytest.mark.parametrize(
    ("ratio", "sign", "exaggeration"),
    [(0.5, 0.089, 4.8), (1.0, 0.009, 2.5), (2.0, 0.0, 1.39), (2.8, 0.0, 1.125)],
)
def test_sign_and_size_errors_equal_a_simulation(ratio, sign, exaggeration):
    """2 million normals around the effect; the parametrised numbers are rounded."""
    got = errors_at(ratio, 1.0)
    assert (got.sign, got.exaggeration) == pytest.approx((sign, exaggeration), rel=0.02, abs=1e-3)
    x = np.random.default_rng(0).normal(ratio, 1, size=2_000_000)
    x = x[np.abs(x) > 1.959964]
    n = len(x)
    assert got.power == pytest.approx(n / 2_000_000, abs=4 * np.sqrt(0.25 / 2_000_000))
    assert got.sign == pytest.approx((x < 0).mean(), abs=4 * np.sqrt(max(got.sign, 1e-4) / n))
    assert got.exaggeration == pytest.approx(np.abs(x).mean() / ratio, rel=4 * np.abs(x).std() / np.sqrt(n))


def test_four_times_the_users_halve_the_error():
    assert se_at(0.2, 1000, 4000) == pytest.approx(0.1)
    with pytest.raises(ValueError, match="at least 1"):
        se_at(0.2, 0, 10)


@pytest.mark.parametrize(
    ("change", "words"),
    [({"alpha": 5}, "alpha"), ({"power": 1.0}, "power"), ({"sides": 3}, "sides must be 1 or 2")],
)
def test_bad_input_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        mde(1.0, **change)
    with pytest.raises(ValueError, match="effect must not be 0"):
        errors_at(0.0, 1.0)
