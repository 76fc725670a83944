"""The offline instrument: fitted on what came before, judged on what was played."""

import numpy as np
import pandas as pd
import pytest

from casestudies.netflix_home import CASE
from casestudies.netflix_home.policies import MONOTONE, POPULAR, STAGEWISE
from core.catalog import Catalog
from core.evaluation import DIAGNOSTICS, HELD_OUT_DAYS, compare_offline, held_out, page_values
from core.experiment import burn_in
from core.log import Log, rows
from core.observed import Observed
from core.slate import Outcomes, Requests, Slate


@pytest.fixture(scope="module")
def past():
    return burn_in(CASE, CASE.world.with_(history_days=56), users=200, seed=2, taste="fictional")


def judged(past, *policies):
    return held_out(policies, past.world.catalog, past.log, day=past.day, seed=2, context=("hour", "mood"))


def test_values_of_a_page_by_hand():
    """Played: title 4, at rank 3 of the list and column 2 of row 0; title 5 is on no page."""
    catalog = Catalog(pd.DataFrame({"title": list("abcdefgh"), "genre_id": [0, 0, 0, 0, 1, 1, 1, 1]}))
    log = Log(2, 8, "play")
    requests = Requests(0, np.arange(2), np.arange(2), np.zeros(2, int))
    tile, yes = np.array([[7], [6]]), np.ones((2, 1), dtype=bool)
    log.append(0, [rows(0, requests, Slate.page(tile, tile, 1), Outcomes(yes, {"play": yes}, {}, {}))], {})
    observed = Observed(catalog, log, 1)
    # The cut-off of 20 needs a list of 20: empty slots fill it.
    page = np.full((2, 24), -1)
    page[:, :6] = [0, 1, 4, 2, 6, 3]
    wide = Slate.page(page, np.zeros((2, 24)), 6)
    made = page_values(observed, requests, wide, np.array([[4], [5]]))
    assert made["ndcg_20"] == pytest.approx([1 / np.log2(4), 0.0])
    assert made["recall_20"] == pytest.approx([1.0, 0.0])
    assert made["visible_recall"] == pytest.approx([1.0, 0.0])


def test_every_policy_is_judged_on_the_requests_that_ended_in_a_play(past):
    a, b = judged(past, MONOTONE, POPULAR)
    asked = past.log.frame("requests").query("day >= @past.day - @HELD_OUT_DAYS")
    n = asked[asked["played"]].groupby("user").size().reindex(range(200), fill_value=0).to_numpy()
    for sums in (a, b):
        assert set(sums) == {m.name for m in DIAGNOSTICS}
        np.testing.assert_array_equal(sums["ndcg_20"][1], n)
        assert (sums["recall_20"][0] <= n).all()


def test_a_policy_against_its_twin_differs_by_exactly_0(past):
    a, b = judged(past, STAGEWISE, STAGEWISE.renamed("twin"))
    for name in a:
        np.testing.assert_array_equal(a[name], b[name])
    frame = compare_offline(a, b)
    assert (frame["difference"] == 0).all()


def test_exploration_is_off(past):
    a, b = judged(past, STAGEWISE.with_(explore=1.0), STAGEWISE.with_(explore=0.0))
    np.testing.assert_array_equal(a["ndcg_20"], b["ndcg_20"])


def test_plays_of_the_held_out_days_do_not_reach_the_fit(past):
    """Served from a log that ends where the held-out days begin, the first day's pages are the same."""
    first = past.day - HELD_OUT_DAYS
    seen = []

    class Spy:
        name = "spy"

        def knobs(self):
            return {}

        def fit(self, observed, rng):
            seen.append((observed.day, int(observed.interactions().time.max())))
            return POPULAR.fit(observed, rng)

    judged(past, Spy())
    assert seen == [(first, first - 1)]


def test_the_comparison_is_the_paired_difference_of_ratios(past):
    a, b = judged(past, MONOTONE, POPULAR)
    frame = compare_offline(a, b).set_index("metric")
    both = (a["recall_20"][1] > 0) & (b["recall_20"][1] > 0)
    values = [x["recall_20"][0][both].sum() / x["recall_20"][1][both].sum() for x in (a, b)]
    row = frame.loc["recall_20"]
    assert [row["control"], row["treatment"]] == pytest.approx(values)
    assert row["difference"] == pytest.approx(values[1] - values[0])
    assert row["ci_low"] < row["difference"] < row["ci_high"]
