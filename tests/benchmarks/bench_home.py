"""Rates of the home page's simulation, per CPU-second, everything warm, one thread.

    python tests/benchmarks/bench_home.py
"""

# ruff: noqa: E402 -- threads are settled before anything imports NumPy

from __future__ import annotations

import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from casestudies.netflix_home import CASE
from casestudies.netflix_home.catalogue import fictional
from casestudies.netflix_home.world import HomeWorld
from core.arrays import lock
from core.behaviour._kernels import Visits, browse
from core.experiment import Setting, burn_in
from core.rng import APPEAL, BROWSE
from core.world import Arm, simulate


def cpu(job: Callable[[], Any], times: int = 3) -> float:
    """Least CPU-seconds of a few runs."""
    spent = []
    for _ in range(times):
        start = time.process_time()
        job()
        spent.append(time.process_time() - start)
    return min(spent)


def response_kernel() -> None:
    """Sessions of a page of 12 rows of 20, random titles, default viewers."""
    world = HomeWorld().build(20_000, 1, fictional(1))
    rng = np.random.default_rng(1)
    page = lock(np.argsort(rng.random((20_000, 1_200)), axis=1)[:, :240].astype(np.int32).reshape(-1, 12, 20))
    user = np.arange(20_000)
    visits = Visits(
        lock(user),
        lock(np.full(20_000, 64)),
        lock(world._evening(1, user)[1].astype(np.int64)),
        lock(world._patience(1, user)),
        lock(np.zeros(20_000)),
    )
    heading = lock(np.full((20_000, 12), -1))
    viewers, titles = world._people()

    def walk() -> Any:
        return browse(page, heading, visits, viewers, titles, world._walk(), world.key, BROWSE, APPEAL)

    tiles = walk().examined.sum()
    spent = cpu(walk)
    print(f"response kernel: {20_000 / spent / 1e6:.2f} M sessions, {tiles / spent / 1e6:.1f} M tiles per CPU-s")


def day_loop() -> None:
    """4,000 users, 1,200 titles, stage-wise pages, 14 days; the fit (every 7 days) shown apart."""
    setting = Setting.of(CASE, users=4_000)
    past = burn_in(CASE, setting.spec(CASE), users=4_000, seed=1, taste="fictional")
    policy = CASE.policy("stagewise")
    everyone = np.ones(4_000, dtype=bool)
    arm = Arm(policy, everyone, past.log.copy())
    start = time.process_time()
    simulate(past.world.copy(), [arm], start=past.day, days=1, seed=1)
    first = time.process_time() - start
    fitted = arm.fitted

    def loop() -> None:
        again = Arm(policy, everyone, past.log.copy(), fitted)
        simulate(past.world.copy(), [again], start=past.day, days=14, seed=1, refit=False)

    spent = cpu(loop, 2)
    print(f"day loop: {4_000 * 14 / spent / 1e3:.1f} k user-days per CPU-s, one fit {first - spent / 14:.2f} CPU-s")


if __name__ == "__main__":
    response_kernel()
    day_loop()
