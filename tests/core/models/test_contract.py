"""What holds for every recommender: it finds what is there, invents nothing, and answers the same twice."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from core.interactions import Interactions
from core.models.ease import EASE
from core.models.popularity import Popularity
from core.models.random import Random
from core.models.scorers import load

# A model, and whether it knows users apart.
MODELS = [(EASE(), True), (EASE(l2=5000.0), True), (Popularity(), False), (Random(), False)]
models = pytest.mark.parametrize("model", [m for m, _ in MODELS], ids=repr)
N_USERS, N_ITEMS = 90, 60


def plays(seed: int, communities: int = 2) -> Interactions:
    """Everyone has 12 different items of their own community, user u and item i being in u % 2 and i % 2."""
    rng = np.random.default_rng(seed)
    own = [np.arange(u % communities, N_ITEMS, communities) for u in range(N_USERS)]
    item = np.concatenate([rng.choice(mine, size=12, replace=False) for mine in own])
    return Interactions.of(np.repeat(np.arange(N_USERS), 12), item, N_USERS, N_ITEMS)


def withheld_auc(model, history: Interactions, seed: int) -> float:
    """How often a user's withheld item outscores an item never had; ties count half. Mean over users."""
    rng = np.random.default_rng(seed)
    hidden = np.arange(N_USERS) * 12 + rng.integers(0, 12, N_USERS)       # one event of each user
    train = history.where(np.setdiff1d(np.arange(len(history)), hidden))
    scorer = model.fit(train, rng)
    positive = history.item[hidden]
    had = history.matrix().toarray() > 0                              # (n_users, n_items)
    every = scorer.rows(np.arange(N_USERS))
    auc = []
    for u in range(N_USERS):
        other = every[u, ~had[u]]
        auc.append(np.mean(every[u, positive[u]] > other) + 0.5 * np.mean(every[u, positive[u]] == other))
    return float(np.mean(auc))


# Where there is nothing to know a user's AUC is uniform, of standard deviation 0.29: four standard errors.
NOTHING = 4 * 0.3 / np.sqrt(N_USERS)


@pytest.mark.parametrize(("model", "personal"), MODELS, ids=repr)
@pytest.mark.parametrize("seed", range(5))
def test_the_withheld_item_of_a_planted_community_is_found(model, personal, seed):
    """A user never had 18 items of the own community (30 - 12) and 30 of the other.

    Who tells communities apart, and nothing else, ranks it above all of the 30 and half of the 18:
    (30 + 9) / 48 = 0.81. Who does not is at one half.
    """
    auc = withheld_auc(model, plays(seed), seed)
    if personal:
        assert auc == pytest.approx(39 / 48, abs=NOTHING * 18 / 48 + 0.03)
    else:
        assert auc == pytest.approx(0.5, abs=NOTHING + 0.06)


@pytest.mark.parametrize("seed", range(5))
@models
def test_nothing_is_found_in_noise(model, seed):
    """With a withheld play each, items look less popular than they are: a slack of 0.06 beside chance."""
    auc = withheld_auc(model, plays(seed, communities=1), seed)
    assert auc == pytest.approx(0.5, abs=NOTHING + 0.06)


def fitted(model, seed=0):
    history = plays(seed)
    return history, model.fit(history, np.random.default_rng(seed))


def candidates(seed=0, c=20):
    items = np.random.default_rng(seed).permuted(np.tile(np.arange(N_ITEMS), (N_USERS, 1)), axis=1)[:, :c]
    items[::3, -4:] = -1
    return items


@models
def test_scores_are_float32_and_padding_is_minus_infinity(model):
    _, scorer = fitted(model)
    items = candidates()
    got = scorer.score(np.arange(N_USERS), items)
    assert got.dtype == np.float32
    assert got.shape == items.shape
    assert (np.isneginf(got) == (items < 0)).all()
    assert np.isfinite(got[items >= 0]).all()


@models
def test_batch_is_one_by_one(model, monkeypatch):
    """To the last bit, in any order of users, and with users repeated, however they are cut into blocks."""
    _, scorer = fitted(model)
    users, items = np.arange(N_USERS), candidates()
    batch = scorer.score(users, items)
    assert (batch == np.concatenate([scorer.score(users[[u]], items[[u]]) for u in users])).all()
    order = np.random.default_rng(1).integers(0, N_USERS, 300)
    assert (scorer.score(order, items[order]) == batch[order]).all()

    top = scorer.top(users, 15)
    assert (top == np.concatenate([scorer.top(users[[u]], 15) for u in users])).all()
    monkeypatch.setattr("core.models.ordering.CELLS", 7 * N_ITEMS)
    assert (scorer.score(users, items) == batch).all()
    assert (scorer.top(users, 15) == top).all()


@models
def test_rows_agree_with_score(model):
    _, scorer = fitted(model)
    users = np.array([4, 0, 88])
    every = np.tile(np.arange(N_ITEMS), (3, 1))
    assert (scorer.rows(users) == scorer.score(users, every)).all()


@models
def test_top_agrees_with_score_and_breaks_ties_by_id(model):
    history, scorer = fitted(model)
    users = np.arange(N_USERS)
    seen = history.matrix()
    scores = scorer.score(users, np.tile(users[:N_ITEMS], (N_USERS, 1)))
    for exclude in (None, seen):
        open_ = scores if exclude is None else np.where(seen.toarray() > 0, -np.inf, scores)
        # A stable sort of the negated scores leaves equal ones in the order of their ids.
        assert (scorer.top(users, 10, exclude) == np.argsort(-open_, axis=1, kind="stable")[:, :10]).all()


@models
def test_a_shorter_list_is_the_start_of_a_longer_one(model):
    history, scorer = fitted(model)
    users = np.arange(N_USERS)
    whole = scorer.top(users, N_ITEMS, history.matrix())
    for k in (1, 2, 10, 20, 47, 59):
        assert (scorer.top(users, k, history.matrix()) == whole[:, :k]).all()
    assert (whole[:, :48] >= 0).all() and (whole[:, 48:] == -1).all()  # 60 items, 12 of them had


@models
def test_same_seed_same_result(model):
    history, first = fitted(model)
    second = model.fit(history, np.random.default_rng(0))
    users = np.arange(N_USERS)
    assert first.rows(users).tobytes() == second.rows(users).tobytes()


@models
def test_nothing_is_mutated(model):
    history, scorer = fitted(model)
    users, items, seen = np.arange(N_USERS), candidates(), history.matrix()
    given = [users, items, seen.data, seen.indices, seen.indptr]
    before = [array.copy() for array in given]
    was = scorer.rows(users).copy()
    scorer.score(users, items)
    scorer.top(users, 5, seen)
    scorer.fold_in(seen).rows(users)
    assert all((old == new).all() for old, new in zip(before, given, strict=True))
    assert all(array.flags.writeable for array in given)
    assert (scorer.rows(users) == was).all()


@models
def test_what_is_loaded_scores_as_what_was_saved(model, tmp_path):
    _, scorer = fitted(model)
    users = np.arange(N_USERS)
    scorer.save(tmp_path / "model.npz")
    again = load(tmp_path / "model.npz")
    assert type(again) is type(scorer)
    assert again.n_items == N_ITEMS
    assert again.rows(users).tobytes() == scorer.rows(users).tobytes()
    again.save(tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "model.npz").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["again.npz", "model.npz"]


@models
def test_folding_in_the_training_history_changes_nothing(model):
    """Also where it holds counts instead of ones, and lists a pair twice."""
    history, scorer = fitted(model)
    users = np.arange(N_USERS)
    folded = scorer.fold_in(history.matrix() * 3)
    assert (folded.rows(users) == scorer.rows(users)).all()
    twice = csr_matrix(
        (np.ones(24), np.tile(history.item[:12], 2), np.array([0, 24])), shape=(1, N_ITEMS), dtype=np.float32
    )
    assert (scorer.fold_in(twice).rows(users[:1]) == scorer.rows(users[:1])).all()


@models
def test_users_and_items_without_events_are_scored(model):
    history = Interactions.of(np.array([0, 0, 2]), np.array([1, 3, 1]), n_users=4, n_items=6)
    scorer = model.fit(history, np.random.default_rng(0))
    assert np.isfinite(scorer.rows(np.arange(4))).all()
    none = model.fit(history.where(np.zeros(3, dtype=bool)), np.random.default_rng(0))
    assert np.isfinite(none.rows(np.arange(4))).all()


@models
def test_bad_requests_are_refused(model):
    history, scorer = fitted(model)
    users = np.arange(3)
    for k in (0, N_ITEMS + 1):
        with pytest.raises(ValueError, match=f"between 1 and the number of items 60, got {k}"):
            scorer.top(users, k)
    with pytest.raises(ValueError, match=r"did you mean exclude\[users\]"):
        scorer.top(users, 5, history.matrix())
    with pytest.raises(ValueError, match=r"items must lie in -1\.\.59, got 0\.\.60"):
        scorer.score(users, np.array([[0], [60], [1]]))
    with pytest.raises(ValueError, match=r"users must be \(B,\) and items \(B, C\)"):
        scorer.score(users, np.zeros((2, 4), dtype=int))
    with pytest.raises(ValueError, match="60 columns, one per item"):
        scorer.fold_in(csr_matrix((3, 59)))
    with pytest.raises(ValueError, match=r"ends in \.npz"):
        scorer.save("model.pkl")


@models
def test_no_candidates_and_no_users(model):
    _, scorer = fitted(model)
    assert scorer.score(np.arange(3), np.zeros((3, 0), dtype=int)).shape == (3, 0)
    none = np.zeros(0, dtype=int)
    assert scorer.score(none, np.zeros((0, 5), dtype=int)).shape == (0, 5)
    assert scorer.top(none, 5).shape == (0, 5)


@models
def test_a_specification_can_be_a_key(model):
    assert {model: 1}[type(model)(**{name: getattr(model, name) for name in model.knobs()})] == 1
