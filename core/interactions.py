"""``Interactions``: who had what, when, how much, with dense ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import FloatArray, IntArray, lock

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass(frozen=True, slots=True, eq=False)
class Interactions:
    """Events with ids 0..n-1, locked.

    Parameters
    ----------
    user, item : int array, shape (N,)
        Dense ids below ``n_users`` and ``n_items``. A user or item may have no event.
    time : int or float array, shape (N,)
        Days, or seconds since 1970; only its order matters.
    weight : float array, shape (N,)
        1 for a play; plays, a rating or minutes otherwise. Finite.
    n_users, n_items : int

    Raises
    ------
    ValueError
        If lengths differ, an id is out of range, or a weight is not finite.
    """

    user: IntArray
    item: IntArray
    time: IntArray | FloatArray
    weight: FloatArray
    n_users: int
    n_items: int

    def __post_init__(self) -> None:
        lengths = {len(self.user), len(self.item), len(self.time), len(self.weight)}
        if len(lengths) != 1:
            raise ValueError(f"Interactions: columns must be equally long, got lengths {sorted(lengths)}")
        for name, ids, n in (("user", self.user, self.n_users), ("item", self.item, self.n_items)):
            if len(ids) and not (0 <= ids.min() and ids.max() < n):
                raise ValueError(
                    f"Interactions.{name} must lie in 0..{n - 1}, got {ids.min()}..{ids.max()}"
                )
        if not np.isfinite(self.weight).all():
            raise ValueError("Interactions.weight must be finite")
        for name in ("user", "item", "time", "weight"):
            object.__setattr__(self, name, lock(getattr(self, name)))

    def __len__(self) -> int:
        return len(self.user)

    @classmethod
    def of(cls, user: IntArray, item: IntArray, n_users: int, n_items: int) -> Interactions:
        """Events of weight 1 in the order given."""
        n = len(user)
        return cls(user, item, np.arange(n), np.ones(n, dtype=np.float32), n_users, n_items)

    def matrix(self) -> csr_matrix:
        """Summed weights as CSR float32, shape (n_users, n_items), indices sorted."""
        from scipy.sparse import csr_matrix

        shape = (self.n_users, self.n_items)
        made = csr_matrix((self.weight.astype(np.float32), (self.user, self.item)), shape=shape)
        made.sum_duplicates()
        return made

    def where(self, keep: IntArray | np.ndarray) -> Interactions:
        """The events selected by a mask or an index, same ids."""
        return Interactions(
            self.user[keep], self.item[keep], self.time[keep], self.weight[keep], self.n_users, self.n_items
        )
