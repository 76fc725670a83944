"""Turn one knob, or a knob and an assumption: points, frontier, exchange rate, stored surfaces."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.casestudy import CaseStudy
from core.experiment import Arm, ArmSums, Setting, fingerprint, run_arms
from core.experiment.result import pair, plain
from core.inference import Metric, decide, linearise, scorecard, srm, truth_decision, truth_table

MAX_POINTS = 200


def sweep(
    case: CaseStudy,
    path: str,
    values: Sequence[float],
    setting: Setting,
    *,
    control: str | None = None,
    treatment: str | None = None,
    settings: Mapping[str, float] | None = None,
    store: Path | None = None,
    workers: int = 1,
    fresh: bool = False,
    tick: Callable[[float], None] | None = None,
) -> dict[str, Any]:
    """The scorecard at several values of one knob, ``world.NAME``, ``control.NAME`` or ``treatment.NAME``.

    Returns
    -------
    dict
        ``knob``; ``points``, one a value: ``metrics`` {name: the A/B test's difference with interval},
        ``truth`` the same from twins, ``verdict``; ``frontier``: the values no other value beats on every
        success metric and guardrail, in truth; ``exchange_rate`` at the best value, see `exchange_rate`.
    """
    if not 1 <= len(values) <= MAX_POINTS:
        raise ValueError(f"give 1 to {MAX_POINTS} values, got {len(values)}")
    if path not in case.knobs() and not path.startswith(("control.", "treatment.")):
        from core.config import unknown

        raise KeyError(unknown(f"knob of {case.slug}", path, case.knobs()))
    names = (control or case.control_name, treatment or case.treatment_name)
    grid = [{**(settings or {}), path: float(v)} for v in values]
    points, sums = _points(case, setting, names, grid, store, workers, fresh, tick)
    truths = [p["truth"] for p in points]
    best = _best(case.primary, truths)
    twins = sums[best]
    return plain(
        {
            "knob": path,
            "control": names[0],
            "treatment": names[1],
            "points": [
                {
                    "value": v,
                    "metrics": {m: _interval(row) for m, row in p["frame"].set_index("metric").iterrows()},
                    "truth": {m: _interval(row) for m, row in p["truth"].set_index("metric").iterrows()},
                    "verdict": p["verdict"].decision,
                    "truth_decision": p["says"],
                }
                for v, p in zip(values, points, strict=True)
            ],
            "frontier": [values[i] for i in frontier(case.scorecard, truths)],
            "exchange_rate": exchange_rate(case.scorecard, *twins),
        }
    )


def _interval(row: pd.Series) -> dict[str, float]:
    return {"value": row["difference"], "ci_low": row["ci_low"], "ci_high": row["ci_high"]}


def _points(
    case: CaseStudy,
    setting: Setting,
    names: tuple[str, str],
    grid: Sequence[Mapping[str, float]],
    store: Path | None,
    workers: int,
    fresh: bool,
    tick: Callable[[float], None] | None,
) -> tuple[list[dict[str, Any]], list[tuple[ArmSums, ArmSums]]]:
    """Split and twins at each setting of a grid; an arm that does not change is run once."""
    quads = [
        (*pair(case, setting, *names, at, half=True), *pair(case, setting, *names, at, half=False))
        for at in grid
    ]
    arms: list[Arm] = list(dict.fromkeys(arm for quad in quads for arm in quad))
    for arm in arms:
        arm.policy(case)
        arm.setting.spec(case)
    made = dict(
        zip(arms, run_arms(case, arms, store=store, workers=workers, fresh=fresh, tick=tick), strict=True)
    )
    points, twins = [], []
    for quad in quads:
        c, t, a, b = (made[arm] for arm in quad)
        s = quad[0].setting
        totals = [{m.name: x.total(m) for m in case.scorecard} for x in (c, t, a, b)]
        frame = scorecard(
            case.scorecard, totals[0], totals[1], before=(c.before, t.before), days=s.days, preset=s.preset
        )
        srm_p = srm(np.array([len(c.users), len(t.users)]), np.array([0.5, 0.5]))
        truth = truth_table(case.scorecard, totals[2], totals[3])
        points.append(
            {
                "frame": frame,
                "truth": truth,
                "verdict": decide(frame, days=s.days, srm_p=srm_p),
                "says": truth_decision(truth, frame, default_users=case.users),
            }
        )
        twins.append((a, b))
    return points, twins


def _best(metric: Metric, truths: Sequence[pd.DataFrame]) -> int:
    gains = [metric.sign * t.set_index("metric").loc[metric.name, "difference"] for t in truths]
    return int(np.argmax(np.nan_to_num(gains, nan=-np.inf)))


def frontier(metrics: Sequence[Metric], truths: Sequence[pd.DataFrame]) -> list[int]:
    """Points that no other point beats: at least as good on every success metric and guardrail and better
    on one (Pareto). Points in the order given."""
    judged = [m for m in metrics if m.role != "diagnostic"]
    gains = np.array(
        [[m.sign * t.set_index("metric").loc[m.name, "difference"] for m in judged] for t in truths]
    )                                                                     # (points, metrics)
    kept = []
    for i, mine in enumerate(gains):
        beaten = (gains >= mine).all(axis=1) & (gains > mine).any(axis=1)
        if not beaten.any():
            kept.append(i)
    return kept


def exchange_rate(metrics: Sequence[Metric], control: ArmSums, treatment: ArmSums) -> dict[str, Any] | None:
    """How much of the primary metric a unit of the first guardrail that is a flow goes with, from twins.

    The ratio of two paired differences; its variance is that of a − r b over users, divided by the mean of
    b squared (delta method). None where the second difference is not clearly apart from 0.
    """
    of = next(m for m in metrics if m.role == "success")
    others = [m for m in metrics if m.role == "guardrail" and not m.last_day and m.per.startswith("user")]
    if not others:
        return None
    per = others[0]
    a, b = (linearise(treatment.total(m)).values - linearise(control.total(m)).values for m in (of, per))
    mean_b, se_b = b.mean(), b.std(ddof=1) / math.sqrt(len(b))
    if not abs(mean_b) > 4 * se_b:
        return None
    ratio = a.mean() / mean_b
    se = (a - ratio * b).std(ddof=1) / math.sqrt(len(a)) / abs(mean_b)
    return {
        "of": of.name,
        "per": per.name,
        "value": ratio,
        "ci_low": ratio - 1.96 * se,
        "ci_high": ratio + 1.96 * se,
    }


def surface(
    case: CaseStudy,
    xs: Sequence[float],
    ys: Sequence[float],
    setting: Setting,
    *,
    store: Path | None = None,
    workers: int = 1,
    tick: Callable[[float], None] | None = None,
) -> dict[str, Any]:
    """Scorecard, truth and verdict over headline knob × headline assumption, as stored in ``surface.json``.

    ``points`` run over ``ys`` within ``xs``; each has rows in the order of ``metrics`` with the columns named
    in ``columns`` (the scorecard) and ``truth_columns``. ``fingerprint`` is of the code and settings it was
    made with.
    """
    if case.headline is None:
        raise ValueError(f"{case.slug} has no headline knob to draw a surface over")
    knob, assumption = case.headline
    names = (case.control_name, case.treatment_name)
    grid = [{knob: float(x), assumption: float(y)} for y in ys for x in xs]
    points, _ = _points(case, setting, names, grid, store, workers, False, tick)
    columns = [
        "control", "treatment", "difference", "ci_low", "ci_high", "relative", "relative_low",
        "relative_high", "p_value", "p_adjusted", "margin",
    ]  # fmt: skip
    truth_columns = ["difference", "ci_low", "ci_high", "relative"]
    first = points[0]["frame"]
    return plain(
        {
            "case": case.slug,
            "knob": knob,
            "assumption": assumption,
            "xs": list(xs),
            "ys": list(ys),
            "setting": dataclasses.asdict(setting) | {"world": dict(setting.world)},
            "fingerprint": surface_stamp(case, setting),
            "metrics": list(first["metric"]),
            "columns": columns,
            "truth_columns": truth_columns,
            "points": [
                {
                    "x": at[knob],
                    "y": at[assumption],
                    "rows": _rounded(p["frame"][columns].to_numpy(dtype=float)),
                    "truth": _rounded(p["truth"][truth_columns].to_numpy(dtype=float)),
                    "verdict": p["verdict"].decision,
                    "why": p["verdict"].why,
                    "truth_decision": p["says"],
                }
                for at, p in zip(grid, points, strict=True)
            ],
        }
    )


def surface_stamp(case: CaseStudy, setting: Setting) -> str:
    """The stamp a surface of this code and setting carries."""
    return fingerprint(case, {"setting": dataclasses.asdict(setting), "pair": [case.control_name, case.treatment_name]})


def _rounded(values: np.ndarray) -> list[list[float]]:
    return [[float(f"{v:.5g}") for v in row] for row in values]
