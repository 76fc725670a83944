"""Sweeps: points, frontier, exchange rate; the surface's format."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from casestudies.netflix_home import CASE
from core.experiment import ArmSums, Setting
from core.inference import Metric
from core.sweep import exchange_rate, frontier, surface, surface_stamp, sweep

SMALL = Setting.of(CASE, users=200, days=7, world=(("history_days", 35),))


def test_frontier_by_hand():
    """Up is good for plays, down for seconds: (2, 3) beats (1, 4); (0, 1) and (2, 3) beat each other on one."""
    metrics = (
        Metric("plays", "plays", "user"),
        Metric("seconds", "seconds", "request", better="down", role="guardrail", margin=1.0),
    )
    truths = [pd.DataFrame({"metric": ["plays", "seconds"], "difference": d}) for d in ([1, 4], [2, 3], [0, 1])]
    assert frontier(metrics, truths) == [1, 2]


def test_exchange_rate_by_hand():
    """Everyone saves 3 seconds and plays half a title more: −6 seconds a title, without error."""
    metrics = (
        Metric("seconds", "seconds", "request", better="down"),
        Metric("plays", "plays", "user-week", role="guardrail", relative_margin=0.1),
    )
    n = 50
    ones = np.ones((n, 1))

    def sums(seconds: float, plays: float) -> ArmSums:
        weeks = {"seconds": np.stack([seconds * ones, ones]), "plays": np.stack([plays * ones, ones])}
        return ArmSums(np.arange(n), weeks, {}, np.zeros(3))

    got = exchange_rate(metrics, sums(40.0, 3.0), sums(37.0, 3.5))
    assert got is not None
    assert (got["of"], got["per"]) == ("seconds", "plays")
    assert got["value"] == pytest.approx(-6.0)
    assert got["ci_low"] == pytest.approx(-6.0)


def test_no_exchange_rate_without_a_clear_second_effect():
    rng = np.random.default_rng(1)
    metrics = (
        Metric("seconds", "seconds", "user", better="down"),
        Metric("plays", "plays", "user-week", role="guardrail", relative_margin=0.1),
    )

    def noise() -> ArmSums:
        one = np.ones((100, 1))
        weeks = {m.name: np.stack([rng.normal(5, 1, (100, 1)), one]) for m in metrics}
        return ArmSums(np.arange(100), weeks, {}, np.zeros(3))

    assert exchange_rate(metrics, noise(), noise()) is None


def test_sweep_shares_the_control_and_is_zero_where_off(tmp_path: Path):
    made = sweep(CASE, "treatment.diversity", [0.0, 1.0], SMALL, store=tmp_path, workers=2)
    # control: half and twin once; treatment: half and twin at each of two values
    assert len(list((tmp_path / "arms").iterdir())) == 2 + 4
    off = made["points"][0]["truth"]["time_to_first_play"]
    assert off == {"value": 0.0, "ci_low": 0.0, "ci_high": 0.0}
    assert made["points"][0]["truth_decision"] == "tie"
    json.dumps(made, allow_nan=False)


def test_sweep_refuses_an_unknown_knob():
    with pytest.raises(KeyError, match="did you mean 'diversity'"):
        sweep(CASE, "treatment.diversty", [0.0], SMALL)
    with pytest.raises(KeyError, match="world.intent"):
        sweep(CASE, "world.intend", [0.0], SMALL)


def test_surface_follows_its_grid(tmp_path: Path):
    made = surface(CASE, [0.0, 0.75], [0.0], SMALL, store=tmp_path, workers=2)
    assert [(p["x"], p["y"]) for p in made["points"]] == [(0.0, 0.0), (0.75, 0.0)]
    assert made["fingerprint"] == surface_stamp(CASE, SMALL)
    assert len(made["points"][0]["rows"]) == len(made["metrics"])
    assert len(made["points"][0]["rows"][0]) == len(made["columns"])
    json.dumps(made, allow_nan=False)
