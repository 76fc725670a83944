"""What the home page is asked, with predicted ranges and what must remove each effect."""

from __future__ import annotations

from core.casestudy import Claim, Null, Question, Run

MONOTONE, STAGEWISE = Run("monotone"), Run("stagewise")
POPULAR, PERSONAL = Run("popular"), Run("personal")

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
        ),
        Claim(
            "sooner, because people differ",
            POPULAR,
            PERSONAL,
            "time_to_first_play",
            "relative",
            (-0.45, -0.05),
            "Direction: Gomez-Uribe & Hunt 2015; size assumed. Where all are alike there is nobody to know.",
            null=Null({"taste_spread": 0.0}, tolerance=0.02),
        ),
        Claim(
            "more of the catalogue",
            POPULAR,
            STAGEWISE,
            "effective_catalogue",
            "relative",
            (1.0, None),
            "Gomez-Uribe & Hunt 2015: personalisation spreads viewing over several times as many titles.",
            validation=True,
        ),
    ),
)

QUESTIONS = (N1, N2)
