"""Satisfaction by hand, and a trust that falls faster than it rises."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.behaviour.satisfaction import HORIZON, Trust, satisfaction


def test_satisfaction_by_hand():
    """All of it after 30 s: 1 − 30/120; half of it after 60 s: .5 − .5; nothing: −1; a slow play: 1 − 1."""
    made = satisfaction(np.array([1.0, 0.5, 0.0, 1.0]), np.array([30.0, 60.0, HORIZON, 400.0]))
    np.testing.assert_allclose(made, [0.75, 0.0, -1.0, 0.0])


@given(st.floats(0, 1), st.floats(0, 1e6))
def test_satisfaction_lies_between_minus_1_and_1(completion, seconds):
    assert -1 <= satisfaction(np.array(completion), np.array(seconds)) <= 1


def test_trust_falls_faster_than_it_rises():
    """From 0: to +.5 by rise · .5, to −.5 by fall · .5; losses count twice."""
    trust = Trust(rise=0.1, fall=0.2)
    up, down = trust.update(np.zeros(2), np.array([0.5, -0.5]))
    assert up == pytest.approx(0.05)
    assert down == pytest.approx(-0.10)


def test_no_session_leaves_trust_and_an_equal_one_does_too():
    trust = np.array([-0.2, 0.7], dtype=np.float32)
    made = Trust().update(trust, np.array([np.nan, 0.7], dtype=np.float32))
    assert made.tobytes() == trust.tobytes() and made.dtype == np.float32


def test_constant_evenings_are_trusted_in_the_end():
    """The gap shrinks by 1 − rise (or fall) a session: after n of them (1 − r)^n of it is left."""
    for felt, rate in ((0.6, 0.1), (-0.9, 0.2)):
        trust = np.array([0.0])
        for _ in range(20):
            trust = Trust().update(trust, np.array([felt]))
        assert felt - trust[0] == pytest.approx(felt * (1 - rate) ** 20)


def test_the_same_gains_and_losses_lower_trust():
    """Alternating ± around the level: the asymmetry pulls below the mean."""
    trust = np.array([0.0])
    for i in range(200):
        trust = Trust().update(trust, np.array([0.5 if i % 2 else -0.5]))
    assert trust[0] < -0.05


def test_rates_of_0_are_off():
    trust = np.array([0.3])
    assert Trust(rise=0.0, fall=0.0).update(trust, np.array([-1.0])) == trust
    assert Trust(rise=0.0).update(trust, np.array([1.0])) == trust


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_trust_moves_towards_what_was_felt_and_not_past_it(trust, felt):
    made = Trust().update(np.array([trust]), np.array([felt]))[0]
    assert min(trust, felt) - 1e-12 <= made <= max(trust, felt) + 1e-12
