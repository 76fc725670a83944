"""From a setting to a result: designs, assignment, arms, replicates, and what is kept on disk."""

from core.experiment.arms import Arm, ArmSums, Setting, run_arms, simulate_arm
from core.experiment.burn_in import BurnIn, burn_in
from core.experiment.fingerprint import fingerprint
from core.experiment.result import Result
from core.experiment.scene import Evening, Scene, open_scene
from core.experiment.store import Cancelled
from core.experiment.trial import ab
from core.experiment.who import Who, who

__all__ = [
    "Arm",
    "ArmSums",
    "BurnIn",
    "Cancelled",
    "Evening",
    "Result",
    "Scene",
    "Setting",
    "Who",
    "ab",
    "burn_in",
    "fingerprint",
    "open_scene",
    "run_arms",
    "simulate_arm",
    "who",
]
