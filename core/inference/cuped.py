"""CUPED: subtract what the weeks before the experiment already said about each user."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from core.arrays import FloatArray
from core.inference.means import MIN_USERS, welch

IMBALANCE_P = 0.001         # a covariate fixed before the start differs by chance once in a thousand tests


class Adjusted(NamedTuple):
    """Per-user values with the covariate taken out; the plain values where it is refused."""

    control: FloatArray     # (n_c,)
    treatment: FloatArray   # (n_t,)
    theta: FloatArray       # (1,), or (2,) with the weight of "has no past"; empty where refused
    factor: float           # variance left, 1 - rho²; 1 where nothing was adjusted
    reason: str             # empty, or why nothing was


def cuped(y_c: FloatArray, y_t: FloatArray, x_c: FloatArray, x_t: FloatArray) -> Adjusted:
    """Adjust each user's value by a covariate that was fixed before the experiment.

    Parameters
    ----------
    y_c, y_t : float array, shape (n_c,), (n_t,)
        One value per randomised user, linearised for a ratio metric.
    x_c, x_t : float array, shape (n_c,), (n_t,)
        The covariate of the same users, as a rule the same metric before the start. NaN for a user
        without a past, who is kept: the covariate becomes the mean and "has no past" a second one.

    Returns
    -------
    Adjusted
        Values in the unit of y, with ``factor`` = 1 - rho² of the pooled variance left over (0 to 1).
        Unadjusted, factor 1, with a reason: when the covariate or "has no past" differs between the
        arms with p < .001 (it is then not from before exposure, or assignment is broken), does not
        vary, or is known for fewer than 30 users of an arm.

    Raises
    ------
    ValueError
        If y and x of an arm have different lengths.

    Notes
    -----
    Deng, Xu, Kohavi and Walker (2013): y - theta (x - mean(x)), the mean over both arms and
    theta = Cov(y, x) / Var(x) pooled over arms. Pooled means *within* arms here, as in ANCOVA; some
    tools stack the arms instead, which lets the effect itself leak into theta when x is unbalanced by
    chance. The two agree as users grow. A covariate measured after exposure would take out the effect
    together with the noise; nothing in the numbers can show that, only where x comes from.
    """
    for y, x in ((y_c, x_c), (y_t, x_t)):
        if np.shape(y) != np.shape(x):
            raise ValueError(f"y and x must hold the same users, got shapes {np.shape(y)} and {np.shape(x)}")
    known_c, known_t = np.isfinite(x_c), np.isfinite(x_t)

    def refused(reason: str) -> Adjusted:
        return Adjusted(y_c, y_t, np.empty(0), 1.0, reason)

    if min(known_c.sum(), known_t.sum()) < MIN_USERS:
        return refused(f"covariate known for fewer than {MIN_USERS} users of an arm")
    for what, c, t in (
        ("covariate", x_c[known_c], x_t[known_t]),
        ("share of users without a past", 1.0 - known_c, 1.0 - known_t),
    ):
        p = welch(c, t).p_value
        if p < IMBALANCE_P or math.isnan(p):
            return refused(f"{what} differs between arms before the start (p = {p:.1g}): not adjusted")

    mean = np.concatenate((x_c[known_c], x_t[known_t])).mean()
    z_c = np.stack((np.where(known_c, x_c, mean) - mean, ~known_c))   # (2, n_c)
    z_t = np.stack((np.where(known_t, x_t, mean) - mean, ~known_t))   # (2, n_t)
    if known_c.all() and known_t.all():
        z_c, z_t = z_c[:1], z_t[:1]
    return _adjust(y_c, y_t, z_c, z_t) or refused("covariate does not vary")


def _adjust(y_c: FloatArray, y_t: FloatArray, z_c: FloatArray, z_t: FloatArray) -> Adjusted | None:
    """Regress y on the covariates z (c, n) within arms; None where they, or y, have no variance."""
    within_z = np.concatenate((_centred(z_c), _centred(z_t)), axis=1)             # (c, n_c + n_t)
    within_y = np.concatenate((_centred(y_c), _centred(y_t)))                     # (n_c + n_t,)
    size = np.abs(np.concatenate((z_c, z_t), axis=1)).max(axis=1)                 # (c,)
    total = within_y @ within_y
    if total == 0 or (within_z.std(axis=1) <= 1e-12 * size).any():
        return None
    theta = np.linalg.lstsq(within_z.T, within_y, rcond=None)[0]                  # (c,)
    left = within_y - theta @ within_z
    centre = np.concatenate((z_c, z_t), axis=1).mean(axis=1, keepdims=True)       # (c, 1)
    return Adjusted(
        y_c - theta @ (z_c - centre), y_t - theta @ (z_t - centre), theta, float(left @ left / total), ""
    )


def _centred(values: FloatArray) -> FloatArray:
    centred: FloatArray = values - values.mean(axis=-1, keepdims=True)
    return centred
