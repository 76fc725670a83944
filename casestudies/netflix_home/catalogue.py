"""Titles and tastes: invented, or fitted to the ratings people gave.

A `Taste` says how popular titles are, how active people are and how concentrated their tastes are. The
behaviour that acts on it is the world's and is assumed in both cases.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.random import Generator

from core.arrays import FloatArray, lock
from core.catalog import Catalog
from core.rng import stream
from data import Dataset, load

N_TITLES, N_GENRES = 1_200, 12
GENRES = (
    "Crime", "Drama", "Comedy", "Thriller", "Romance", "Sci-fi",
    "Fantasy", "Documentary", "Family", "Horror", "Action", "Mystery",
)  # fmt: skip
FIRST = (
    "Midnight", "Copper", "Borrowed", "Paper", "Northern", "Second", "Glass", "Hollow", "Open", "Last",
    "Quiet", "Silver", "Winter", "Crooked", "Distant", "Golden", "Hidden", "Little", "Lost", "Painted",
    "Restless", "Scarlet", "Secret", "Slow", "Southern", "Stolen", "Sunday", "Tender", "Velvet", "Wild",
    "Amber", "Broken", "Careful", "Early", "Electric", "Faithful", "Floating", "Green", "Hungry", "Invisible",
)  # fmt: skip
SECOND = (
    "Garden", "Machine", "Signal", "Orchard", "Harbour", "Verdict", "Lantern", "Letters", "Tide", "Station",
    "River", "Kingdom", "Promise", "Island", "Bridge", "Mirror", "Engine", "Feather", "Window", "Road",
    "Season", "Shore", "Summit", "Theatre", "Voyage", "Witness", "Archive", "Bakery", "Compass", "Country",
    "Daughter", "Empire", "Ferry", "Forest", "Hotel", "Hour", "Market", "Neighbour", "Observatory", "Parade",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Taste:
    """What a world's people and titles are drawn from.

    ``catalog`` has title, genre, genre_id, year, minutes, and ``popularity``: the plays a title is counted
    with before its first (0.5 in the invented catalogue). ``quality`` (I,) is hidden. People's genre shares
    are Dirichlet(``concentration``), (G,); ``activity_sd`` is the standard deviation of the logarithm of
    their visits. ``people`` is how many people's plays ``popularity`` counts; None if it counts nobody's.
    ``fitted`` says in words what came from data.
    """

    name: str
    catalog: Catalog
    genres: tuple[str, ...]
    quality: FloatArray
    concentration: FloatArray
    activity_sd: float
    fitted: str
    people: int | None = None

    def catalog_for(self, users: int) -> Catalog:
        """The catalogue as ``users`` people would have made it popular."""
        if self.people is None:
            return self.catalog
        popularity = self.catalog["popularity"].to_numpy() * np.float32(users / self.people)
        return Catalog(self.catalog.frame.assign(popularity=popularity))


def fictional(seed: int) -> Taste:
    """An invented catalogue: 1,200 titles, 12 genres of unequal size, narrow tastes.

    Genre sizes are Dirichlet(5), people's shares Dirichlet(0.3): most have two to four strong genres.
    """
    rng = stream(seed, "catalogue")
    size = rng.dirichlet(np.full(N_GENRES, 5.0))                          # (G,)
    genre = rng.choice(N_GENRES, size=N_TITLES, p=size)                   # (I,)
    pairs = rng.permutation(len(FIRST) * len(SECOND))[:N_TITLES]
    title = [f"{FIRST[i // len(SECOND)]} {SECOND[i % len(SECOND)]}" for i in pairs]
    series = rng.random(N_TITLES) < 0.35
    film, episode = rng.normal(106, 20, N_TITLES), rng.normal(46, 12, N_TITLES)
    minutes = np.where(series, np.clip(episode, 20, 75), np.clip(film, 70, 190)).round()
    year = 2024 - np.minimum(rng.geometric(0.09, N_TITLES) - 1, 60)
    frame = pd.DataFrame(
        {
            "title": title,
            "genre": np.array(GENRES)[genre],
            "genre_id": genre.astype(np.int16),
            "year": year.astype(np.int16),
            "minutes": minutes.astype(np.float32),
            "popularity": np.full(N_TITLES, 0.5, dtype=np.float32),
        }
    )
    quality = rng.normal(0.0, 0.3, N_TITLES).astype(np.float32)
    narrow = np.full(N_GENRES, 0.3)
    return Taste("fictional", Catalog(frame), GENRES, lock(quality), lock(narrow), 0.2, "nothing: invented")


def movielens(name: str) -> Taste:
    """The 1,200 most-rated films, with popularity, activity and concentration of the ratings.

    Popularity: a film is counted with as many plays as it has ratings before its first, so that the common
    past shows what is known to be popular.
    Quality: its mean rating, shrunk by five ratings to the overall mean, at the invented spread (0.3).
    Concentration: Dirichlet-multinomial over users' genres by the method of moments (`concentration`).
    Activity: the standard deviation of the logarithm of ratings per user. Twelve genres; rarer ones join the twelfth.
    """
    return from_ratings(load(name), name)


def from_ratings(dataset: Dataset, name: str) -> Taste:
    """`movielens` for ratings in hand."""
    events, frame = dataset.interactions, dataset.catalog.frame
    n = np.bincount(events.item, minlength=events.n_items)
    total = np.bincount(events.item, weights=events.weight, minlength=events.n_items)
    keep = np.sort(np.lexsort((np.arange(len(n)), -n))[:N_TITLES])        # (I,)
    names, codes = _genres(frame["genre"].to_numpy()[keep], n[keep].astype(float))
    rank_of = np.full(events.n_items, -1)
    rank_of[keep] = np.arange(len(keep))
    item = rank_of[events.item]
    known = item >= 0
    counts = np.zeros((events.n_users, len(names)))
    np.add.at(counts, (events.user[known], codes[item[known]]), 1.0)      # (U, G)
    mean = (total[keep] + 5 * total.sum() / n.sum()) / (n[keep] + 5)
    quality = 0.3 * (mean - mean.mean()) / mean.std()
    activity = np.bincount(events.user, minlength=events.n_users)
    made = pd.DataFrame(
        {
            "title": frame["title"].to_numpy()[keep],
            "genre": np.array(names)[codes],
            "genre_id": codes.astype(np.int16),
            "year": frame["year"].to_numpy()[keep],
            "minutes": _minutes(stream(0, "minutes"), len(keep)),
            "popularity": n[keep].astype(np.float32),
        }
    )
    said = (
        f"popularity, activity and concentration of {len(events):,} ratings by {events.n_users:,} people; "
        "running times are invented"
    )
    return Taste(
        name,
        Catalog(made),
        names,
        lock(quality.astype(np.float32)),
        lock(concentration(counts)),
        float(np.log(activity[activity > 0]).std()),
        said,
        int((activity > 0).sum()),
    )


def concentration(counts: FloatArray) -> FloatArray:
    """Dirichlet parameter (G,) of users' genre shares, by moments, from counts (U, G).

    With m the pooled shares and n_u a user's total, the expected squared distance of a user's shares from
    m is Σ_g m_g (1 − m_g) · (1 / n_u + (1 − 1 / n_u) / (1 + A)); A is solved from its mean over users
    (Mosimann 1962) and the parameter is A · m.
    """
    total = counts.sum(axis=1)
    counts, total = counts[total > 1], total[total > 1]
    m = counts.sum(axis=0) / counts.sum()
    spread = (m * (1 - m)).sum()
    seen = (((counts / total[:, None] - m) ** 2).sum(axis=1) / spread).mean()
    within = (1 / total).mean()
    rho = np.clip((seen - within) / (1 - within), 1e-3, 0.999)           # 1 / (1 + A)
    return (1 / rho - 1) * m


def _genres(main: np.ndarray, weight: FloatArray) -> tuple[tuple[str, ...], np.ndarray]:
    sizes = pd.Series(weight).groupby(pd.Series(main)).sum().sort_values(ascending=False)
    kept = list(sizes.index[: N_GENRES - 1])
    names = (*map(str, kept), "Other")
    code = {g: i for i, g in enumerate(kept)}
    return names, np.array([code.get(g, N_GENRES - 1) for g in main])


def _minutes(rng: Generator, n: int) -> FloatArray:
    return np.clip(rng.normal(106, 20, n), 70, 190).round().astype(np.float32)


TASTES = ("fictional", "movielens-latest-small")


def taste(name: str, seed: int) -> Taste:
    """A taste by name. The invented catalogue moves with the seed, a real one does not."""
    from core.config import unknown

    if name == "fictional":
        return fictional(seed)
    if name in TASTES:
        return movielens(name)
    raise KeyError(unknown("taste", name, TASTES))
