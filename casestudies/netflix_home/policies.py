"""The arms of the home page. They learn from impressions and plays; the mood they know only when told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from core.arrays import BoolArray, FloatArray, IntArray, lock
from core.config import Config, knob
from core.learning.logistic import FittedLogistic, Logistic
from core.models.ease import EASE
from core.models.popularity import PlayRate
from core.models.scorers import ItemWeights
from core.observed import Observed
from core.policy import Pipeline
from core.ranking.explore import DrawnPages
from core.ranking.page import (
    AllItems,
    AllUnseen,
    CompetingRows,
    Cut,
    GenreRows,
    Lottery,
    genre_of,
    genre_shares,
)
from core.slate import Candidates, Requests

PLAY = "play"
FLOOR = 0.02                                      # added to a genre share before its logarithm


@dataclass(frozen=True)
class PageRanker(Config):
    """Log-odds that a tile in the viewport is played: a logistic regression on five features.

    rate: log of the title's shrunk plays per impression over the catalogue's (`PlayRate`); genre: log of
    the viewer's share of plays in the title's genre plus 0.02; taste: 10 × the EASE score of the viewer's
    history; match and clash: whether the title has the mood the product was told, or another (both 0
    where it was told none). With play *counts* in place of rates the first weight turns negative on pages
    that show what is popular: counts measure exposure.

    Fitted on the impressions of ``window`` days, at most ``rows`` of them sampled, with features as of
    the window's first morning: features that already know the window's plays would make the fit trust
    them too much, and a window of few days holds only what the page itself chose to show.
    """

    window: int = knob(28, 7, 28, "days", "Days of impressions to learn from.")
    rows: int = knob(300_000, 1_000, 300_000, "rows", "Impressions sampled for a fit.")
    l2: float = knob(1.0, 0.0, 1_000.0, "", "Shrinks the five weights.")
    ease_l2: float = knob(200.0, 1.0, 10_000.0, "", "Larger trusts rare co-plays less.")

    def fit(self, observed: Observed, rng: Generator) -> FittedPageRanker:
        """Two EASE fits (as of the window's start, and of today) and one logistic regression."""
        first = observed.day - self.window
        ease = EASE(l2=self.ease_l2)
        genre, _ = genre_of(observed)
        tiles = observed.impressions(self.window)
        usable = np.flatnonzero(tiles["propensity"] < 1.0)
        if len(usable) < 1_000:
            usable = np.arange(len(tiles["item"]))
        pick = usable[np.sort(rng.choice(len(usable), min(len(usable), self.rows), replace=False, shuffle=False))]
        user, item, request = (tiles[c][pick] for c in ("user", "item", "request"))
        then = ease.fit(observed.interactions(before=first), rng)
        taste = 10.0 * _pairs(then, user, item)
        told = observed.of_request("mood", request, self.window)
        x = np.column_stack(
            [
                rate(observed, first)[item],
                np.log(FLOOR + genre_shares(observed, user, before=first)[np.arange(len(user)), genre[item]]),
                taste,
                told == genre[item],
                (told >= 0) & (told != genre[item]),
            ]
        ).astype(np.float64)
        fitted = _logistic(self.l2, x, tiles[PLAY][pick])
        now = ease.fit(observed.interactions(), rng)
        return FittedPageRanker(fitted, now.weights)


def _logistic(l2: float, x: FloatArray, played: BoolArray) -> FittedLogistic:
    """The fit, or where all or none was played, the same odds for every tile (a play and a miss added)."""
    if played.any() and not played.all():
        return Logistic(l2=l2).fit(x, played)
    plays = int(played.sum())
    return FittedLogistic(float(np.log((plays + 1) / (len(played) - plays + 1))), np.zeros(x.shape[1]))


def rate(observed: Observed, before: int) -> FloatArray:
    """Log of the shrunk play rate over the catalogue's, (I,)."""
    plays, shown = observed.counts("drawn_" + PLAY, before=before), observed.counts("drawn_impressions", before=before)
    return observed.cached(("rate", before), lambda: PlayRate().fit(plays, shown).scores)


def _pairs(model: ItemWeights, user: IntArray, item: IntArray) -> FloatArray:
    """Scores of (user, item) pairs, (n,), in blocks of users; ``user`` in any order."""
    out = np.empty(len(user), dtype=np.float32)
    order = np.argsort(user, kind="stable")
    for start in range(0, model.history.shape[0], 1_024):
        users = np.arange(start, min(start + 1_024, model.history.shape[0]))
        low, high = np.searchsorted(user[order], [users[0], users[-1] + 1])
        mine = order[low:high]
        if len(mine):
            out[mine] = model.rows(users)[user[mine] - start, item[mine]]
    return out


@dataclass(frozen=True)
class FittedPageRanker:
    """The five weights, and today's item-to-item weights."""

    logistic: FittedLogistic
    weights: FloatArray                                                   # (I, I)

    def score(self, observed: Observed, requests: Requests, candidates: Candidates) -> FloatArray:
        """Log-odds of a play, (B, C) float32; −inf on empty slots."""
        genre, n_genres = genre_of(observed)
        c = self.logistic.coef
        told = requests.context["mood"].astype(np.int64)                  # (B,)
        by_genre = c[1] * np.log(FLOOR + genre_shares(observed, requests.user))
        match = told[:, None] == np.arange(n_genres)                      # (B, G)
        by_genre += c[3] * match + c[4] * ((told >= 0)[:, None] & ~match)
        by_item = c[0] * rate(observed, observed.day) + self.logistic.intercept
        weights = observed.cached(
            ("page", id(self)), lambda: lock((10.0 * c[2] * self.weights).astype(np.float32))
        )
        made = observed.history[requests.user] @ weights                  # (B, I) float32
        made += by_genre.astype(np.float32)[:, genre]
        made += by_item.astype(np.float32)
        return spread(made, candidates.item)


def spread(by_item: FloatArray, item: IntArray) -> FloatArray:
    """Scores by item, (I,) or (B, I), at candidates ``item`` (B, C); −inf on empty slots."""
    n_items, width = by_item.shape[-1], item.shape[1]
    if width != n_items or not ((item == np.arange(width)) | (item < 0)).all():
        rows = np.broadcast_to(by_item, (len(item), n_items))
        by_item = np.take_along_axis(rows, np.maximum(item, 0), axis=1)
    return np.where(item < 0, np.float32(-np.inf), by_item)


@dataclass(frozen=True)
class PlayCount:
    """Scores a title by the log of its plays so far, each title counted with its ``popularity`` first."""

    def fit(self, observed: Observed, rng: Generator) -> PlayCount:
        """Nothing to fit: counts are updated daily."""
        return self

    def score(self, observed: Observed, requests: Requests, candidates: Candidates) -> FloatArray:
        """Log plays, (B, C) float32."""
        plays = observed.counts(PLAY) + observed.catalog["popularity"].to_numpy()
        return spread(np.log(plays).astype(np.float32), candidates.item)


@dataclass(frozen=True)
class Alike:
    """Scores every title 0."""

    def fit(self, observed: Observed, rng: Generator) -> Alike:
        """Nothing to fit."""
        return self

    def score(self, observed: Observed, requests: Requests, candidates: Candidates) -> FloatArray:
        """Zeros, (B, C) float32; −inf on empty slots."""
        return spread(np.zeros(observed.n_items, dtype=np.float32), candidates.item)


LOGGING = Pipeline("logging", AllUnseen(), PlayCount(), Lottery())
RANDOM = Pipeline("random", AllItems(), Alike(), Lottery(uniform=1.0))
POPULAR = Pipeline("popular", AllItems(), PlayCount(), Cut())
EXPLORE = DrawnPages(pages=LOGGING)
MONOTONE = Pipeline("monotone", AllUnseen(), PageRanker(), Cut(), explore=EXPLORE)
PERSONAL = Pipeline("personal", AllUnseen(), PageRanker(), GenreRows(), explore=EXPLORE)
STAGEWISE = Pipeline("stagewise", AllUnseen(), PageRanker(), CompetingRows(), explore=EXPLORE)

POLICIES = {p.name: p for p in (RANDOM, POPULAR, MONOTONE, PERSONAL, STAGEWISE)}
