"""What a slider does: to one metric against its setting, and to two metrics at once."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import altair as alt
import numpy as np
import pandas as pd

from apps.charts import GUESS, INK, SETTING, TREATMENT
from apps.charts.words import direction, display_scale, range_text, unit_name, unit_text

HERE = "setting now"


class Best(NamedTuple):
    """The stored setting with the best estimate, and whether its interval excludes zero on the good side."""

    value: float
    difference: float
    clear: bool


def best_setting(points: pd.DataFrame, better: str) -> Best | None:
    """Where the estimate of a curve is best; None where it is nowhere defined.

    Parameters
    ----------
    points : DataFrame
        value, difference, ci_low, ci_high.
    better : str
        ``"up"`` or ``"down"``.
    """
    sign = -1.0 if direction(better).startswith("down") else 1.0
    known = points[points["difference"].notna()]
    if known.empty:
        return None
    row = known.loc[(sign * known["difference"]).idxmax()]
    clear = bool(min(sign * row["ci_low"], sign * row["ci_high"]) > 0)
    return Best(float(row["value"]), float(row["difference"]), clear)


def curve(
    points: pd.DataFrame,
    current: float,
    guess: float | None,
    label: str,
    unit: str,
    *,
    better: str = "up",
    setting: str = "setting",
    low_label: str = "",
    high_label: str = "",
    expected: float | None = None,
    width: int | str = "container",
) -> alt.LayerChart:
    """The difference a setting makes, against the setting: the chart that answers the guess.

    Parameters
    ----------
    points : DataFrame
        value, difference, ci_low, ci_high and, where it is shown, truth: one row a stored setting, the
        differences from the control in the metric's unit.
    current : float
        Where the slider stands; between stored settings the line is followed.
    guess : float, optional
        The setting somebody thought best; a labelled dashed line.
    label, unit, better : str
        The metric in plain words, its unit, and which way is good.
    setting, low_label, high_label : str
        The slider's name and what its two ends mean.
    expected : float, optional
        The difference somebody expected, in the metric's unit; a labelled dashed line across.
    """
    scale = display_scale(unit)
    drawn = points.sort_values("value").reset_index(drop=True)
    drawn = drawn.assign(
        says=[unit_text(v, unit, signed=True) for v in drawn["difference"]],
        interval=[range_text(*ends, unit) for ends in zip(drawn["ci_low"], drawn["ci_high"], strict=True)],
        difference=drawn["difference"] * scale,
        low=drawn["ci_low"] * scale,
        high=drawn["ci_high"] * scale,
    )
    ends = [setting, f"{low_label} ← → {high_label}"] if low_label and high_label else setting
    x = alt.X("value:Q", title=ends, scale=alt.Scale(nice=False, zero=False, padding=14),
              axis=alt.Axis(grid=False, tickCount=6))  # fmt: skip
    y = alt.Y("difference:Q", title=None, axis=alt.Axis(gridOpacity=0.4, tickCount=5))
    tip = [alt.Tooltip("value:Q", title=setting), alt.Tooltip("says:N", title="difference"),
           alt.Tooltip("interval:N", title="95 % interval")]  # fmt: skip
    layers = [
        alt.Chart(pd.DataFrame({"difference": [0.0]})).mark_rule(color=INK, opacity=0.5).encode(y=y),
        alt.Chart(drawn).mark_area(color=TREATMENT, opacity=0.22).encode(x=x, y=alt.Y("low:Q"), y2="high:Q"),
        alt.Chart(drawn).mark_line(color=TREATMENT, strokeWidth=2.5).encode(x=x, y=y),
        alt.Chart(drawn).mark_point(filled=True, color=TREATMENT, size=40, opacity=1).encode(
            x=x, y=y, tooltip=tip),
    ]  # fmt: skip
    key = [f"━ estimate, 95 % interval\N{EN SPACE}◆ {HERE}"]
    if "truth" in drawn and drawn["truth"].notna().any():
        true = drawn.assign(difference=drawn["truth"] * scale)
        layers.append(alt.Chart(true).mark_line(
            color=INK, strokeDash=[6, 4], strokeWidth=1.8, opacity=0.75).encode(x=x, y=y))  # fmt: skip
        key.append("┅ truth")
    span = float(drawn["value"].min()), float(drawn["value"].max())
    if guess is not None and math.isfinite(guess):
        layers += _guess(guess, span, x)
        key.append("┆ your guess")
    if expected is not None and math.isfinite(expected):
        layers += _expected(expected * scale, unit_text(expected, unit, signed=True), span, x, y)
        key.append("┄ your guess")
    here = pd.DataFrame({"value": [current], "difference": [_at(drawn, current, "difference")]})
    layers.append(_diamond(here.dropna(), x, y))
    name = unit_name(unit, signed=True)
    head = f"{label}: difference{f', {name}' if name else ''} ({direction(better)})"
    return _finish(layers, head, "\N{EN SPACE}".join(key), width)


def curve_alt_text(
    points: pd.DataFrame,
    current: float,
    guess: float | None,
    label: str,
    unit: str,
    *,
    better: str = "up",
    setting: str = "setting",
) -> str:
    """The message in one sentence: where it is best, what the present setting does, and the guess."""
    best = best_setting(points, better)
    if best is None:
        return f"{label} is not defined at any {setting}."
    sure = "" if best.clear else ", which cannot be told from no effect"
    most = unit_text(best.difference, unit, signed=True)
    now = unit_text(_at(points, current, "difference"), unit, signed=True)
    text = f"{label} is best at {setting} {best.value:g}: {most}{sure}; now {current:g}: {now}"
    if guess is not None and math.isfinite(guess):
        text += f"; your guess was {guess:g}"
    return f"{text}."


def frontier(
    points: pd.DataFrame,
    current: float,
    *,
    x_label: str,
    y_label: str,
    x_unit: str = "",
    y_unit: str = "",
    x_better: str = "up",
    y_better: str = "up",
    low_label: str = "lowest setting",
    high_label: str = "highest setting",
    setting: str = "setting",
    width: int | str = "container",
) -> alt.LayerChart:
    """The slider's path through two metrics: what one costs in the other.

    Parameters
    ----------
    points : DataFrame
        value, x, x_low, x_high, y, y_low, y_high: both metrics at each setting, with their intervals.
    current : float
        Where the slider stands: the diamond, between stored settings on the path.
    x_label, y_label, x_unit, y_unit, x_better, y_better : str
        The two metrics in plain words, their units and which way is good.
    low_label, high_label : str
        What the two ends of the path are called: "most accurate", "most diverse".
    setting : str
        The slider's name.
    """
    drawn = points.dropna(subset=["x", "y"]).sort_values("value").reset_index(drop=True)
    xs, ys = display_scale(x_unit), display_scale(y_unit)
    words = {
        f"{c}_says": [f"{unit_text(v, u)} ({unit_text(a, u)} to {unit_text(b, u)})"
                      for v, a, b in zip(drawn[c], drawn[f"{c}_low"], drawn[f"{c}_high"], strict=True)]
        for c, u in (("x", x_unit), ("y", y_unit))
    }  # fmt: skip
    scaled = {c: drawn[c] * (xs if c.startswith("x") else ys)
              for c in ("x", "x_low", "x_high", "y", "y_low", "y_high")}  # fmt: skip
    drawn = drawn.assign(**words, **scaled)
    soft: Any = {"zero": False, "nice": True, "padding": 18}
    x = alt.X("x:Q", title=_axis_title(x_label, x_unit, x_better), scale=alt.Scale(**soft),
              axis=alt.Axis(gridOpacity=0.3, tickCount=5))  # fmt: skip
    y = alt.Y("y:Q", title=None, scale=alt.Scale(**soft), axis=alt.Axis(gridOpacity=0.3, tickCount=5))
    tip = [alt.Tooltip("value:Q", title=setting), alt.Tooltip("x_says:N", title=x_label),
           alt.Tooltip("y_says:N", title=y_label)]  # fmt: skip
    path = alt.Chart(drawn)
    spread = path.mark_rule(color=TREATMENT, opacity=0.45, strokeWidth=2)
    here = pd.DataFrame({"x": [_at(drawn, current, "x")], "y": [_at(drawn, current, "y")]})
    layers = [
        spread.encode(x=alt.X("x_low:Q"), x2="x_high:Q", y=y),
        spread.encode(x=x, y=alt.Y("y_low:Q"), y2="y_high:Q"),
        path.mark_line(color=TREATMENT, strokeWidth=2.5).encode(x=x, y=y, order="value:Q"),
        path.mark_point(filled=True, color=TREATMENT, size=50, opacity=1).encode(x=x, y=y, tooltip=tip),
        _diamond(here.dropna(), x, y),
        *_ends(drawn, low_label, high_label, x, y),
    ]
    head = _axis_title(y_label, y_unit, y_better)
    return _finish(layers, head, f"━ all settings, 95 % intervals\N{EN SPACE}◆ {HERE}", width)


def frontier_alt_text(
    points: pd.DataFrame,
    current: float,
    *,
    x_label: str,
    y_label: str,
    x_unit: str = "",
    y_unit: str = "",
    low_label: str = "lowest setting",
    high_label: str = "highest setting",
) -> str:
    """The message in one sentence: both metrics at the two ends and at the present setting."""
    known = points.dropna(subset=["x", "y"]).sort_values("value")
    if known.empty:
        return f"{y_label} against {x_label}: not defined at any setting."
    places = ((low_label, known["value"].iloc[0]), (high_label, known["value"].iloc[-1]), (HERE, current))
    told = [
        f"{name} {unit_text(_at(known, at, 'x'), x_unit)} and {unit_text(_at(known, at, 'y'), y_unit)}"
        for name, at in places
    ]
    return f"{x_label} and {y_label} along the slider: {'; '.join(told)}."


# --- parts ------------------------------------------------------------------------------------------------


def _at(points: pd.DataFrame, value: float, column: str) -> float:
    """The line at a setting; NaN outside the stored ones."""
    known = points.dropna(subset=[column]).sort_values("value")
    if known.empty or not known["value"].min() <= value <= known["value"].max():
        return math.nan
    return float(np.interp(value, known["value"], known[column]))


def _axis_title(label: str, unit: str, better: str) -> str:
    name = unit_name(unit)
    return f"{label}{f', {name}' if name else ''} ({direction(better)})"


def _diamond(at: pd.DataFrame, x: alt.X, y: alt.Y) -> alt.Chart:
    mark = alt.Chart(at).mark_point(
        shape="diamond", size=230, strokeWidth=2, opacity=1, fill=SETTING, stroke=INK
    )
    return mark.encode(x=x, y=y)


def _guess(guess: float, span: tuple[float, float], x: alt.X) -> list[alt.Chart]:
    """A dashed line at the guess, its label on the side where there is room."""
    low, high = span
    left = guess > (low + high) / 2
    at = pd.DataFrame({"value": [min(max(guess, low), high)], "says": [f"your guess {guess:g}"]})
    return [
        alt.Chart(at).mark_rule(color=GUESS, strokeDash=[4, 3], strokeWidth=2).encode(x=x),
        alt.Chart(at).mark_text(
            color=INK, fontSize=11, y=8, dx=-6 if left else 6, align="right" if left else "left"
        ).encode(x=x, text="says:N"),
    ]  # fmt: skip


def _expected(
    at: float, says: str, span: tuple[float, float], x: alt.X, y: alt.Y
) -> list[alt.Chart]:
    """A dashed line at an expected difference, its label at the right end."""
    place = pd.DataFrame({"value": [span[1]], "difference": [at], "says": [f"your guess {says}"]})
    return [
        alt.Chart(place).mark_rule(color=GUESS, strokeDash=[4, 3], strokeWidth=2).encode(y=y),
        alt.Chart(place).mark_text(color=INK, fontSize=11, dy=-7, align="right").encode(
            x=x, y=y, text="says:N"),
    ]  # fmt: skip


def _ends(drawn: pd.DataFrame, low: str, high: str, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """The two ends in words, written towards the middle of the picture."""
    if len(drawn) < 2:
        return []
    ends = drawn.iloc[[0, -1]].assign(says=[low, high])
    middle = (drawn["x"].min() + drawn["x"].max()) / 2
    return [
        alt.Chart(part).mark_text(
            color=INK, fontSize=12, fontWeight=600, dx=12 if left else -12, dy=-14,
            align="left" if left else "right",
        ).encode(x=x, y=y, text="says:N")
        for left, part in ends.groupby(ends["x"] <= middle)
    ]  # fmt: skip


def _finish(layers: list[alt.Chart], head: str, key: str, width: int | str) -> alt.LayerChart:
    title = alt.TitleParams(
        head, anchor="start", fontSize=13, fontWeight=600, offset=8,
        subtitle=key, subtitleFontSize=11, subtitlePadding=4, subtitleColor=INK,
    )  # fmt: skip
    return alt.layer(*layers).properties(width=width, height=340, title=title).configure_view(stroke=None)
