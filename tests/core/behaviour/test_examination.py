"""The reading of a page as a specification; its frequencies stand in test_kernels.py."""

import pytest

from core.behaviour.examination import GridExamination


def test_what_can_be_switched_off_says_at_which_value():
    off = {name: k.off for name, k in GridExamination.declared().items() if k.off is not None}
    assert off == {"tile_sd": 0.0, "skip": 0.0, "headings": 0.0, "swipe": 0.0}
    assert GridExamination().headings == 0.0  # eye tracking: mostly ignored


def test_a_screen_shows_at_least_one_tile():
    with pytest.raises(ValueError, match="GridExamination.visible must be between 1 and 20, got 0"):
        GridExamination(visible=0)
