"""CUPED: its variance factor, its equality with a regression, new users, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from core.inference import cuped, welch


def _experiment(seed, n=400, rho=0.7, effect=0.0, missing=0.0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(2, n))
    y = rho * x + np.sqrt(1 - rho**2) * rng.normal(size=(2, n)) + effect * np.array([[0.0], [1.0]])
    x[rng.random((2, n)) < missing] = np.nan
    return y[0], y[1], x[0], x[1]


def test_the_variance_factor_is_one_minus_rho_squared():
    """rho = .7 leaves .51; 2 * 50,000 users, s.e. of rho² 2 rho (1 - rho²) / sqrt(1e5) = .0023."""
    got = cuped(*_experiment(0, n=50_000))
    assert got.factor == pytest.approx(0.51, abs=4 * 0.0023)
    assert got.theta == pytest.approx([0.7], abs=0.01)


def test_theta_by_hand():
    """Arms of 30 with x = -1, 0, 1 and y = 2x: within arms Cov / Var = 2, and nothing is left."""
    x = np.tile([-1.0, 0, 1], 10)
    got = cuped(2 * x + 5, 2 * x + 6, x, x)
    assert got.theta == pytest.approx([2.0])
    assert got.factor == pytest.approx(0.0, abs=1e-12)
    assert got.control == pytest.approx(np.full(30, 5.0))
    assert got.treatment == pytest.approx(np.full(30, 6.0))


@pytest.mark.parametrize("missing", [0.0, 0.2])
@pytest.mark.parametrize("seed", range(5))
def test_the_adjusted_difference_is_the_regression_coefficient(seed, missing):
    """y ~ 1 + arm + x (+ has no past), least squares: the coefficient of the arm."""
    y_c, y_t, x_c, x_t = _experiment(seed, effect=0.3, missing=missing)
    got = cuped(y_c, y_t, x_c, x_t)
    x, gone = np.concatenate((x_c, x_t)), np.isnan(np.concatenate((x_c, x_t)))
    columns = [np.repeat([0.0, 1.0], 400), np.where(gone, np.nanmean(x), x)]
    if missing:
        columns.append(gone.astype(float))
    fit = sm.OLS(np.concatenate((y_c, y_t)), sm.add_constant(np.stack(columns, axis=1))).fit()
    assert got.treatment.mean() - got.control.mean() == pytest.approx(fit.params[1])
    assert got.theta == pytest.approx(fit.params[2:])
    assert got.reason == ""


def test_users_without_a_past_are_kept_and_the_rest_still_helps():
    y_c, y_t, x_c, x_t = _experiment(1, n=5000, missing=0.3)
    got = cuped(y_c, y_t, x_c, x_t)
    assert len(got.control) == 5000
    assert np.isfinite(got.control).all()
    assert len(got.theta) == 2
    assert got.factor == pytest.approx(1 - 0.7 * 0.49, abs=0.03)      # 70 % of users lose 49 % of variance


def test_a_useless_covariate_costs_nothing():
    got = cuped(*_experiment(2, rho=0.0))
    assert 0.98 < got.factor <= 1.0


def test_an_unbalanced_covariate_is_refused():
    """Shifted by .5 in 400 users an arm, 7 standard errors: it was not measured before the start."""
    y_c, y_t, x_c, x_t = _experiment(3)
    got = cuped(y_c, y_t, x_c, x_t + 0.5)
    assert "covariate differs between arms" in got.reason
    assert got.factor == 1.0
    assert got.control is y_c and got.treatment is y_t


def test_unbalanced_missing_is_refused():
    y_c, y_t, x_c, x_t = _experiment(4)
    x_t = np.where(np.arange(400) < 80, np.nan, x_t)
    assert "users without a past differs" in cuped(y_c, y_t, x_c, x_t).reason


def test_a_covariate_without_variance_or_users_is_skipped():
    y_c, y_t, x_c, x_t = _experiment(5)
    assert cuped(y_c, y_t, np.full(400, 0.1), np.full(400, 0.1)).reason == "covariate does not vary"
    assert "fewer than 30" in cuped(y_c, y_t, np.full(400, np.nan), np.full(400, np.nan)).reason
    flat = cuped(np.ones(400), np.ones(400), x_c, x_t)
    assert flat.factor == 1.0
    with pytest.raises(ValueError, match="same users"):
        cuped(y_c, y_t, x_c[:-1], x_t)


def test_the_estimate_is_unbiased_and_its_error_shrinks_by_the_root_of_the_factor():
    """500 experiments of effect .3: mean within 4 Monte Carlo s.e.; s.e. ratio sqrt(.51) = .714."""
    plain, adjusted = [], []
    for seed in range(500):
        y_c, y_t, x_c, x_t = _experiment(seed, n=100, effect=0.3)
        plain.append(y_t.mean() - y_c.mean())
        got = cuped(y_c, y_t, x_c, x_t)
        adjusted.append(welch(got.control, got.treatment).difference)
    assert np.mean(adjusted) == pytest.approx(0.3, abs=4 * np.std(adjusted) / np.sqrt(500))
    assert np.std(adjusted) / np.std(plain) == pytest.approx(np.sqrt(0.51), abs=0.08)
