"""``Metric``: what is measured, per whom, which way is up, and how much worse is still acceptable."""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.config import unknown

PER = ("user", "user-day", "user-week", "request", "impression")
ROLES = ("success", "guardrail", "diagnostic")

# Worlds of the teaching preset have effects about ten times life, so their margins are ten times life too.
MARGIN_SCALE = {"teaching": 1.0, "realistic": 0.1}

MARGIN_DAYS = 28


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of an experiment: one number an arm, from two sums a user.

    Its value is sum(numerator) / sum(denominator) over *assigned* users. Everything else of
    `core.inference` follows from that and from these fields.

    Parameters
    ----------
    name : str
        Its name in tables and on the command line: ``time_to_first_play``.
    numerator : str
        The logged outcome that is summed.
    per : str
        What is counted below the line: ``user``, ``user-day``, ``user-week`` (time assigned, whether or
        not the user came), ``request`` or ``impression`` (what the user brought about).
    where : str, optional
        A logged yes-or-no column; only its rows count, above and below the line.
    last_day : bool
        Measured on the last day only, such as being subscribed at the end.
    unit : str
        ``"s"``, ``"share"`` (0 to 1), ``"plays"``; empty where there is none.
    better : str
        ``"up"`` or ``"down"``.
    role : str
        ``success`` (must improve), ``guardrail`` (must not get worse than its margin) or ``diagnostic``
        (shown, never decides).
    margin, relative_margin : float, optional
        The largest worsening that is acceptable over 28 days in the teaching preset, in the metric's
        unit or as a share of the control's mean. One of the two. A guardrail with neither cannot pass.
    label : str
        What a product manager calls it; the name with spaces by default.
    help : str
        One sentence: definition and direction.

    Raises
    ------
    ValueError
        If a field is not one of the above; the message names the metric and the field.
    """

    name: str
    numerator: str
    per: str
    where: str | None = None
    last_day: bool = False
    unit: str = ""
    better: str = "up"
    role: str = "success"
    margin: float | None = None
    relative_margin: float | None = None
    label: str = ""
    help: str = ""

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise ValueError(f"Metric.name must be a word such as time_to_first_play, got {self.name!r}")
        owner = f"Metric {self.name}"
        if not self.numerator:
            raise ValueError(f"{owner}: numerator must name a logged outcome, got an empty text")
        for field, allowed in (("per", PER), ("better", ("up", "down")), ("role", ROLES)):
            got = getattr(self, field)
            if got not in allowed:
                raise ValueError(f"{owner}: {field} must be one of {', '.join(allowed)}, got {got!r}")
        for field in ("margin", "relative_margin"):
            value = getattr(self, field)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise ValueError(f"{owner}: {field} must be above 0 whichever way is better, got {value}")
        if self.margin is not None and self.relative_margin is not None:
            raise ValueError(f"{owner}: give margin (in the metric's unit) or relative_margin, not both")
        if not self.label:
            object.__setattr__(self, "label", self.name.replace("_", " "))

    @property
    def sign(self) -> int:
        """1 where up is better, -1 where down is."""
        return 1 if self.better == "up" else -1

    def margin_for(self, control_mean: float, days: int, preset: str = "teaching") -> float | None:
        """The acceptable worsening in the metric's unit, for this horizon and preset.

        Parameters
        ----------
        control_mean : float
            The control's mean, in the metric's unit. It turns a relative margin into an absolute one and
            is then treated as known: its own error is small beside that of the difference.
        days : int
            Days of the experiment, at least 1.
        preset : str
            ``teaching`` takes the margin as given, ``realistic`` a tenth of it.

        Returns
        -------
        float or None
            Never negative. None without a margin, or where a relative one meets a mean that is NaN.

        Raises
        ------
        ValueError
            If ``days`` is below 1 or ``preset`` is unknown.

        Notes
        -----
        Margins are stated for 28 days. A ``last_day`` metric is a stock: losses of every week pile up
        in it, so an arm that loses members at a constant rate is twice as far behind after 56 days, and
        its margin is scaled by days / 28. A rate per day, week or request is an average over the
        horizon and does not grow with it, so its margin stays.

        >>> Metric("retention", "subscribed", "user", last_day=True, margin=0.02).margin_for(0.9, days=14)
        0.01
        """
        if days < 1:
            raise ValueError(f"days must be at least 1, got {days}")
        if preset not in MARGIN_SCALE:
            raise ValueError(unknown("preset", preset, MARGIN_SCALE))
        if self.relative_margin is not None:
            margin = self.relative_margin * abs(control_mean)
        elif self.margin is not None:
            margin = self.margin
        else:
            return None
        horizon = days / MARGIN_DAYS if self.last_day else 1.0
        return None if math.isnan(margin) else margin * horizon * MARGIN_SCALE[preset]
