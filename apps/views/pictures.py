"""Charts as the browser gets them, built once: describing one takes longer than drawing the rest of a page."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from typing import Any

import altair
import streamlit as st

from apps import knobs, runs
from apps.charts import frontier, scorecard
from apps.kept import kept
from apps.runs import Place
from apps.views import numbers, sentences
from core.casestudy import CaseStudy

Picture = tuple[str, str]                             # a Vega-Lite specification as JSON, and its sentence

_themes = threading.Lock()                            # Altair's theme is one for all threads


def picture(chart: altair.LayerChart, said: str) -> Picture:
    """A chart with its data inside, not validated: its tests do that."""
    with _themes, altair.theme.enable("none"):
        made = chart.to_dict(validate=False)
    return json.dumps(_inside(made, made.pop("datasets", {}))), said


def _inside(part: Any, data: dict[str, Any]) -> Any:
    """The specification with each named data set in the place of its name."""
    if isinstance(part, list):
        return [_inside(p, data) for p in part]
    if not isinstance(part, dict):
        return part
    return {
        k: {"values": data[v["name"]]} if k == "data" and v.get("name") in data else _inside(v, data)
        for k, v in part.items()
    }


def show(made: Picture, key: str) -> None:
    """Draw a picture; its sentence is its accessible name."""
    st.vega_lite_chart(json.loads(made[0]), alt=made[1], key=key)


@kept(400)
def of_scorecard(place: Place, made_with: str, guess: float) -> Picture:
    """The scorecard of the stored numbers ``made_with`` at a place."""
    case = runs.case_of(place.slug)
    n = _at(case, place)
    labels = {m.name: m.label for m in case.scorecard}
    metric = sentences.asked_about(case)
    return picture(
        scorecard.scorecard(n.frame, n.truth, labels, "page A", "page B", guess, metric.name),
        scorecard.alt_text(n.frame, n.truth, labels),
    )


@kept(400)
def of_curve(place: Place, made_with: str, expected: float) -> Picture:
    """What the slider does at every setting, with the difference that was expected."""
    case = runs.case_of(place.slug)
    n, metric = _at(case, place), sentences.asked_about(case)
    surface = runs.stored(case) or {}
    points = numbers.along(case, surface, n.y, metric)
    setting, low, high = knobs.words(case, surface["knob"])
    words = metric.label, metric.unit
    told = {"better": metric.better, "setting": setting}
    return picture(
        frontier.curve(
            points, n.x, None, *words, low_label=low, high_label=high, expected=expected, **told
        ),
        frontier.curve_alt_text(points, n.x, None, *words, **told),
    )


def _at(case: CaseStudy, place: Place) -> numbers.Numbers:
    return numbers.at(case, runs.stored(case) or {}, place.x or 0.0, place.y or 0.0)


_started: set[tuple[Place, str, float]] = set()


def warm(places: Sequence[Place], made_with: str, guess: float, expected: float) -> None:
    """Describe in the background the charts of the places that the controls can go to next."""
    key = places[0], made_with, guess
    if key in _started:
        return
    _started.add(key)

    def work() -> None:
        for place in places:
            of_scorecard(place, made_with, guess)
            of_curve(place, made_with, expected)

    threading.Thread(target=work, name="lab-charts", daemon=True).start()
