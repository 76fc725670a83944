"""Claims: the rules by hand, and one question measured small."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from casestudies.netflix_home import CASE
from core.casestudy import Null
from core.inference import AcrossWorlds
from core.questions import agrees, ask, needs, null_agrees


def found(low: float, high: float, worlds: int = 5) -> AcrossWorlds:
    return AcrossWorlds((low + high) / 2, low, high, worlds)


@pytest.mark.parametrize(
    ("low", "high", "predicted", "expected"),
    [
        (-0.21, -0.19, (-0.25, -0.05), True),
        (-0.30, -0.10, (-0.25, -0.05), None),      # half-width .10 is more than half of .15
        (-0.05, 0.05, (-0.25, -0.05), None),       # touches the range, does not exclude 0
        (0.01, 0.03, (-0.25, -0.05), False),       # other side
        (-0.40, -0.30, (-0.25, -0.05), False),     # beyond the range
        (0.9, 1.1, (0.5, None), True),
        (0.1, 0.2, (0.5, None), False),
        (math.nan, math.nan, (0.5, None), None),
    ],
)
def test_agreement_by_hand(low, high, predicted, expected):
    assert agrees(found(low, high), predicted) is expected


@pytest.mark.parametrize(
    ("null", "low", "high", "expected"),
    [
        (Null({}, tolerance=0.0), -0.05, 0.02, True),                # within half of .2
        (Null({}, tolerance=0.0), -0.15, -0.12, False),
        (Null({}, tolerance=0.0), -0.12, -0.05, None),
        (Null({}, tolerance=0.2), -0.15, -0.12, True),
        (Null({}, tolerance=0.0), 0.3, 0.4, True),                   # on the other side, however large
        (Null({}, tolerance=0.0, turns=True), -0.01, 0.01, None),    # vanished is not turned
        (Null({}, tolerance=0.0, turns=True), 0.01, 0.02, True),
        (Null({}, tolerance=0.0, turns=True), -0.02, -0.01, False),
    ],
)
def test_nulls_by_hand(null, low, high, expected):
    """The effect measured is −0.2."""
    assert null_agrees(null, found(-0.21, -0.19), found(low, high)) is expected


def test_needs_more_worlds_by_hand():
    """Five worlds, half-width .1 at t(4) = 2.776: sd .0805. Wanted .075 for (−.25, −.05), or .99 of the
    value; 2.571 · .0805 / √6 = .0845 and 2.447 · .0805 / √7 = .0745: seven worlds."""
    assert needs(found(-0.25, -0.05), (-0.25, -0.05)).startswith("about 7 worlds")


def test_asks_share_runs_and_are_the_same_twice(tmp_path: Path):
    first = ask(CASE, ["n1"], worlds=2, users=200, days=7, store=tmp_path, workers=2)
    runs = sorted(p.name for p in (tmp_path / "arms").iterdir())
    # monotone and stagewise, in three worlds (as declared, no intent, mood told), two seeds each
    assert len(runs) == 2 * 3 * 2
    assert ask(CASE, ["N1"], worlds=2, users=200, days=7, store=tmp_path, workers=1) == first
    assert {c["question"] for c in first["claims"]} == {"N1"}


def test_refusals():
    with pytest.raises(KeyError, match="did you mean 'N1'"):
        ask(CASE, ["N11"])
    with pytest.raises(ValueError, match="worlds must be between 2"):
        ask(CASE, worlds=1)
