"""Page building in plain Python, one request at a time: slower, and easier to believe.

Rows compete for titles: the next best titles overall against the next best of each genre, by expected plays
less what the rows above already cover. Genre rows stand in a given order. What a row takes is gone.
"""

from __future__ import annotations

import math


def best_first(scores: list[float]) -> list[int]:
    """Usable candidates from best to worst, ties by the lower position; −inf is left out."""
    usable = [c for c, score in enumerate(scores) if score > -math.inf]
    return sorted(usable, key=lambda c: (-scores[c], c))


def competing_rows(ranked, chance, genre, n_genres, n_rows, n_cols, weight, fade, strength):
    """Slots (n_rows · n_cols) and kinds (n_rows) of one request; −1 is an empty slot, a mixed row."""
    left = list(ranked)
    cover = [0.0] * n_genres
    slots, kinds = [-1] * (n_rows * n_cols), [-1] * n_rows
    for row in range(n_rows):
        if not left:
            break
        best = None
        for kind in range(-1, n_genres):
            titles = [c for c in left if kind in (-1, genre[c])][:n_cols]
            if not titles:
                continue
            share = [0.0] * n_genres
            for w, c in zip(weight, titles, strict=False):
                share[genre[c]] += w
            total = sum(share)
            crowd = sum(s / total * cover[g] for g, s in enumerate(share))
            plays = sum(w * chance[c] for w, c in zip(weight, titles, strict=False))
            value = plays * math.exp(-strength * crowd)
            if best is None or value > best[0]:
                best = (value, kind, titles, [s / total for s in share])
        _, kind, titles, share = best
        kinds[row] = kind
        slots[row * n_cols : row * n_cols + len(titles)] = titles
        left = [c for c in left if c not in titles]
        cover = [had + fade[row] * s for had, s in zip(cover, share, strict=True)]
    return slots, kinds


def genre_rows(ranked, genre, n_rows, n_cols, preference):
    """Row 0 the best overall; then one row a genre in order of preference, empty genres passed over."""
    slots, kinds = [-1] * (n_rows * n_cols), [-1] * n_rows
    top = ranked[:n_cols]
    slots[: len(top)] = top
    row = 1
    for g in preference:
        titles = [c for c in ranked[n_cols:] if genre[c] == g][:n_cols]
        if titles and row < n_rows:
            slots[row * n_cols : row * n_cols + len(titles)] = titles
            kinds[row] = g
            row += 1
    return slots, kinds


def lottery_probability(weights: list[float], drawn: list[int], uniform: float) -> list[float]:
    """P(next = c) for every c, after ``drawn``: (1 − ε) w / Σ w left + ε / n left; 0 for what is gone."""
    left = [c for c, w in enumerate(weights) if w > 0 and c not in drawn]
    total = sum(weights[c] for c in left)
    return [
        (1 - uniform) * w / total + uniform / len(left) if c in left else 0.0 for c, w in enumerate(weights)
    ]
