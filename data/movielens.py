"""MovieLens: films rated by people who came to rate films.

Reading differs from one release to the next; `assemble` is common to all. A further release is a `Source`,
a function that reads its files, and an entry in ``data/__init__.py``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from core.arrays import FloatArray, IntArray
from core.catalog import Catalog
from core.interactions import Interactions
from data.dataset import Dataset, Ids, Provenance
from data.source import Source, read_bytes, sha256
from data.tables import RawTable, read_table

CITATION = (
    "F. M. Harper and J. A. Konstan (2015), The MovieLens Datasets: History and Context, "
    "ACM Transactions on Interactive Intelligent Systems 5(4), article 19, doi:10.1145/2827872"
)

LATEST_SMALL = Source(
    name="movielens-latest-small",
    folder="ml-latest-small",
    address="https://files.grouplens.org/datasets/movielens/ml-latest-small.zip",
    files={
        "README.txt": "63d22ac138e80fae37021797ed8e1b9424b5239dc576a137422adf783ae3f404",
        "links.csv": "97ad18e4e56a09363c65676b6cb3482ce3e2cea2372a24620c1599c843325f31",
        "movies.csv": "5a5f32dd9bb3797b8e728a1b98958789d2b13f294a69fdfbc5727f8a9611aa07",
        "ratings.csv": "aa289ca83157595d0df6aea1be6a4ded676ddc4385472e8313a8ed9805352646",
        "tags.csv": "92a9f8bb7916dceef6151209845788c3643f794dfa79d1feaec7121b5960399d",
    },
    needed=("movies.csv", "ratings.csv"),
    licence="Research use; redistribution under the same conditions; no commercial use without permission.",
    citation=CITATION,
)

LARGEST = 2**31 - 1
UNLISTED = "(no genres listed)"
FORMATS = {"IMAX"}                                                    # a kind of screen, not of film


@dataclass(frozen=True, slots=True, eq=False)
class Ratings:
    """The rating rows of a release, raw ids, in the order of the file; each shape (N,)."""

    user: IntArray
    item: IntArray
    rating: FloatArray
    time: IntArray                                                    # seconds since 1970, UTC


@dataclass(frozen=True, slots=True, eq=False)
class Movies:
    """The films of a release, in the order of the file; each of length n_items."""

    item: IntArray
    title: Sequence[str]
    genres: Sequence[str]                                             # joined by "|"


def load_latest_small(folder: Path) -> Dataset:
    """Read ``movies.csv`` and ``ratings.csv``; the other files are not needed."""
    content = {name: read_bytes(folder, name) for name in LATEST_SMALL.needed}

    table = read_table("movies.csv", content["movies.csv"], ("movieId", "title", "genres"))
    movies = Movies(table.integers("movieId", 1, LARGEST), table.text("title"), table.text("genres"))
    _refuse_repeats(table, "movieId", movies.item)

    table = read_table("ratings.csv", content["ratings.csv"], ("userId", "movieId", "rating", "timestamp"))
    ratings = Ratings(
        user=table.integers("userId", 1, LARGEST),
        item=table.integers("movieId", 1, LARGEST),
        rating=table.numbers("rating", 0.5, 5.0, step=0.5),
        time=table.integers("timestamp", 0, LARGEST),
    )
    for row in np.flatnonzero(~np.isin(ratings.item, movies.item))[:1]:
        raise table.refuse(row, "movieId", f"{ratings.item[row]} is not in movies.csv")
    _refuse_repeats(table, "movieId", ratings.user * (LARGEST + 1) + ratings.item, "the same user rated it")

    return assemble(LATEST_SMALL, folder, ratings, movies, content)


def assemble(
    source: Source, folder: Path, ratings: Ratings, movies: Movies, content: Mapping[str, bytes]
) -> Dataset:
    """Dense ids in the order of the published ones, and the catalogue.

    Every rating is a positive, whatever its value: rating a film says that it was seen. The value is kept
    as the weight, so ``interactions.where(interactions.weight >= 3.5)`` are the liked ones. Films nobody
    rated stay in the catalogue. The catalogue's columns:

    ===========  ===============================================================================
    title        as published, with the year in brackets
    year         of release, from the title; NaN where it has none
    genres       as published, joined by ``|``
    genre        the main one, see `main_genres`
    n_ratings    number of ratings
    mean_rating  0.5 to 5 stars; NaN where nobody rated
    ===========  ===============================================================================
    """
    order = np.argsort(movies.item)
    item_ids = movies.item[order]                                     # (n_items,)
    user_ids, user = np.unique(ratings.user, return_inverse=True)
    item = np.searchsorted(item_ids, ratings.item)                    # (N,)
    n_ratings = np.bincount(item, minlength=len(item_ids))
    stars = np.bincount(item, weights=ratings.rating, minlength=len(item_ids))

    title = pd.Series(np.array(movies.title, dtype=object)[order], dtype="str")
    genres = np.array(movies.genres, dtype=object)[order]
    frame = pd.DataFrame({
        "title": title,
        "year": title.str.extract(r"\((\d{4})\)\s*$", expand=False).astype(float),
        "genres": pd.Series(genres, dtype="str"),
        "genre": pd.Series(main_genres(list(genres), n_ratings), dtype="str"),
        "n_ratings": n_ratings,
        "mean_rating": np.divide(stars, n_ratings, out=np.full(len(stars), np.nan), where=n_ratings > 0),
    })
    prints = {name: sha256(raw) for name, raw in content.items()}
    return Dataset(
        interactions=Interactions(
            user.astype(np.int32), item.astype(np.int32), ratings.time,
            ratings.rating.astype(np.float32), len(user_ids), len(item_ids),
        ),
        catalog=Catalog(frame),
        ids=Ids(user_ids, item_ids),
        provenance=Provenance(
            source.name, str(folder), source.address, source.licence, source.citation, prints,
            official=all(source.files[name] == seen for name, seen in prints.items()),
        ),
    )


def main_genres(genres: Sequence[str], n_ratings: IntArray) -> list[str]:
    """One genre per film: of those listed, the one that fewest ratings went to.

    MovieLens lists genres by alphabet, so the first says little: Action leads wherever it occurs. The
    rarest tells people apart best. In the 2018 release two ratings of one person share it 1.41 times as
    often as one of theirs and one of anybody's; the first listed genre 1.23 times, the commonest 1.14. And
    no main genre holds more than 13 % of the ratings (30 % and 42 %), so that a page or a person with one
    dominant genre is news. IMAX, a kind of screen, is taken only where nothing else is listed. Of equals,
    the first listed.

    >>> main_genres(["Comedy|Drama", "Drama", "Drama|IMAX"], np.array([5, 9, 1]))
    ['Comedy', 'Drama', 'Drama']
    """
    ratings: Counter[str] = Counter()
    for listed, n in zip(genres, n_ratings.tolist(), strict=True):
        for genre in listed.split("|"):
            ratings[genre] += n
    return [min(listed.split("|"), key=lambda g: (g in FORMATS, ratings[g])) for listed in genres]


def _refuse_repeats(table: RawTable, column: str, key: IntArray, who: str = "it stands") -> None:
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    for row in np.flatnonzero(first[group] != np.arange(len(key)))[:1]:
        cell, earlier = table.cells[column][row], table.line[first[group[row]]]
        raise table.refuse(row, column, f"{cell} repeats: {who} on line {earlier} already")
