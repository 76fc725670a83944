"""The effect week by week: the estimate with its interval, and the truth where it is shown."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from apps.charts import INK, TREATMENT, UNCLEAR
from apps.charts.words import display_scale, range_text, unit_name, unit_text

ESTIMATE, TRUTH = "estimate, 95 % interval", "truth"


def weeks(
    weeks_frame: pd.DataFrame,
    truth_weeks: pd.DataFrame | None,
    metric: str,
    unit: str,
    label: str,
    *,
    width: int | str = "container",
) -> alt.LayerChart:
    """Difference of one metric by week, with a ribbon, against a line at zero.

    Parameters
    ----------
    weeks_frame : DataFrame
        week (from 1), metric, difference, ci_low, ci_high; weeks where the metric is not defined are gaps.
    truth_weeks : DataFrame or None
        The same columns, of which week, metric and difference are read; drawn dashed.
    metric, unit, label : str
        Which metric, its unit, and its name in plain words.
    """
    estimate = _of(weeks_frame, metric, unit).assign(who=ESTIMATE)
    true = _of(truth_weeks, metric, unit).assign(who=TRUTH) if truth_weeks is not None else None
    lines = estimate if true is None else pd.concat([estimate, true])
    who = [ESTIMATE] if true is None else [ESTIMATE, TRUTH]
    x = alt.X(
        "week:Q",
        title="week",
        scale=alt.Scale(nice=False, padding=12),
        axis=alt.Axis(format="d", tickMinStep=1, grid=False, labelOverlap=True),
    )
    y = alt.Y("difference:Q", title=None, axis=alt.Axis(gridOpacity=0.4, tickCount=5))
    legend: Any = alt.Legend(orient="bottom", title=None, symbolType="stroke", symbolStrokeWidth=2.5)
    key = {
        "stroke": alt.Stroke("who:N", scale=alt.Scale(domain=who, range=[TREATMENT, UNCLEAR][: len(who)]),
                             legend=legend),
        "strokeDash": alt.StrokeDash("who:N", scale=alt.Scale(domain=who, range=[[1, 0], [6, 4]][: len(who)]),
                                     legend=legend),
    }  # fmt: skip
    tip = [alt.Tooltip("week:Q"), alt.Tooltip("says:N", title="difference")]
    zero = alt.Chart(pd.DataFrame({"difference": [0.0]})).mark_rule(color=INK, opacity=0.5)
    ribbon = alt.Chart(estimate).mark_area(color=TREATMENT, opacity=0.22)
    layers = [
        zero.encode(y=y),
        ribbon.encode(x=x, y=alt.Y("low:Q"), y2="high:Q"),
        alt.Chart(lines).mark_line(strokeWidth=2.5).encode(x=x, y=y, **key),
        alt.Chart(estimate).mark_point(filled=True, color=TREATMENT, size=45, opacity=1).encode(
            x=x, y=y, tooltip=tip),
    ]  # fmt: skip
    unit_words = f", {name}" if (name := unit_name(unit, signed=True)) else ""
    return (
        alt.layer(*layers)
        .properties(
            width=width,
            height=320,
            title=alt.TitleParams(
                f"{label}: difference by week{unit_words}",
                anchor="start", fontSize=13, fontWeight=600, offset=8,
            ),
        )
        .configure_view(stroke=None)
    )  # fmt: skip


def alt_text(
    weeks_frame: pd.DataFrame, truth_weeks: pd.DataFrame | None, metric: str, unit: str, label: str
) -> str:
    """The message in one sentence: the first and the last week, and the truth in the last."""
    drawn = weeks_frame[(weeks_frame["metric"] == metric) & weeks_frame["difference"].notna()]
    if drawn.empty:
        return f"{label}: no week in which the difference is defined."
    told = []
    ends = drawn.sort_values("week").iloc[[0, -1] if len(drawn) > 1 else [0]]
    for r in ends.to_dict("records"):
        spread = range_text(r["ci_low"], r["ci_high"], unit)
        told.append(f"{unit_text(r['difference'], unit, signed=True)} ({spread}) in week {r['week']:.0f}")
    text = f"{label}, difference by week with 95 % interval: {', '.join(told)}"
    if truth_weeks is not None:
        true = truth_weeks[(truth_weeks["metric"] == metric) & truth_weeks["difference"].notna()]
        if len(true):
            last = true.sort_values("week").iloc[-1]
            text += f"; truth {unit_text(last['difference'], unit, signed=True)} in week {last['week']:.0f}"
    return f"{text}."


def _of(frame: pd.DataFrame, metric: str, unit: str) -> pd.DataFrame:
    """The metric's weeks in order, in the unit that is drawn."""
    part = frame[frame["metric"] == metric].sort_values("week").reset_index(drop=True)
    known = part.assign(says=[unit_text(v, unit, signed=True) for v in part["difference"]])
    scale = display_scale(unit)
    shown = {"difference": known["difference"] * scale}
    if "ci_low" in known:
        shown |= {"low": known["ci_low"] * scale, "high": known["ci_high"] * scale}
    return known.assign(**shown)
