"""What numbers say, in short sentences for people who never saw the scorecard before."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from apps.charts.words import range_text, unit_text
from apps.views.numbers import Numbers
from core.casestudy import CaseStudy
from core.inference import Metric

HEADLINES = {
    "ship": "Ship page B.",
    "stop": "Keep page A.",
    "undecided": "No decision yet.",
    "invalid": "This test is broken.",
}
SHORT = {"ship": "ship", "stop": "do not ship", "undecided": "undecided", "invalid": "broken"}
GUESSES = (-0.2, -0.1, 0.0, 0.1, 0.2)                 # relative differences one can guess


def moved(metric: Metric, difference: float) -> str:
    """A difference as one says it: "8.6 s sooner", "3.1 points more".

    >>> from core.inference import Metric
    >>> moved(Metric("t", "t", "request", unit="s", better="down"), -8.63)
    '8.6 s sooner'
    """
    if not math.isfinite(difference):
        return "not defined"
    up, down = ("later", "sooner") if _is_time(metric) else ("more", "fewer" if metric.unit else "less")
    if metric.unit == "share":
        up, down = "up", "down"
    text = unit_text(abs(difference), metric.unit, signed=True).lstrip("+")
    if float("".join(c for c in text if c in "0123456789.") or 0) == 0:
        return "no difference"
    return f"{text} {up if difference > 0 else down}"


def interval(metric: Metric, low: float, high: float) -> str:
    """An interval as one says it after `moved`: without signs where both ends lie on one side.

    >>> from core.inference import Metric
    >>> interval(Metric("t", "t", "request", unit="s", better="down"), -12.9, -8.4)
    '8.4 to 12.9 s'
    """
    if low > 0:
        return range_text(low, high, metric.unit).replace("+", "")
    if high < 0:
        return range_text(-high, -low, metric.unit).replace("+", "")
    return range_text(low, high, metric.unit)


def subject(metric: Metric, past: bool = False) -> str:
    """What a sentence about a metric begins with: "the first play comes", "real plays a week: "."""
    if _is_time(metric) and metric.label.startswith("time to "):
        return f"the {metric.label.removeprefix('time to ')} {'came' if past else 'comes'}"
    return f"{metric.label}:"


def _is_time(metric: Metric) -> bool:
    return metric.unit == "s" and metric.better == "down"


def guesses(metric: Metric, control: float | None) -> dict[str, float]:
    """What one can guess, in the metric's unit where page A's value is known: label -> relative."""
    made: dict[str, float] = {}
    step = None if control is None or metric.unit == "share" else _round(0.1 * control)
    for share in GUESSES:
        if share == 0.0:
            made["no difference"] = 0.0
        elif step is None or control is None:
            size = f"{abs(share):.0%}".replace("%", " %")
            more, less = ("later", "sooner") if _is_time(metric) else ("more", "less")
            made[f"{size} {more if share > 0 else less}"] = share
        else:
            value = step * round(share / 0.1)
            label = f"{abs(value):g} {metric.unit}"
            up, down = ("later", "sooner") if _is_time(metric) else ("more", "fewer")
            made[f"{label} {up if value > 0 else down}"] = value / control
    return made


def _round(value: float) -> float:
    """The nearest of 1, 2, 5 and their tenfolds: steps people count in."""
    scale = 10.0 ** len(str(int(value))) / 10.0 if value >= 1 else 0.1
    return min((scale * s for s in (1, 2, 5, 10)), key=lambda s: abs(s - value))


def asked_about(case: CaseStudy) -> Metric:
    """The metric that a twist's author predicted, else the primary one: what the guess is about."""
    return case.primary if case.prediction is None else case.metric(case.prediction.metric)


def verdict(case: CaseStudy, n: Numbers, setting: Mapping[str, Any]) -> tuple[str, str]:
    """A headline and the sentence behind it."""
    metric = asked_about(case)
    row = n.row(metric)
    size = f"{setting['users']:,} people, {setting['days']} days"
    said = f"In the A/B test ({size}) {subject(metric, past=True)} {moved(metric, row['difference'])}"
    said += f" (95 % interval {interval(metric, row['ci_low'], row['ci_high'])})"
    if n.verdict == "ship":
        return HEADLINES["ship"], f"{said}, and nothing else got worse than we accept."
    if n.verdict == "stop":
        worse = _named(case, n.why, ("which is worse", "more than the accepted"))
        return HEADLINES["stop"], f"{said}. What got worse: {worse or metric.label}."
    if n.verdict == "undecided":
        loose = _named(case, n.why, ("is not excluded", "has no margin"))
        if "no success metric clearly moved" in n.why.lower():
            return HEADLINES["undecided"], f"{said}: that may be chance."
        if loose:
            return HEADLINES["undecided"], f"{said}, but too few people to rule out harm to: {loose}."
    return HEADLINES[n.verdict], n.why


def _named(case: CaseStudy, why: str, words: tuple[str, ...]) -> str:
    """Labels of the metrics whose clause of a verdict's reason holds one of some words."""
    clauses = [c for c in why.lower().split("; ") if any(w in c for w in words)]
    return ", ".join(m.label for m in case.scorecard if any(m.label.lower() in c for c in clauses))


def truth(case: CaseStudy, n: Numbers) -> str:
    """What is true, in a few words."""
    metric = asked_about(case)
    says = moved(metric, n.true(metric))
    if metric.name != case.primary.name or n.truth_says == "tie":
        return says
    return f"{'yes' if n.truth_says == 'treatment' else 'no'}, {says}"


def offline(found: Mapping[str, Any]) -> str:
    """What the top-20 metric sees."""
    if not found:
        return "blind (too few plays)"
    low, high = found["ci_low"], found["ci_high"]
    if low is None or high is None:
        return "blind (too few plays)"
    if low <= 0 <= high:
        return "blind (sees no difference)"
    return f"blind (prefers page {'B' if low > 0 else 'A'})"


def instruments(
    case: CaseStudy, n: Numbers, found: Mapping[str, Any] | None, label: str, share: float
) -> list[tuple[str, str, str]]:
    """One entry for each who was asked: the name, the answer, and how it stands to the truth."""
    return [
        ("Top-20 metric", "asking …" if found is None else offline(found), ""),
        ("A/B test", SHORT[n.verdict], "agrees with the truth" if n.right else "misses the truth"),
        ("Truth", truth(case, n), ""),
        ("You", label, guessed(case, share, n)),
    ]


def guessed(case: CaseStudy, share: float, n: Numbers) -> str:
    """How a guess, a relative difference, stands to the truth."""
    true = n.true(asked_about(case), "relative")
    if abs(share - true) <= 0.05:
        return "close"
    return "right direction" if share * true > 0 else "not so"


def turn(case: CaseStudy, here: Numbers, across: pd.DataFrame) -> str:
    """What would change the answer: the nearest assumption at which the truth's sign turns."""
    if case.headline is None or len(across) < 2:
        return ""
    question, low, high = case.words.get(case.headline[1], (case.headline[1], "", ""))
    metric = asked_about(case)
    sign = here.true(metric)
    other = across[(across["difference"] * sign < 0) & (across["says"] != "tie")]
    if here.truth_says == "tie" and not len(other):
        return ""
    top = float(across["value"].max())
    if len(other):
        nearest = other.loc[(other["value"] - here.y).abs().idxmin()]
        value = named(float(nearest["value"]), top, low, high)
        says = moved(metric, float(nearest["difference"]))
        return f"Set “{question}” to “{value}” and it turns round: page B is {says}."
    far = across.loc[(across["value"] - here.y).abs().idxmax()]
    value = named(float(far["value"]), top, low, high)
    return f"Even with “{question}” at “{value}” page B is {moved(metric, far['difference'])}."


QUARTERS = {0.25: "one visit in four", 0.5: "every other visit", 0.75: "three visits in four"}


def named(value: float, top: float, low: str, high: str, unit: str = "share") -> str:
    """A setting of an assumption in words: its two ends by name."""
    if value == 0.0 and low:
        return low
    if value == top and high:
        return high
    return QUARTERS.get(value, f"{value:g}") if unit == "share" else f"{value:g}"
