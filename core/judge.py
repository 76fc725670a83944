"""The instruments side by side, next to the truth: what each asked, decided, and in one word how it did."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from core.casestudy import CaseStudy
from core.experiment import Result, Setting, ab
from core.experiment.result import plain

DECISION = {"ship": "treatment", "stop": "control", "undecided": "undecided", "invalid": "refused"}
OFFLINE_METRIC = "ndcg_20"


def judge(
    case: CaseStudy,
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
    """Ask the offline metric and the A/B test which arm is better, and look up who was right.

    Returns
    -------
    dict
        ``truth``: the primary metric's twin difference and the decision it makes (control, treatment, tie).
        ``instruments``: offline and ab with question, estimate, interval, decision, ``word`` and whether the
        decision was right. ``gap``: how far the A/B test's estimand is from launching to everyone.

    Notes
    -----
    Words, first that applies: *refused* (no decision could be made) · *blind* (does not estimate the primary
    metric; it says what it does) · *right* (decides as the truth does) · *unlucky* (does not). *Biased*
    needs twenty worlds and is not claimed from one.
    """
    result = ab(
        case,
        setting,
        control=control,
        treatment=treatment,
        settings=settings,
        store=store,
        workers=workers,
        fresh=fresh,
        tick=tick,
    )
    return plain(judged(case, result))


def judged(case: CaseStudy, result: Result) -> dict[str, Any]:
    """The record of `judge` from an experiment that was run with its truth."""
    primary = case.primary
    if result.truth is None or result.truth_says is None:
        raise ValueError(f"{case.slug}: judging needs the truth; run the experiment with it")
    truth = _row(result.truth, primary.name)
    estimate = _row(result.frame, primary.name)
    instruments = [_offline(result), _ab(case, result, estimate)]
    gap = [estimate[name] - truth["difference"] for name in ("difference", "ci_low", "ci_high")]
    by_chance = not (gap[1] > 0 or gap[2] < 0)
    for i in instruments:
        i["decision_right"] = i["decision"] == (
            result.truth_says if result.truth_says != "tie" else "undecided"
        )
        i["word"] = i["word"] or ("right" if i["decision_right"] else "unlucky")
    return {
        "case": result.case,
        "control": result.control,
        "treatment": result.treatment,
        "truth": {
            "metric": primary.name,
            "difference": truth["difference"],
            "ci_low": truth["ci_low"],
            "ci_high": truth["ci_high"],
            "relative": truth["relative"],
            "decision": result.truth_says,
        },
        "instruments": instruments,
        "gap": {
            "metric": primary.name,
            "value": gap[0],
            "ci_low": gap[1],
            "ci_high": gap[2],
            "why": "chance alone may be the reason"
            if by_chance
            else "each arm of an A/B test learns from its own half of the data; launched, it learns from all",
        },
    }


def _offline(result: Result) -> dict[str, Any]:
    found = result.diagnostics
    found = found[found["metric"] == OFFLINE_METRIC] if len(found) else found
    base = {
        "instrument": "offline",
        "question": "Does the page, read as one list, hold what people played last week among its first 20?",
        "metric": OFFLINE_METRIC,
        "cost_user_days": 0,
    }
    if not len(found):
        refused = "fewer than 30 people played something in the held-out week"
        return base | _nothing(refused)
    row = found.iloc[0]
    decision = "undecided"
    if row["ci_low"] > 0 or row["ci_high"] < 0:
        decision = "treatment" if row["difference"] > 0 else "control"
    return base | {
        "control": row["control"],
        "treatment_value": row["treatment"],
        "difference": row["difference"],
        "ci_low": row["ci_low"],
        "ci_high": row["ci_high"],
        "decision": decision,
        "refused": None,
        "word": "blind",
    }


def _ab(case: CaseStudy, result: Result, estimate: pd.Series) -> dict[str, Any]:
    decision = DECISION[result.verdict.decision]
    s = result.setting
    base = {
        "instrument": "ab",
        "question": f"Over {s.days} days, with each half of {s.users:,} people in one arm: "
        f"does {case.primary.label} improve, and does nothing else suffer?",
        "metric": case.primary.name,
        "cost_user_days": s.users * s.days,
    }
    if decision == "refused":
        return base | _nothing(result.verdict.why)
    return base | {
        "control": estimate["control"],
        "treatment_value": estimate["treatment"],
        "difference": estimate["difference"],
        "ci_low": estimate["ci_low"],
        "ci_high": estimate["ci_high"],
        "decision": decision,
        "why": result.verdict.why,
        "refused": None,
        "word": "",
    }


def _nothing(why: str) -> dict[str, Any]:
    return {
        "control": None,
        "treatment_value": None,
        "difference": None,
        "ci_low": None,
        "ci_high": None,
        "decision": "refused",
        "refused": why,
        "word": "refused",
    }


def _row(frame: pd.DataFrame, metric: str) -> pd.Series:
    return frame[frame["metric"] == metric].iloc[0]
