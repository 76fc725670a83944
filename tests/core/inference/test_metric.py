"""What a metric refuses, and how margins follow horizon, preset and mean."""

from __future__ import annotations

import dataclasses

import pytest

from core.inference import Metric


def test_a_label_follows_from_the_name():
    metric = Metric("time_to_first_play", "seconds", "request", unit="s", better="down")
    assert metric.label == "time to first play"
    assert metric.sign == -1
    assert Metric("saves", "saved", "user-week", label="songs kept").label == "songs kept"


def test_it_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Metric("saves", "saved", "user-week").better = "down"  # type: ignore[misc]


def test_a_rate_keeps_its_margin_and_a_stock_scales_with_the_horizon():
    """.02 over 28 days: a rate has .02 at any horizon; of a stock 14 days lose half and 56 double."""
    rate = Metric("skip_share", "skipped", "impression", margin=0.02)
    stock = Metric("retention", "subscribed", "user", last_day=True, margin=0.02)
    assert [rate.margin_for(0.5, days) for days in (14, 28, 56)] == pytest.approx([0.02, 0.02, 0.02])
    assert [stock.margin_for(0.5, days) for days in (14, 28, 56)] == pytest.approx([0.01, 0.02, 0.04])


def test_the_realistic_preset_takes_a_tenth():
    metric = Metric("retention", "subscribed", "user", margin=0.02)
    assert metric.margin_for(0.9, 28, "realistic") == pytest.approx(0.002)
    with pytest.raises(ValueError, match="unknown preset 'realstic'; did you mean 'realistic'"):
        metric.margin_for(0.9, 28, "realstic")


def test_a_relative_margin_is_a_share_of_the_size_of_the_control_mean():
    """3 % of 2.5 plays; also of a negative mean, whose loss is still a positive amount."""
    metric = Metric("quality_plays", "plays", "user-week", relative_margin=0.03)
    assert metric.margin_for(2.5, 28) == pytest.approx(0.075)
    assert metric.margin_for(-2.5, 28) == pytest.approx(0.075)
    assert metric.margin_for(float("nan"), 28) is None


def test_no_margin_is_none():
    assert Metric("hides", "hidden", "user-day").margin_for(1.0, 28) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "time to play"}, "must be a word"),
        ({"numerator": ""}, "numerator must name a logged outcome"),
        ({"per": "session"}, "per must be one of user, user-day, .*, impression, got 'session'"),
        ({"better": "higher"}, "better must be one of up, down"),
        ({"role": "primary"}, "role must be one of success, guardrail, diagnostic"),
        ({"margin": -0.01}, "margin must be above 0 whichever way is better"),
        ({"relative_margin": float("nan")}, "relative_margin must be above 0"),
        ({"margin": 0.1, "relative_margin": 0.1}, "not both"),
    ],
)
def test_bad_fields_are_refused_by_name(change, words):
    with pytest.raises(ValueError, match=words):
        Metric(**{"name": "saves", "numerator": "saved", "per": "user", **change})


def test_a_horizon_below_a_day_is_refused():
    with pytest.raises(ValueError, match="days must be at least 1"):
        Metric("saves", "saved", "user", margin=1.0).margin_for(1.0, 0)
