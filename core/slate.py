"""What passes through one request: ``Requests``, ``Candidates``, ``Slate``, ``Outcomes``. Batches, not objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from core.arrays import AnyArray, BoolArray, FloatArray, IntArray, lock


def _lock_fields(record: object, names: tuple[str, ...]) -> None:
    for name in names:
        object.__setattr__(record, name, lock(getattr(record, name)))


@dataclass(frozen=True, slots=True, eq=False)
class Requests:
    """``B`` requests of one day. ``request`` ids are stateless: (day · 64 + session) · n_users + user.

    ``context`` maps a name to an array (B,): what the product knows at the time (``hour``; a mood where
    it was told, else −1).
    """

    day: int
    request: IntArray
    user: IntArray
    session: IntArray
    context: Mapping[str, AnyArray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _lock_fields(self, ("request", "user", "session"))
        context = {name: lock(value) for name, value in self.context.items()}
        object.__setattr__(self, "context", MappingProxyType(context))

    def __len__(self) -> int:
        return len(self.request)

    def take(self, keep: AnyArray) -> Requests:
        """The requests selected by a mask or an index."""
        context = {k: v[keep] for k, v in self.context.items()}
        return Requests(self.day, self.request[keep], self.user[keep], self.session[keep], context)


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """``item`` and ``source`` (B, C): what was retrieved and by which source. −1 pads."""

    item: IntArray
    source: IntArray

    def __post_init__(self) -> None:
        if self.item.shape != self.source.shape or self.item.ndim != 2:
            raise ValueError(
                f"Candidates: item and source must both be (B, C), got {self.item.shape} and "
                f"{self.source.shape}"
            )
        _lock_fields(self, ("item", "source"))


@dataclass(frozen=True, slots=True, eq=False)
class Slate:
    """What is shown: (B, K) each. −1 in ``item`` marks an empty slot.

    ``row`` and ``col`` place a slot on the page; a flat list is row 0. ``source`` says which rule put the
    item there (a case study names its codes). ``propensity`` is the probability of this item at this slot
    given the slots before it, 1 where nothing was drawn; ``explored`` marks slots filled by exploration.
    """

    item: IntArray
    row: IntArray
    col: IntArray
    score: FloatArray
    source: IntArray
    propensity: FloatArray
    explored: BoolArray

    def __post_init__(self) -> None:
        names = ("item", "row", "col", "score", "source", "propensity", "explored")
        shapes = {name: getattr(self, name).shape for name in names}
        if len(set(shapes.values())) != 1 or self.item.ndim != 2:
            raise ValueError(f"Slate: every field must have one shape (B, K), got {shapes}")
        _lock_fields(self, names)

    @classmethod
    def page(
        cls,
        item: IntArray,
        score: FloatArray,
        n_cols: int,
        source: IntArray | None = None,
        propensity: FloatArray | None = None,
        explored: BoolArray | None = None,
    ) -> Slate:
        """A grid in reading order: slot k stands in row k // n_cols, column k % n_cols."""
        slot = np.arange(item.shape[1])
        row = np.broadcast_to((slot // n_cols).astype(np.int16), item.shape)
        col = np.broadcast_to((slot % n_cols).astype(np.int16), item.shape)
        return cls(
            item,
            row,
            col,
            score,
            np.zeros(item.shape, dtype=np.int16) if source is None else source,
            np.ones(item.shape, dtype=np.float32) if propensity is None else propensity,
            np.zeros(item.shape, dtype=bool) if explored is None else explored,
        )

    def grid(self) -> IntArray:
        """``item`` as (B, rows, cols). Rows must be equally long."""
        n_rows = int(self.row[0, -1]) + 1 if len(self.item) else 1
        return self.item.reshape(len(self.item), n_rows, self.item.shape[1] // n_rows)


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """What happened. Only ``entered`` tiles (B, K) are logged; ``truth`` goes to a table of its own.

    ``impression`` maps a name to (B, K), ``request`` to (B,), ``truth`` to either. A request may name an
    item had without a tile (found by search) in ``request["found"]``; −1 is none.
    """

    entered: BoolArray
    impression: Mapping[str, AnyArray]
    request: Mapping[str, AnyArray]
    truth: Mapping[str, AnyArray]
