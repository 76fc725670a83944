"""What numbers say, in short sentences for people who never saw the scorecard before."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from apps.charts.words import number_text, percent_text, range_text, unit_text
from apps.runs import CORNER
from apps.views.numbers import Numbers
from core.casestudy import CaseStudy
from core.inference import Metric

HEADLINES = {
    "ship": "Ship page B.",
    "stop": "Keep page A.",
    "undecided": "No decision yet.",
    "invalid": "This test is broken.",
}
SAME = "No difference: both pages are the same."
SHORT = {"ship": "ship", "stop": "do not ship", "undecided": "no decision", "invalid": "broken"}
CLEAR = ("ship", "stop")
DRAWN = CORNER[1]                                     # titles of a row that are drawn
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
    """What a sentence about a metric begins with.

    >>> from core.inference import Metric
    >>> subject(Metric("p", "p", "user-week", unit="plays", label="real plays a week"))
    'real plays a week are'
    """
    if _is_time(metric) and metric.label.startswith("time to "):
        return f"the {metric.label.removeprefix('time to ')} {'came' if past else 'comes'}"
    if metric.unit == "share":
        return f"the share “{metric.label}” {'was' if past else 'is'}"
    many = metric.unit.endswith("s") and metric.unit != "s"
    return f"{metric.label} {('were' if past else 'are') if many else 'was' if past else 'is'}"


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
    on = decided_on(case, n)
    if n.verdict == "ship":
        if on:
            return HEADLINES["ship"], f"{said}. Decided on: {on}; nothing else got worse than we accept."
        return HEADLINES["ship"], f"{said}, and nothing else got worse than we accept."
    if n.verdict == "stop":
        worse = ", ".join(m.label for m in case.scorecard if is_worse(m, n.row(m)))
        return HEADLINES["stop"], f"{said}. What got worse: {worse or metric.label}."
    if n.verdict == "undecided":
        if n.same:
            return SAME, f"{said}: that is chance."
        loose = _named(case, n.why, ("is not excluded", "has no margin"))
        if "no success metric clearly moved" in n.why.lower():
            if on:
                return HEADLINES["undecided"], f"{said}. Decided on: {on}, which did not clearly move."
            return HEADLINES["undecided"], f"{said}: that may be chance."
        if loose:
            return HEADLINES["undecided"], f"{said}, but too few people to rule out harm to: {loose}."
    return HEADLINES[n.verdict], n.why


def is_worse(metric: Metric, row: Mapping[str, Any]) -> bool:
    """Whether a metric's whole interval lies on its bad side."""
    return bool(row["ci_high"] < 0 if metric.better == "up" else row["ci_low"] > 0)


def decided_on(case: CaseStudy, n: Numbers) -> str:
    """What the verdict's reason is about, where that is not what was asked about; else empty."""
    if asked_about(case).label.lower() in n.why.lower():
        return ""
    return _named(case, n.why, ("",))


def realistic(case: CaseStudy, real: Mapping[str, Any]) -> str:
    """What the same test says in the realistic world, in a sentence."""
    metric = case.metric(real["metric"])
    low, high = real["ci_low"], real["ci_high"]
    spread = interval(metric, low, high).removesuffix(f" {metric.unit}")
    text = (
        f"In the *realistic* world (usual setting): **{SHORT[real['verdict']].capitalize()}**: "
        f"{subject(metric)} {moved(metric, real['difference'])} ({spread})"
    )
    if not real.get("users_needed"):
        return f"{text}."
    loose = _loose(case, real["why"])
    sure = " and ".join(
        f"“{m.label}” does not {'fall' if m.better == 'up' else 'rise'}" for m in loose
    )
    return f"{text}, but about {rough(real['users_needed'])} people would be needed to be sure" + (
        f" that {sure}." if sure else "."
    )


def _loose(case: CaseStudy, why: str) -> list[Metric]:
    """The guardrails of which a verdict's reason says that harm is not excluded."""
    named = _named(case, why, ("is not excluded", "has no margin")).split(", ")
    return [m for m in case.scorecard if m.label in named]


def rough(people: float) -> str:
    """A number of people to two digits.

    >>> rough(243_397)
    '240,000'
    """
    return f"{float(f'{people:.1e}'):,.0f}"


def stake(found: Mapping[str, Any]) -> str:
    """What is at stake, in millions: "1.4 million fewer evenings a month end … (1.0 to 1.9)"."""
    value, low, high = (found[k] / 1e6 for k in ("value", "ci_low", "ci_high"))
    if low > 0 or high < 0:
        spread = " to ".join(number_text(v) for v in sorted((abs(low), abs(high))))
    else:
        spread = f"{number_text(low, signed=True)} to {number_text(high, signed=True)}"
    more = "more" if value > 0 else "fewer"
    what = str(found["unit"]).replace(" that ", " ", 1)
    return f"{number_text(abs(value))} million {more} {what} ({spread}), for {found['assumed']}."


def gains(shares: Mapping[str, float], evenings: int) -> str:
    """Who gains and who loses, in one wording wherever it stands."""
    if not shares["gain"] and not shares["lose"]:
        return f"Over {evenings} evenings like the first, nobody: no evening differs."
    gain, lose = (percent_text(shares[k], signed=False) for k in ("gain", "lose"))
    return (
        f"Over {evenings} evenings like the first, {gain} of people are better off with page B, "
        f"{lose} worse off."
    )


def _named(case: CaseStudy, why: str, words: tuple[str, ...]) -> str:
    """Labels of the metrics whose clause of a verdict's reason holds one of some words."""
    clauses = [c for c in why.lower().split("; ") if any(w in c for w in words)]
    return ", ".join(m.label for m in case.scorecard if any(m.label.lower() in c for c in clauses))


def truth(case: CaseStudy, n: Numbers) -> str:
    """What is true, in a few words."""
    metric = asked_about(case)
    if n.nothing(metric):
        return "practically no difference"
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
    if found["difference"] == 0 == low == high:
        text = f"blind (both pages start with the same 20 titles; {DRAWN} are drawn)"
    elif low <= 0 <= high:
        text = "measures something else, sees no clear difference"
    else:
        text = f"measures something else, prefers page {'B' if low > 0 else 'A'}"
    if (rows := found.get("rows")) is not None:
        text += f"; first-five-of-a-row metric: {unit_text(rows, 'share', signed=True)}"
    return text


def instruments(
    case: CaseStudy, n: Numbers, found: Mapping[str, Any] | None, label: str, share: float
) -> list[tuple[str, str, str]]:
    """One entry for each who was asked: the name, the answer, and how it stands to the truth."""
    return [
        ("Top-20 metric", "asking …" if found is None else offline(found), ""),
        ("A/B test", SHORT[n.verdict], _beside_truth(case, n)),
        ("Truth", truth(case, n), ""),
        ("You", label, guessed(case, share, n)),
    ]


def _beside_truth(case: CaseStudy, n: Numbers) -> str:
    """How the A/B test stands to the truth, or on what it decided where the truth shown is another metric's."""
    metric = asked_about(case)
    if on := decided_on(case, n):
        return f"decided on: {on}"
    if n.right:
        return "agrees with the truth"
    return "" if n.nothing(metric) or metric.name != case.primary.name else "misses the truth"


def guessed(case: CaseStudy, share: float, n: Numbers) -> str:
    """How a guess, a relative difference, stands to the truth."""
    true = n.true(asked_about(case), "relative")
    if abs(share - true) <= 0.05:
        return "close"
    return "right direction" if share * true > 0 else "wrong direction"


def turn(case: CaseStudy, here: Numbers, across: pd.DataFrame) -> str:
    """What would change the answer: the nearest assumption at which the truth's sign turns. Empty where
    there is no answer yet."""
    if case.headline is None or len(across) < 2 or here.verdict not in CLEAR:
        return ""
    question, low, high = case.words.get(case.headline[1], (case.headline[1], "", ""))
    metric = asked_about(case)
    sign = here.true(metric)
    other = across[(across["difference"] * sign < 0) & (across["says"] != "tie")]
    if here.nothing(metric):
        return ""
    top = float(across["value"].max())
    if len(other):
        nearest = other.loc[(other["value"] - here.y).abs().idxmin()]
        value = named(float(nearest["value"]), top, low, high)
        says = moved(metric, float(nearest["difference"]))
        unclear = "" if nearest["verdict"] in CLEAR else " The A/B test gives no clear verdict there."
        return f"Set “{question}” to “{value}” and it turns round: page B is {says} (truth).{unclear}"
    far = across.loc[(across["value"] - here.y).abs().idxmax()]
    value = named(float(far["value"]), top, low, high)
    return f"Even with “{question}” at “{value}” page B is {moved(metric, far['difference'])} (truth)."


QUARTERS = {0.25: "one visit in four", 0.5: "every other visit", 0.75: "three visits in four"}


def named(value: float, top: float, low: str, high: str, unit: str = "share") -> str:
    """A setting of an assumption in words: its two ends by name."""
    if value == 0.0 and low:
        return low
    if value == top and high:
        return high
    return QUARTERS.get(value, f"{value:g}") if unit == "share" else f"{value:g}"
