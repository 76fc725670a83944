"""Who gains and who loses: the same people on the same morning, with both pages, over and over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.arrays import FloatArray, IntArray
from core.casestudy import CaseStudy
from core.experiment.burn_in import BurnIn
from core.inference import Metric
from core.observed import Noise, Observed
from core.policy import Policy
from core.world import fit

REPLICATES = 20
PEOPLE = 600


@dataclass(frozen=True, eq=False)
class Who:
    """``users`` (n,) and their mean ``gain`` (n,), positive where treatment is better for them."""

    users: IntArray
    gain: FloatArray

    @property
    def shares(self) -> dict[str, float]:
        """Share of people who gain and who lose; the rest see no difference."""
        return {"gain": float((self.gain > 0).mean()), "lose": float((self.gain < 0).mean())}

    @property
    def examples(self) -> dict[str, int]:
        """Three people: typical (median gain), gains most, loses most."""
        order = np.argsort(self.gain, kind="stable")
        return {
            "typical": int(self.users[order[len(order) // 2]]),
            "gains most": int(self.users[order[-1]]),
            "loses most": int(self.users[order[0]]),
        }


def who(
    case: CaseStudy,
    control: Policy,
    treatment: Policy,
    past: BurnIn,
    *,
    seed: int,
    people: int = PEOPLE,
    replicates: int = REPLICATES,
) -> Who:
    """Per person, the mean difference of the primary metric over ``replicates`` evenings of day 0.

    Every person gets both pages on evenings drawn anew (mood, hour, patience, opinions), the same in
    both arms; exploration is off. A mean of 20 evenings is noisy: shares of people are, extremes are more
    so, and both describe the first day and not the last.
    """
    metric = case.primary
    users = np.arange(min(people, len(past.world.members(past.day))))
    observed = Observed(past.world.catalog, past.log, past.day)
    arms = []
    for policy in (control, treatment):
        quiet = policy.with_(explore=0.0) if "explore" in policy.knobs() else policy
        arms.append(fit(quiet, observed, seed, 0))
    gain = np.zeros(len(users))
    for r in range(replicates):
        world = past.world.replicate(r)
        requests = world.visit(past.day, users)
        value = []
        for fitted in arms:
            slate = fitted.slate(observed, requests, Noise(world.noise_key))
            outcomes = world.copy().respond(past.day, requests, slate)
            value.append(_per_request(metric, outcomes))
        gain += metric.sign * (value[1] - value[0]) / replicates
    return Who(users, gain)


def _per_request(metric: Metric, outcomes: object) -> FloatArray:
    request = outcomes.request                                            # type: ignore[attr-defined]
    impression = outcomes.impression                                      # type: ignore[attr-defined]
    if metric.numerator in request:
        return request[metric.numerator].astype(np.float64)
    if metric.numerator in impression:
        return (impression[metric.numerator] & outcomes.entered).sum(axis=1).astype(np.float64)  # type: ignore[attr-defined]
    return np.zeros(len(next(iter(request.values()))))
