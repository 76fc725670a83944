"""What the pages show, computed once and kept: studies, scenes, evenings, numbers, experiments."""

from __future__ import annotations

import dataclasses
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from apps.cli.refusal import Refused, blamed
from apps.kept import kept, on_disk, read, store, write
from casestudies import HERE, Problem, discover, surfaces
from core.casestudy import CaseStudy
from core.evaluation import compare_offline, held_out
from core.experiment import Cancelled, Evening, Scene, Setting, ab, fingerprint, open_scene, who
from core.experiment.fingerprint import code_hash, digest
from core.experiment.result import plain, split_settings
from core.judge import judged
from core.policy import Policy
from core.sweep import surface, surface_stamp

PEOPLE, FEW, SEED = 600, 150, 1                       # the small world that pages are drawn from
SMALL_USERS, SMALL_DAYS = 1_000, 14                   # the run behind a twist's numbers
EVENINGS = 20
CORNER = (5, 5)                                       # rows and columns of a page that are drawn at most
OFFLINE, ROWS = "ndcg_20", "visible_recall"

Pairs = tuple[tuple[str, float], ...]


# --- studies and twists -----------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Found:
    """Studies and twists by slug, the files that could not be used, and a stamp of the twists' files."""

    cases: Mapping[str, CaseStudy]
    problems: tuple[Problem, ...]
    stamp: str


def found() -> Found:
    """What is there now; an edited twist file is read anew."""
    named = tuple(f for f in os.environ.get("LAB_TWISTS", "").split(os.pathsep) if f)
    files = [p for f in (HERE / "twists", *map(Path, named)) if f.is_dir() for p in sorted(f.glob("*.py"))]
    return _found(named, tuple((str(p), p.stat().st_mtime_ns) for p in files))


@kept(4)
def _found(folders: tuple[str, ...], files: tuple[tuple[str, int], ...]) -> Found:
    cases, problems = discover(folders)
    return Found(cases, tuple(problems), f"{hash((folders, files)):x}")


@contextmanager
def blaming(case: CaseStudy) -> Iterator[None]:
    """An error out of a twist's own code names its file and line, as it does on the command line."""
    try:
        with blamed(case):
            yield
    except Refused as error:
        if isinstance(error.__cause__, Cancelled):
            raise error.__cause__ from None
        raise


def case_of(slug: str) -> CaseStudy:
    """A study or twist by slug."""
    return found().cases[slug]


# --- the page that is drawn -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """Where the two headline controls stand: the knob's and the assumption's values; None where a study
    has none."""

    slug: str
    stamp: str
    x: float | None
    y: float | None


def usual(case: CaseStudy) -> tuple[float | None, float | None]:
    """The headline knob's and assumption's values where nobody touched them."""
    if case.headline is None:
        return None, None
    knob, assumption = case.headline
    declared = case.knobs()
    x = float(declared[knob].default) if knob in declared else None
    return x, float(getattr(case.world_for("teaching", {}), assumption.partition(".")[2]))


def pair(place: Place) -> tuple[Policy, Policy, Pairs]:
    """Control, treatment and the world's settings at a place."""
    case = case_of(place.slug)
    at = {}
    if case.headline is not None:
        at = {k: v for k, v in zip(case.headline, (place.x, place.y), strict=True) if v is not None}
    parts = split_settings(case, at)
    control = case.policy(case.control).with_(**parts["control"])
    treatment = case.policy(case.treatment).with_(**parts["treatment"])
    return control, treatment, tuple(sorted(parts["world"].items()))


@kept(12)
def scene(slug: str, stamp: str, world: Pairs) -> Scene:
    """A study's small world under some settings."""
    case = case_of(slug)
    return open_scene(case, Setting.of(case, users=PEOPLE, days=SMALL_DAYS, seed=SEED, world=world), store())


@kept(2_000)
def evening(place: Place, user: int, draw: int) -> tuple[Evening, Evening]:
    """The same evening on either page."""
    control, treatment, world = pair(place)
    there = scene(place.slug, place.stamp, world)
    return there.evening(control, user, draw), there.evening(treatment, user, draw)


@kept(16)
def examples(slug: str, stamp: str) -> dict[str, int]:
    """Three people to look at, of the first `FEW`: the first page waits for them."""
    here = Place(slug, stamp, *usual(case_of(slug)))
    return {name: int(user) for name, user in _who(here, FEW)["examples"].items()}


@kept(256)
def shares(place: Place) -> dict[str, float]:
    """Shares of all people that gain and lose at a place."""
    made = _shares[place] = dict(_who(place, PEOPLE)["shares"])
    return made


_shares: dict[Place, dict[str, float]] = {}


def shares_if_known(place: Place) -> dict[str, float] | None:
    """`shares` where they have been computed, else None; `warm` computes them."""
    return _shares.get(place)


def _who(place: Place, n: int) -> dict[str, Any]:
    slug, stamp = place.slug, place.stamp
    case = case_of(slug)
    control, treatment, world = pair(place)

    def make() -> dict[str, Any]:
        past = scene(slug, stamp, world).past
        them = who(case, control, treatment, past, seed=SEED, people=n)
        return {"examples": them.examples, "shares": them.shares}

    key = fingerprint(case, {"who": repr((control, treatment)), "world": world, "people": (PEOPLE, n)})
    return on_disk(f"who-{slug}-{key}", make)


@kept(256)
def evenings(slug: str, stamp: str, user: int) -> tuple[int, ...]:
    """Numbers of a person's evenings: first those that turned out as they do on average for that person,
    then those on which the pages at least differ; among each, first those whose play is drawn, and
    the nearest to the mean."""
    case = case_of(slug)
    here = Place(slug, stamp, *usual(case))
    gains, differ, seen = [], [], []
    for draw in range(EVENINGS):
        a, b = evening(here, user, draw)
        name = case.primary.numerator
        gains.append(case.primary.sign * (b.request.get(name, 0.0) - a.request.get(name, 0.0)))
        seen.append(sum(e.played in e.item[: CORNER[0], : CORNER[1]] for e in (a, b)))
        differ.append(a.item.shape != b.item.shape or bool((a.item != b.item).any()))
    mean = float(np.mean(gains))

    def dull(d: int) -> tuple[Any, ...]:
        return gains[d] * mean <= 0.0, not differ[d], -seen[d], abs(gains[d] - mean), d

    return tuple(sorted(range(EVENINGS), key=dull))


@kept(256)
def why(place: Place, user: int, draw: int, item: int) -> list[dict[str, Any]]:
    """What every stage of page B did with an item: stage, score, rank."""
    _, treatment, world = pair(place)
    rows = scene(place.slug, place.stamp, world).why(treatment, user, item, draw)
    return list(plain(rows.to_dict("records")))


# --- the numbers ------------------------------------------------------------------------------------------


def stored(case: CaseStudy) -> dict[str, Any] | None:
    """A study's stored surface; else what a job left under ``LAB_HOME``; else None."""
    path = surfaces.path_of(case)
    if case.parent is None and path.is_file():
        return _surface(case.slug, found().stamp, path.stat().st_mtime_ns)
    return read(_small_name(case.slug, found().stamp))


@kept(8)
def _surface(slug: str, stamp: str, changed: int) -> dict[str, Any] | None:
    return surfaces.read(case_of(slug))


@kept(8)
def is_stale(slug: str, stamp: str, made_with: str) -> bool:
    """Whether stored numbers that carry ``made_with`` were made by other code than is running."""
    numbers = stored(case_of(slug))
    if numbers is None or numbers["fingerprint"] != made_with:
        return False
    setting = dict(numbers["setting"])
    setting["world"] = tuple((str(k), float(v)) for k, v in dict(setting["world"]).items())
    return bool(surface_stamp(case_of(slug), Setting(**setting)) != made_with)


def small_setting(case: CaseStudy) -> Setting:
    """The size of a twist's run."""
    return Setting.of(case, users=SMALL_USERS, days=SMALL_DAYS)


@kept(16)
def _small_name(slug: str, stamp: str) -> str:
    case = case_of(slug)
    return f"surface-{slug}-{surface_stamp(case, small_setting(case))}"


def small_surface(slug: str, tick: Callable[[float], None]) -> dict[str, Any]:
    """The scorecard at three settings of the headline knob, off, half and full, in the usual world."""
    case = case_of(slug)
    if case.headline is None or case.headline[0] not in case.knobs():
        raise ValueError(f"page B of {slug} has no headline knob to turn; run it on the Experiment page")
    x, y = usual(case)
    off = case.knobs()[case.headline[0]].off or 0.0
    full = off if x is None else x
    xs = sorted({off, (off + full) / 2.0, full})
    ys = [0.0 if y is None else y]
    with blaming(case):
        made = surface(case, xs, ys, small_setting(case), store=store(), workers=2, tick=tick)
    write(_small_name(slug, found().stamp), made)
    return made


def seen_offline(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """`offline` from the rows of a comparison."""
    by_name = {row["metric"]: row for row in rows}
    if OFFLINE not in by_name:
        return {}
    found = {name: by_name[OFFLINE][name] for name in ("difference", "ci_low", "ci_high")}
    return found | {"rows": by_name.get(ROWS, {}).get("difference")}


@kept(256)
def offline(place: Place) -> dict[str, Any]:
    """The top-20 metric's paired difference between the pages: difference, ci_low, ci_high, and the
    difference of the metric that reads rows, rows; empty where too few played."""
    control, treatment, world = pair(place)

    def make() -> dict[str, Any]:
        past = scene(place.slug, place.stamp, world).past
        context = tuple(past.world.visit(past.day, np.zeros(1, dtype=np.int64)).context)
        sums = held_out(
            (control, treatment), past.world.catalog, past.log, day=past.day, seed=SEED, context=context
        )
        rows = compare_offline(*sums)
        return seen_offline(rows.to_dict("records"))

    key = fingerprint(
        case_of(place.slug), {"offline": repr((control, treatment)), "world": world, "people": PEOPLE}
    )
    made = on_disk(f"seen-{place.slug}-{key}", make)
    _offline[place] = made
    return made


_offline: dict[Place, dict[str, Any]] = {}


def offline_if_known(place: Place) -> dict[str, Any] | None:
    """`offline` where it has been computed, else None; `warm` computes it."""
    return _offline.get(place)


_warming: dict[str, threading.Thread] = {}
_warm_guard = threading.Lock()
_failed: set[Place] = set()


def warm(place: Place) -> None:
    """Open in the background what the page will ask for next: this place's offline metric first, then the
    other worlds, then the offline metric along the slider."""
    with _warm_guard:
        running = _warming.get(place.slug)
        if running is not None and running.is_alive():
            return
        numbers = stored(case_of(place.slug))
        xs = [] if numbers is None else [float(x) for x in numbers["xs"]]
        ys = [] if numbers is None else [float(y) for y in numbers["ys"]]
        near = [Place(place.slug, place.stamp, x, place.y) for x in xs]
        if place in _failed or (place in _shares and all(p in _offline for p in (place, *near))):
            return
        thread = threading.Thread(target=_warm, args=(place, near, ys), name="lab-warm", daemon=True)
        _warming[place.slug] = thread
        thread.start()


def _warm(place: Place, near: list[Place], ys: list[float]) -> None:
    try:
        offline(place)
        shares(place)
        for y in ys:
            control, _, world = pair(Place(place.slug, place.stamp, place.x, y))
            scene(place.slug, place.stamp, world).fitted(control)
        for there in near:
            offline(there)
    except Exception:
        _failed.add(place)                                                # the page will say what is wrong


# --- experiments ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """An experiment as the form holds it. Its id is in the link, and changes with the code."""

    slug: str
    control: str
    treatment: str
    users: int
    days: int
    seed: int
    preset: str
    taste: str
    settings: Pairs

    @property
    def id(self) -> str:
        """Eight characters: equal for the same settings and code."""
        return digest({"asked": dataclasses.asdict(self), "code": code_of(self.slug, found().stamp)})[:8]


@kept(16)
def code_of(slug: str, stamp: str) -> str:
    """Hash of the code behind a study."""
    return code_hash(case_of(slug))


def experiment(asked: Asked, tick: Callable[[float], None]) -> dict[str, Any]:
    """Run an A/B test beside its truth and keep what the page shows of it."""
    case = case_of(asked.slug)
    setting = Setting.of(
        case, users=asked.users, days=asked.days, seed=asked.seed, preset=asked.preset, taste=asked.taste
    )
    with blaming(case):
        result = ab(
            case, setting, control=asked.control, treatment=asked.treatment, settings=dict(asked.settings),
            store=store(), workers=2, tick=tick,
        )  # fmt: skip
    if result.truth is None or result.truth_says is None or result.truth_weeks is None:
        raise ValueError(f"{case.primary.label} is not defined in this run; try more people or days")
    made: dict[str, Any] = plain(
        {
            **result.record(),
            "frame": result.frame.to_dict("records"),
            "truth_weeks": result.truth_weeks.to_dict("records"),
            "needs": [need.text for need in result.verdict.needs],
            "gap": judged(case, result)["gap"],
        }
    )
    write(f"run-{asked.id}", made)
    return made


def result_of(asked: Asked) -> dict[str, Any] | None:
    """A run's record, where it was run before."""
    return read(f"run-{asked.id}")


@kept(16)
def fitted(taste: str, slug: str) -> str:
    """What of a taste came from data, in words."""
    try:
        return str(case_of(slug).taste(taste, SEED).fitted)
    except (OSError, KeyError, ValueError):
        return f"popularity, activity and concentration of its ratings, once `lab data fetch {taste}` was run"
