"""``World``: the only owner of what is hidden. And ``simulate``: the day loop."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np

from core.arrays import AnyArray, BoolArray, IntArray
from core.catalog import Catalog
from core.log import Day, Log, rows
from core.observed import Noise, Observed
from core.policy import FittedPolicy, Policy
from core.rng import stream
from core.slate import Outcomes, Requests, Slate

CHUNK = 1_024                                        # requests ranked at once: bounds memory, changes no result


class World(Protocol):
    """A product's users and items with everything the product cannot see.

    Every draw is keyed by its event, so a response is a pure function of (key, day, session, user, slot)
    and of hidden state that only the user's own past has moved.
    """

    catalog: Catalog
    traits: Any
    state: Any
    noise_key: tuple[int, int]
    isolated: bool                                   # no user's outcome depends on another's: arms can run apart

    def members(self, day: int) -> BoolArray:
        """Who is subscribed on ``day``, shape (N,). The product knows."""
        ...

    def requests(self, day: int) -> Requests:
        """The day's requests by members."""
        ...

    def respond(self, day: int, requests: Requests, slate: Slate) -> Outcomes:
        """What these users do with these slates. Any subset of a day's requests, any order, once each."""
        ...

    def close(self, day: int) -> None:
        """End the day: satiation decays, trust moves, people leave."""
        ...

    def diary(self, day: int) -> Mapping[str, AnyArray]:
        """What the product knows of everyone's day, (N,) each: ``visited``, ``subscribed`` …"""
        ...

    def visit(self, day: int, users: IntArray) -> Requests:
        """The requests these users would make on ``day``, whether or not they come."""
        ...

    def copy(self) -> Self:
        """Same hidden traits, own state."""
        ...

    def replicate(self, index: int) -> Self:
        """The same people on the same morning with other draws: what might as well have happened."""
        ...


class WorldSpec(Protocol):
    """A frozen, bounded description of a world; building it draws its users and items. The burn-in lasts
    ``history_days``, a whole number of weeks."""

    @property
    def history_days(self) -> int: ...

    def build(self, users: int, seed: int, taste: Any) -> World: ...


Collector = Callable[[int, Day], None]


@dataclass
class Arm:
    """One policy for some of a world's users, with its own log."""

    policy: Policy
    users: BoolArray                                                      # (N,)
    log: Log
    fitted: FittedPolicy | None = None


def simulate(
    world: World,
    arms: Sequence[Arm],
    *,
    start: int,
    days: int,
    seed: int,
    retrain: int = 0,
    refit: bool = True,
    collect: Sequence[Collector] | None = None,
    tick: Callable[[int, int], None] | None = None,
) -> None:
    """Run ``days`` days from day ``start``; logs grow, the world's state moves.

    Parameters
    ----------
    world : World
        Changed in place; hand a copy to keep the original.
    arms : sequence of Arm
        Their users must not overlap. Each sees its own log only.
    start, days, seed : int
    retrain : int
        Fit on day 0 and every ``retrain`` days after; 0 fits once.
    refit : bool
        False serves with ``arm.fitted`` throughout (all fitted state frozen).
    collect : sequence of callables, one an arm, optional
        Called with (day since start, that day's rows).
    tick : callable, optional
        Called with (days done, days) before each day; may raise to stop.

    Notes
    -----
    A fit's key carries the retrain index and not the arm, so identical arms stay bit-identical.
    """
    everyone = np.zeros(len(world.members(start)), dtype=np.int64)
    for arm in arms:
        everyone += arm.users
    if (everyone > 1).any():
        raise ValueError(f"simulate: a user belongs to one arm, {int((everyone > 1).sum())} belong to more")
    noise = Noise(world.noise_key)
    for d in range(days):
        if tick is not None:
            tick(d, days)
        day = start + d
        asked = world.requests(day)
        parts = []
        for code, arm in enumerate(arms):
            observed = Observed(world.catalog, arm.log, day)
            if refit and (arm.fitted is None or d == 0 or (retrain and d % retrain == 0)):
                index = d // retrain if retrain else 0
                arm.fitted = fit(arm.policy, observed, seed, index)
            mine = asked.take(arm.users[asked.user])
            batches = []
            for first in range(0, max(len(mine), 1), CHUNK):
                batch = mine.take(np.arange(first, min(first + CHUNK, len(mine))))
                slate = arm.fitted.slate(observed, batch, noise)          # type: ignore[union-attr]
                batches.append(rows(code, batch, slate, world.respond(day, batch, slate)))
            parts.append(batches)
        world.close(day)
        diary = world.diary(day)
        for code, (arm, batches) in enumerate(zip(arms, parts, strict=True)):
            who = np.flatnonzero(arm.users)
            of_day: dict[str, AnyArray] = {
                "user": who.astype(np.int32),
                "day": np.full(len(who), day, dtype=np.int16),
                "arm": np.full(len(who), code, dtype=np.int8),
                **{name: value[who] for name, value in diary.items()},
            }
            made = arm.log.append(day, batches, of_day)
            if collect is not None:
                collect[code](d, made)
    if tick is not None:
        tick(days, days)


def fit(policy: Policy, observed: Observed, seed: int, index: int) -> FittedPolicy:
    """Fit under one BLAS thread, from the first fit of the process on: two threads give other bits, and
    parallelism is over tasks."""
    _one_blas_thread()
    return policy.fit(observed, stream(seed, "fit", index))


@functools.cache
def _one_blas_thread() -> None:
    from threadpoolctl import threadpool_limits

    threadpool_limits(1, "blas")
