"""After ten in the evening, prefer titles that end before midnight."""

import numpy as np

from casestudies.netflix_home import CASE
from casestudies.netflix_home.policies import PERSONAL
from core.casestudy import Prediction


def short_after_ten(observed, requests, candidates, scores):
    """After 22:00, take off 1.5 per hour by which a title runs past one hour."""
    late = requests.context["hour"] >= 22                                # (B,)
    minutes = observed.catalog["minutes"].to_numpy()[candidates.item]    # (B, C)
    hours_over = np.clip(minutes - 60.0, 0.0, None) / 60.0
    return scores - 1.5 * late[:, None] * hours_over


TWIST = CASE.twist(
    "late-night",
    question="Does preferring short titles after 22:00 raise plays?",
    control=PERSONAL,
    treatment=PERSONAL.adjusted(short_after_ten, name="late-night"),
    prediction=Prediction("quality_plays", relative=(0.00, 0.05), because="people fall asleep over long films"),
)
