"""Browsing a page in plain Python, one viewer and one tile at a time.

Written from the description in `core.behaviour.examination` and `core.behaviour.choice`, with the same keyed
draws: per row (slot row · 64) one word to pass it over and one to mind its heading; per later window (slot
row · 64 + window) one word to swipe there; per title (slot: its id) one word for tonight's opinion and two
for how long it is looked at.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from core.rng import SESSIONS_PER_DAY, keyed_words

BROWSE, APPEAL = 3, 4


@dataclass
class Evening:
    """What one viewer did."""

    entered: set = field(default_factory=set)
    examined: list = field(default_factory=list)  # slots, in the order looked at
    played: int = -1
    seconds: float = 0.0


def uniforms(key, purpose: int, counter: int, user: int, slot: int) -> list[float]:
    day, session = divmod(counter, SESSIONS_PER_DAY)
    words = keyed_words(key, purpose, day, np.array(session), np.array(user), np.array(slot))
    return [(int(word) + 0.5) / 2**32 for word in words.ravel()]


def utility(user, item, mood, tired, viewers, titles, walk) -> float:
    """Quality, affinity for the genre less satiation with it, taste, mood, and length where tired."""
    genre = int(titles.genre[item])
    made = float(titles.quality[item]) + float(viewers.affinity[user, genre])
    made -= float(viewers.satiation[user, genre])
    made += sum(float(a) * float(b) for a, b in zip(viewers.vector[user], titles.vector[item], strict=True))
    made += walk.in_mood if genre == mood else walk.off_mood
    made -= walk.again if viewers.seen[user, item] else 0.0
    return made - tired * float(titles.burden[item])


def browse_one(page, heading, user, counter, mood, patience, tired, viewers, titles, walk, key) -> Evening:
    """Rows top-down; windows of ``visible`` tiles left to right; the first good enough title is played."""
    seen = Evening()
    n_rows, n_cols = len(page), len(page[0])
    for row in range(n_rows):
        seen.seconds += walk.row_seconds
        if seen.seconds > patience:
            return seen
        windows = [range(c, min(c + walk.visible, n_cols)) for c in range(0, n_cols, walk.visible)]
        seen.entered |= {row * n_cols + c for c in windows[0] if page[row][c] >= 0}
        skip, mind, _, _ = uniforms(key, BROWSE, counter, user, row * 64)
        if skip < walk.skip:
            continue
        if heading[row] >= 0 and heading[row] != mood and mind < walk.headings:
            continue
        for number, window in enumerate(windows):
            suits = False
            if number > 0:
                seen.entered |= {row * n_cols + c for c in window if page[row][c] >= 0}
            for c in window:
                item = int(page[row][c])
                if item < 0:
                    continue
                opinion, a, b, _ = uniforms(key, APPEAL, counter, user, item)
                normal = math.sqrt(-2 * math.log(a)) * math.cos(2 * math.pi * b)
                seen.seconds += walk.tile_seconds * math.exp(walk.tile_sd * normal)
                if seen.seconds > patience:
                    return seen
                seen.examined.append(row * n_cols + c)
                suits = suits or titles.genre[item] == mood
                gumbel = -math.log(-math.log(opinion))
                u = utility(user, item, mood, tired, viewers, titles, walk) + walk.noise * gumbel
                if u > walk.threshold:
                    seen.played = row * n_cols + c
                    return seen
            if number + 1 == len(windows):
                break
            swipe = uniforms(key, BROWSE, counter, user, row * 64 + number + 1)[2]
            if swipe >= (walk.swipe_in_mood if suits else walk.swipe):
                break
    return seen
