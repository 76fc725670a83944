"""Ask, guess, run, and see the verdict beside the truth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from apps import knobs, runs
from apps.charts import scorecard, weeks
from apps.charts.words import direction, range_text, unit_text
from apps.jobs import JOBS
from apps.runs import Asked
from apps.views import frame, sentences
from apps.views.numbers import Numbers, table
from apps.views.pictures import picture, show
from core.casestudy import CaseStudy

USERS, DAYS = 600, 14
HALVES = "each arm learns from its own half of the data; launched, it learns from all"


def page() -> None:
    """The form; then the run's progress, or its result."""
    left, right = st.columns([4, 1.1], vertical_alignment="top")
    with right:
        case = frame.choose()
    with left:
        st.title("Run an A/B test, and look up the truth", anchor=False)
        st.markdown(
            "Half of the people get page A, half page B. Beside it, everyone lives with both: the **truth**, "
            "which only a simulation knows."
        )
    frame.problems()
    known = st.query_params.get("run") or st.session_state.get("run")
    asked, pressed = _form(case)
    if not pressed and known is None:
        return
    if known not in (None, asked.id) and not pressed and st.session_state.get("run") is None:
        st.info("This link was made by another version of the code; here is the same run with this one.")
    st.session_state["run"] = asked.id
    st.query_params["run"] = asked.id
    record = runs.result_of(asked)
    job = JOBS.get(f"run-{asked.id}")
    ended = job is not None and job.state in ("failed", "cancelled")
    if record is None and (job is None or pressed or not (job.ended or ended)):
        job = JOBS.start(f"run-{asked.id}", lambda tick: runs.experiment(asked, tick))
    guess = _guess(case)
    if record is None and job is not None:
        _wait(job)
    elif record is not None and guess is None:
        st.info("The result is ready. Guess first: it stays on the chart.")
    elif record is not None and guess is not None:
        _result(case, asked, record, *guess)


def _form(case: CaseStudy) -> tuple[Asked, bool]:
    """Arms, people, days and seed; everything else under Advanced."""
    arms = {f"{case.label(a)} ({a})" if case.label(a) != a else a: a for a in case.arms()}
    names = list(arms)
    at = {a: i for i, a in enumerate(arms.values())}
    with st.form("ask", border=True):
        a, b, c, d, e = st.columns([1.5, 1.5, 0.8, 0.8, 0.8], vertical_alignment="bottom")
        bound: dict[str, Any] = {"bind": "query-params"}
        control = a.selectbox("Page A", names, at[case.control_name], key="control", **bound)
        treatment = b.selectbox("Page B", names, at[case.treatment_name], key="treatment", **bound)
        users = c.number_input("People", 40, 20_000, USERS, step=100, key="users", **bound)
        days = d.number_input("Days", 1, 182, DAYS, step=7, key="days", **bound)
        seed = e.number_input("Seed", 0, 2**31 - 1, 1, key="seed", **bound)
        with st.expander("Advanced: what is assumed about people"):
            f, g = st.columns(2)
            preset = f.selectbox(
                "World", list(case.presets), key="preset", **bound,
                help="Teaching: effects about ten times life. Realistic: most visits know what they want.",
            )  # fmt: skip
            start = case.default_taste or case.tastes[0]
            taste = g.selectbox("Taste", case.tastes, case.tastes.index(start), key="taste", **bound)
            world = case.world_for("teaching", {})
            declared = {k: v for k, v in case.knobs().items() if k.startswith("world.")}
            values = {k: float(getattr(world, k.partition(".")[2])) for k in declared}
            changed = knobs.advanced(case, declared, values)
        pressed = st.form_submit_button("Run")
    st.caption(f"A quick look. For a decision: {case.users:,} people, {case.days} days.")
    asked = Asked(
        case.slug, arms[control], arms[treatment], int(users), int(days), int(seed), preset, taste,
        tuple(sorted(changed.items())),
    )  # fmt: skip
    return asked, pressed


def _guess(case: CaseStudy) -> tuple[str, float] | None:
    metric = sentences.asked_about(case)
    options = sentences.guesses(metric, None)
    picked = st.segmented_control(
        f"**Your guess:** on page B, {sentences.subject(metric)} …", list(options),
        key=frame.key(case, "expect"),
        bind="query-params",
    )  # fmt: skip
    return None if picked is None else (picked, options[picked])


def _wait(job: Any) -> None:
    if job.state == "failed":
        st.error(f"The run stopped. {job.error}")
    elif job.state == "cancelled":
        st.info("Cancelled; nothing was kept. Press Run to start again.")
    elif job.ended:
        st.rerun()
    else:
        frame.watch(job, "Running the A/B test and the truth")


def _result(case: CaseStudy, asked: Asked, record: Mapping[str, Any], label: str, guess: float) -> None:
    n = Numbers(
        0.0, 0.0, table(record["frame"]), table(record["truth"]), record["verdict"], record["why"],
        record["truth_decision"],
    )  # fmt: skip
    found = runs.seen_offline(record["diagnostics"])
    headline, why = sentences.verdict(case, n, record)
    frame.verdict_box(
        n.verdict,
        headline,
        [why, *record["needs"][:1]],
        sentences.instruments(case, n, found, label, guess),
    )
    metric = sentences.asked_about(case)
    labels = {m.name: m.label for m in case.scorecard}
    left, right = st.columns([1.45, 1], gap="large")
    with left:
        st.header("What got better, what got worse", anchor=False)
        drawn = scorecard.scorecard(n.frame, n.truth, labels, "page A", "page B", guess, metric.name)
        show(picture(drawn, scorecard.alt_text(n.frame, n.truth, labels)), "scorecard")
        st.caption(_rests_on(case, asked, record))
    with right:
        st.header("Week by week", anchor=False)
        told = metric.name, metric.unit, metric.label
        weekly, true = table(record["weeks"]), table(record["truth_weeks"])
        show(picture(weeks.weeks(weekly, true, *told), weeks.alt_text(weekly, true, *told)), "weeks")
        st.markdown(_people(case, record))
    with st.expander("What the offline metrics see", key="offline", on_change="rerun", bind="query-params"):
        st.markdown("Pages built for a week that is already over, judged by what people played in it. None "
                    "of these enters the verdict.")  # fmt: skip
        st.dataframe(_offline(record), hide_index=True, key="diagnostics")
    st.caption(
        f"Run {asked.id}. This page’s address holds every setting: opened anywhere with the same code, it "
        "gives the same numbers."
    )


def _rests_on(case: CaseStudy, asked: Asked, record: Mapping[str, Any]) -> str:
    gap = record["gap"]
    metric = case.metric(gap["metric"])
    spread = ""
    if gap["ci_low"] is not None and gap["ci_high"] is not None:
        spread = f" ({range_text(gap['ci_low'], gap['ci_high'], metric.unit)})"
    chance = None not in (gap["ci_low"], gap["ci_high"]) and gap["ci_low"] <= 0 <= gap["ci_high"]
    on = "" if metric.name == sentences.asked_about(case).name else f" in {metric.label}"
    return (
        f"Simulated: {asked.users:,} people, {asked.days} days, seed {asked.seed}, {asked.preset} world, "
        f"taste {asked.taste}. Bars: 95 % intervals; ◇ truth. The test differs from the truth{on} by "
        f"{unit_text(_known(gap['value']), metric.unit, signed=True)}{spread}: {'within chance' if chance else HALVES}."
    )


def _known(value: float | None) -> float:
    """A record's None is a number that is not defined."""
    return float("nan") if value is None else value


def _people(case: CaseStudy, record: Mapping[str, Any]) -> str:
    who, stake = record["who"], record["stake"]
    text = f"**Who gains, who loses?** {sentences.gains(who, runs.EVENINGS)}"
    if stake is not None and None not in (stake["value"], stake["ci_low"], stake["ci_high"]):
        text += f"\n\n**What is at stake?** {sentences.stake(stake)}"
    return text


def _offline(record: Mapping[str, Any]) -> pd.DataFrame:
    rows = []
    for r in record["diagnostics"]:
        rows.append(
            {
                "metric": f"{r['label'] or r['metric'].replace('_', ' ')} ({direction(r['better'])})",
                "page A": unit_text(_known(r["control"]), r["unit"]),
                "page B": unit_text(_known(r["treatment"]), r["unit"]),
                "difference": unit_text(_known(r["difference"]), r["unit"], signed=True),
                "95 % interval": range_text(_known(r["ci_low"]), _known(r["ci_high"]), r["unit"]),
            }
        )
    return pd.DataFrame(rows)


if __name__ == "__main__":
    page()
