"""Logistic regression with an L2 penalty, by Newton's method."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.arrays import AnyArray, FloatArray, lock
from core.config import Config, knob

MAX_STEPS = 100


@dataclass(frozen=True, slots=True, eq=False)
class FittedLogistic:
    """Log-odds = ``intercept`` + x @ ``coef``."""

    intercept: float
    coef: FloatArray                                                  # (d,)

    def __post_init__(self) -> None:
        object.__setattr__(self, "coef", lock(np.asarray(self.coef, dtype=np.float64)))

    def log_odds(self, x: AnyArray) -> FloatArray:
        """Natural log of p / (1 - p) for features (..., d), shape (...,), float64.

        Summed column by column rather than by BLAS, so a row's value does not depend on the batch.
        """
        x = np.asarray(x)
        if x.ndim == 0 or x.shape[-1] != len(self.coef):
            raise ValueError(f"log_odds needs shape (..., {len(self.coef)}), got {x.shape}")
        out = np.full(x.shape[:-1], self.intercept)
        for j, coef in enumerate(self.coef):
            out += coef * x[..., j]
        return out


@dataclass(frozen=True)
class Logistic(Config):
    """L2-penalised logistic regression; the intercept a is free.

    With z = a + x'b and row weights w, it minimises over a and b

        f = sum_i w_i [log(1 + exp(z_i)) - y_i z_i] + l2/2 ||b||²

    With r = w (sigmoid(z) - y), v = w sigmoid(z) (1 - sigmoid(z)) and a leading column of ones for a,

        gradient = [1 X]' r + l2 [0 b]        Hessian = [1 X]' diag(v) [1 X] + l2 diag(0, 1, .., 1)

    f is strictly convex, so Newton's steps, halved until they pay (Armijo), reach the only minimum;
    each is a weighted least squares, hence the name IRLS. Hastie, Tibshirani & Friedman (2009), The
    Elements of Statistical Learning, section 4.4.1; Boyd & Vandenberghe (2004), section 9.5. Cost: N (d + 1)²
    multiplications and N exponentials a step, usually 5 to 8 steps.

    The penalty is on the coefficients as they stand: bring features to one scale first. It is on the sum, not
    the mean, so its say fades with N, as in scikit-learn with C = 1 / l2. A constant feature gets 0.
    """

    l2: float = knob(1.0, 1e-6, 1e6, help="Larger pulls the weights of all features towards zero.")

    def fit(self, x: AnyArray, y: AnyArray, weight: AnyArray | None = None) -> FittedLogistic:
        """Find the minimum.

        Parameters
        ----------
        x : array, shape (N, d)
            Features, finite.
        y : bool or 0/1 array, shape (N,)
        weight : array, shape (N,), optional
            Finite, not negative; 2 is the same as the row twice, 0 the same as none.

        Raises
        ------
        ValueError
            If shapes differ, a number is not finite, y is not 0 or 1, or all rows that count have one and
            the same y: the intercept would be infinite, and what to believe then is the caller's prior.
        """
        x, y, weight = _checked(x, y, weight)
        # Centred, a constant column is zero and the Hessian is well conditioned. As the intercept is
        # free, this changes its value only, which the return statement undoes.
        mean = np.average(x, axis=0, weights=weight)                  # (d,)
        design = np.column_stack((np.ones(len(y)), x - mean))         # (N, 1 + d)
        penalty = np.full(design.shape[1], self.l2)
        penalty[0] = 0.0

        rate = np.average(y, weights=weight)
        beta = np.zeros(design.shape[1])
        beta[0] = np.log(rate / (1.0 - rate))                         # the minimum for b = 0
        sign = 2.0 * y - 1.0                                          # (N,)
        loss, wrong = _loss(design, sign, weight, penalty, beta)
        for _ in range(MAX_STEPS):
            gradient = penalty * beta - design.T @ (weight * sign * wrong)
            curvature = weight * wrong * (1.0 - wrong)                # (N,)
            hessian = design.T @ (design * curvature[:, None]) + np.diag(penalty)
            step = np.linalg.solve(hessian, gradient)
            to_gain = gradient @ step                                 # twice what a parabola would gain
            size = 1.0
            new_loss, new_wrong = _loss(design, sign, weight, penalty, beta - step)
            while new_loss > loss - 1e-4 * size * to_gain and size * to_gain > 1e-12 * loss:
                size /= 2.0
                new_loss, new_wrong = _loss(design, sign, weight, penalty, beta - size * step)
            beta = beta - size * step
            loss, wrong = new_loss, new_wrong
            # What is left to gain is lost in the rounding of f; the step just taken squared the error.
            if to_gain <= 1e-12 * loss:
                return FittedLogistic(float(beta[0] - mean @ beta[1:]), beta[1:])
        raise RuntimeError(f"Logistic.fit takes more than {MAX_STEPS} steps; are the features on one scale?")


def _loss(
    design: FloatArray, sign: FloatArray, weight: FloatArray, penalty: FloatArray, beta: FloatArray
) -> tuple[float, FloatArray]:
    """f, and the probability given to the wrong class (N,).

    They share an exponential that cannot overflow. With the margin m = (2y - 1) z, a row's loss is
    log(1 + exp(-m)), the wrong probability sigmoid(-m), and sigmoid(z) - y = -(2y - 1) sigmoid(-m), which
    keeps its digits where sigmoid(z) is near 1.
    """
    margin = sign * (design @ beta)
    small = np.exp(-np.abs(margin))                                   # in (0, 1]
    wrong = np.where(margin >= 0, small, 1.0) / (1.0 + small)
    each = np.maximum(-margin, 0.0) + np.log1p(small)
    return float(weight @ each + 0.5 * penalty @ (beta * beta)), wrong


def _checked(x: AnyArray, y: AnyArray, weight: AnyArray | None) -> tuple[FloatArray, FloatArray, FloatArray]:
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    weight = np.ones(y.shape) if weight is None else np.asarray(weight, dtype=np.float64)
    if x.ndim != 2 or y.shape != (len(x),) or weight.shape != y.shape:
        raise ValueError(
            f"Logistic.fit needs x (N, d), y (N,) and weight (N,), got {x.shape}, {y.shape}, {weight.shape}"
        )
    for name, values in (("x", x), ("y", y), ("weight", weight)):
        if not np.isfinite(values).all():
            raise ValueError(f"Logistic.fit needs finite {name}, got NaN or infinity")
    if not ((y == 0) | (y == 1)).all():
        raise ValueError("Logistic.fit needs y of 0 and 1; give shares as weighted rows of both")
    if (weight < 0).any():
        raise ValueError(f"Logistic.fit needs weight >= 0, got {weight.min()}")
    if not 0.0 < weight @ y < weight.sum():
        raise ValueError("Logistic.fit needs both y = 0 and y = 1 in rows of weight > 0, got one class")
    return x, y, weight
