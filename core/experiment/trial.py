"""An A/B test and, beside it, the truth: designs, replicates, what else is said of a pair."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.casestudy import CaseStudy
from core.config import unknown
from core.evaluation import compare_offline, held_out
from core.experiment import store as disk
from core.experiment.arms import Arm, Setting, arm_key, known, run_arms
from core.experiment.burn_in import burn_in
from core.experiment.fingerprint import digest, fingerprint
from core.experiment.result import DESIGNS, Result, pair, weekly
from core.experiment.who import who
from core.inference import across_worlds, decide, paired, scorecard, srm, truth_decision, truth_table


def ab(
    case: CaseStudy,
    setting: Setting,
    *,
    control: str | None = None,
    treatment: str | None = None,
    settings: Mapping[str, float] | None = None,
    design: str = "split",
    truth: bool = True,
    replicates: int = 1,
    store: Path | None = None,
    workers: int = 1,
    fresh: bool = False,
    tick: Callable[[float], None] | None = None,
    details: bool = True,
) -> Result:
    """Run an A/B test, and beside it the truth.

    Parameters
    ----------
    case : CaseStudy
    setting : Setting
    control, treatment : str, optional
        Arms; the case's pair by default.
    settings : mapping, optional
        Knob path -> value: ``world.intent``, ``treatment.diversity``, ``experiment.retrain``.
    design : str
        ``split``: users divided, each arm trained on its own rows; ``twin``: everyone in both worlds.
    truth : bool
        Run the twins beside a split.
    replicates : int
        Worlds (seeds ``seed``, ``seed`` + 1, …). Above 1, metrics and truth are means over worlds with
        t-intervals, and the verdict is that of the first; each world's own stands in ``replicates``.
    store, workers, fresh, tick
        As in `run_arms`.
    details : bool
        Also compute diagnostics and who gains.
    """
    if design not in DESIGNS:
        raise KeyError(unknown("design", design, DESIGNS))
    if not 1 <= replicates <= 1_000:
        raise ValueError(f"replicates must be between 1 and 1,000, got {replicates}")
    control = control or case.control_name
    treatment = treatment or case.treatment_name
    settings = dict(settings or {})
    made = []
    for r in range(replicates):
        part: Callable[[float], None] | None = None
        if tick is not None:
            def part(share: float, r: int = r) -> None:
                tick((r + share) / replicates)

        world_setting = dataclasses.replace(setting, seed=setting.seed + r)
        made.append(
            _one(
                case, world_setting, control, treatment, settings, design, truth, store, workers, fresh, part,
                details and r == 0,
            )
        )  # fmt: skip
    return made[0] if replicates == 1 else _pooled(made)


def _one(
    case: CaseStudy,
    setting: Setting,
    control: str,
    treatment: str,
    settings: Mapping[str, float],
    design: str,
    truth: bool,
    store: Path | None,
    workers: int,
    fresh: bool,
    tick: Callable[[float], None] | None,
    details: bool,
) -> Result:
    twins = pair(case, setting, control, treatment, settings, half=False)
    arms = list(pair(case, setting, control, treatment, settings, half=True)) if design == "split" else []
    if truth or design == "twin":
        arms += twins
    for arm in arms:
        arm.policy(case)                              # an unknown arm or knob is refused before anything runs
    setting = twins[0].setting
    setting.spec(case)
    cached = known(case, arms, store) and not fresh
    past_share = 0.9 if details else 1.0
    sums = run_arms(
        case,
        arms,
        store=store,
        workers=workers,
        fresh=fresh,
        tick=None if tick is None else lambda share: tick(share * past_share),
    )
    days, preset = setting.days, setting.preset
    c, t = sums[0], sums[1]
    c_total, t_total = ({m.name: s.total(m) for m in case.scorecard} for s in (c, t))
    truth_frame = truth_weeks = says = None
    if design == "split":
        frame = scorecard(
            case.scorecard, c_total, t_total, before=(c.before, t.before), days=days, preset=preset
        )
        srm_p = srm(np.array([len(c.users), len(t.users)]), np.array([0.5, 0.5]))
        weeks = weekly(case, c, t, twin=False)
    else:
        frame = _twin_scorecard(case, c_total, t_total, days, preset)
        srm_p = 1.0
        weeks = weekly(case, c, t, twin=True)
    if len(sums) > 2 or design == "twin":
        a, b = sums[-2], sums[-1]
        totals = [{m.name: s.total(m) for m in case.scorecard} for s in (a, b)]
        truth_frame = truth_table(case.scorecard, totals[0], totals[1])
        truth_weeks = weekly(case, a, b, twin=True)
        if truth_frame["difference"].notna().iloc[0]:
            says = truth_decision(truth_frame, frame, default_users=case.users)
    result = Result(
        case=case.slug,
        control=control,
        treatment=treatment,
        design=design,
        setting=setting,
        settings=settings,
        fingerprint=fingerprint(case, {"setting": dataclasses.asdict(setting), **settings, "design": design}),
        srm_p=srm_p,
        verdict=decide(frame, days=days, srm_p=srm_p),
        frame=frame,
        weeks=weeks,
        truth=truth_frame,
        truth_weeks=truth_weeks,
        truth_says=says,
        stake=_stake(case, frame),
        cached=cached,
    )
    if details:
        result = _detailed(case, result, twins, store, fresh)
    if tick is not None:
        tick(1.0)
    return result


def _detailed(
    case: CaseStudy, result: Result, twins: tuple[Arm, Arm], store: Path | None, fresh: bool
) -> Result:
    """Add diagnostics and, where the truth was asked for, who gains (only a simulator knows); kept like an arm."""
    folder = None
    told = result.truth is not None
    if store is not None:
        keys = [arm_key(case, arm) for arm in twins]
        folder = store / "details" / digest({"arms": keys, "primary": case.primary.name, "told": told})
        if not fresh and (entry := disk.load(folder)) is not None:
            kept = entry[1]
            return dataclasses.replace(
                result, diagnostics=pd.DataFrame(kept["diagnostics"]), who=kept["who"]
            )
    s = result.setting
    past = burn_in(
        case,
        s.spec(case),
        users=s.users,
        seed=s.seed,
        taste=s.taste,
        folder=None if store is None else store / "burn-ins",
    )
    policies = [arm.policy(case) for arm in twins]
    context = tuple(past.world.visit(past.day, np.zeros(1, dtype=np.int64)).context)
    offline = held_out(policies, past.world.catalog, past.log, day=past.day, seed=s.seed, context=context)
    diagnostics = compare_offline(*offline)
    gains = who(case, policies[0], policies[1], past, seed=s.seed).shares if told else {}
    if folder is not None:
        disk.save(folder, {}, {"diagnostics": diagnostics.to_dict("records"), "who": gains}, replace=fresh)
    return dataclasses.replace(result, diagnostics=diagnostics, who=gains)


def _twin_scorecard(
    case: CaseStudy, control: dict[str, Any], treatment: dict[str, Any], days: int, preset: str
) -> pd.DataFrame:
    """The scorecard of twins: the same users in both arms, so every comparison is paired."""
    frame = scorecard(case.scorecard, control, treatment, days=days, preset=preset)
    n_success = sum(m.role == "success" for m in case.scorecard)
    for i, name in enumerate(frame["metric"]):
        e = paired(control[name], treatment[name])
        ratio = e.se / e.control if e.control > 0 else math.nan
        frame.loc[i, ["difference", "ci_low", "ci_high", "p_value", "se", "df"]] = [
            e.difference, e.ci_low, e.ci_high, e.p_value, e.se, e.df,
        ]  # fmt: skip
        relative = e.difference / e.control if e.control > 0 else math.nan
        frame.loc[i, ["relative", "relative_low", "relative_high"]] = [
            relative, relative - 1.96 * ratio, relative + 1.96 * ratio,
        ]  # fmt: skip
        times = n_success if frame.loc[i, "role"] == "success" else 1
        frame.loc[i, "p_adjusted"] = min(1.0, times * e.p_value)
    return frame


def _stake(case: CaseStudy, frame: pd.DataFrame) -> dict[str, Any] | None:
    if case.stake is None or case.stake.metric not in set(frame["metric"]):
        return None
    row = frame[frame["metric"] == case.stake.metric].iloc[0]
    low, high = sorted((row["ci_low"] * case.stake.factor, row["ci_high"] * case.stake.factor))
    return {
        "metric": case.stake.metric,
        "value": row["difference"] * case.stake.factor,
        "ci_low": low,
        "ci_high": high,
        "unit": case.stake.unit,
        "assumed": case.stake.assumed,
    }


def _pooled(made: list[Result]) -> Result:
    """Means over worlds with t-intervals, in the first world's frame."""
    first = made[0]
    frame = first.frame.copy()
    columns = ["control", "treatment", "relative", "difference"]
    for i in range(len(frame)):
        for name in columns:
            value = across_worlds(np.array([r.frame.loc[i, name] for r in made], dtype=np.float64))
            frame.loc[i, name] = value.value
            bounds = {"difference": ("ci_low", "ci_high"), "relative": ("relative_low", "relative_high")}
            if name in bounds:
                frame.loc[i, list(bounds[name])] = [value.ci_low, value.ci_high]
    truth = None
    truths = [r.truth for r in made if r.truth is not None]
    if first.truth is not None:
        truth = first.truth.copy()
        for i in range(len(truth)):
            value = across_worlds(np.array([t.loc[i, "difference"] for t in truths], dtype=np.float64))
            truth.loc[i, ["difference", "ci_low", "ci_high"]] = [value.value, value.ci_low, value.ci_high]
            truth.loc[i, "relative"] = np.mean([t.loc[i, "relative"] for t in truths])
    return dataclasses.replace(
        first, frame=frame, truth=truth, replicates=made, cached=all(r.cached for r in made)
    )
