"""What is measured and what is assumed, the words used, sources, licences."""

from __future__ import annotations

import streamlit as st

from apps import runs
from apps.views import frame
from casestudies import HERE
from core.casestudy import CaseStudy

WORDS = {
    "Page A, page B": "The page as it is, and the page with the change.",
    "Truth": "The same people live with page A and, again from the same morning, with page B. The difference "
    "is the true effect. Only a simulation can know it.",
    "A/B test": "People are divided by lot; half get page A, half page B. What a company can really run.",
    "Interval": "If the experiment were repeated 100 times, about 95 of the intervals would contain the "
    "effect.",
    "Top-20 metric (NDCG@20)": "Computed before any test: does the page, read as one list, hold among its "
    "first 20 what people went on to play?",
    "Blind": "An instrument that does not measure what was asked, whatever it says.",
    "Guardrail": "Something that must not get worse by more than its margin, the loss one accepts.",
    "Ship, keep, no decision": "Ship: what should improve did, and every guardrail holds. Keep page A: "
    "something clearly got worse. No decision: too few people or days to say.",
    "Told the mood": "The share of visits on which the product knows what kind of title is wanted tonight.",
    "Teaching, realistic": "In the teaching world effects are about ten times life, so that a small run "
    "shows them. In the realistic world nine in ten visits already know what they want.",
}
SOURCES = (
    "Alvino and Basilico (2015), *Learning a personalized homepage*, Netflix Technology Blog: rows, and why "
    "a page is mixed.",
    "Gomez-Uribe and Hunt (2015), *The Netflix recommender system*, ACM TMIS 6(4): 60 to 90 seconds of "
    "choosing, 10 to 20 titles looked at.",
    "Wilhelm et al. (2018), *Practical diversified recommendations on YouTube*, CIKM.",
    "Schultzberg, Ankargren and Frånberg (2024), *Risk-aware product decisions in A/B tests with multiple "
    "metrics*: the rule behind ship, keep and no decision.",
    "Järvelin and Kekäläinen (2002), ACM TOIS 20(4): NDCG. Steck (2019), WWW: EASE, the item-to-item model.",
)
PARTS = ("assumed", "calibrated", "simplified")


def page() -> None:
    """Everything a number rests on."""
    left, right = st.columns([4, 1.1], vertical_alignment="top")
    with right:
        case = frame.choose()
    with left:
        st.title("What you see here, and what it rests on", anchor=False)
        st.markdown(
            "Your offline metric says one thing, your A/B test another. Here you can look up who was right, "
            "because the people are simulated and the truth is known."
        )
    frame.problems()
    st.header("Measured, and assumed", anchor=False)
    st.markdown(_rests_on(case))
    for heading, text in _readme(case):
        with st.expander(heading):
            st.markdown(text)
    st.header("Words", anchor=False)
    st.markdown("\n".join(f"- **{word}.** {text}" for word, text in WORDS.items()))
    st.header("Sources", anchor=False)
    st.markdown("\n".join(f"- {source}" for source in SOURCES))
    st.header("Licences, and who this is not", anchor=False)
    st.markdown(
        "The code is under Apache-2.0. Titles, posters and people are invented; no brand marks are used. "
        "MovieLens ratings are fetched only by `lab data fetch`, for research, under GroupLens’ terms. "
        "This lab is **not affiliated with the companies named**: *-style* means that a product is like "
        "theirs in what it asks of ranking, and nothing more. Nothing you do here leaves this machine."
    )


def _rests_on(case: CaseStudy) -> str:
    lines = []
    for name in case.tastes:
        fitted = runs.fitted(name, case.slug)
        from_data = "Invented" if fitted.startswith("nothing") else f"From data: {fitted}"
        lines.append(f"- **Taste “{name}”.** {from_data}.")
    lines.append(
        "- **Behaviour** (how a page is looked at, when somebody plays or leaves, boredom, cancelling) is "
        "assumed, in published orders of magnitude. Almost every assumption has a value that switches it off, "
        "under *Advanced* on the Experiment page."
    )
    if case.stake is not None:
        lines.append(f"- **What is at stake** is reckoned for {case.stake.assumed}.")
    return "\n".join(lines)


def _readme(case: CaseStudy) -> list[tuple[str, str]]:
    """Sections of the study's own page that say what was simplified, assumed and calibrated."""
    slug = case.parent or case.slug
    path = HERE / slug.replace("-", "_") / "README.md"
    if not path.is_file():
        return []
    sections = path.read_text(encoding="utf-8").split("\n## ")[1:]
    split = [s.partition("\n") for s in sections]
    return [(h.strip(), body.strip()) for h, _, body in split if h.strip().lower().startswith(PARTS)]


if __name__ == "__main__":
    page()
