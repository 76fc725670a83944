"""The scorecard as a forest plot, as a table, and as a sentence."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from apps.charts import BAD, GOOD, GUESS, INK, UNCLEAR
from apps.charts.words import MINUS, direction, percent_text, range_text, unit_text

# A line of text, a row and the head in pixels; y is counted in pixels from the top.
LINE, GAP, HEAD = 15, 14, 66
NARROW = "width < 660"
LEFT, RIGHT = f"({NARROW} ? 142 : 372)", f"(width - ({NARROW} ? 104 : 132))"
GLYPHS = {"better": "▲", "worse": "▼", "unclear": "●"}
SHAPES = {"better": "triangle-up", "worse": "triangle-down", "unclear": "circle"}
COLOURS = {"better": GOOD, "worse": BAD, "unclear": UNCLEAR}


def standing(better: str, low: float, high: float) -> str:
    """What an interval says: "better", "worse", or "unclear" where it holds 0 or is not defined.

    >>> standing("down", -0.09, -0.04), standing("up", -0.01, 0.02)
    ('better', 'unclear')
    """
    sign = -1.0 if direction(better).startswith("down") else 1.0
    worst, best = sorted((sign * low, sign * high))
    return "better" if worst > 0 else "worse" if best < 0 else "unclear"


def scorecard(
    frame: pd.DataFrame,
    truth: pd.DataFrame | None,
    labels: Mapping[str, str],
    control_label: str,
    treatment_label: str,
    guess: float | None = None,
    primary: str | None = None,
    *,
    width: int | str = "container",
) -> alt.LayerChart:
    """One line a metric: both arms, the relative difference with its 95 % interval, the truth as ◇.

    Parameters
    ----------
    frame : DataFrame
        As `core.inference.scorecard`: metric, unit, better, role, control, treatment, difference, ci_low,
        ci_high, relative, relative_low, relative_high, margin. Where the relative interval is NaN the
        absolute difference stands in words and no bar is drawn.
    truth : DataFrame or None
        metric, difference, ci_low, ci_high, relative; None while it is hidden.
    labels : mapping
        Metric name to plain words; the name with spaces where it is missing.
    control_label, treatment_label : str
        Heads of the two columns of values.
    guess : float, optional
        The relative difference somebody expected of the primary metric, a share; drawn on its row.
    primary : str, optional
        The metric that was to improve; the first one of the frame by default.
    width : int or "container"
        The text columns need about 350 pixels; from 660 on the values stand in columns of their own.

    Returns
    -------
    altair.LayerChart
        Transparent, text in the page's colour. A tick at the bad side of 0 is the guardrail's margin.
    """
    primary = primary if primary is not None else str(frame["metric"].iloc[0]) if len(frame) else ""
    rows = _rows(frame, truth, labels, guess, primary)
    limit = _limit(rows)
    foot = int(rows["bottom"].max()) + 4 if len(rows) else HEAD + 20
    height = foot + 24
    y: dict[str, Any] = {"domain": [0, height], "range": [0, height]}
    # The axis is drawn as marks: where a page fits the chart to its box, a real one would take its height
    # from the rows, which stand at fixed pixels.
    x = alt.X(
        "at:Q",
        scale=alt.Scale(domain=[-limit, limit], range=[alt.ExprRef(LEFT), alt.ExprRef(RIGHT)], nice=False),
        axis=None,
    )
    height_of = alt.Y("y:Q", scale=alt.Scale(**y), axis=None)
    layers = [
        *_frame_lines(rows, foot, limit, height_of, x),
        *_texts(rows, height_of, control_label, treatment_label, truth is not None, guess is not None),
        *_marks(rows, limit, height_of, x),
    ]
    return (
        alt.layer(*layers)
        .properties(width=width, height=height)
        .configure_view(stroke=None)
    )


def scorecard_table(
    frame: pd.DataFrame, truth: pd.DataFrame | None, labels: Mapping[str, str]
) -> pd.DataFrame:
    """The same in words, one row a metric, for screen readers and phones.

    Columns: metric, role, control, treatment, difference, interval (95 %, of the relative difference
    where that is defined), reading, and truth where it is shown.
    """
    known = _truth_of(truth)
    rows = []
    for r in frame.to_dict("records"):
        main, interval = _difference_words(r)
        reading = standing(r["better"], r["ci_low"], r["ci_high"])
        row = {
            "metric": f"{_label(labels, r['metric'])} ({direction(r['better'])})",
            "role": r["role"],
            "control": unit_text(r["control"], r["unit"]),
            "treatment": unit_text(r["treatment"], r["unit"]),
            "difference": main,
            "interval": interval,
            "reading": f"{GLYPHS[reading]} {reading}",
        }
        if truth is not None:
            row["truth"] = _truth_words(known.get(r["metric"]), r)
        rows.append(row)
    columns = ["metric", "role", "control", "treatment", "difference", "interval", "reading"]
    return pd.DataFrame(rows, columns=columns if truth is None else [*columns, "truth"])


def alt_text(frame: pd.DataFrame, truth: pd.DataFrame | None, labels: Mapping[str, str]) -> str:
    """The message in one sentence: what got better, what got worse, what is unclear, and the truth."""
    if frame.empty:
        return "No metric to show."
    said: dict[str, list[str]] = {"better": [], "worse": [], "unclear": []}
    for r in frame.to_dict("records"):
        main, interval = _difference_words(r)
        reading = standing(r["better"], r["ci_low"], r["ci_high"])
        detail = "" if reading == "unclear" else f" ({main}, 95 % interval {interval})"
        said[reading].append(f"{_label(labels, r['metric'])}{detail}")
    text = "; ".join(f"{reading}: {', '.join(names)}" for reading, names in said.items() if names)
    first = frame.iloc[0].to_dict()
    true = _truth_of(truth).get(first["metric"])
    if true is not None:
        text += f"; true effect on {_label(labels, first['metric'])}: {_truth_words(true, first)}"
    return f"{text[:1].upper()}{text[1:]}."


# --- rows of the picture ----------------------------------------------------------------------------------


def _label(labels: Mapping[str, str], metric: str) -> str:
    return labels.get(metric, metric.replace("_", " "))


def _truth_of(truth: pd.DataFrame | None) -> dict[str, dict[str, Any]]:
    return {} if truth is None else {r["metric"]: r for r in truth.to_dict("records")}


def _is_relative(r: Mapping[str, Any]) -> bool:
    return all(math.isfinite(r[c]) for c in ("relative", "relative_low", "relative_high"))


def _difference_words(r: Mapping[str, Any]) -> tuple[str, str]:
    """The difference and its interval: relative where that is defined, else in the metric's unit."""
    if _is_relative(r):
        return percent_text(r["relative"]), range_text(r["relative_low"], r["relative_high"])
    interval = range_text(r["ci_low"], r["ci_high"], r["unit"])
    return unit_text(r["difference"], r["unit"], signed=True), interval


def _truth_words(true: Mapping[str, Any] | None, r: Mapping[str, Any]) -> str:
    if true is None:
        return "not known"
    if _is_relative(r) and math.isfinite(true["relative"]):
        return percent_text(true["relative"])
    return unit_text(true["difference"], r["unit"], signed=True)


def _rows(
    frame: pd.DataFrame,
    truth: pd.DataFrame | None,
    labels: Mapping[str, str],
    guess: float | None,
    primary: str,
) -> pd.DataFrame:
    """One row a metric with its texts and its place: top, centre and bottom in pixels."""
    known, rows, top = _truth_of(truth), [], float(HEAD)
    for r in frame.to_dict("records"):
        name = textwrap.wrap(_label(labels, r["metric"]), 21) or [r["metric"]]
        true, relative = known.get(r["metric"]), _is_relative(r)
        mine = guess if r["metric"] == primary and guess is not None else math.nan
        room = GAP if math.isfinite(mine) else 0                       # the guess is named above its bar
        tall = LINE * max(len(name) + 2, 3) + GAP + room
        margin = r.get("margin", math.nan)
        side = -1.0 if r["better"] == "up" else 1.0
        main, interval = _difference_words(r)
        reading = standing(r["better"], r["ci_low"], r["ci_high"])
        values = unit_text(r["control"], r["unit"]), unit_text(r["treatment"], r["unit"])
        rows.append(
            {
                "metric": r["metric"], "label": "\n".join(name), "lines": len(name),
                "direction": direction(r["better"]), "primary": r["metric"] == primary,
                "control": values[0], "treatment": values[1], "both": f"{values[0]} → {values[1]}",
                "at": r["relative"] if relative else math.nan,
                "low": r["relative_low"] if relative else math.nan,
                "high": r["relative_high"] if relative else math.nan,
                "truth": true["relative"] if true is not None and relative else math.nan,
                "margin": side * margin / abs(r["control"])
                if relative and margin is not None and math.isfinite(margin) and r["control"] else math.nan,
                "guess": mine,
                "difference": main, "interval": interval,
                "true": f"truth {_truth_words(true, r)}" if true is not None else "",
                "reading": reading, "shape": SHAPES[reading], "colour": COLOURS[reading],
                "top": top, "text": top + room + GAP, "centre": top + room + GAP + LINE, "bottom": top + tall,
            }
        )  # fmt: skip
        top += tall
    return pd.DataFrame(rows)


def _limit(rows: pd.DataFrame) -> float:
    """Half the width of the axis: all there is to see, but no interval may flatten the others."""
    if rows.empty:
        return 0.05
    ends = rows[["low", "high"]].abs().max(axis=1).dropna()
    points = rows[["at", "truth", "guess"]].abs().max(axis=1).dropna()
    reach = min(ends.max(), 4.0 * ends.median()) if len(ends) else 0.0
    shown = [reach, points.max() if len(points) else 0.0, rows["margin"].abs().clip(upper=2.0 * reach).max()]
    return 1.1 * max([v for v in shown if math.isfinite(v)] + [0.005])


def _text(rows: pd.DataFrame, field: str, y: alt.Y, **mark: Any) -> alt.Chart:
    """A column of text; screen readers get the sentence and the table instead."""
    look = {"color": INK, "align": "left", "baseline": "middle", "fontSize": 13, "aria": False, **mark}
    return alt.Chart(rows).mark_text(**look).encode(y=y, text=f"{field}:N")


def _frame_lines(rows: pd.DataFrame, foot: int, limit: float, y: alt.Y, x: alt.X) -> list[alt.Chart]:
    named = len(rows) and math.isfinite(rows["guess"].iloc[0])         # leave the guess's label free
    zero = pd.DataFrame({"at": [0.0], "y": [HEAD + (GAP if named else 0)], "end": [foot]})
    rule = alt.Chart(zero).mark_rule(color=INK, opacity=0.45, aria=False).encode(x=x, y=y, y2="end:Q")
    head = pd.DataFrame({"y": [HEAD - 6]})
    line = alt.Chart(head).mark_rule(color=INK, opacity=0.2, aria=False, x=0, x2=alt.ExprRef("width"))
    base = pd.DataFrame({"at": [-limit], "end": [limit], "y": [foot]})
    axis = alt.Chart(base).mark_rule(color=INK, opacity=0.35, aria=False).encode(x=x, x2="end:Q", y=y)
    step = _tick_step(limit)
    at = [sign * step for sign in (-1, 0, 1)]
    tick = pd.DataFrame({"at": at, "y": foot + 13, "text": [f"{100 * v:+g} %" if v else "0" for v in at]})
    tick["text"] = tick["text"].str.replace("-", MINUS)
    label = _text(tick, "text", y, fontSize=11, align="center", opacity=0.8).encode(x=x)
    notch = alt.Chart(tick.assign(y=foot, end=foot + 5)).mark_rule(color=INK, opacity=0.35, aria=False)
    return [line.encode(y=y), rule, axis, notch.encode(x=x, y=y, y2="end:Q"), label]


def _tick_step(limit: float) -> float:
    """The largest 1, 2 or 5 times a power of ten that stands within the axis with room for its label.

    >>> _tick_step(0.12), _tick_step(0.055)
    (0.1, 0.05)
    """
    power = 10.0 ** math.floor(math.log10(limit))
    return round(max(m for m in (0.5, 1, 2, 5) if m * power <= 0.95 * limit) * power, 12)


def _texts(
    rows: pd.DataFrame, y: alt.Y, control: str, treatment: str, truth: bool, guess: bool
) -> list[alt.Chart]:
    wide, narrow = alt.ExprRef(f"{NARROW} ? 0 : 1"), alt.ExprRef(f"{NARROW} ? 0.8 : 0")
    right = alt.ExprRef(f"{RIGHT} + 14")
    heads = _heads(control, treatment)
    layers = [
        _text(heads[heads["x"] == place], "text", y, fontSize=12, lineBreak="\n", baseline="bottom",
              x=at, align=align, opacity=alt.ExprRef(f"{NARROW} ? {thin} : 0.8"), limit=limit)
        for place, at, align, thin, limit in (
            ("control", 268, "right", 0, 92), ("treatment", 356, "right", 0, 84),
            ("plot", alt.ExprRef(LEFT), "left", 0.8, 400),
        )
    ]  # fmt: skip
    keys = ["▲ better", "▼ worse", "● unclear", *["◇ truth"] * truth, *["┆ guess"] * guess]
    if len(rows) and rows["margin"].notna().any():
        keys.append("┃ most we accept")
    key = pd.DataFrame({"y": [10], "text": ["\N{EN SPACE}".join(keys)]})
    layers.append(_text(key, "text", y, fontSize=11, x=0, opacity=0.8))
    if rows.empty:
        return layers
    lines = rows["lines"]
    first = rows.assign(y=rows["text"])
    below = rows.assign(y=rows["text"] + LINE * lines)
    last = rows.assign(y=below["y"] + LINE)
    for bold, part in first.groupby("primary"):
        layers.append(_text(part, "label", y, x=0, lineBreak="\n", lineHeight=LINE,
                            fontWeight=700 if bold else 500, limit=190))  # fmt: skip
    return [
        *layers,
        _text(below, "direction", y, x=0, fontSize=11, opacity=alt.ExprRef(f"{NARROW} ? 0 : 0.8")),
        _text(below, "both", y, x=0, fontSize=11, opacity=narrow),
        _text(last, "direction", y, x=0, fontSize=11, opacity=narrow),
        _text(first, "control", y, x=268, align="right", opacity=wide),
        _text(first, "treatment", y, x=356, align="right", opacity=wide),
        _text(first, "difference", y, x=right, fontWeight=700),
        _text(first.assign(y=first["y"] + LINE), "interval", y, x=right, fontSize=11, opacity=0.8),
        _text(first.assign(y=first["y"] + 2 * LINE), "true", y, x=right, fontSize=11, opacity=0.8),
    ]


def _heads(control: str, treatment: str) -> pd.DataFrame:
    named = [("control", "\n".join(textwrap.wrap(control, 13)[:2])),
             ("treatment", "\n".join(textwrap.wrap(treatment, 13)[:2])),
             ("plot", "relative difference, 95 % interval")]  # fmt: skip
    return pd.DataFrame(
        [{"x": x, "text": text, "y": HEAD - 12 - LINE * text.count("\n")} for x, text in named]
    )


def _marks(rows: pd.DataFrame, limit: float, y: alt.Y, x: alt.X) -> list[alt.Chart]:
    """Intervals, estimates, the truth, margins and the guess; what leaves the axis ends in an arrow."""
    if rows.empty:
        return []
    rows = rows.assign(y=rows["centre"])
    tip = [alt.Tooltip(f"{c}:N", title=t) for c, t in (
        ("label", "metric"), ("direction", "direction"), ("both", "control → treatment"),
        ("difference", "difference"), ("interval", "95 % interval"), ("true", "truth"))]  # fmt: skip
    colour = alt.Color("colour:N", scale=None)
    bars = rows[rows["at"].notna()]
    cut = bars.assign(at=bars["low"].clip(-limit, limit), end=bars["high"].clip(-limit, limit))
    inside = bars[bars["at"].abs() <= limit]
    over = pd.concat(
        [
            bars[bars["low"] < -limit].assign(at=-limit, shape="triangle-left"),
            bars[bars["high"] > limit].assign(at=limit, shape="triangle-right"),
        ]
    )
    layers = [alt.Chart(cut).mark_rule(strokeWidth=5, opacity=0.65).encode(
        x=x, x2="end:Q", y=y, color=colour, tooltip=tip)]  # fmt: skip
    if len(over):
        layers.append(alt.Chart(over).mark_point(filled=True, size=70, opacity=1).encode(
            x=x, y=y, color=colour, shape=alt.Shape("shape:N", scale=None)))  # fmt: skip
    margins = bars[bars["margin"].abs() <= limit]
    margins = margins.assign(at=margins["margin"], y=margins["centre"] - 11, end=margins["centre"] + 11)
    if len(margins):
        layers.append(alt.Chart(margins).mark_rule(color=INK, strokeWidth=2.5, opacity=0.75).encode(
            x=x, y=y, y2="end:Q"))  # fmt: skip
    layers.append(alt.Chart(inside).mark_point(filled=True, size=110, opacity=1).encode(
        x=x, y=y, color=colour, shape=alt.Shape("shape:N", scale=None), tooltip=tip))  # fmt: skip
    true = bars[bars["truth"].abs() <= limit]
    if len(true):
        layers.append(alt.Chart(true.assign(at=true["truth"], y=true["centre"] + 13)).mark_point(
            shape="diamond", size=85, filled=False, stroke=INK, strokeWidth=1.6, opacity=1,
        ).encode(x=x, y=y, tooltip=tip))  # fmt: skip
    mine = rows[rows["guess"].abs() <= limit]
    if len(mine):
        mine = mine.assign(at=mine["guess"], y=mine["top"] + 16, end=mine["centre"] + 20)
        mine = mine.assign(says="your guess " + percent_text(float(mine["guess"].iloc[0])))
        named = alt.Chart(mine.assign(y=mine["top"] + 8)).mark_text(
            color=INK, fontSize=11, align=_side(float(mine["guess"].iloc[0]), limit), aria=False)  # fmt: skip
        layers += [
            alt.Chart(mine).mark_rule(color=GUESS, strokeDash=[4, 3], strokeWidth=2).encode(
                x=x, y=y, y2="end:Q"),
            named.encode(x=x, y=y, text="says:N"),
        ]  # fmt: skip
    return layers


def _side(at: float, limit: float) -> Any:
    """How a label stands at its point so that it stays on the axis."""
    return "left" if at < -0.4 * limit else "right" if at > 0.4 * limit else "center"
