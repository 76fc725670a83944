"""Compiled ordering and page building. Ordering 1,200 scores a request was the largest part of a simulated
day, and three times slower as a NumPy sort of packed keys. Rows compete for titles one after the other and
every row changes what is left, so there is no batch form.
References are in tests/core/ranking/reference.py and agree slot for slot.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from core._kernels import philox, unit


@njit(cache=True, nogil=True)
def order_rows(bits):
    """Order of each row of float32 ``bits`` (B, C) as uint32, highest value first, equal ones by position.

    A float's bits become a key that rises as the value falls (negatives as they are, positives mirrored),
    and the key is sorted byte by byte from the lowest: least-significant-digit radix sort, stable.
    """
    n, m = bits.shape
    order = np.empty((n, m), dtype=np.int32)
    start = np.empty((4, 257), dtype=np.int32)
    key = np.empty((2, m), dtype=np.uint32)
    place = np.empty((2, m), dtype=np.int32)
    byte = np.uint32(255)
    for b in range(n):
        start[:] = 0
        for c in range(m):
            x = bits[b, c]
            k = x if x >> np.uint32(31) else np.uint32(np.uint32(0x7FFFFFFF) - x)
            key[0, c] = k
            place[0, c] = c
            for digit in range(4):
                start[digit, ((k >> np.uint32(8 * digit)) & byte) + np.uint32(1)] += 1
        for digit in range(4):
            for g in range(256):
                start[digit, g + 1] += start[digit, g]
        for digit in range(4):
            source = digit % 2
            for c in range(m):
                k = key[source, c]
                d = (k >> np.uint32(8 * digit)) & byte
                at = start[digit, d]
                start[digit, d] = at + 1
                key[1 - source, at] = k
                place[1 - source, at] = place[source, c]
        order[b] = place[0]
    return order


@njit(cache=True, nogil=True)
def genre_lists(order, genre, n_genres):
    """Candidates of one request by genre, best first: ``start`` (G + 1,) into ``members`` (C,)."""
    start = np.zeros(n_genres + 1, dtype=np.int32)
    for c in range(order.shape[0]):
        start[genre[order[c]] + 1] += 1
    for g in range(n_genres):
        start[g + 1] += start[g]
    at = start[:-1].copy()
    members = np.empty(order.shape[0], dtype=np.int32)
    for c in range(order.shape[0]):
        g = genre[order[c]]
        members[at[g]] = c                                                # position in the order
        at[g] += 1
    return start, members


@njit(cache=True, nogil=True)
def competing_rows(order, usable, chance, genre, n_genres, n_rows, n_cols, weight, fade, strength):
    """Fill rows one by one with the best of: the next titles overall, or the next of one genre.

    order (B, C) candidates best first; usable (B,) how many of them may be shown; chance (B, C) P(play);
    genre (B, C); weight (n_cols,) attention within a row; fade (n_rows,) attention of a row.
    Returns slots (B, n_rows * n_cols) into C or −1, and rows (B, n_rows): −1 mixed, g a genre row.
    """
    n = order.shape[0]
    slots = np.full((n, n_rows * n_cols), -1, dtype=np.int32)
    kinds = np.full((n, n_rows), -1, dtype=np.int16)
    for b in range(n):
        m = usable[b]
        ranked = order[b, :m]
        start, members = genre_lists(ranked, genre[b], n_genres)
        head = start[:-1].copy()
        first = 0
        used = np.zeros(m, dtype=np.bool_)
        cover = np.zeros(n_genres)
        share = np.zeros(n_genres)
        picked = np.empty(n_cols, dtype=np.int32)
        best = np.empty(n_cols, dtype=np.int32)
        best_share = np.zeros(n_genres)
        for row in range(n_rows):
            while first < m and used[first]:
                first += 1
            if first >= m:
                break
            best_value = -1.0
            best_n = 0
            best_kind = -1
            for kind in range(-1, n_genres):
                count = 0
                value = 0.0
                if kind < 0:
                    share[:] = 0.0
                    total = 0.0
                    c = first
                    while c < m and count < n_cols:
                        if not used[c]:
                            picked[count] = c
                            value += weight[count] * chance[b, ranked[c]]
                            share[genre[b, ranked[c]]] += weight[count]
                            total += weight[count]
                            count += 1
                        c += 1
                    crowd = 0.0
                    for g in range(n_genres):
                        share[g] /= total
                        crowd += share[g] * cover[g]
                else:
                    while head[kind] < start[kind + 1] and used[members[head[kind]]]:
                        head[kind] += 1
                    j = head[kind]
                    while j < start[kind + 1] and count < n_cols:
                        c = members[j]
                        if not used[c]:
                            picked[count] = c
                            value += weight[count] * chance[b, ranked[c]]
                            count += 1
                        j += 1
                    if count == 0:
                        continue
                    crowd = cover[kind]
                value *= np.exp(-strength * crowd)
                if value > best_value:
                    best_value = value
                    best_n = count
                    best_kind = kind
                    best[:count] = picked[:count]
                    if kind < 0:
                        best_share[:] = share
            kinds[b, row] = best_kind
            for j in range(best_n):
                used[best[j]] = True
                slots[b, row * n_cols + j] = ranked[best[j]]
            if best_kind < 0:
                for g in range(n_genres):
                    cover[g] += fade[row] * best_share[g]
            else:
                cover[best_kind] += fade[row]
    return slots, kinds


@njit(cache=True, nogil=True)
def genre_rows(order, usable, genre, n_genres, n_rows, n_cols, preference):
    """Row 0 the best overall, then one row a genre in the order ``preference`` (B, G), best unused each."""
    n = order.shape[0]
    slots = np.full((n, n_rows * n_cols), -1, dtype=np.int32)
    kinds = np.full((n, n_rows), -1, dtype=np.int16)
    for b in range(n):
        m = usable[b]
        ranked = order[b, :m]
        start, members = genre_lists(ranked, genre[b], n_genres)
        top = min(n_cols, m)
        for c in range(top):
            slots[b, c] = ranked[c]
        row = 1
        for p in range(n_genres):
            if row >= n_rows:
                break
            g = preference[b, p]
            count = 0
            for j in range(start[g], start[g + 1]):
                if members[j] >= top:
                    slots[b, row * n_cols + count] = ranked[members[j]]
                    count += 1
                    if count == n_cols:
                        break
            if count > 0:
                kinds[b, row] = g
                row += 1
    return slots, kinds


@njit(cache=True, nogil=True)
def wheel(weights, at, cumulative, guide):
    """Cumulate the weights of the candidates left (``at`` >= 0) and say where each part of it begins."""
    total = 0.0
    for c in range(weights.shape[0]):
        if at[c] >= 0:
            total += weights[c]
        cumulative[c] = total
    c = 0
    buckets = guide.shape[0] - 1
    for g in range(buckets + 1):
        while c < weights.shape[0] - 1 and cumulative[c] * buckets <= g * total:
            c += 1
        guide[g] = c
    return total


@njit(cache=True, nogil=True)
def lottery(weights, uniform, n_slots, user, counter, key, purpose):
    """Draw slots without replacement: with probability ``uniform`` any candidate left, else by weight.

    weights (B, C) float64, 0 where a candidate may not be shown. Returns slots (B, n_slots) into C or −1,
    the propensity of each given the slots before it, and whether it was drawn uniformly.
    """
    n, n_candidates = weights.shape
    slots = np.full((n, n_slots), -1, dtype=np.int32)
    propensity = np.ones((n, n_slots), dtype=np.float32)
    explored = np.zeros((n, n_slots), dtype=np.bool_)
    k0 = np.uint32(key[0])
    k1 = np.uint32(key[1])
    buckets = 1024
    guide = np.empty(buckets + 1, dtype=np.int32)
    cumulative = np.empty(n_candidates)
    left = np.empty(n_candidates, dtype=np.int32)
    at = np.empty(n_candidates, dtype=np.int32)
    for b in range(n):
        n_left = 0
        for c in range(n_candidates):
            at[c] = -1
            if weights[b, c] > 0.0:
                left[n_left] = c
                at[c] = n_left
                n_left += 1
        if n_left == 0:
            continue
        total = wheel(weights[b], at, cumulative, guide)
        weight_left = total
        block = 0
        word = 4
        w = (np.uint32(0), np.uint32(0), np.uint32(0), np.uint32(0))
        for slot in range(min(n_slots, n_left)):
            n_here = n_left - slot
            chosen = -1
            tried = False
            while chosen < 0:
                if word == 4:
                    w = philox(
                        np.uint32(block), np.uint32(counter[b]), np.uint32(user[b]), np.uint32(purpose), k0, k1
                    )
                    block += 1
                    word = 0
                x = unit(w[0] if word == 0 else (w[1] if word == 1 else (w[2] if word == 2 else w[3])))
                word += 1
                # One word is both the coin and the draw; a draw that hits a taken candidate is drawn again
                # without a new coin.
                if not tried and x < uniform:
                    chosen = left[min(int(x / uniform * n_here), n_here - 1)]
                    explored[b, slot] = True
                    break
                if not tried:
                    x = (x - uniform) / (1.0 - uniform)
                    tried = True
                c = guide[min(int(x * buckets), buckets - 1)]
                while c < n_candidates - 1 and cumulative[c] <= x * total:
                    c += 1
                if at[c] >= 0:
                    chosen = c
            share = weights[b, chosen] / weight_left
            propensity[b, slot] = (1.0 - uniform) * share + uniform / n_here
            slots[b, slot] = chosen
            weight_left -= weights[b, chosen]
            last = left[n_here - 1]
            left[at[chosen]] = last
            at[last] = at[chosen]
            at[chosen] = -1
            # Where little is left most draws would hit what is gone, and the difference has lost its digits.
            if weight_left * 256.0 < total and n_here > 1:
                total = wheel(weights[b], at, cumulative, guide)
                weight_left = total
    return slots, propensity, explored
