"""Who gains: the same people, the same evenings, two pages."""

import numpy as np
import pytest

from casestudies.netflix_home import CASE
from casestudies.netflix_home.policies import MONOTONE, STAGEWISE
from core.experiment import burn_in
from core.experiment.who import Who, who


@pytest.fixture(scope="module")
def past(small):
    return burn_in(CASE, small().spec(CASE), users=150, seed=1, taste="fictional")


def test_the_same_page_makes_nobody_gain_or_lose(past):
    made = who(CASE, STAGEWISE, STAGEWISE.renamed("other"), past, seed=1, people=80, replicates=3)
    assert len(made.users) == 80
    assert (made.gain == 0).all()
    assert made.shares == {"gain": 0.0, "lose": 0.0}


def test_gains_turn_with_the_pair_and_leave_the_world_alone(past):
    before = past.world.state.trust.tobytes()
    ours = who(CASE, MONOTONE, STAGEWISE, past, seed=1, people=80, replicates=3)
    theirs = who(CASE, STAGEWISE, MONOTONE, past, seed=1, people=80, replicates=3)
    np.testing.assert_allclose(ours.gain, -theirs.gain, atol=1e-9)
    assert (ours.gain != 0).mean() > 0.5
    assert past.world.state.trust.tobytes() == before


def test_examples_are_the_median_and_both_ends():
    made = Who(np.array([10, 11, 12, 13, 14]), np.array([0.0, -3.0, 2.0, 0.5, 9.0]))
    assert made.examples == {"typical": 13, "gains most": 14, "loses most": 11}
    assert made.shares == {"gain": 0.6, "lose": 0.2}
