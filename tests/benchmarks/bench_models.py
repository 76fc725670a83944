"""CPU time of the models beside the plain way to the same result. Both sides warm, one run, one thread.

    python tests/benchmarks/bench_models.py

Prints CPU seconds, the least of several runs, and the ratio other / ours (up is better). The other side must
give the same answer, or there is nothing to compare.
"""

# ruff: noqa: E402 -- threads are settled before anything imports NumPy

from __future__ import annotations

import os

# Before NumPy is imported: what a fit costs inside an experiment, where tasks run side by side.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.interactions import Interactions
from core.learning.logistic import Logistic
from core.models.ease import EASE

L2 = 250.0


def cpu(task: Callable[[], Any], runs: int) -> tuple[float, Any]:
    """Least CPU seconds of ``runs`` calls after one that is not counted, and the last result."""
    result = task() if runs > 1 else None
    seconds = []
    for _ in range(runs):
        del result                                                    # its pages are free for the next run
        start = time.process_time()
        result = task()
        seconds.append(time.process_time() - start)
    return min(seconds), result


def line(what: str, ours: float, other: float | None = None, than: str = "") -> None:
    """One row of the table."""
    ratio = f"{other:8.3f} s   {other / ours:5.2f} x   {than}" if other is not None else ""
    print(f"{what:<52}{ours:8.3f} s   {ratio}")


def history(n_users: int, n_items: int, per_user: int) -> Interactions:
    """Plays drawn by a power law over items."""
    rng = np.random.default_rng(0)
    appeal = 1.0 / np.arange(1, n_items + 1) ** 0.7
    item = rng.choice(n_items, size=n_users * per_user, p=appeal / appeal.sum())
    return Interactions.of(np.repeat(np.arange(n_users), per_user), item, n_users, n_items)


def plain_ease(interactions: Interactions) -> np.ndarray:
    """EASE as the paper prints it, with a general inverse."""
    x = interactions.matrix().sign()
    gram = (x.T @ x).toarray() + L2 * np.eye(interactions.n_items)
    p = np.linalg.inv(gram)
    weights = -p / np.diag(p)
    np.fill_diagonal(weights, 0.0)
    return weights


def ease() -> None:
    """Fits from either side, and scoring."""
    rng = np.random.default_rng(0)
    for n_users, n_items, per_user, runs in ((4000, 1200, 50, 7), (600, 4000, 100, 3)):
        events = history(n_users, n_items, per_user)
        ours, scorer = cpu(lambda events=events: EASE(l2=L2).fit(events, rng), runs)
        other, weights = cpu(lambda events=events: plain_ease(events), runs)
        if not np.allclose(scorer.weights, weights, atol=1e-6):
            raise RuntimeError("EASE and the plain formula disagree")
        line(f"EASE fit, {n_users:,} users, {n_items:,} items", ours, other, "np.linalg.inv")

    events = history(4000, 1200, 50)
    scorer, users = EASE(l2=L2).fit(events, rng), np.arange(4000)
    items = np.stack([rng.permutation(1200)[:300] for _ in users])
    line("EASE score, 4,000 users x 300 candidates", cpu(lambda: scorer.score(users, items), 5)[0])
    ours, top = cpu(lambda: scorer.top(users, 50, scorer.history), 5)

    def by_sorting() -> np.ndarray:
        scores = np.where(scorer.history.toarray() > 0, -np.inf, scorer.rows(users))
        return np.argsort(-scores, axis=1, kind="stable")[:, :50]

    other, same = cpu(by_sorting, 5)
    if not (top == same).all():
        raise RuntimeError("top and a stable sort disagree")
    line("EASE top 50 of 1,200 for 4,000 users", ours, other, "stable argsort")
    wide = history(1900, 17_600, 49)
    line("EASE fit, 1,900 users, 17,600 items", cpu(lambda: EASE(l2=L2).fit(wide, rng), 1)[0])


def logistic() -> None:
    """300,000 rows, 4 features; C = 1 / l2 makes the objectives equal."""
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(0)
    x = rng.normal(size=(300_000, 4))
    y = rng.random(len(x)) < 1 / (1 + np.exp(2.0 - x @ [1.0, -0.5, 0.2, 0.0]))
    ours, fitted = cpu(lambda: Logistic(l2=1.0).fit(x, y), 7)
    for solver in ("lbfgs", "newton-cholesky"):
        theirs = LogisticRegression(C=1.0, solver=solver, tol=1e-8, max_iter=1000)
        other, _ = cpu(lambda theirs=theirs: theirs.fit(x, y), 7)
        if not np.allclose(fitted.coef, theirs.coef_[0], atol=1e-5):
            raise RuntimeError(f"Logistic and scikit-learn's {solver} disagree")
        line("Logistic fit, 300,000 x 4", ours, other, f"scikit-learn, {solver}")


if __name__ == "__main__":
    print(f"{'':<52}{'ours':>8}     {'other':>8}     ratio")
    ease()
    logistic()
