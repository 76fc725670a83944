"""An experiment from a setting to a verdict: designs, replicates, and the record the command line prints."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from core.casestudy import CaseStudy
from core.config import unknown
from core.experiment.arms import Arm, ArmSums, Pairs, Setting
from core.inference import Verdict, compare, paired

DESIGNS = ("split", "twin")
CONTRACT = (
    "metric unit better role control treatment difference ci_low ci_high relative relative_low relative_high "
    "p_value alpha p_adjusted n_control n_treatment mde"
).split()


@dataclass(frozen=True, eq=False)
class Result:
    """What an experiment says, and what is true.

    ``frame`` is the scorecard, ``truth`` the twin worlds' table (None if not run), ``weeks`` and
    ``truth_weeks`` each single week, ``diagnostics`` the offline metrics; none of the last enters the
    verdict. ``cached`` says whether everything was read from disk.
    """

    case: str
    control: str
    treatment: str
    design: str
    setting: Setting
    settings: Mapping[str, float]
    fingerprint: str
    srm_p: float
    verdict: Verdict
    frame: pd.DataFrame
    weeks: pd.DataFrame
    truth: pd.DataFrame | None = None
    truth_weeks: pd.DataFrame | None = None
    truth_says: str | None = None
    diagnostics: pd.DataFrame = field(default_factory=pd.DataFrame)
    who: Mapping[str, float] = field(default_factory=dict)
    stake: Mapping[str, Any] | None = None
    realistic: Mapping[str, Any] | None = None
    replicates: Sequence[Result] = ()
    cached: bool = False

    def record(self) -> dict[str, Any]:
        """Plain values for JSON: finite numbers or None; no time, path or duration."""
        s = self.setting
        refused = self.frame[self.frame["reason"] != ""] if "reason" in self.frame else self.frame[:0]
        made = {
            "case": self.case,
            "control": self.control,
            "treatment": self.treatment,
            "design": self.design,
            "users": s.users,
            "days": s.days,
            "seed": s.seed,
            "preset": s.preset,
            "taste": s.taste,
            "settings": dict(self.settings),
            "fingerprint": self.fingerprint,
            "srm_p": self.srm_p,
            "verdict": self.verdict.decision,
            "why": self.verdict.why,
            "realistic": self.realistic,
            "metrics": self.frame[CONTRACT].to_dict("records"),
            "diagnostics": self.diagnostics.to_dict("records"),
            "weeks": self.weeks.to_dict("records"),
            "truth": [] if self.truth is None else self.truth.to_dict("records"),
            "truth_decision": self.truth_says,
            "who": dict(self.who),
            "stake": self.stake,
            "refused": [
                {"metric": m, "why": w}
                for m, w in zip(refused["metric"], refused.get("reason", []), strict=False)
            ],
            "replicates": [
                {
                    "seed": r.setting.seed,
                    "verdict": r.verdict.decision,
                    "metrics": r.frame[CONTRACT].to_dict("records"),
                    "truth": [] if r.truth is None else r.truth.to_dict("records"),
                }
                for r in self.replicates
            ]
            or None,
        }
        return plain(made)


def plain(value: Any) -> Any:
    """Nested plain values with NaN and infinities as None, and no negative zero."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value + 0.0 if math.isfinite(value) else None
    return value


def split_settings(case: CaseStudy, settings: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """``{"world.intent": 0}`` as ``{"world": {"intent": 0}, "control": {}, "treatment": {}}``.

    Raises
    ------
    KeyError
        For an unknown path, with the nearest known one.
    """
    made: dict[str, dict[str, float]] = {"world": {}, "control": {}, "treatment": {}, "experiment": {}}
    paths = [*case.knobs(), "experiment.retrain", "experiment.users", "experiment.days"]
    for path, value in settings.items():
        owner, _, name = path.partition(".")
        if owner not in made or not name or (owner in ("world", "experiment") and path not in paths):
            raise KeyError(unknown(f"knob of {case.slug}", path, paths))
        made[owner][name] = value
    return made


def pair(
    case: CaseStudy,
    setting: Setting,
    control: str,
    treatment: str,
    settings: Mapping[str, float],
    half: bool,
) -> tuple[Arm, Arm]:
    """The two arms of a comparison; ``half`` for a split, else twins."""
    parts = split_settings(case, settings)
    # A fraction is passed on as it is, for Setting to refuse.
    changes: dict[str, Any] = {k: int(v) if v == v // 1 else v for k, v in parts["experiment"].items()}
    world = tuple(sorted({**dict(setting.world), **parts["world"]}.items()))
    setting = dataclasses.replace(setting, world=world, **changes)

    def pairs(owner: str) -> Pairs:
        return tuple(sorted(parts[owner].items()))

    return (
        Arm(setting, control, pairs("control"), 0 if half else None),
        Arm(setting, treatment, pairs("treatment"), 1 if half else None),
    )


def weekly(case: CaseStudy, control: ArmSums, treatment: ArmSums, twin: bool) -> pd.DataFrame:
    """Each single week's difference: columns week (from 1), metric, difference, ci_low, ci_high."""
    rows = []
    for metric in case.scorecard:
        for week in range(control.weeks[metric.name].shape[2]):
            c, t = control.week(metric, week), treatment.week(metric, week)
            e = paired(c, t) if twin else compare(c, t)
            rows.append((week + 1, metric.name, e.difference, e.ci_low, e.ci_high))
    return pd.DataFrame(rows, columns=["week", "metric", "difference", "ci_low", "ci_high"])
