"""Compiled pieces that several packages share: Philox4x32-10 and ordering by score.

Each has a NumPy reference in the tests. NumPy was too slow for these two: a simulated day asks for
about forty keyed draws a session, and for the order of every title for every visitor.
"""

from __future__ import annotations

import numpy as np
from numba import njit

M0 = np.uint64(0xD2511F53)
M1 = np.uint64(0xCD9E8D57)
W0 = np.uint64(0x9E3779B9)
W1 = np.uint64(0xBB67AE85)
LOW = np.uint64(0xFFFFFFFF)
SHIFT = np.uint64(32)
STEP = 2.0**-32


@njit(cache=True, nogil=True, inline="always")
def philox(c0, c1, c2, c3, k0, k1):
    """Philox4x32-10 (Salmon et al. 2011): a counter of four words and a key of two -> four words."""
    for _ in range(10):
        p0 = M0 * np.uint64(c0)
        p1 = M1 * np.uint64(c2)
        n0 = np.uint32(p1 >> SHIFT) ^ c1 ^ k0
        n2 = np.uint32(p0 >> SHIFT) ^ c3 ^ k1
        c1 = np.uint32(p1 & LOW)
        c3 = np.uint32(p0 & LOW)
        c0 = n0
        c2 = n2
        k0 = np.uint32((np.uint64(k0) + W0) & LOW)
        k1 = np.uint32((np.uint64(k1) + W1) & LOW)
    return c0, c1, c2, c3


@njit(cache=True, nogil=True, inline="always")
def unit(word):
    """A 32-bit word as a uniform in the open interval (0, 1)."""
    return (np.float64(word) + 0.5) * STEP


@njit(cache=True, nogil=True)
def philox_block(counter, key):
    """Rows of counters (n, 4) and one key (2,), uint32 -> words (n, 4) uint32."""
    out = np.empty_like(counter)
    for i in range(counter.shape[0]):
        a, b, c, d = philox(counter[i, 0], counter[i, 1], counter[i, 2], counter[i, 3], key[0], key[1])
        out[i, 0] = a
        out[i, 1] = b
        out[i, 2] = c
        out[i, 3] = d
    return out
