"""Runs a study's claims: predicted, measured over worlds, and with the cause removed."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.casestudy import CaseStudy, Claim, Null, Question, Run
from core.config import unknown
from core.experiment import Arm, ArmSums, Setting, run_arms
from core.experiment.result import plain
from core.inference import AcrossWorlds, across_worlds, linearise

MAX_WORLDS = 1_000


def ask(
    case: CaseStudy,
    names: Sequence[str] = (),
    *,
    seed: int = 1,
    worlds: int = 3,
    preset: str = "teaching",
    users: int | None = None,
    days: int | None = None,
    taste: str | None = None,
    store: Path | None = None,
    workers: int = 1,
    fresh: bool = False,
    tick: Callable[[float], None] | None = None,
) -> dict[str, Any]:
    """Measure claims over ``worlds`` worlds (seeds ``seed``, ``seed`` + 1, …), each policy simulated once.

    Parameters
    ----------
    names : sequence of str
        Questions to ask; all by default.

    Returns
    -------
    dict
        ``{case, claims: [{question, name, metric, predicted, measured, agrees, needs, null, validation}]}``.
        ``agrees`` is None where the interval is too wide to say; ``needs`` then says how many worlds would do.

    Notes
    -----
    Estimates are differences of twin worlds; intervals are over worlds (t), because worlds differ more than
    users. See `agrees` and `null_agrees` for the rules.
    """
    if not 2 <= worlds <= MAX_WORLDS:
        raise ValueError(f"worlds must be between 2 and {MAX_WORLDS:,}, got {worlds}")
    questions = _named(case, names)
    setting = Setting.of(case, users=users, days=days, seed=seed, preset=preset, taste=taste)
    setting.spec(case)
    seeds = [seed + i for i in range(worlds)]
    claims = [claim for question in questions for claim in question.claims]
    needed = {run for claim in claims for run in _runs(claim)}
    order = sorted({_arm(case, setting, run, s) for run in needed for s in seeds}, key=_sort_key)
    sums = dict(
        zip(order, run_arms(case, order, store=store, workers=workers, fresh=fresh, tick=tick), strict=True)
    )

    def measured(claim: Claim, null: Null | None) -> AcrossWorlds:
        values = []
        for s in seeds:
            pair = [
                sums[_arm(case, setting, _under(run, null), s)] for run in (claim.control, claim.treatment)
            ]
            values.append(effect(case, claim, *pair))
        return across_worlds(np.array(values))

    made = []
    for question in questions:
        for claim in question.claims:
            found = measured(claim, None)
            without = None if claim.null is None else measured(claim, claim.null)
            made.append(_record(question, claim, found, without))
    return plain({"case": case.slug, "worlds": worlds, "seed": seed, "preset": preset, "claims": made})


def effect(case: CaseStudy, claim: Claim, control: ArmSums, treatment: ArmSums) -> float:
    """The claim's number in one world, from twins."""
    if claim.metric == "effective_catalogue":
        from core.metrics.catalogue import effective_catalogue

        values = [effective_catalogue(s.plays / s.plays.sum()) for s in (control, treatment)]
    else:
        metric = case.metric(claim.metric)
        values = [linearise(s.total(metric)).mean for s in (control, treatment)]
    difference = values[1] - values[0]
    return difference / values[0] if claim.scale == "relative" else difference


def agrees(found: AcrossWorlds, predicted: tuple[float | None, float | None]) -> bool | None:
    """Whether an interval agrees with a range.

    True: it lies on the range's side of 0, meets the range, and its half-width is at most half the
    distance from 0 to the range's middle (to its finite end where one side is open). False: it misses the
    range or the side of 0, whatever its width. None: it is too wide to say.
    """
    if math.isnan(found.ci_low):
        return None
    low = -math.inf if predicted[0] is None else predicted[0]
    high = math.inf if predicted[1] is None else predicted[1]
    if found.ci_high < low or found.ci_low > high:
        return False
    middle = _middle(predicted)
    on_side = found.ci_low > 0 if middle > 0 else found.ci_high < 0
    narrow = (found.ci_high - found.ci_low) / 2 <= abs(middle) / 2
    return True if on_side and narrow else None


def null_agrees(null: Null, found: AcrossWorlds, without: AcrossWorlds) -> bool | None:
    """Whether an effect is gone with its cause: its whole interval within ± max(tolerance, share of what was
    measured), or on the other side of 0; with ``turns`` only the other side. False: the whole interval is
    elsewhere."""
    if math.isnan(without.ci_low):
        return None
    sign = 1.0 if found.value > 0 else -1.0
    low, high = sorted((sign * without.ci_low, sign * without.ci_high))   # positive: as before
    if high < 0:
        return True
    bound = max(null.tolerance, null.share * abs(found.value))
    if null.turns:
        return False if low > 0 else None
    if -bound <= low and high <= bound:
        return True
    return False if low > bound else None


def _middle(predicted: tuple[float | None, float | None]) -> float:
    ends = [p for p in predicted if p is not None]
    return float(np.mean(ends)) if ends else math.nan


def _record(
    question: Question, claim: Claim, found: AcrossWorlds, without: AcrossWorlds | None
) -> dict[str, Any]:
    verdict = agrees(found, claim.predicted)
    null = None
    if claim.null is not None and without is not None:
        null = {
            "settings": dict(claim.null.world),
            "measured": {"value": without.value, "ci_low": without.ci_low, "ci_high": without.ci_high},
            "must": "turn" if claim.null.turns else f"keep at most {claim.null.share:.0%} of the effect, or turn",
            "agrees": null_agrees(claim.null, found, without),
        }
    return {
        "question": question.name,
        "text": question.text,
        "name": claim.name,
        "metric": claim.metric,
        "control": claim.control.arm,
        "treatment": claim.treatment.arm,
        "predicted": list(claim.predicted),
        "source": claim.source,
        "measured": {
            "value": found.value,
            "ci_low": found.ci_low,
            "ci_high": found.ci_high,
            "scale": claim.scale,
        },
        "agrees": verdict,
        "needs": needs(found, claim.predicted) if verdict is None else None,
        "null": null,
        "validation": claim.validation,
    }


def needs(found: AcrossWorlds, predicted: tuple[float | None, float | None]) -> str:
    """How many worlds would make the interval narrow enough, if worlds keep differing as they do."""
    from core.inference.means import t_quantile

    half = (found.ci_high - found.ci_low) / 2
    if math.isnan(half):
        return "at least 2 worlds"
    n = found.n_worlds
    spread = half * math.sqrt(n) / t_quantile(0.975, n - 1)
    target = min(abs(_middle(predicted)) / 2, max(abs(found.value), 1e-12) * 0.99)
    for worlds in range(max(2, n + 1), MAX_WORLDS + 1):
        if t_quantile(0.975, worlds - 1) * spread / math.sqrt(worlds) <= target:
            return f"about {worlds} worlds (this run had {n})"
    return f"more than {MAX_WORLDS:,} worlds, or more users in each (this run had {n} worlds)"


def _named(case: CaseStudy, names: Sequence[str]) -> list[Question]:
    known = {q.name.lower(): q for q in case.questions}
    for name in names:
        if name.lower() not in known:
            raise KeyError(unknown(f"question of {case.slug}", name, [q.name for q in case.questions]))
    return [known[n.lower()] for n in names] if names else list(case.questions)


def _under(run: Run, null: Null | None) -> Run:
    return run if null is None else dataclasses.replace(run, world={**run.world, **null.world})


def _runs(claim: Claim) -> list[Run]:
    nulls = [None] if claim.null is None else [None, claim.null]
    return [_under(run, null) for null in nulls for run in (claim.control, claim.treatment)]


def _arm(case: CaseStudy, setting: Setting, run: Run, seed: int) -> Arm:
    world = tuple(sorted({**dict(setting.world), **run.world}.items()))
    changed = dataclasses.replace(setting, seed=seed, world=world, days=run.days or setting.days)
    return Arm(changed, run.arm, tuple(sorted(run.settings.items())))


def _sort_key(arm: Arm) -> tuple[Any, ...]:
    # Arms of one world next to each other, so that its burn-in is at hand.
    return (arm.setting.world, arm.setting.seed, arm.name, arm.settings)
