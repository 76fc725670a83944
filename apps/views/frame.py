"""What every page has: its style, the choice of a study, files that could not be used, a running job."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path

import streamlit as st

from apps import runs
from apps.jobs import JOBS, Job
from core.casestudy import CaseStudy

STYLE = """<style>
.block-container {max-width: 1320px; padding-top: 4.4rem; padding-bottom: 3rem}
h1 {font-size: 1.62rem !important; padding: 0 0 .4rem !important; line-height: 1.2 !important}
h2 {font-size: 1.25rem !important} h3 {font-size: 1.05rem !important}
h1 a, h2 a, h3 a {display: none !important}
[data-testid="stMainBlockContainer"] [data-testid="stVerticalBlock"] {gap: .7rem}
.rl-verdict {border-left: 5px solid var(--rl-tone); border-radius: 4px; padding: .55rem .9rem .6rem;
  background: color-mix(in srgb, var(--rl-tone) 9%, transparent); line-height: 1.45}
.rl-verdict b.rl-big {font-size: 1.25rem; display: block}
.rl-verdict p {margin: .1rem 0}
.rl-later {border: 1px dashed color-mix(in srgb, currentColor 35%, transparent); border-radius: 4px;
  padding: .55rem .9rem; line-height: 1.45; opacity: .8}
.rl-ends {display: flex; justify-content: space-between; gap: 1rem; font-size: .8rem; line-height: 1.2;
  margin-top: -1rem; opacity: .85}
.rl-says {display: flex; flex-wrap: wrap; gap: .15rem 1.5rem; margin-top: .3rem}
.rl-why {border-collapse: collapse; font-size: .92rem}
.rl-why th, .rl-why td {text-align: left; padding: .25rem 1.2rem .25rem 0; vertical-align: top;
  border-bottom: 1px solid color-mix(in srgb, currentColor 18%, transparent)}
</style>"""

TONES = {"ship": "#009E73", "stop": "#D55E00", "undecided": "#808080", "invalid": "#D55E00"}


def style() -> None:
    """Widths, sizes and the verdict's box."""
    st.html(STYLE)


def choose() -> CaseStudy:
    """The study or twist in the link, or chosen here; and a red box for each file that cannot be used."""
    there = runs.found()
    slugs = list(there.cases)
    asked = st.query_params.get("case")
    # Bound, the control would put its words into the address; the slug is what the command line knows.
    if asked in slugs and asked != st.session_state.get("case-in-link"):
        st.session_state["case"] = asked
    if st.session_state.get("case") not in slugs:
        st.session_state["case"] = slugs[0]

    def name(slug: str) -> str:
        case = there.cases[slug]
        return case.title if case.parent is None else f"Twist: {case.title}"

    slug = st.selectbox(
        "Study or twist",
        slugs,
        format_func=name,
        key="case",
        persist_state="session",
        label_visibility="collapsed",
    )
    if asked and asked not in slugs:
        st.info(f"There is no study or twist called {asked}; this is {name(slug)}.")
    before = st.session_state.get("case-in-link")
    if before in slugs and before != slug:
        _forget(there.cases[before])
    st.session_state["case-in-link"] = slug
    if slug != slugs[0]:
        st.query_params["case"] = slug
    elif asked:
        del st.query_params["case"]
    return there.cases[slug]


def key(case: CaseStudy, name: str) -> str:
    """What a control is called in the link: its name, and for all but the first study whose it is, so
    that no slider or guess goes over to another study."""
    return name if case.slug == next(iter(runs.found().cases)) else f"{name}.{case.slug}"


def _forget(case: CaseStudy) -> None:
    """Drop from the link and the session what was set and guessed in a study that was left."""
    names = ["guess", "expect", "title", "who", "evening", *(p.partition(".")[2] for p in case.headline or ())]
    for asked in (*(key(case, name) for name in names), "run"):
        st.session_state.pop(asked, None)
    if "run" in st.query_params:
        del st.query_params["run"]


def problems() -> None:
    """Files that could not be used."""
    for problem in runs.found().problems:
        st.error(f"**{Path(problem.file).name}** cannot be used. {problem.error}")


def verdict_box(decision: str, headline: str, lines: list[str], says: list[tuple[str, str, str]]) -> None:
    """The decision in large, sentences, and what each instrument says."""
    body = "".join(f"<p>{escape(line)}</p>" for line in lines if line)
    row = "".join(
        f"<span><b>{escape(name)}:</b> {escape(text)}{f' ({escape(note)})' if note else ''}</span>"
        for name, text, note in says
    )
    st.html(
        f"<div class='rl-verdict' style='--rl-tone:{TONES[decision]}'>"
        f"<b class='rl-big'>{escape(headline)}</b>{body}<div class='rl-says'>{row}</div></div>"
    )


def wait_for(ready: Callable[[], bool]) -> None:
    """Draw the page anew once something in the background is ready."""

    @st.fragment(run_every=0.5)
    def look() -> None:
        if ready():
            st.rerun()

    look()


def watch(job: Job, doing: str) -> None:
    """Progress and a button to cancel while a job lives; draws the page anew when it has ended."""

    @st.fragment(run_every=0.4)
    def live() -> None:
        now = JOBS.get(job.name) or job
        if now.ended:
            st.rerun()
        left = " (waits for another run)" if now.state == "waiting" else ""
        st.progress(now.share, text=f"{doing}: {now.share:.0%}{left}")
        if st.button("Cancel", key=f"cancel-{now.name}"):
            now.cancel()

    live()
