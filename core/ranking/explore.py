"""Exploration: a few visits get a page drawn by lot, so that there is something unbiased to learn from."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from core.config import Config, knob
from core.observed import Noise, Observed
from core.rng import EXPLORE
from core.slate import Requests, Slate


class Pages(Protocol):
    """A policy that draws its pages and has nothing to learn."""

    def fit(self, observed: Observed, rng: np.random.Generator) -> Any: ...


COIN = 1 << 20                                    # the slot of the coin: no page is that long


@dataclass(frozen=True)
class DrawnPages(Config):
    """Gives a share of requests the page of another pipeline that draws it by lot.

    A page that a ranker ordered is read to the end only by those whom its top did not suit, so its lower
    rows show what survivors of the upper ones play. Pages drawn by lot have no such survivors: learning
    from them keeps a ranker that is retrained weekly from drifting. ``pages`` must need no fit.
    """

    pages: Pages = dataclasses.field(kw_only=True)
    explore: float = knob(
        0.03, 0.0, 1.0, "share", "Visits that get a page drawn by lot, to learn from.", off=0.0
    )

    def __call__(self, observed: Observed, requests: Requests, slate: Slate, noise: Noise) -> Slate:
        """Replace the pages of the chosen requests; the choice is keyed by the request."""
        coin = noise.uniform(requests, np.array([COIN]), EXPLORE)[:, 0]
        chosen = np.flatnonzero(coin < self.explore)
        if not len(chosen):
            return slate
        drawn = self.pages.fit(observed, np.random.default_rng(0)).slate(observed, requests.take(chosen), noise)
        fields = {}
        for field in dataclasses.fields(Slate):
            values = np.array(getattr(slate, field.name))
            values[chosen] = getattr(drawn, field.name)
            fields[field.name] = values
        fields["explored"][chosen] = True
        return Slate(**fields)
