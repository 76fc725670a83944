"""The stored surface is what the code makes."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from casestudies.netflix_home import CASE
from casestudies.surfaces import path_of, read
from core.experiment import Setting, ab
from core.sweep import surface_stamp

pytestmark = pytest.mark.claims


def stored() -> tuple[dict, Setting]:
    made = read(CASE)
    assert made is not None
    setting = Setting(**{**made["setting"], "world": tuple(made["setting"]["world"].items())})
    return made, setting


def test_stamp_is_the_codes():
    made, setting = stored()
    assert made["fingerprint"] == surface_stamp(CASE, setting), "the code changed: run `make surfaces`"
    assert path_of(CASE).stat().st_size < 100_000


def test_one_point_recomputed():
    """The default point, from scratch: the stored numbers to the five digits they are stored with."""
    made, setting = stored()
    point = next(p for p in made["points"] if (p["x"], p["y"]) == (0.75, 0.0))
    result = ab(CASE, setting, store=Path(os.environ["LAB_HOME"]) / "runs", workers=2, details=False)
    rows = result.frame[made["columns"]].to_numpy(dtype=float)
    truth = result.truth[made["truth_columns"]].to_numpy(dtype=float)
    for got, kept in ((rows, point["rows"]), (truth, point["truth"])):
        kept = np.array([[np.nan if v is None else v for v in row] for row in kept])
        np.testing.assert_allclose(got, kept, rtol=1e-4, atol=1e-12)
    assert result.verdict.decision == point["verdict"]
