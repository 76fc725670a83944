"""``Catalog``: what the product knows of its items, one row an item id."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from core.config import unknown


@dataclass(frozen=True, slots=True, eq=False)
class Catalog:
    """A table of item attributes whose row number is the item id.

    ``catalog["minutes"].to_numpy()`` is a read-only array of shape (n_items,). Columns are the case
    study's own; ``title`` is always there, and ``genre`` (text) where items have one.
    """

    frame: pd.DataFrame

    def __post_init__(self) -> None:
        if "title" not in self.frame.columns:
            raise ValueError(f"Catalog needs a column 'title', got {list(self.frame.columns)}")
        if not self.frame.index.equals(pd.RangeIndex(len(self.frame))):
            raise ValueError("Catalog.frame must be indexed 0..n-1: the row number is the item id")

    def __len__(self) -> int:
        return len(self.frame)

    def __getitem__(self, column: str) -> pd.Series:
        if column not in self.frame.columns:
            raise KeyError(unknown("catalogue column", column, self.frame.columns))
        return self.frame[column]
