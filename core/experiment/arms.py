"""One arm of an experiment: a policy for some users over some days, reduced to sums per user and week."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.arrays import AnyArray, BoolArray, FloatArray, IntArray, lock
from core.casestudy import CaseStudy
from core.config import Config, unknown
from core.experiment import store as disk
from core.experiment.burn_in import burn_in
from core.experiment.fingerprint import code_hash, described, digest
from core.inference import Metric
from core.log import Columns, Day
from core.policy import Policy, settings_of
from core.rng import ASSIGN, event_key, keyed_uniform
from core.world import Arm as WorldArm
from core.world import simulate

BEFORE_DAYS = 28
BOUNDS = {"users": (40, 1_000_000), "days": (1, 728), "seed": (0, 2**31 - 1), "retrain": (0, 728)}
Sums = dict[str, FloatArray]
Pairs = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Setting:
    """What an experiment has in common for all its arms.

    Parameters
    ----------
    users : int
        People in the experiment, 40 to 1,000,000.
    days : int
        Days after the burn-in, 1 to 728.
    seed : int
        Moves world, burn-in and assignment together; 0 to 2^31 − 1.
    preset, taste : str
    world : tuple of (name, value)
        Changes to the world's knobs, sorted.
    retrain : int
        Days between fits.
    """

    users: int
    days: int
    seed: int = 1
    preset: str = "teaching"
    taste: str = "fictional"
    world: Pairs = ()
    retrain: int = 7

    def __post_init__(self) -> None:
        for name, (low, high) in BOUNDS.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
                raise TypeError(f"{name} must be a whole number, got {value!r}")
            if not low <= value <= high:
                raise ValueError(f"{name} must be between {low:,} and {high:,}, got {value:,}")
        object.__setattr__(self, "world", tuple(sorted(self.world)))

    @classmethod
    def of(cls, case: CaseStudy, **changes: Any) -> Setting:
        """A case's defaults with changes; None leaves the default."""
        taste = case.default_taste or case.tastes[0]
        base = cls(case.users, case.days, taste=taste, retrain=case.retrain)
        return dataclasses.replace(base, **{k: v for k, v in changes.items() if v is not None})

    def spec(self, case: CaseStudy) -> Config:
        """The world's specification with everything applied."""
        if self.taste not in case.tastes:
            raise KeyError(unknown("taste", self.taste, case.tastes))
        return case.world_for(self.preset, dict(self.world))


@dataclass(frozen=True)
class Arm:
    """A policy by name with knob changes, for everyone (``half`` None) or one half of a split (0, 1)."""

    setting: Setting
    name: str
    settings: Pairs = ()
    half: int | None = None

    def policy(self, case: CaseStudy) -> Policy:
        """The policy with its knobs applied."""
        found = case.policy(self.name)
        return found.with_(**dict(self.settings)) if self.settings else found


@dataclass(frozen=True, eq=False)
class ArmSums:
    """What an arm leaves: ``weeks`` {metric: (2, n, W)} numerators and denominators per assigned user and
    week, ``before`` {metric: (2, n)} the same over the last 28 days of the burn-in, ``users`` (n,), and
    ``plays`` (n_items,), how often each item was had."""

    users: IntArray
    weeks: Sums
    before: Sums
    plays: IntArray

    def total(self, metric: Metric) -> FloatArray:
        """Sums over the horizon, (2, n). Per user the denominator is 1; a last-day metric is its last week."""
        return total(metric, self.weeks[metric.name])

    def week(self, metric: Metric, index: int) -> FloatArray:
        """Sums of one week, (2, n)."""
        return self.weeks[metric.name][:, :, index]


def total(metric: Metric, weeks: FloatArray) -> FloatArray:
    """Fold (2, n, W) into (2, n)."""
    if metric.last_day:
        return weeks[:, :, -1]
    made = weeks.sum(axis=2)
    if metric.per == "user":
        made[1] = 1.0
    return made


def halves(seed: int, users: int) -> BoolArray:
    """Who is in treatment, (N,): a coin per user, keyed by the user, so that adding users moves nobody."""
    draw = keyed_uniform(event_key(seed, "assign"), ASSIGN, 0, 0, np.arange(users), 0)
    return draw >= 0.5


class Collector:
    """Adds up one arm's days into sums per user and week."""

    def __init__(self, metrics: Sequence[Metric], users: IntArray, n_users: int, days: int) -> None:
        self.metrics, self.users, self.days = metrics, users, days
        self.n_weeks = (days + 6) // 7
        self.row = np.full(n_users, -1)
        self.row[users] = np.arange(len(users))
        self.sums: Sums = {m.name: np.zeros((2, len(users), self.n_weeks)) for m in metrics}

    def __call__(self, d: int, day: Day) -> None:
        week, last = d // 7, d == self.days - 1
        for metric in self.metrics:
            sums = self.sums[metric.name][:, :, week]
            if metric.last_day:
                # The stock at the end of the week so far; the last week's is the one that counts.
                if d % 7 == 6 or last:
                    user, value = self._column(metric, day)
                    sums[0, self.row[user]] = value
                    sums[1] = 1.0
                continue
            user, value = self._column(metric, day)
            np.add.at(sums[0], self.row[user], value)
            if metric.per in ("request", "impression"):
                np.add.at(sums[1], self.row[user], 1.0)
            elif metric.per == "user":
                sums[1] = 1.0
            else:
                sums[1] += 1.0 if metric.per == "user-day" else 1.0 / 7.0

    def _column(self, metric: Metric, day: Day) -> tuple[IntArray, AnyArray]:
        table = table_of(metric, day)
        user, value = table["user"], table[metric.numerator].astype(np.float64)
        if metric.where is not None:
            keep = table[metric.where].astype(bool)
            user, value = user[keep], value[keep]
        return user, value


def table_of(metric: Metric, day: Day) -> Columns:
    """The table that holds a metric's numerator: requests or impressions where the metric is per one of
    them, else the first of user_days, requests, impressions that has it."""
    per = {"request": (day.requests,), "impression": (day.impressions,)}
    tables = per.get(metric.per, (day.user_days, day.requests, day.impressions))
    wanted = [metric.numerator] if metric.where is None else [metric.numerator, metric.where]
    for table in tables:
        if all(name in table for name in wanted):
            return table
    known = sorted({name for table in tables for name in table})
    missing = next((name for name in wanted if name not in known), metric.numerator)
    raise KeyError(f"metric {metric.name}: " + unknown("logged column", missing, known))


def simulate_arm(
    case: CaseStudy,
    arm: Arm,
    *,
    store: Path | None = None,
    tick: Callable[[int, int], None] | None = None,
    fresh: bool = False,
) -> ArmSums:
    """Run one arm, or read it where the same code ran the same arm before.

    Arms of a split run apart, which is exact where no user's outcome depends on another's; a world that
    is not ``isolated`` is refused.
    """
    folder = None if store is None else store / "arms" / arm_key(case, arm)
    if folder is not None and not fresh and (entry := disk.load(folder)) is not None:
        return _read(entry[0], case)
    s = arm.setting
    past = burn_in(
        case,
        s.spec(case),
        users=s.users,
        seed=s.seed,
        taste=s.taste,
        folder=None if store is None else store / "burn-ins",
        fresh=fresh,
        tick=None if tick is None else lambda d, n: tick(d, n + s.days),
    )
    world, log = past.world.copy(), past.log.copy()
    if arm.half is not None and not world.isolated:
        raise ValueError(f"{case.slug}: users of this world depend on each other; its halves cannot run apart")
    mine = np.ones(s.users, dtype=bool) if arm.half is None else halves(s.seed, s.users) == bool(arm.half)
    users = np.flatnonzero(mine & past.world.members(past.day))
    collector = Collector(case.scorecard, users, s.users, s.days)
    before = Collector(case.scorecard, users, s.users, BEFORE_DAYS)
    only = np.zeros(s.users, dtype=bool)
    only[users] = True
    for d, day in enumerate(log.days[-BEFORE_DAYS:]):
        before(d, _only(day, only))
    runs = WorldArm(arm.policy(case), only, log)
    simulate(
        world,
        [runs],
        start=past.day,
        days=s.days,
        seed=s.seed,
        retrain=s.retrain,
        collect=[collector],
        tick=None if tick is None else lambda d, n: tick(past.day + d, past.day + n),
    )
    plays = np.bincount(
        np.concatenate([p[2] for p in log.plays if p[0] >= past.day]), minlength=log.n_items
    )
    pre = {m.name: total(m, before.sums[m.name]) for m in case.scorecard}
    made = ArmSums(lock(users), collector.sums, pre, lock(plays))
    if folder is not None:
        arrays: dict[str, AnyArray] = {f"weeks.{k}": v for k, v in made.weeks.items()}
        arrays |= {f"before.{k}": v for k, v in made.before.items()}
        arrays |= {"users": made.users, "plays": made.plays}
        disk.save(folder, arrays, {"case": case.slug, **dataclasses.asdict(arm)}, replace=fresh)
    return made


def _only(day: Day, mine: BoolArray) -> Day:
    def kept(table: Columns) -> Columns:
        keep = mine[table["user"]] if table else None
        return {name: value[keep] for name, value in table.items()}

    return Day(day.day, kept(day.impressions), kept(day.requests), kept(day.user_days), {})


def _read(arrays: Mapping[str, AnyArray], case: CaseStudy) -> ArmSums:
    weeks = {m.name: arrays[f"weeks.{m.name}"] for m in case.scorecard}
    before = {m.name: arrays[f"before.{m.name}"] for m in case.scorecard}
    return ArmSums(arrays["users"], weeks, before, arrays["plays"])


def arm_key(case: CaseStudy, arm: Arm) -> str:
    """Equal for arms that must have equal results: settings, knobs and code."""
    policy = arm.policy(case)
    return digest(
        {
            "code": code_hash(case),
            "policy": described(policy),
            "knobs": dict(settings_of(policy)),
            "world": dataclasses.asdict(arm.setting.spec(case)),
            "setting": dataclasses.asdict(dataclasses.replace(arm.setting, preset="", world=())),
            "half": arm.half,
            "metrics": [repr(m) for m in case.scorecard],
        }
    )


def known(case: CaseStudy, arms: Sequence[Arm], store: Path | None) -> bool:
    """Whether every arm is on disk already."""
    if store is None:
        return False
    return all((store / "arms" / arm_key(case, arm) / "meta.json").is_file() for arm in arms)


def run_arms(
    case: CaseStudy,
    arms: Sequence[Arm],
    *,
    store: Path | None = None,
    workers: int = 1,
    tick: Callable[[float], None] | None = None,
    fresh: bool = False,
) -> list[ArmSums]:
    """Run arms side by side in ``workers`` threads; results in the order given, equal for any number.

    Kernels and NumPy release the interpreter's lock for most of a day, and threads share the burn-in.
    ``tick`` is called with the share done, 0 to 1, from the calling thread; raising from it stops all.
    """
    done = [0.0] * len(arms)
    stop = False

    def one(index: int) -> ArmSums:
        def progress(d: int, days: int) -> None:
            done[index] = d / max(days, 1)
            if stop:
                raise disk.Cancelled

        made = simulate_arm(case, arms[index], store=store, tick=progress, fresh=fresh)
        done[index] = 1.0
        return made

    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        of_index = {i: pool.submit(one, i) for i in side_by_side(arms, workers)}
        futures = [of_index[i] for i in range(len(arms))]
        waiting = set(futures)
        try:
            while waiting:
                ended, waiting = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
                for future in ended:
                    future.result()
                if tick is not None:
                    tick(sum(done) / len(arms))
        except BaseException:
            stop = True
            for future in futures:
                future.cancel()
            raise
        return [f.result() for f in futures]


def side_by_side(arms: Sequence[Arm], workers: int) -> list[int]:
    """An order in which neighbours have different pasts, as far as there are several: while one thread
    simulates a burn-in, the next has one of its own to do rather than to wait for it."""
    groups: dict[Setting, list[int]] = {}
    for i, arm in enumerate(arms):
        past = dataclasses.replace(arm.setting, days=1, retrain=0)
        groups.setdefault(past, []).append(i)
    order: list[int] = []
    waiting = list(groups.values())
    for first in range(0, len(waiting), max(1, workers)):
        block = waiting[first : first + max(1, workers)]
        longest = max(map(len, block))
        order += [group[k] for k in range(longest) for group in block if k < len(group)]
    return order
