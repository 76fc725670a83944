"""A small home page and its past, made once."""

import pytest

from casestudies.netflix_home import CASE
from core.experiment import BurnIn, burn_in


@pytest.fixture(scope="session")
def past() -> BurnIn:
    """300 people after eight weeks: learned arms need a past before their 28 days. Take copies."""
    return burn_in(CASE, CASE.world.with_(history_days=56), users=300, seed=1, taste="fictional")
