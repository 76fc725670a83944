"""Who was right: words and decisions by hand, and the blind line measured."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pandas as pd
import pytest

from casestudies.netflix_home import CASE
from core.experiment import Setting, ab
from core.inference import Verdict
from core.judge import judge, judged

SMALL = Setting.of(CASE, users=300, days=7, world=(("history_days", 35),))


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory):
    return ab(CASE, SMALL, store=tmp_path_factory.mktemp("store"), workers=2)


@pytest.mark.parametrize(
    ("decision", "says", "word", "right"),
    [
        ("ship", "treatment", "right", True),
        ("stop", "treatment", "unlucky", False),
        ("undecided", "treatment", "unlucky", False),
        ("undecided", "tie", "right", True),
        ("invalid", "treatment", "refused", False),
    ],
)
def test_words_of_the_ab_test(result, decision, says, word, right):
    changed = dataclasses.replace(result, verdict=Verdict(decision, "because"), truth_says=says)
    line = judged(CASE, changed)["instruments"][1]
    assert (line["word"], line["decision_right"]) == (word, right)


def test_the_top_20_metric_is_blind(result):
    """Monotone and stage-wise share their first row, which is the first 20 in reading order, so NDCG@20
    is the same number and the difference is exactly 0."""
    line = judged(CASE, result)["instruments"][0]
    assert (line["difference"], line["word"], line["decision"]) == (0.0, "blind", "undecided")


def test_a_metric_that_moves_decides_by_its_sign_and_is_still_blind(result):
    row = {"metric": ["ndcg_20"], "difference": [-0.1], "ci_low": [-0.2], "ci_high": [-0.05]}
    frame = pd.DataFrame(row | {"control": [0.5], "treatment": [0.4]})
    line = judged(CASE, dataclasses.replace(result, diagnostics=frame, truth_says="treatment"))["instruments"][0]
    assert (line["decision"], line["word"], line["decision_right"]) == ("control", "blind", False)


def test_without_truth_nothing_is_judged(result):
    with pytest.raises(ValueError, match="needs the truth"):
        judged(CASE, dataclasses.replace(result, truth=None))


def test_record_is_plain(tmp_path: Path):
    made = judge(CASE, SMALL, store=tmp_path)
    json.dumps(made, allow_nan=False)
    assert made["gap"]["why"]
    assert made["gap"]["value"] == pytest.approx(
        made["instruments"][1]["difference"] - made["truth"]["difference"]
    )
