"""From a setting to a result: designs, assignment, arms, replicates, and what is kept on disk."""

from core.experiment.arms import Arm, ArmSums, Setting, run_arms, simulate_arm
from core.experiment.burn_in import BurnIn, burn_in
from core.experiment.fingerprint import fingerprint
from core.experiment.result import Result, ab
from core.experiment.store import Cancelled

__all__ = [
    "Arm",
    "ArmSums",
    "BurnIn",
    "Cancelled",
    "Result",
    "Setting",
    "ab",
    "burn_in",
    "fingerprint",
    "run_arms",
    "simulate_arm",
]
