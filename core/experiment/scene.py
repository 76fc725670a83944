"""One evening of one person, with either page: what a product page draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from core.arrays import AnyArray, BoolArray, IntArray
from core.casestudy import CaseStudy
from core.experiment.arms import Setting
from core.experiment.burn_in import BurnIn, burn_in
from core.experiment.who import Who, who
from core.observed import Noise, Observed
from core.policy import FittedPipeline, FittedPolicy, Pipeline, Policy, Trace, explain
from core.world import fit

PEOPLE = 600


@dataclass(frozen=True, eq=False)
class Evening:
    """One request answered by one arm, and what happened. Grids are (rows, cols).

    ``item`` −1 marks an empty slot; ``entered`` is what the product knows was on screen, ``examined`` what
    was looked at, which only the simulator knows; ``played`` is an item or −1. ``request`` and ``truth`` hold
    the request's outcomes and hidden values by name.
    """

    item: IntArray
    entered: BoolArray
    examined: BoolArray
    titles: tuple[str, ...]
    played: int
    context: Mapping[str, float]
    request: Mapping[str, float]
    truth: Mapping[str, float]


class Scene:
    """A small world on the morning of day 0 with fitted arms, for looking at pages.

    Fits are kept by ranker specification: a knob of the page's layout does not fit again. Exploration is
    off, so that what is drawn is what the arm means.
    """

    def __init__(self, case: CaseStudy, setting: Setting, past: BurnIn) -> None:
        self.case, self.setting, self.past = case, setting, past
        self.observed = Observed(past.world.catalog, past.log, past.day)
        self._rankers: dict[str, FittedPolicy] = {}

    def fitted(self, policy: Policy) -> FittedPolicy:
        """The policy fitted on the common past, without exploration."""
        quiet = policy.with_(explore=0.0) if "explore" in policy.knobs() else policy
        key = repr(quiet.score) if isinstance(quiet, Pipeline) else repr(quiet)
        if key not in self._rankers:
            self._rankers[key] = fit(quiet, self.observed, self.setting.seed, 0)
        found = self._rankers[key]
        if isinstance(quiet, Pipeline) and isinstance(found, FittedPipeline):
            return FittedPipeline(quiet, found.ranker)
        return found

    def evening(self, policy: Policy, user: int, draw: int = 0) -> Evening:
        """What ``user`` gets and does on evening number ``draw``; the same draw is the same mood, hour,
        patience and opinions under any policy."""
        world = self.past.world.replicate(draw)
        fitted = self.fitted(policy)
        requests = world.visit(self.past.day, np.array([user]))
        slate = fitted.slate(self.observed, requests, Noise(world.noise_key))
        outcomes = world.respond(self.past.day, requests, slate)
        shape = (1, int(slate.row[0, -1]) + 1, -1)
        positive = outcomes.impression[self.case.positive][0]
        titles = (
            self.case.row_titles(fitted, self.observed, requests, slate)[0]
            if self.case.row_titles is not None
            else ("",) * (int(slate.row[0, -1]) + 1)
        )
        return Evening(
            slate.item.reshape(shape)[0],
            outcomes.entered.reshape(shape)[0],
            outcomes.truth["examined"].reshape(shape)[0],
            tuple(titles),
            int(slate.item[0, positive.argmax()]) if positive.any() else -1,
            _scalars(requests.context),
            _scalars(outcomes.request),
            _scalars({k: v for k, v in outcomes.truth.items() if v.ndim == 1}),
        )

    def why(self, policy: Policy, user: int, item: int, draw: int = 0) -> pd.DataFrame:
        """Every stage's score and rank of ``item`` for this person: columns stage, score, rank."""
        world = self.past.world.replicate(draw)
        requests = world.visit(self.past.day, np.array([user]))
        trace = Trace(requests.request)
        self.fitted(policy).slate(self.observed, requests, Noise(world.noise_key), trace)
        return explain(trace, item)[["stage", "score", "rank"]]

    def who(self, control: Policy, treatment: Policy) -> Who:
        """Who of these people gains and who loses."""
        return who(self.case, control, treatment, self.past, seed=self.setting.seed)

    def history(self, user: int) -> IntArray:
        """What ``user`` had, latest first."""
        events = self.observed.interactions()
        return events.item[events.user == user][::-1]


def open_scene(case: CaseStudy, setting: Setting, store: Path | None = None) -> Scene:
    """The scene of a setting; its burn-in comes from ``store`` where it is known."""
    past = burn_in(
        case,
        setting.spec(case),
        users=setting.users,
        seed=setting.seed,
        taste=setting.taste,
        folder=None if store is None else store / "burn-ins",
    )
    return Scene(case, setting, past)


def _scalars(columns: Mapping[str, AnyArray]) -> dict[str, float]:
    return {name: value[0].item() for name, value in columns.items()}

