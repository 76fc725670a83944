"""Titles for the rows of a page: presentation only, but true of what stands in the row."""

from __future__ import annotations

import numpy as np

from casestudies.netflix_home.policies import FittedPageRanker
from core.observed import Observed
from core.policy import FittedPipeline
from core.ranking.page import GENRE_ROW, VISIBLE
from core.slate import Requests, Slate

PHRASES = {
    "Crime": "Crime for a long evening",
    "Drama": "Slow Sunday dramas",
    "Comedy": "Something funny",
    "Thriller": "Edge-of-the-seat thrillers",
    "Romance": "Love stories",
    "Sci-fi": "Other worlds: sci-fi",
    "Fantasy": "Fantasy and myth",
    "Documentary": "True stories: documentaries",
    "Family": "For the whole family",
    "Horror": "Lights on: horror",
    "Action": "Non-stop action",
    "Mystery": "Who did it? Mysteries",
}


def row_titles(
    fitted: FittedPipeline, observed: Observed, requests: Requests, slate: Slate
) -> list[tuple[str, ...]]:
    """A title for each row of each page.

    A row that was filled by genre names it. The first mixed row is *Top picks for you*; a later one is
    *Because you watched X* where X is the title in the viewer's history whose item-to-item weights speak
    most for the row's first five, if any does and it was not named above; else *More for you*.
    """
    genres = _genre_names(observed)
    grid = slate.grid()                                                   # (B, rows, cols)
    kinds = slate.source[:, :: grid.shape[2]]                             # (B, rows)
    title = observed.catalog["title"].to_numpy()
    weights = fitted.ranker.weights if isinstance(fitted.ranker, FittedPageRanker) else None
    made = []
    for b, user in enumerate(requests.user):
        history = observed.history[user].indices
        named: set[str] = set()
        titles: list[str] = []
        for row, kind in zip(grid[b], kinds[b], strict=True):
            if kind >= GENRE_ROW:
                genre = genres[kind - GENRE_ROW]
                text = PHRASES.get(genre, genre)
                text = f"More {genre.lower()}" if text in named else text
            elif weights is None:
                text = "Everybody's hits" if not titles else "More hits"
            elif not titles:
                text = "Top picks for you"
            else:
                text = _because(row[row >= 0][:VISIBLE], history, weights, title, named)
            named.add(text)
            titles.append(text)
        made.append(tuple(titles))
    return made


def _because(
    row: np.ndarray, history: np.ndarray, weights: np.ndarray, title: np.ndarray, named: set[str]
) -> str:
    if not len(row) or not len(history):
        return "More for you"
    says = weights[np.ix_(history, row)].sum(axis=1)                      # (history,)
    for seed in history[np.argsort(-says, kind="stable")[:3]]:
        text = f"Because you watched {title[seed]}"
        if says.max() > 0 and text not in named:
            return text
    return "More for you"


def _genre_names(observed: Observed) -> dict[int, str]:
    frame = observed.catalog.frame
    return dict(zip(frame["genre_id"], frame["genre"], strict=True))
