"""Array aliases and ``lock``: what crosses a seam between modules is read-only."""

from __future__ import annotations

from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.integer[Any]]
FloatArray = NDArray[np.floating[Any]]
BoolArray = NDArray[np.bool_]
AnyArray = NDArray[Any]

_A = TypeVar("_A", bound=AnyArray)


def lock(array: _A) -> _A:
    """Return ``array`` C-contiguous and read-only; the same object where it already is contiguous.

    A locked array can be shared by every arm, cached and handed to a twist: writing into it raises
    ``ValueError`` at the line that tried. Compiled kernels specialise on writability, so what they
    are given is always locked.
    """
    out = np.ascontiguousarray(array)
    out.setflags(write=False)
    return cast(_A, out)
