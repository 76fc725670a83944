"""Compiled browsing of a page. A session walks tile by tile until something is played or patience ends;
each step depends on the last, so NumPy would need a pass per tile over all sessions. The reference is in
tests/core/behaviour/reference.py and agrees draw for draw.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from core._kernels import philox, unit
from core.arrays import AnyArray


class Viewers(NamedTuple):
    """Per user: ``vector`` (N, d), scaled; ``affinity`` (N, G); ``satiation`` (N, G), in utility; ``seen``
    (N, I) bool."""

    vector: AnyArray
    affinity: AnyArray
    satiation: AnyArray
    seen: AnyArray


class Titles(NamedTuple):
    """Per item: ``vector`` (I, d), ``quality`` (I,), ``genre`` (I,), ``burden`` (I,): hours beyond one."""

    vector: AnyArray
    quality: AnyArray
    genre: AnyArray
    burden: AnyArray


class Visits(NamedTuple):
    """Per session, (B,): ``user``, ``counter`` (day · 64 + session), ``mood`` (a genre), ``patience``
    in seconds, ``tired``: utility lost per hour of burden."""

    user: AnyArray
    counter: AnyArray
    mood: AnyArray
    patience: AnyArray
    tired: AnyArray


class Walk(NamedTuple):
    """How a page is read and when a title is taken. Seconds, shares, utility."""

    row_seconds: float
    tile_seconds: float
    tile_sd: float
    skip: float
    headings: float
    swipe: float
    swipe_in_mood: float
    visible: int
    in_mood: float
    off_mood: float
    noise: float
    threshold: float
    again: float


class Path(NamedTuple):
    """What happened: ``entered``, ``examined`` (B, K) bool; ``played`` slot or −1, ``seconds``, (B,)."""

    entered: AnyArray
    examined: AnyArray
    played: AnyArray
    seconds: AnyArray


@njit(cache=True, nogil=True, inline="always")
def appeal(user, item, mood, tired, viewers, titles, walk):
    """Utility of an item to a user tonight, without the draw."""
    genre = titles.genre[item]
    u = titles.quality[item] + viewers.affinity[user, genre] - viewers.satiation[user, genre]
    for j in range(titles.vector.shape[1]):
        u += viewers.vector[user, j] * titles.vector[item, j]
    u += walk.in_mood if genre == mood else walk.off_mood
    if viewers.seen[user, item]:
        u -= walk.again
    return u - tired * titles.burden[item]


@njit(cache=True, nogil=True)
def browse(item, heading, visits, viewers, titles, walk, key, purpose_browse, purpose_appeal):
    """Walk pages ``item`` (B, rows, cols) under ``heading`` (B, rows), −1 where a row names no genre."""
    n, n_rows, n_cols = item.shape
    entered = np.zeros((n, n_rows * n_cols), dtype=np.bool_)
    examined = np.zeros((n, n_rows * n_cols), dtype=np.bool_)
    played = np.full(n, -1, dtype=np.int32)
    seconds = np.zeros(n, dtype=np.float64)
    k0 = np.uint32(key[0])
    k1 = np.uint32(key[1])
    for b in range(n):
        user = visits.user[b]
        counter = np.uint32(visits.counter[b])
        mood = visits.mood[b]
        patience = visits.patience[b]
        t = 0.0
        done = False
        for row in range(n_rows):
            t += walk.row_seconds
            if t > patience:
                break
            for c in range(min(walk.visible, n_cols)):
                entered[b, row * n_cols + c] = item[b, row, c] >= 0
            w = philox(np.uint32(row * 64), counter, np.uint32(user), np.uint32(purpose_browse), k0, k1)
            if unit(w[0]) < walk.skip:
                continue
            named = heading[b, row]
            if named >= 0 and named != mood and unit(w[1]) < walk.headings:
                continue
            c = 0
            while c < n_cols:
                stop = min(c + walk.visible, n_cols)
                saw_mood = False
                while c < stop:
                    slot = row * n_cols + c
                    i = item[b, row, c]
                    c += 1
                    if i < 0:
                        continue
                    a = philox(np.uint32(i), counter, np.uint32(user), np.uint32(purpose_appeal), k0, k1)
                    z = np.sqrt(-2.0 * np.log(unit(a[1]))) * np.cos(2.0 * np.pi * unit(a[2]))
                    t += walk.tile_seconds * np.exp(walk.tile_sd * z)
                    if t > patience:
                        done = True
                        break
                    examined[b, slot] = True
                    if titles.genre[i] == mood:
                        saw_mood = True
                    u = appeal(user, i, mood, visits.tired[b], viewers, titles, walk)
                    if u - walk.noise * np.log(-np.log(unit(a[0]))) > walk.threshold:
                        played[b] = slot
                        done = True
                        break
                if done or c >= n_cols:
                    break
                window = np.uint32(row * 64 + c // walk.visible)
                s = philox(window, counter, np.uint32(user), np.uint32(purpose_browse), k0, k1)
                if unit(s[2]) >= (walk.swipe_in_mood if saw_mood else walk.swipe):
                    break
                for c2 in range(c, min(c + walk.visible, n_cols)):
                    entered[b, row * n_cols + c2] = item[b, row, c2] >= 0
            if done:
                break
        seconds[b] = t
    return Path(entered, examined, played, seconds)
