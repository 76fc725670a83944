"""The product before and after a change, and what the change does, one control at a time."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from html import escape
from typing import Any

import streamlit as st

from apps import knobs, runs
from apps.charts.words import range_text
from apps.jobs import JOBS, sentence
from apps.mockups.home import Page, home_html, legend_html
from apps.runs import Place
from apps.views import drawn, frame, numbers, pictures, sentences
from apps.views.numbers import Numbers
from core.casestudy import CaseStudy

PREPARING = f"Simulating {runs.PEOPLE} people’s last four months … about 10 s, once"
LATER = "<div class='rl-later'>The verdict appears after your guess.</div>"
WHO = {"typical": "typical", "gains most": "gains most", "loses most": "loses most"}


def page() -> None:
    """Question, guess, verdict, controls, the two pages, the scorecard, the curve, why a title is there."""
    left, right = st.columns([4, 1.1], vertical_alignment="top")
    with right:
        case = frame.choose()
    with left:
        st.title(case.question, anchor=False)
        opening = st.container()
    frame.problems()
    surface = runs.stored(case)
    guess_box = st.container()
    place, who, number = _controls(case, surface)
    preparing, pages = st.container(), st.container()
    try:
        with preparing, st.spinner(PREPARING), runs.blaming(case):
            two, says = _evening(case, place, who, number)
    except Exception as error:
        st.error(f"Page B cannot be drawn. {sentence(error)}")
        return
    opening.markdown(says)
    with pages:
        _draw(two, frame.key(case, "title"))
    runs.warm(place)
    with guess_box:
        shown = _answer(case, surface, place)
    if shown is not None and surface is not None:
        _details(case, surface, place, *shown)
    _why(case, place, two[1], who, number)


def _controls(case: CaseStudy, surface: Mapping[str, Any] | None) -> tuple[Place, str, int]:
    """One slider, one assumption, whose evening."""
    stamp = runs.found().stamp
    x, y = runs.usual(case)
    two = surface is not None and len(surface["ys"]) > 1
    a, b, c, d = st.columns([1.3, 1.3 if two else 0.01, 1.3, 0.6], gap="medium")
    if case.headline is not None:
        knob, assumption = case.headline
        with a:
            if x is not None:
                x = knobs.headline_slider(case, knob, None if surface is None else surface["xs"], x)
        with b:
            if y is not None and surface is not None and two:
                y = knobs.headline_assumption(case, assumption, surface["ys"], y)
    with c:
        who = st.segmented_control(
            "Whose evening?", list(WHO), default="typical", key=frame.key(case, "who"),
            bind="query-params", required=True,
        )  # fmt: skip
    with d:
        number = st.number_input(
            "Evening", 1, runs.EVENINGS, 1, key=frame.key(case, "evening"), bind="query-params",
            help="Evenings of one person, those first that show well what mostly happens to them. The numbers "
            "count everyone.",
        )  # fmt: skip
    return Place(case.slug, stamp, x, y), who or "typical", int(number)


def _evening(case: CaseStudy, place: Place, who: str, number: int) -> tuple[tuple[Page, Page, int], str]:
    stamp = place.stamp
    user = int(runs.examples(case.slug, stamp)[who])
    draw = runs.evenings(case.slug, stamp, user)[number - 1]
    before, after = runs.evening(place, user, draw)
    catalog = runs.scene(case.slug, stamp, runs.pair(place)[2]).past.world.catalog
    a, b = drawn.pages(case, catalog, before, after)
    return (a, b, drawn.rows_drawn(before, after)), drawn.opening(catalog, before)


def _draw(two: tuple[Page, Page, int], key: str) -> None:
    a, b, rows = two
    selected = _item(b, st.session_state.get(key))
    st.html(home_html(a, b, columns=drawn.COLUMNS, rows=rows, selected=selected))
    st.html(legend_html())


# --- guess and answer -------------------------------------------------------------------------------------


def _answer(
    case: CaseStudy, surface: Mapping[str, Any] | None, place: Place
) -> tuple[Numbers, float] | None:
    """The guess; once it is made, the verdict. Returns what the details below need."""
    x, y = place.x or 0.0, place.y or 0.0
    n = None if surface is None else numbers.at(case, surface, x, y)
    metric = sentences.asked_about(case)
    options = sentences.guesses(metric, None if n is None else _usual_control(case, surface))
    picked = st.segmented_control(
        f"**Guess first, then see the verdict:** on page B {sentences.subject(metric)} …",
        list(options),
        key=frame.key(case, "guess"),
        bind="query-params",
    )
    if picked is None:
        st.html(LATER)
        return None
    if n is None or surface is None:
        _ask_for_numbers(case)
        return None
    if runs.is_stale(case.slug, place.stamp, surface["fingerprint"]):
        st.warning("These numbers were made by another version of the code; `make surfaces` makes new ones.")
    headline, why = sentences.verdict(case, n, surface["setting"])
    found = runs.offline_if_known(place)
    frame.verdict_box(
        n.verdict,
        headline,
        [why, sentences.turn(case, n, numbers.across(case, surface, n.x, metric))],
        sentences.instruments(case, n, found, picked, options[picked]),
    )
    known = found is not None, runs.shares_if_known(place) is not None
    if not all(known):

        def more() -> bool:
            runs.warm(place)
            return known != (runs.offline_if_known(place) is not None, runs.shares_if_known(place) is not None)

        frame.wait_for(more)
    return n, options[picked]


def _usual_control(case: CaseStudy, surface: Mapping[str, Any] | None) -> float | None:
    """Page A's value where nobody touched the controls: the ruler of the guess."""
    if surface is None:
        return None
    x, y = runs.usual(case)
    return float(numbers.at(case, surface, x or 0.0, y or 0.0).row(sentences.asked_about(case))["control"])


def _ask_for_numbers(case: CaseStudy) -> None:
    """A twist's numbers come from a run of its own; here it is started and watched."""
    name = f"numbers-{case.slug}-{runs.found().stamp}"
    job = JOBS.get(name)
    if job is not None and not job.ended:
        frame.watch(job, "Running the A/B test and the truth")
        return
    if job is not None and job.state == "failed":
        st.error(f"The run stopped. {job.error}")
    elif job is not None and job.state == "cancelled":
        st.info("Cancelled; nothing was kept.")
    size = f"{runs.SMALL_USERS:,} people, {runs.SMALL_DAYS} days"
    if st.button(f"Show who is right: run it ({size}, under a minute)", key="run-numbers"):
        slug = case.slug
        JOBS.start(name, lambda tick: runs.small_surface(slug, tick))
        st.rerun()


# --- below the fold ---------------------------------------------------------------------------------------


def _details(
    case: CaseStudy, surface: Mapping[str, Any], place: Place, n: Numbers, guess: float
) -> None:
    control, made_with = _usual_control(case, surface) or 0.0, surface["fingerprint"]
    here = dataclasses.replace(place, x=n.x, y=n.y)
    left, right = st.columns([1.45, 1], gap="large")
    with left:
        st.header("What got better, what got worse", anchor=False)
        pictures.show(pictures.of_scorecard(here, made_with, guess), "scorecard")
        st.caption(_footnote(case, surface, n))
    with right:
        if place.x is not None and len(surface["xs"]) > 2:
            st.header("At every setting of the slider", anchor=False)
            pictures.show(pictures.of_curve(here, made_with, guess * control), "curve")
        if (shares := runs.shares_if_known(place)) is not None:
            st.markdown(f"**Who gains, who loses?** {sentences.gains(shares, runs.EVENINGS)}")
    xs = [dataclasses.replace(here, x=float(x)) for x in surface["xs"]]
    ys = [dataclasses.replace(here, y=float(y)) for y in surface["ys"]]
    pictures.warm([*xs, *ys], made_with, guess, guess * control)


def _footnote(case: CaseStudy, surface: Mapping[str, Any], n: Numbers) -> str:
    """What the numbers rest on: size, world, and what a realistic world says."""
    s = surface["setting"]
    text = (
        f"Simulated: {s['users']:,} people, {s['days']} days, seed {s['seed']}. Bars: A/B test with 95 % "
        "intervals; ◇ truth: the same people living with both pages. In this *teaching* world effects are "
        "about ten times life."
    )
    real = surface.get("realistic")
    if real:
        text += f" {sentences.realistic(case, real)}"
    if case.prediction is not None:
        low, high = case.prediction.relative
        text += (
            f" Its author predicted {case.metric(case.prediction.metric).label} to change by "
            f"{range_text(low, high)}, because {case.prediction.because}."
        )
    if abs((n.x) - (runs.usual(case)[0] or 0.0)) > 1e-9 and len(surface["xs"]) <= 3:
        text += f" Numbers are those of the nearest run setting, {n.x:g}."
    return text


# --- why is this title here -------------------------------------------------------------------------------


def _item(b: Page, title: object) -> int | None:
    return next((t.item for row in b.rows for t in row.tiles if t.title == title), None)


def _why(case: CaseStudy, place: Place, two: Page, who: str, number: int) -> None:
    """Select a title of page B; every stage that put it there."""
    titles = [t.title for row in two.rows[: drawn.MOST_ROWS] for t in row.tiles[: drawn.COLUMNS]]
    key = frame.key(case, "title")
    if st.session_state.get(key) not in (None, *titles):
        st.session_state[key] = None
    title = st.selectbox(
        "Why is this title on page B?", titles, index=None, key=key, bind="query-params",
        placeholder="Choose a title", width=420,
    )  # fmt: skip
    item = _item(two, title)
    if item is None:
        return
    user = int(runs.examples(case.slug, place.stamp)[who])
    draw = runs.evenings(case.slug, place.stamp, user)[number - 1]
    body = ""
    for stage in runs.why(place, user, draw, item):
        name, told = _stage(stage, two, item)
        if name:
            body += f"<tr><th scope='row'>{escape(name)}</th><td>{escape(told)}</td></tr>"
    st.html(f"<table class='rl-why'>{body}</table>")


def _stage(stage: Mapping[str, Any], two: Page, item: int) -> tuple[str, str]:
    """A stage of the pipeline in words; empty for a stage that did nothing here."""
    name, rank = str(stage["stage"]), stage["rank"]
    at = "not kept" if rank is None else f"number {int(rank):,}"
    if name == "score":
        return "Best guess", f"{at} of all titles by the chance that this person plays it"
    if name.startswith("adjust: "):
        return f"Rule “{name[8:].replace('-', ' ')}”", f"{at} after it"
    if name == "rerank":
        return "Laid out", drawn.place_of(two, item)
    return "", ""


if __name__ == "__main__":
    page()
