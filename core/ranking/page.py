"""Pages of rows: cut from a ranking, one row a genre, rows that compete, and pages drawn by lot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.arrays import AnyArray, FloatArray, IntArray, lock
from core.config import Config, knob
from core.observed import Noise, Observed
from core.ranking._kernels import competing_rows, genre_rows, lottery
from core.ranking.order import best_first
from core.rng import EXPLORE, SESSIONS_PER_DAY
from core.slate import Candidates, Requests, Slate

N_ROWS, N_COLS, VISIBLE = 12, 20, 5
GENRE_ROW = 100                           # a slot's source: 0 a mixed row, GENRE_ROW + g a row of genre g
ROW_FADE, SWIPE_FADE = 0.85, 0.35         # attention a row further down, a swipe further right


def attention(n_rows: int = N_ROWS, n_cols: int = N_COLS, visible: int = VISIBLE) -> FloatArray:
    """Attention on each slot of a page in reading order, (n_rows · n_cols,), summing to 1.

    0.85^row · 0.35^(swipes to reach the column): a product form of the discounts that pages of rows need
    (Alvino & Basilico 2015 argue for one; the values are assumed).
    """
    within = SWIPE_FADE ** (np.arange(n_cols) // visible)
    made = (ROW_FADE ** np.arange(n_rows))[:, None] * within
    return (made / made.sum()).ravel()


def _gather(values: AnyArray, slots: IntArray, empty: float) -> AnyArray:
    """``values`` (B, C) at ``slots`` (B, K) into C; ``empty`` where the slot is −1."""
    taken = np.take_along_axis(values, np.maximum(slots, 0), axis=1)
    return np.where(slots >= 0, taken, values.dtype.type(empty))


def _slate(candidates: Candidates, scores: FloatArray, slots: IntArray, kinds: IntArray | None) -> Slate:
    source = np.zeros(slots.shape, dtype=np.int16)
    if kinds is not None:
        row = np.where(kinds >= 0, kinds + GENRE_ROW, 0).astype(np.int16)  # (B, rows)
        source = np.repeat(row, slots.shape[1] // kinds.shape[1], axis=1)
    return Slate.page(
        _gather(candidates.item, slots, -1), _gather(scores, slots, -np.inf), N_COLS, source
    )


def genre_of(observed: Observed) -> tuple[IntArray, int]:
    """Genre id of each item (I,), and how many genres there are."""
    genre = observed.catalog["genre_id"].to_numpy()
    return genre, int(genre.max()) + 1


def genre_shares(observed: Observed, users: IntArray, before: int | None = None) -> FloatArray:
    """Share of each genre among what users had, (B, G) float32, with one play added that is spread as
    everybody's plays are. Rows sum to 1."""
    day = observed.day if before is None else before

    def table() -> FloatArray:
        genre, n_genres = genre_of(observed)
        one_hot = np.zeros((len(genre), n_genres), dtype=np.float32)
        one_hot[np.arange(len(genre)), genre] = 1.0
        plays = np.asarray(observed.history_before(day) @ one_hot)        # (N, G)
        overall = plays.sum(axis=0, dtype=np.float64) + 1.0
        plays = plays + (overall / overall.sum()).astype(np.float32)
        return lock(plays / plays.sum(axis=1, keepdims=True))

    return observed.cached(("genre_shares", day), table)[users]


@dataclass(frozen=True)
class AllItems:
    """Every title, seen or not, in order of id: the page of a product that knows nobody."""

    def candidates(self, observed: Observed, requests: Requests) -> Candidates:
        item = np.broadcast_to(
            np.arange(observed.n_items, dtype=np.int32), (len(requests), observed.n_items)
        )
        return Candidates(item, np.zeros(item.shape, dtype=np.int8))


@dataclass(frozen=True)
class AllUnseen:
    """Every title the user has not played, in order of id. Exact ranking: the catalogue is small."""

    def candidates(self, observed: Observed, requests: Requests) -> Candidates:
        item = np.broadcast_to(
            np.arange(observed.n_items, dtype=np.int32), (len(requests), observed.n_items)
        ).copy()
        seen = observed.history[requests.user]
        row = np.repeat(np.arange(len(requests)), np.diff(seen.indptr))
        item[row, seen.indices] = -1
        return Candidates(item, np.zeros(item.shape, dtype=np.int8))


@dataclass(frozen=True)
class Cut:
    """The best titles by score, cut into rows: the accurate page."""

    def slate(
        self, observed: Observed, requests: Requests, candidates: Candidates, scores: FloatArray, noise: Noise
    ) -> Slate:
        order, usable = best_first(scores)
        width = min(N_ROWS * N_COLS, order.shape[1])
        slots = np.full((len(order), N_ROWS * N_COLS), -1, dtype=np.int32)
        slots[:, :width] = np.where(np.arange(width) < usable[:, None], order[:, :width], -1)
        return _slate(candidates, scores, slots, None)


@dataclass(frozen=True)
class GenreRows:
    """Row one the best overall, then a row a genre, the genres in order of the user's share of plays."""

    def slate(
        self, observed: Observed, requests: Requests, candidates: Candidates, scores: FloatArray, noise: Noise
    ) -> Slate:
        order, usable = best_first(scores)
        genre, n_genres = genre_of(observed)
        share = genre_shares(observed, requests.user)                     # (B, G)
        preference = np.argsort(-share, axis=1, kind="stable").astype(np.int32)
        of_candidate = lock(genre[candidates.item])                       # (B, C)
        slots, kinds = genre_rows(
            lock(order), lock(usable), of_candidate, n_genres, N_ROWS, N_COLS, lock(preference)
        )
        return _slate(candidates, scores, slots, kinds)


@dataclass(frozen=True)
class CompetingRows(Config):
    """Row by row the best of thirteen: the next best titles overall, or the next best of one genre.

    A row r is worth Σ_c w_c · P(play) · exp(−3 d · Σ_g share_g · cover_g): its expected plays, less the
    more of its genres the rows above already hold. w_c falls by 0.35 a swipe, share_g is the row's
    w-weighted genre mix, and cover_g grows by 0.85^row · share_g with every row placed; d is
    ``diversity``. At d = 0 the next best titles always win and the page is `Cut`, tile for tile. A
    stage-wise page in the sense of Alvino & Basilico (2015); the penalty's form is ours.
    """

    diversity: float = knob(
        0.75, 0.0, 3.0, "", "How much a row loses for genres already on the page.", off=0.0
    )

    def slate(
        self, observed: Observed, requests: Requests, candidates: Candidates, scores: FloatArray, noise: Noise
    ) -> Slate:
        order, usable = best_first(scores)
        genre, n_genres = genre_of(observed)
        with np.errstate(over="ignore"):
            chance = 1.0 / (1.0 + np.exp(-scores))                        # (B, C); −inf gives 0
        within = SWIPE_FADE ** (np.arange(N_COLS) // VISIBLE)
        slots, kinds = competing_rows(
            lock(order),
            lock(usable),
            lock(chance),
            lock(genre[candidates.item]),
            n_genres,
            N_ROWS,
            N_COLS,
            lock(within / within.sum()),
            lock(ROW_FADE ** np.arange(N_ROWS)),
            3.0 * self.diversity,
        )
        return _slate(candidates, scores, slots, kinds)


@dataclass(frozen=True)
class Lottery(Config):
    """A page drawn without replacement with weights exp(score): Plackett–Luce, mixed with uniform draws.

    Each slot is drawn uniformly from what is left with probability ``uniform``, else by weight, so its
    propensity given the slots above is (1 − ε) w / Σ w left + ε / n left, exactly, and is logged.
    """

    uniform: float = knob(0.05, 0.0, 1.0, "share", "Slots drawn uniformly.", off=0.0)

    def slate(
        self, observed: Observed, requests: Requests, candidates: Candidates, scores: FloatArray, noise: Noise
    ) -> Slate:
        weights = np.exp(scores.astype(np.float64))                       # (B, C), −inf gives 0
        counter = requests.day * SESSIONS_PER_DAY + requests.session
        slots, propensity, explored = lottery(
            lock(weights), self.uniform, N_ROWS * N_COLS, requests.user, lock(counter), noise.key, EXPLORE
        )
        item = _gather(candidates.item, slots, -1)
        return Slate.page(item, _gather(scores, slots, -np.inf), N_COLS, None, propensity, explored)
