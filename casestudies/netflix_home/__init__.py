"""A streaming home page: does a mixed page get people to a first play sooner than the most accurate one?"""

from __future__ import annotations

from casestudies.netflix_home.catalogue import TASTES, taste
from casestudies.netflix_home.headings import row_titles
from casestudies.netflix_home.policies import LOGGING, POLICIES
from casestudies.netflix_home.questions import QUESTIONS
from casestudies.netflix_home.scorecard import SCORECARD
from casestudies.netflix_home.world import HomeWorld
from core.casestudy import CaseStudy, Stake

CASE = CaseStudy(
    slug="netflix-home",
    title="Netflix-style home page",
    question="Does a diverse page get people to a first play sooner than an accurate one?",
    world=HomeWorld(),
    taste=taste,
    tastes=TASTES,
    logging=LOGGING,
    policies=POLICIES,
    scorecard=SCORECARD,
    questions=QUESTIONS,
    control="monotone",
    treatment="stagewise",
    users=4_000,
    days=28,
    retrain=7,
    # Nine in ten visits come for a title in mind and find it by search: a page can move only the rest.
    presets={"teaching": {}, "realistic": {"decided": 0.9}},
    headline=("treatment.diversity", "world.mood_visible"),
    positive="play",
    labels={
        "random": "shuffled titles",
        "popular": "all hits",
        "monotone": "best guesses first",
        "personal": "a row for each genre",
        "stagewise": "mixed rows",
    },
    stake=Stake(
        "abandonment",
        17e6,
        "evenings a month that end with nothing played",
        "one million members who choose something on 17 evenings a month; both assumed",
    ),
    row_titles=row_titles,
    words={
        "treatment.diversity": ("How mixed is the page?", "best guesses only", "a bit of everything"),
        "world.mood_visible": ("How often are we told tonight's mood?", "never", "always"),
        "world.intent": ("How much does tonight's mood matter?", "not at all", "three times as much"),
    },
)
