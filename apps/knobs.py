"""Knobs as controls: their words, their ends, their steps. Every control has a key and stands in the link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import streamlit as st

from apps.views import frame
from apps.views.sentences import named
from core.casestudy import CaseStudy
from core.config import Knob

LONGEST = 48                                          # letters of a help sentence that serves as a label


def words(case: CaseStudy, path: str) -> tuple[str, str, str]:
    """What a slider of a knob is called, its low end, its high end."""
    if path in case.words:
        return case.words[path]
    declared = case.knobs().get(path)
    label = path.partition(".")[2].replace("_", " ").replace(".", ": ")
    if declared is None:
        return label, "", ""
    if label == "weight":
        return "How much of the new rule?", "none", "all of it"
    return f"{label[:1].upper()}{label[1:]}", "", ""


def headline_slider(case: CaseStudy, path: str, xs: Sequence[float] | None, default: float) -> float:
    """The one slider: it stops at the stored settings, or moves freely between off and full."""
    label, low, high = words(case, path)
    key = frame.key(case, path.partition(".")[2])
    if xs is not None and len(xs) > 3:
        options = [f"{x:g}" for x in xs]
        start = min(options, key=lambda o: abs(float(o) - default))
        value = float(st.select_slider(label, options, value=start, key=key, bind="query-params"))
    else:
        off = case.knobs()[path].off or 0.0
        first, last = sorted((float(off), float(default)))
        step = (last - first) / 20.0
        value = st.slider(label, first, last, float(default), step, key=key, bind="query-params")
    _ends(low, high)
    return value


def _ends(low: str, high: str) -> None:
    """What the two ends of a slider mean, under it."""
    if low or high:
        st.html(f"<div class='rl-ends'><span>{escape(low)}</span><span>{escape(high)}</span></div>")


def headline_assumption(case: CaseStudy, path: str, ys: Sequence[float], default: float) -> float:
    """The one assumption, each stored value in words."""
    label, low, high = words(case, path)
    by_name = {named(float(y), float(max(ys)), low, high): float(y) for y in ys}
    start = min(by_name, key=lambda name: abs(by_name[name] - default))
    picked = st.select_slider(
        label, list(by_name), value=start, key=frame.key(case, path.partition(".")[2]), bind="query-params"
    )
    _ends(low, high)
    return by_name[picked]


def advanced(case: CaseStudy, knobs: Mapping[str, Knob], values: Mapping[str, float]) -> dict[str, float]:
    """A number field for each knob; what differs from ``values`` comes back."""
    changed: dict[str, float] = {}
    columns = st.columns(3)
    for i, (path, declared) in enumerate(knobs.items()):
        default = values[path]
        label = words(case, path)[0]
        told = declared.help.rstrip(".")
        if told and len(told) <= (len(label) if path in case.words else LONGEST):
            label = told
        unit = f", {declared.unit}" if declared.unit else ""
        kind = int if declared.integer else float
        off = "" if declared.off is None else f" {declared.off:g} switches it off."
        with columns[i % 3]:
            value = st.number_input(
                f"{label}{unit}",
                kind(declared.low),
                kind(declared.high),
                kind(default),
                step=kind(1) if declared.integer else _step(declared),
                format=None if declared.integer else "%g",
                key=path,
                bind="query-params",
                help=f"{declared.help}{off} Between {declared.low:g} and {declared.high:g}.".strip(),
            )
        if float(value) != float(default):
            changed[path] = float(value)
    return changed


def _step(declared: Knob) -> float:
    span = declared.high - declared.low
    return 0.05 if span <= 1 else 0.1 if span <= 10 else 1.0
