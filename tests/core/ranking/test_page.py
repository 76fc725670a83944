"""Pages beside the plain reference through the public classes, with sources, scores and empty slots."""

import numpy as np
import pandas as pd
import pytest

from core.catalog import Catalog
from core.log import Log, rows
from core.observed import Noise, Observed
from core.ranking.page import (
    GENRE_ROW,
    N_COLS,
    N_ROWS,
    ROW_FADE,
    SWIPE_FADE,
    VISIBLE,
    AllItems,
    AllUnseen,
    CompetingRows,
    Cut,
    GenreRows,
    Lottery,
    attention,
    genre_shares,
)
from core.slate import Candidates, Outcomes, Requests, Slate
from tests.core.ranking import reference

N_USERS, N_ITEMS, N_GENRES = 8, 320, 6
K = N_ROWS * N_COLS
NOISE = Noise((5, 6))
REQUESTS = Requests(1, np.arange(N_USERS) + 64 * N_USERS, np.arange(N_USERS), np.zeros(N_USERS, int))
LAYOUTS = [
    Cut(),
    GenreRows(),
    CompetingRows(),
    CompetingRows(diversity=0.0),
    CompetingRows(diversity=2.0),
    Lottery(),
]


@pytest.fixture(scope="module")
def observed() -> Observed:
    """User u has played u titles, one after the other, on day 0."""
    rng = np.random.default_rng(4)
    genre = rng.permutation(np.repeat(np.arange(N_GENRES), [120, 90, 60, 30, 15, 5]))
    catalog = Catalog(pd.DataFrame({"title": [f"t{i}" for i in range(N_ITEMS)], "genre_id": genre}))
    log = Log(N_USERS, N_ITEMS, "play")
    had = np.stack([rng.permutation(N_ITEMS)[:N_USERS] for _ in range(N_USERS)])
    slate = Slate.page(had, np.zeros(had.shape), N_COLS)
    play = np.tril(np.ones(had.shape, dtype=bool), -1)
    entered = Outcomes(np.ones(had.shape, dtype=bool), {"play": play}, {}, {})
    day = Requests(0, np.arange(N_USERS), np.arange(N_USERS), np.zeros(N_USERS, int))
    log.append(0, [rows(0, day, slate, entered)], {"user": np.arange(N_USERS)})
    return Observed(catalog, log, 1)


def some(observed: Observed, seed: int) -> tuple[Candidates, np.ndarray]:
    """Unseen titles with random scores; a tenth of them, and for one user all but seven, may not be shown."""
    rng = np.random.default_rng(seed)
    candidates = AllUnseen().candidates(observed, REQUESTS)
    scores = rng.normal(-3, 1.2, candidates.item.shape).astype(np.float32).round(2)
    scores[(rng.random(scores.shape) < 0.1) | (candidates.item < 0)] = -np.inf
    scores[5, np.flatnonzero(np.isfinite(scores[5]))[7:]] = -np.inf
    return candidates, scores


def test_sources_hold_everything_or_everything_not_yet_had(observed):
    every = AllItems().candidates(observed, REQUESTS)
    assert (every.item == np.arange(N_ITEMS)).all()
    unseen = AllUnseen().candidates(observed, REQUESTS).item
    had = observed.history.toarray() > 0
    np.testing.assert_array_equal(unseen, np.where(had, -1, np.arange(N_ITEMS)))
    assert ((unseen < 0).sum(axis=1) == np.arange(N_USERS)).all()


def test_attention_sums_to_1_and_fades_by_row_and_swipe():
    made = attention().reshape(N_ROWS, N_COLS)
    assert made.sum() == pytest.approx(1.0)
    np.testing.assert_allclose(made[1:] / made[:-1], ROW_FADE)
    np.testing.assert_allclose(made[0, VISIBLE] / made[0, VISIBLE - 1], SWIPE_FADE)
    np.testing.assert_allclose(made[:, 1], made[:, 0])


def test_genre_shares_hold_one_play_more_spread_as_all_plays_are(observed):
    """By hand for each user: (own plays of g + overall share of g) / (own plays + 1)."""
    genre = observed.catalog["genre_id"].to_numpy()
    counts = np.zeros((N_USERS, N_GENRES))
    known = observed.interactions()
    np.add.at(counts, (known.user, genre[known.item]), 1)
    overall = (counts.sum(axis=0) + 1) / (counts.sum() + N_GENRES)
    expected = (counts + overall) / (counts.sum(axis=1, keepdims=True) + 1)
    shares = genre_shares(observed, np.arange(N_USERS))
    np.testing.assert_allclose(shares, expected, rtol=1e-5)
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, rtol=1e-6)
    np.testing.assert_allclose(genre_shares(observed, np.array([7, 0]), before=0), 1 / N_GENRES, rtol=1e-6)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("layout", LAYOUTS, ids=repr)
def test_every_page_holds_each_title_once_and_nothing_that_may_not_be_shown(observed, layout, seed):
    candidates, scores = some(observed, seed)
    slate = layout.slate(observed, REQUESTS, candidates, scores, NOISE)
    assert slate.item.shape == (N_USERS, K)
    for b in range(N_USERS):
        shown = slate.item[b][slate.item[b] >= 0]
        assert len(set(shown)) == len(shown)
        assert np.isfinite(scores[b, shown]).all()
        np.testing.assert_array_equal(slate.score[b][slate.item[b] >= 0], scores[b, shown])
        assert np.isneginf(slate.score[b][slate.item[b] < 0]).all()
    assert (slate.item[5] >= 0).sum() == 7


@pytest.mark.parametrize("seed", range(4))
def test_cut_is_the_ranking_in_reading_order(observed, seed):
    candidates, scores = some(observed, seed)
    slate = Cut().slate(observed, REQUESTS, candidates, scores, NOISE)
    for b in range(N_USERS):
        best = reference.best_first(scores[b].tolist())[:K]
        assert slate.item[b].tolist() == best + [-1] * (K - len(best))
    assert (slate.source == 0).all() and (slate.propensity == 1).all()


@pytest.mark.parametrize("diversity", [0.0, 0.25, 0.75, 3.0])
@pytest.mark.parametrize("seed", range(2))
def test_competing_rows_are_the_reference(observed, seed, diversity):
    candidates, scores = some(observed, seed)
    slate = CompetingRows(diversity).slate(observed, REQUESTS, candidates, scores, NOISE)
    genre = observed.catalog["genre_id"].to_numpy()[candidates.item].tolist()
    weight = np.array([1.0] * 5 + [0.35] * 5 + [0.35**2] * 5 + [0.35**3] * 5)
    for b in range(N_USERS):
        chance = (1 / (1 + np.exp(-scores[b]))).tolist()
        slots, kinds = reference.competing_rows(
            reference.best_first(scores[b].tolist()), chance, genre[b], N_GENRES, N_ROWS, N_COLS,
            weight / weight.sum(), 0.85 ** np.arange(N_ROWS), 3 * diversity,
        )  # fmt: skip
        assert slate.item[b].tolist() == slots  # the candidate's place is its id
        assert slate.source[b, ::N_COLS].tolist() == [0 if g < 0 else GENRE_ROW + g for g in kinds]
    if diversity == 0.0:
        cut = Cut().slate(observed, REQUESTS, candidates, scores, NOISE)
        for field in Slate.__dataclass_fields__:
            assert getattr(slate, field).tobytes() == getattr(cut, field).tobytes(), field


def test_more_diversity_covers_more_genres_above_the_fold(observed):
    candidates, scores = some(observed, 0)
    genre = observed.catalog["genre_id"].to_numpy()
    scores = scores + np.where(genre[candidates.item] == 0, np.float32(3), np.float32(0))
    n = []
    for diversity in (0.0, 0.5, 3.0):
        grid = CompetingRows(diversity).slate(observed, REQUESTS, candidates, scores, NOISE).grid()
        n.append(np.mean([len(set(genre[i] for i in page[:4, :VISIBLE].ravel() if i >= 0)) for page in grid]))
    assert n[0] < n[1] < n[2]


@pytest.mark.parametrize("seed", range(4))
def test_genre_rows_are_the_reference_in_order_of_the_users_own_plays(observed, seed):
    candidates, scores = some(observed, seed)
    slate = GenreRows().slate(observed, REQUESTS, candidates, scores, NOISE)
    genre = observed.catalog["genre_id"].to_numpy()[candidates.item].tolist()
    share = genre_shares(observed, REQUESTS.user)
    for b in range(N_USERS):
        preference = sorted(range(N_GENRES), key=lambda g, b=b: (-share[b, g], g))
        slots, kinds = reference.genre_rows(
            reference.best_first(scores[b].tolist()), genre[b], N_ROWS, N_COLS, preference
        )
        assert slate.item[b].tolist() == slots
        assert slate.source[b, ::N_COLS].tolist() == [0 if g < 0 else GENRE_ROW + g for g in kinds]


def test_a_catalogue_smaller_than_a_page_leaves_slots_empty(observed):
    few = Candidates(np.tile(np.arange(30), (N_USERS, 1)), np.zeros((N_USERS, 30), dtype=np.int8))
    scores = np.tile(np.linspace(0, -3, 30, dtype=np.float32), (N_USERS, 1))
    for layout in LAYOUTS:
        slate = layout.slate(observed, REQUESTS, few, scores, NOISE)
        assert slate.item.shape == (N_USERS, K)
        assert ((slate.item >= 0).sum(axis=1) == 30).all() or isinstance(layout, GenreRows)


def test_nobody_is_served_an_empty_batch(observed):
    none = REQUESTS.take(np.zeros(0, dtype=int))
    for layout in LAYOUTS:
        candidates = AllUnseen().candidates(observed, none)
        slate = layout.slate(observed, none, candidates, np.zeros((0, N_ITEMS), dtype=np.float32), NOISE)
        assert slate.item.shape == (0, K)


def test_a_drawn_page_logs_the_propensity_of_every_slot(observed):
    """The first three slots of each page against the exact probability, weights exp(score)."""
    candidates, scores = some(observed, 1)
    slate = Lottery(uniform=0.1).slate(observed, REQUESTS, candidates, scores, NOISE)
    for b in range(N_USERS):
        weights = np.exp(scores[b].astype(float)).tolist()
        for k in range(3):
            exact = reference.lottery_probability(weights, slate.item[b, :k].tolist(), 0.1)
            assert slate.propensity[b, k] == pytest.approx(exact[slate.item[b, k]], rel=1e-5)
