"""Logistic: the documented objective is at its minimum, and scikit-learn finds the same one."""

import numpy as np
import pytest

from core.learning.logistic import Logistic


def sample(seed, n=400, d=4):
    """Features on unlike scales, labels drawn from a logistic model, uneven weights."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d)) * 10.0 ** rng.uniform(-1, 1, d) + rng.normal(size=d)
    z = (x - x.mean(axis=0)) @ (rng.normal(size=d) / x.std(axis=0)) - 1.0
    return x, rng.random(n) < 1 / (1 + np.exp(-z)), rng.integers(0, 4, n).astype(float)


def objective(theta, x, y, weight, l2):
    """As the docstring of Logistic states it."""
    z = theta[0] + x @ theta[1:]
    return weight @ (np.logaddexp(0, z) - y * z) + l2 / 2 * theta[1:] @ theta[1:]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("l2", [1e-3, 1.0, 300.0])
def test_gradient_of_the_documented_objective_vanishes(seed, l2):
    """Central differences: their own error is about (1e-16)^(2/3) f''', far below the 1e-3 of a bad fit."""
    x, y, weight = sample(seed)
    fitted = Logistic(l2=l2).fit(x, y, weight)
    theta = np.array([fitted.intercept, *fitted.coef])
    for j in range(len(theta)):
        h = np.zeros(len(theta))
        h[j] = 1e-5
        up, down = (objective(theta + s * h, x, y, weight, l2) for s in (1, -1))
        assert (up - down) / 2e-5 == pytest.approx(0.0, abs=1e-4)
        assert min(up, down) >= objective(theta, x, y, weight, l2)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("l2", [1e-2, 1.0, 100.0])
def test_agrees_with_scikit_learn(seed, l2):
    from sklearn.linear_model import LogisticRegression

    x, y, weight = sample(seed)
    ours = Logistic(l2=l2).fit(x, y, weight)
    theirs = LogisticRegression(C=1 / l2, solver="newton-cholesky", tol=1e-12, max_iter=1000)
    theirs.fit(x, y, sample_weight=weight)
    assert ours.coef == pytest.approx(theirs.coef_[0], abs=1e-6)
    assert ours.intercept == pytest.approx(theirs.intercept_[0], abs=1e-6)


def test_intercept_alone_is_the_log_odds_of_the_rate():
    """Weights 1, 3 for y = 1 and 2 for y = 0: log(4 / 2). The intercept is not shrunk."""
    fitted = Logistic(l2=1e6).fit(np.zeros((3, 1)), [1, 1, 0], [1.0, 3.0, 2.0])
    assert fitted.intercept == pytest.approx(np.log(2.0))
    assert fitted.coef == pytest.approx([0.0])


def test_two_points_by_hand():
    """x = ±1, y = 1/0: a = 0 by symmetry, and b solves 2 sigmoid(-b) = l2 b; b = 1 for l2 = 2 / (1 + e)."""
    fitted = Logistic(l2=2 / (1 + np.e)).fit([[-1.0], [1.0]], [0, 1])
    assert fitted.coef == pytest.approx([1.0])
    assert fitted.intercept == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("l2", [1e-6, 1e-3, 1.0])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_separable_data_stay_finite(l2, scale):
    """Without a penalty the weight would run away; with it the optimum is sum x (y - p) = l2 b."""
    x, y = np.array([[-2.0], [-1.0], [1.0], [2.0]]) * scale, np.array([0, 0, 1, 1])
    fitted = Logistic(l2=l2).fit(x, y)
    z = fitted.log_odds(x)
    assert (np.abs(z) < 60).all() and (z[2:] > 0).all()
    # y - p as exp(-|z|) / (1 + exp(-|z|)) with the sign of y - 1/2: 1 - p alone would cancel.
    residual = np.sign(y - 0.5) / (1 + np.exp(np.abs(z)))
    assert x[:, 0] @ residual == pytest.approx(l2 * fitted.coef[0], rel=1e-6)


def test_a_constant_column_gets_nothing():
    x, y, weight = sample(3)
    fitted = Logistic().fit(np.column_stack((np.full(len(x), 7.3), x)), y, weight)
    assert fitted.coef[0] == pytest.approx(0.0, abs=1e-12)
    assert fitted.coef[1:] == pytest.approx(Logistic().fit(x, y, weight).coef, abs=1e-9)


def test_weight_is_a_number_of_rows():
    x, y, weight = sample(4)
    repeated = np.repeat(np.arange(len(y)), weight.astype(int))
    by_weight, by_rows = Logistic().fit(x, y, weight), Logistic().fit(x[repeated], y[repeated])
    assert by_weight.coef == pytest.approx(by_rows.coef, abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_finds_nothing_in_noise(seed):
    """Labels by coin: each coefficient of 10,000 standard normals has standard error 2 / 100."""
    rng = np.random.default_rng(seed)
    fitted = Logistic().fit(rng.normal(size=(10_000, 3)), rng.random(10_000) < 0.5)
    assert fitted.coef == pytest.approx([0.0] * 3, abs=4 * 2 / 100)


def test_same_data_same_bits_and_nothing_written():
    x, y, weight = sample(5)
    for array in (x, y, weight):
        array.setflags(write=False)
    first, second = (Logistic().fit(x, y, weight) for _ in range(2))
    assert first.intercept == second.intercept
    assert (first.coef == second.coef).all()


def test_log_odds_of_a_row_does_not_depend_on_the_batch():
    x, y, weight = sample(6)
    fitted = Logistic().fit(x, y, weight)
    batch = fitted.log_odds(x)
    assert (batch == [fitted.log_odds(row) for row in x]).all()
    assert (fitted.log_odds(x.reshape(20, 20, 4)) == batch.reshape(20, 20)).all()
    assert batch == pytest.approx(fitted.intercept + x @ fitted.coef)
    with pytest.raises(ValueError, match=r"needs shape \(\.\.\., 4\), got \(400, 3\)"):
        fitted.log_odds(x[:, :3])


@pytest.mark.parametrize(
    ("x", "y", "weight", "words"),
    [
        ([[np.nan], [1.0]], [0, 1], None, "finite x"),
        ([[0.0], [1.0]], [0, np.inf], None, "finite y"),
        ([[0.0], [1.0]], [0, 1], [1.0, np.nan], "finite weight"),
        ([[0.0], [1.0]], [0, 0.5], None, "y of 0 and 1"),
        ([[0.0], [1.0]], [0, 1], [1.0, -1.0], "weight >= 0, got -1"),
        ([[0.0], [1.0]], [1, 1], None, "got one class"),
        ([[0.0], [1.0]], [0, 1], [1.0, 0.0], "got one class"),
        (np.zeros((0, 1)), [], None, "got one class"),
        ([0.0, 1.0], [0, 1], None, r"x \(N, d\)"),
        ([[0.0], [1.0]], [0, 1, 1], None, r"y \(N,\)"),
    ],
)
def test_what_cannot_be_fitted_is_refused(x, y, weight, words):
    with pytest.raises(ValueError, match=words):
        Logistic().fit(np.array(x), np.array(y), None if weight is None else np.array(weight))
