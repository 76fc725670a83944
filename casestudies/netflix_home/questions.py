"""What the home page is asked, with ranges written down before measuring."""

from __future__ import annotations

from core.casestudy import Claim, Null, Question, Run

MONOTONE, STAGEWISE, POPULAR = Run("monotone"), Run("stagewise"), Run("popular")

N1 = Question(
    "N1",
    "Does a mixed page get people to a first play sooner than the most accurate one?",
    (
        Claim(
            "sooner",
            MONOTONE,
            STAGEWISE,
            "time_to_first_play",
            "relative",
            (-0.25, -0.05),
            "Direction: diversity as insurance against an unknown intent, Alvino & Basilico 2015 and "
            "Wilhelm et al. 2018; size: assumed for teaching, ten times life.",
            null=Null({"intent": 0.0}, tolerance=0.0, turns=True),
        ),
        Claim(
            "sooner unless told",
            MONOTONE,
            STAGEWISE,
            "time_to_first_play",
            "relative",
            (-0.25, -0.05),
            "As above; if the product knows the mood there is nothing to insure against.",
            null=Null({"mood_visible": 1.0}, tolerance=0.0, share=2 / 3),
        ),
        Claim(
            "fewer leave",
            MONOTONE,
            STAGEWISE,
            "abandonment",
            "difference",
            (-0.10, -0.02),
            "60 to 90 seconds of choosing before interest is lost: Gomez-Uribe & Hunt 2015; size assumed.",
            null=Null({"intent": 0.0}, tolerance=0.0, turns=True),
        ),
    ),
)

N2 = Question(
    "N2",
    "What is a personal page worth against the page of all hits?",
    (
        Claim(
            "more plays",
            POPULAR,
            STAGEWISE,
            "quality_plays",
            "relative",
            (0.05, 0.25),
            "Zielnicki et al. 2025: popularity in place of the production ranker costs 12 % of engagement.",
            null=Null({"taste_spread": 0.0}, tolerance=0.02),
        ),
    ),
)

QUESTIONS = (N1, N2)
