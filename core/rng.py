"""Randomness by key: a draw belongs to its event, not to the order of calls.

Two kinds. ``stream(seed, *names)`` gives a generator for building, fitting and exploring. Responses
use `keyed_uniform`: the same (day, session, user, slot) gives the same number in every arm, on every
worker, whoever else was simulated, so identical arms are bit-identical and a user nobody touched has an
identical history. Counter layout and purposes are fixed for good; changing one changes every world.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

import numpy as np

from core._kernels import philox_block
from core.arrays import AnyArray, FloatArray

# Purposes, the last word of a counter. A number, once given, is never used for anything else.
BIRTH, ITEM, VISIT, BROWSE, APPEAL, DWELL, DRIFT, ASSIGN, EXPLORE, SURVEY, MOOD, LEAVE = range(12)

SESSIONS_PER_DAY = 64


def _word(name: object) -> int:
    if isinstance(name, (int, np.integer)):
        return int(name)
    return zlib.crc32(str(name).encode())


def stream(seed: int, *names: object) -> np.random.Generator:
    """A generator for one purpose: ``stream(seed, "fit", retrain)``. Equal arguments, equal draws."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, *map(_word, names)])))


def event_key(seed: int, *names: object) -> tuple[int, int]:
    """The two 32-bit words that key a world's events."""
    a, b = np.random.SeedSequence([seed, *map(_word, names)]).generate_state(2, np.uint32)
    return int(a), int(b)


def keyed_words(
    key: tuple[int, int], purpose: int, day: int, session: AnyArray, user: AnyArray, slot: AnyArray
) -> AnyArray:
    """Four 32-bit words per event, shape broadcast(session, user, slot) + (4,).

    The counter is (slot, day · 64 + session, user, purpose); the function Philox4x32-10 of Salmon,
    Moraes, Dror & Shaw (2011). NumPy's own Philox is the 4x64 variant and gives other numbers.
    """
    session, user, slot = np.broadcast_arrays(session, user, slot)
    counter = np.empty((slot.size, 4), dtype=np.uint32)
    counter[:, 0] = slot.ravel()
    counter[:, 1] = day * SESSIONS_PER_DAY + session.ravel()
    counter[:, 2] = user.ravel()
    counter[:, 3] = purpose
    words = philox_block(counter, np.array(key, dtype=np.uint32))
    return words.reshape(*slot.shape, 4)


def keyed_uniform(
    key: tuple[int, int],
    purpose: int,
    day: int,
    session: AnyArray | int,
    user: AnyArray | int,
    slot: AnyArray | int,
) -> FloatArray:
    """Uniforms in (0, 1), one per event; shapes broadcast. See `keyed_words`."""
    arrays: Iterable[AnyArray] = map(np.asarray, (session, user, slot))
    return (keyed_words(key, purpose, day, *arrays)[..., 0] + 0.5) * 2.0**-32
