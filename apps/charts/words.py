"""Numbers as people read them: percent only here, a real minus, no more digits than carry anything."""

from __future__ import annotations

import math

MINUS = "\N{MINUS SIGN}"
UNDEFINED = "not defined"


def unit_text(value: float, unit: str, signed: bool = False) -> str:
    """A value, or with ``signed`` a difference of two values, with its unit.

    Parameters
    ----------
    value : float
        In the metric's unit; a share is 0 to 1. NaN gives "not defined".
    unit : str
        ``"share"`` becomes percent, and a difference of shares points; any other word follows the number.
    signed : bool
        Write the plus, and take ``value`` for a difference.

    >>> unit_text(0.214, "share"), unit_text(-0.028, "share", signed=True), unit_text(43.5, "s")
    ('21.4 %', '−2.8 points', '43.5 s')
    """
    if not math.isfinite(value):
        return UNDEFINED
    shown = display_scale(unit) * value
    exact = not signed and unit != "share" and abs(shown) < 10        # 3.12 plays, but +0.5 or 7.3 %
    return f"{number_text(shown, signed, 2 if exact else None)} {unit_name(unit, signed)}".rstrip()


def percent_text(share: float, signed: bool = True) -> str:
    """A relative difference in percent.

    >>> percent_text(-0.068), percent_text(float("nan"))
    ('−6.8 %', 'not defined')
    """
    return f"{number_text(100.0 * share, signed)} %" if math.isfinite(share) else UNDEFINED


def range_text(low: float, high: float, unit: str = "%") -> str:
    """An interval of a difference, its unit once: relative with ``unit="%"``, else in the metric's unit.

    >>> range_text(-0.091, -0.044), range_text(-0.5, 2.0, "s")
    ('−9.1 to −4.4 %', '−0.5 to +2.0 s')
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return UNDEFINED
    scale, name = (100.0, "%") if unit == "%" else (display_scale(unit), unit_name(unit, signed=True))
    digits = _digits(scale * max(abs(low), abs(high)))                 # one precision for both ends
    ends = (number_text(scale * end, True, digits) for end in (low, high))
    return f"{' to '.join(ends)} {name}".rstrip()


def number_text(value: float, signed: bool = False, digits: int | None = None) -> str:
    """A number with thousands apart, a real minus, and never a zero with a sign.

    >>> number_text(1234.5), number_text(-0.04), number_text(-0.0, signed=True)
    ('1,234', '−0.04', '0.0')
    """
    size = abs(value)
    text = f"{size:,.{_digits(size) if digits is None else digits}f}"
    if float(text.replace(",", "")) == 0:
        return text if digits is not None else "0.0"
    return (MINUS if value < 0 else "+" if signed else "") + text


def _digits(size: float) -> int:
    """Digits after the point: what is below 0.1 needs more to be anything."""
    return 0 if size >= 100 else 1 if size >= 0.1 or size == 0 else 2 if size >= 0.01 else 3


def direction(better: str) -> str:
    """Which way is good: "up is better" or "down is better"."""
    if better not in ("up", "down"):
        raise ValueError(f"better must be one of up, down, got {better!r}")
    return f"{better} is better"


def unit_name(unit: str, signed: bool = False) -> str:
    """What an axis says in brackets: "points" for a difference of shares, "%" for shares, else the unit."""
    return ("points" if signed else "%") if unit == "share" else unit


def display_scale(unit: str) -> float:
    """What a value is multiplied with before it is drawn: 100 for shares, 1 for the rest."""
    return 100.0 if unit == "share" else 1.0
