"""A small experiment on the home page: 150 people, six weeks of past, two weeks of days."""

from collections.abc import Callable
from typing import Any

import pytest

from casestudies.netflix_home import CASE
from core.experiment import Setting


@pytest.fixture(scope="session")
def small() -> Callable[..., Setting]:
    """``small(days=7)``: a setting with changes."""

    def of(**changes: Any) -> Setting:
        return Setting.of(CASE, **{"users": 150, "days": 14, "world": (("history_days", 42),), **changes})

    return of
