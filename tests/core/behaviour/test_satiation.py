"""Satiation beside its closed forms."""

import numpy as np
import pytest

from core.behaviour.satiation import Satiation


def after(model: Satiation, days: int, plays: float, start: float = 0.0) -> float:
    state = np.array([[start]])
    for _ in range(days):
        state = model.close(state, np.array([[plays]]))
    return float(state[0, 0])


@pytest.mark.parametrize(("keep", "gain"), [(0.8, 0.3), (0.5, 1.0), (0.0, 2.0), (0.95, 0.1)])
def test_one_play_a_day_leads_to_gain_over_1_minus_keep(keep, gain):
    """After n days Σ_{i<n} gain · keep^i = gain (1 − keep^n) / (1 − keep)."""
    model = Satiation(keep=keep, gain=gain)
    assert model.steady() == pytest.approx(gain / (1 - keep))
    for days in (1, 3, 10):
        assert after(model, days, 1.0) == pytest.approx(gain * (1 - keep**days) / (1 - keep))
    assert after(model, 600, 1.0) == pytest.approx(model.steady())


def test_without_plays_it_fades_by_keep_a_day():
    assert after(Satiation(keep=0.8), 5, 0.0, start=2.0) == pytest.approx(2.0 * 0.8**5)


def test_gain_0_is_off():
    assert after(Satiation(gain=0.0), 50, 3.0) == 0.0
    assert Satiation(gain=0.0).steady() == 0.0


def test_genres_and_people_do_not_mix_and_the_state_is_not_written_into():
    state = np.zeros((3, 2), dtype=np.float32)
    plays = np.array([[2, 0], [0, 0], [0, 1]], dtype=np.float32)
    made = Satiation(keep=0.5, gain=0.3).close(state, plays)
    np.testing.assert_allclose(made, [[0.6, 0], [0, 0], [0, 0.3]], rtol=1e-6)
    assert made.dtype == np.float32 and not state.any()
