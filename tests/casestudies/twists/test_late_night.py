"""The example twist: short, inherits its guardrails, and runs."""

import json
from pathlib import Path

import numpy as np

from casestudies import discover
from casestudies.netflix_home import CASE
from core.experiment import Arm, Setting, ab, simulate_arm

TWIST = discover()[0]["late-night"]
SMALL = {"users": 150, "days": 7, "world": (("history_days", 42),)}


def test_it_is_short_and_changes_one_thing():
    assert len(Path(TWIST.file).read_text(encoding="utf-8").splitlines()) < 40
    assert TWIST.control_name == "personal" and TWIST.treatment_name == "late-night"
    assert {m.name for m in CASE.scorecard if m.role == "guardrail"} <= {m.name for m in TWIST.scorecard}
    assert TWIST.headline == ("treatment.weight", "world.mood_visible")
    assert TWIST.knobs()["treatment.weight"].off == 0.0
    assert (TWIST.world, TWIST.users, TWIST.days) == (CASE.world, CASE.users, CASE.days)


def test_it_runs_as_an_experiment():
    made = ab(TWIST, Setting.of(TWIST, **SMALL))
    record = made.record()
    json.dumps(record, allow_nan=False)
    assert (record["control"], record["treatment"], record["case"]) == (
        "personal",
        "late-night",
        "late-night",
    )
    assert np.isfinite(made.frame["difference"]).all()


def test_weight_0_is_its_control_and_weight_1_is_not():
    setting = Setting.of(TWIST, **SMALL)
    control = simulate_arm(TWIST, Arm(setting, "personal"))
    off = simulate_arm(TWIST, Arm(setting, "late-night", (("weight", 0.0),)))
    on = simulate_arm(TWIST, Arm(setting, "late-night"))
    for m in TWIST.scorecard:
        assert control.weeks[m.name].tobytes() == off.weeks[m.name].tobytes()
    assert (on.weeks["time_to_first_play"] != off.weeks["time_to_first_play"]).any()
