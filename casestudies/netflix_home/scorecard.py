"""What counts on the home page. Definitions, margins and where they come from are in this study's README."""

from __future__ import annotations

from core.inference import Metric

SCORECARD = (
    Metric(
        "time_to_first_play",
        "time_to_first_play",
        "request",
        unit="s",
        better="down",
        label="time to first play",
        help="Seconds from opening the page to pressing play, 120 where nothing was played.",
    ),
    Metric(
        "play_within_60s",
        "play_within_60s",
        "request",
        unit="share",
        label="played within a minute",
        help="Visits that end in a play within 60 seconds.",
    ),
    Metric(
        "abandonment",
        "abandoned",
        "request",
        unit="share",
        better="down",
        role="guardrail",
        margin=0.01,
        label="left without playing",
        help="Visits that end with nothing played.",
    ),
    Metric(
        "quality_plays",
        "quality_play",
        "user-week",
        unit="plays",
        role="guardrail",
        relative_margin=0.03,
        label="real plays a week",
        help="Plays of six minutes or more, per member and week.",
    ),
    Metric(
        "retention",
        "subscribed",
        "user",
        last_day=True,
        unit="share",
        role="guardrail",
        margin=0.02,
        label="still a member at the end",
        help="Members at the start who are still members on the last day.",
    ),
)
