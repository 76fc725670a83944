"""A point of a stored surface as the frames that charts read, and the same of a run kept as a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from core.casestudy import CaseStudy
from core.inference import Metric
from core.judge import DECISION


@dataclass(frozen=True, eq=False)
class Numbers:
    """A scorecard with its truth and verdict, wherever it was read from."""

    x: float
    y: float
    frame: pd.DataFrame
    truth: pd.DataFrame
    verdict: str
    why: str
    truth_says: str

    def row(self, metric: Metric) -> pd.Series:
        """A metric's row of the scorecard."""
        return self.frame[self.frame["metric"] == metric.name].iloc[0]

    def true(self, metric: Metric, column: str = "difference") -> float:
        """A metric's true difference, or another column of its truth."""
        return float(self.truth.loc[self.truth["metric"] == metric.name, column].iloc[0])

    def nothing(self, metric: Metric) -> bool:
        """Whether the interval of a metric's truth holds 0."""
        return self.true(metric, "ci_low") <= 0.0 <= self.true(metric, "ci_high")

    @property
    def same(self) -> bool:
        """Whether the pages are one and the same: every true difference is exactly 0."""
        return bool((self.truth["difference"] == 0.0).all())

    @property
    def right(self) -> bool:
        """Whether the A/B test decided as the truth does."""
        return DECISION[self.verdict] == {"tie": "undecided"}.get(self.truth_says, self.truth_says)


def table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Records as a frame; a column of nothing but None is a column of NaN."""
    made = pd.DataFrame(list(rows))
    for name in made.columns:
        if len(made) and made[name].isna().all():
            made[name] = made[name].astype(float)
    return made


def at(case: CaseStudy, surface: Mapping[str, Any], x: float, y: float) -> Numbers:
    """The stored point nearest to (x, y)."""
    found = min(surface["points"], key=lambda p: (abs(p["y"] - y), abs(p["x"] - x)))
    metrics = [case.metric(name) for name in surface["metrics"]]
    named = pd.DataFrame(
        {
            "metric": [m.name for m in metrics],
            "unit": [m.unit for m in metrics],
            "better": [m.better for m in metrics],
            "role": [m.role for m in metrics],
        }
    )
    numbers = pd.DataFrame(found["rows"], columns=surface["columns"]).astype(float)
    truth = pd.DataFrame(found["truth"], columns=surface["truth_columns"]).astype(float)
    return Numbers(
        float(found["x"]),
        float(found["y"]),
        pd.concat([named, numbers], axis=1),
        pd.concat([named[["metric"]], truth], axis=1),
        found["verdict"],
        found["why"],
        found["truth_decision"],
    )


def along(case: CaseStudy, surface: Mapping[str, Any], y: float, metric: Metric) -> pd.DataFrame:
    """A metric over the knob at an assumption: value, difference, ci_low, ci_high, truth."""
    rows = []
    for x in surface["xs"]:
        n = at(case, surface, float(x), y)
        row = n.row(metric)
        rows.append((n.x, row["difference"], row["ci_low"], row["ci_high"], n.true(metric)))
    return pd.DataFrame(rows, columns=["value", "difference", "ci_low", "ci_high", "truth"])


def across(case: CaseStudy, surface: Mapping[str, Any], x: float, metric: Metric) -> pd.DataFrame:
    """A metric's truth over the assumption at a knob's value: value, difference, says, verdict."""
    rows = [at(case, surface, x, float(y)) for y in surface["ys"]]
    return pd.DataFrame(
        [(n.y, n.true(metric), n.truth_says, n.verdict) for n in rows],
        columns=["value", "difference", "says", "verdict"],
    )
