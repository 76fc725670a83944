"""``Dataset``: what loading returns, whichever data set it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.arrays import AnyArray, lock
from core.catalog import Catalog
from core.interactions import Interactions


@dataclass(frozen=True, slots=True, eq=False)
class Ids:
    """The published ids: ``ids.item[7]`` is what the raw files call item 7."""

    user: AnyArray                                                    # (n_users,), rising
    item: AnyArray                                                    # (n_items,), rising

    def __post_init__(self) -> None:
        object.__setattr__(self, "user", lock(self.user))
        object.__setattr__(self, "item", lock(self.item))


@dataclass(frozen=True, slots=True, eq=False)
class Provenance:
    """Which files were read, and whose they are."""

    name: str
    folder: str                                                       # where they were found
    address: str                                                      # the official archive
    licence: str
    citation: str
    sha256: Mapping[str, str]                                         # of the files read, unpacked
    official: bool                                                    # they are the published files


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Events with dense ids, the items' attributes, the published ids, and where it all came from."""

    interactions: Interactions
    catalog: Catalog
    ids: Ids
    provenance: Provenance
