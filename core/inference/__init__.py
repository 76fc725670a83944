"""From per-user sums to a decision: metrics, intervals, variance reduction, power, verdict.

Every function starts from one array a metric and arm, shape (2, N): the numerator and denominator of each
assigned user. `scorecard` turns two arms of them into a table and `decide` the table into a verdict; the
truth of twin worlds goes through `truth_table` and `truth_decision`.
"""

from core.inference.cuped import Adjusted, cuped
from core.inference.means import (
    AcrossWorlds,
    Estimate,
    Linearised,
    Relative,
    across_worlds,
    compare,
    linearise,
    paired,
    relative_interval,
    welch,
)
from core.inference.metric import Metric
from core.inference.power import Errors, errors_at, guarded_power, mde, power_of, se_at, users_needed
from core.inference.scorecard import scorecard, truth_table
from core.inference.srm import SRM_ALPHA, srm
from core.inference.verdict import Need, Verdict, decide, truth_decision

__all__ = [
    "SRM_ALPHA",
    "AcrossWorlds",
    "Adjusted",
    "Errors",
    "Estimate",
    "Linearised",
    "Metric",
    "Need",
    "Relative",
    "Verdict",
    "across_worlds",
    "compare",
    "cuped",
    "decide",
    "errors_at",
    "guarded_power",
    "linearise",
    "mde",
    "paired",
    "power_of",
    "relative_interval",
    "scorecard",
    "se_at",
    "srm",
    "truth_decision",
    "truth_table",
    "users_needed",
    "welch",
]
