"""Philox4x32-10 beside its published known answers and a reference in plain integers.

The last test runs every kernel's tests again without compilation.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core._kernels import philox_block, unit

ROOT = Path(__file__).resolve().parents[2]
COMPILED = os.environ.get("NUMBA_DISABLE_JIT", "0") == "0"
KERNEL_TESTS = (
    "tests/core/test_kernels.py",
    "tests/core/behaviour/test_kernels.py",
    "tests/core/ranking/test_kernels.py",
)
WORD = 0xFFFFFFFF


def words(text: str) -> list[int]:
    return [int(word, 16) for word in text.split()]


def philox_reference(counter: list[int], key: list[int]) -> list[int]:
    """Salmon et al. (2011), constants and all, in Python's integers: ten rounds, the key bumped between."""
    c, (k0, k1) = list(counter), key
    for _ in range(10):
        high0, low0 = divmod(0xD2511F53 * c[0], 2**32)
        high1, low1 = divmod(0xCD9E8D57 * c[2], 2**32)
        c = [high1 ^ c[1] ^ k0, low1, high0 ^ c[3] ^ k1, low0]
        k0, k1 = (k0 + 0x9E3779B9) & WORD, (k1 + 0xBB67AE85) & WORD
    return c


@pytest.mark.parametrize(
    ("counter", "key", "answer"),
    [
        ("0 0 0 0", "0 0", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
    ],
    ids=["zeros", "ones", "digits of pi"],
)
def test_known_answers(counter, key, answer):
    """The `kat_vectors` of the authors' Random123, philox4x32 with 10 rounds."""
    made = philox_block(np.array([words(counter)], dtype=np.uint32), np.array(words(key), dtype=np.uint32))
    assert made[0].tolist() == words(answer) == philox_reference(words(counter), words(key))


@pytest.mark.parametrize("seed", range(5))
def test_the_kernel_is_the_reference_bit_for_bit(seed):
    rng = np.random.default_rng(seed)
    counter = rng.integers(0, 2**32, (60, 4), dtype=np.uint32)
    key = rng.integers(0, 2**32, 2, dtype=np.uint32)
    made = philox_block(counter, key)
    assert made.dtype == np.uint32
    assert made.tolist() == [philox_reference(row.tolist(), key.tolist()) for row in counter]


def test_a_word_becomes_a_number_strictly_between_0_and_1():
    """(word + 1/2) / 2^32: the log of it, and of one minus it, is finite."""
    assert unit(np.uint32(0)) == 0.5 / 2**32
    assert unit(np.uint32(WORD)) == 1.0 - 0.5 / 2**32


@pytest.mark.skipif(not COMPILED, reason="this is the run without compilation")
def test_kernels_pass_their_tests_without_compilation():
    """NumPy's scalars warn where an unsigned product wraps, which is what Philox is made of."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-W",
            "ignore::RuntimeWarning",
            *KERNEL_TESTS,
        ],
        cwd=ROOT,
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    assert " passed" in done.stdout
