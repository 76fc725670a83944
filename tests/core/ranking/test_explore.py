"""A stated share of visits gets a page drawn by lot; which, is the request's own draw."""

import numpy as np
import pandas as pd
import pytest

from core.catalog import Catalog
from core.log import Log
from core.observed import Noise, Observed
from core.policy import Pipeline
from core.ranking.explore import COIN, DrawnPages
from core.ranking.page import AllItems, Cut, Lottery
from core.rng import EXPLORE
from core.slate import Requests, Slate

N_ITEMS, B = 300, 6_000
OBSERVED = Observed(Catalog(pd.DataFrame({"title": ["t"] * N_ITEMS})), Log(B, N_ITEMS, "play"), 0)
REQUESTS = Requests(0, np.arange(B), np.arange(B), np.zeros(B, dtype=int))
NOISE = Noise((3, 4))


class Alike:
    def fit(self, observed, rng):
        return self

    def score(self, observed, requests, candidates):
        return np.zeros(candidates.item.shape, dtype=np.float32)


DRAWN = Pipeline("drawn", AllItems(), Alike(), Lottery())
PLAIN = Pipeline("plain", AllItems(), Alike(), Cut())


def serve(explore: float, requests: Requests = REQUESTS) -> Slate:
    policy = Pipeline("p", AllItems(), Alike(), Cut(), explore=DrawnPages(pages=DRAWN)).with_(explore=explore)
    return policy.fit(OBSERVED, np.random.default_rng(0)).slate(OBSERVED, requests, NOISE)


@pytest.mark.parametrize("explore", [0.05, 0.3])
def test_the_share_of_drawn_pages_is_the_knob(explore):
    slate = serve(explore)
    whole = slate.explored.all(axis=1)
    np.testing.assert_array_equal(whole, slate.explored.any(axis=1))
    assert whole.mean() == pytest.approx(explore, abs=4 * np.sqrt(explore * (1 - explore) / B))
    assert (slate.propensity[whole][:, :-60] < 1).all()
    assert (slate.propensity[~whole] == 1).all()


def test_0_is_off_and_1_draws_every_page():
    policy = PLAIN.fit(OBSERVED, np.random.default_rng(0))
    few = REQUESTS.take(slice(0, 50))
    plain, drawn = policy.slate(OBSERVED, few, NOISE), DRAWN.fit(OBSERVED, np.random.default_rng(0))
    for field in Slate.__dataclass_fields__:
        assert getattr(serve(0.0, few), field).tobytes() == getattr(plain, field).tobytes()
    assert serve(1.0, few).item.tobytes() == drawn.slate(OBSERVED, few, NOISE).item.tobytes()
    assert serve(1.0, few).explored.all()


def test_who_explores_is_keyed_by_the_request():
    whole = serve(0.1, REQUESTS.take(slice(0, 400)))
    some = np.random.default_rng(0).permutation(400)[:90]
    part = serve(0.1, REQUESTS.take(some))
    for field in Slate.__dataclass_fields__:
        assert getattr(part, field).tobytes() == getattr(whole, field)[some].tobytes()
    coin = NOISE.uniform(REQUESTS.take(slice(0, 400)), np.array([COIN]), EXPLORE)[:, 0]
    np.testing.assert_array_equal(whole.explored[:, 0], coin < 0.1)


def test_more_exploration_only_adds_pages():
    """The coin does not move with the share: who explores at 5 % does at 10 %."""
    few = REQUESTS.take(slice(0, 1_000))
    assert (serve(0.05, few).explored <= serve(0.1, few).explored).all()
