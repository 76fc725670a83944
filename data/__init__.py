"""Public data sets by name. ``load`` reads files that are there, ``fetch`` gets them, nothing else downloads.

Files are looked for in ``LAB_MIRROR``, then in the lab's home (``LAB_HOME``). Licences, quirks and citations
are in ``data/README.md``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from core.config import unknown
from data import movielens, source
from data.dataset import Dataset, Ids, Provenance
from data.home import home
from data.source import Source

__all__ = ["Dataset", "Ids", "Provenance", "available", "fetch", "home", "load", "names"]

_SETS: dict[str, tuple[Source, Callable[[Path], Dataset]]] = {
    s.name: (s, read) for s, read in [(movielens.LATEST_SMALL, movielens.load_latest_small)]
}


def names() -> tuple[str, ...]:
    """The data sets that can be loaded or fetched."""
    return tuple(_SETS)


def available(name: str) -> bool:
    """Whether `load` would find the files. ``KeyError`` for a name that is not in `names`."""
    return source.find(_known(name)[0]) is not None


def load(name: str) -> Dataset:
    """Read a data set from its raw files.

    Raises
    ------
    KeyError
        For a name that is not in `names`.
    FileNotFoundError
        If the files are nowhere; says how to get them.
    ValueError
        If a row is wrong; names file, line, column and reason.
    """
    where, read = _known(name)
    return read(source.locate(where))


def fetch(name: str) -> Path:
    """Download a data set into the lab's home, whole and checked; return its folder. See `data.source`."""
    return source.fetch(_known(name)[0])


def _known(name: str) -> tuple[Source, Callable[[Path], Dataset]]:
    if name not in _SETS:
        raise KeyError(unknown("data set", name, _SETS))
    return _SETS[name]
