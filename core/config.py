"""Frozen settings whose every number has a default, bounds, a unit and a sentence.

``knob`` is the one place for a parameter: validation, ``--set``, the documentation and the sliders
read it. ``Config`` is the base of every frozen specification that has knobs.
"""

from __future__ import annotations

import dataclasses
import difflib
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

_KEY = "knob"


@dataclass(frozen=True, slots=True)
class Knob:
    """One parameter: its default, closed bounds, unit, help, and the value that switches it off."""

    name: str
    default: float
    low: float
    high: float
    unit: str = ""
    help: str = ""
    off: float | None = None

    @property
    def integer(self) -> bool:
        """Whether only whole numbers are allowed (the default is an ``int``)."""
        return isinstance(self.default, int)

    def check(self, value: object, owner: str) -> float:
        """Return ``value`` as this knob's number type, or refuse it by the owner's name.

        Raises
        ------
        TypeError
            If ``value`` is not a number. ``True`` is not a number here: a switch is 0 or 1.
        ValueError
            If it is NaN, infinite, out of bounds, or fractional where a whole number is asked for.
        """
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise TypeError(f"{owner} must be a number, got {value!r}")
        if not self.low <= value <= self.high:                            # NaN is not within any bounds
            raise ValueError(f"{owner} must be between {self.low} and {self.high}, got {value}")
        if not self.integer:
            return float(value)
        if value != int(value):
            raise ValueError(f"{owner} must be a whole number, got {value}")
        return int(value)


def knob(
    default: float, low: float, high: float, unit: str = "", help: str = "", off: float | None = None
) -> Any:
    """Declare a field of a `Config`: a number with closed bounds.

    Parameters
    ----------
    default, low, high : float
        An ``int`` default makes a whole-number knob.
    unit : str
        ``"s"``, ``"share"``, ``"days"``; empty where there is none.
    help : str
        One sentence a product manager understands.
    off : float, optional
        The value at which the mechanism does nothing.
    """
    if not low <= default <= high:
        raise ValueError(f"a knob's default must be between {low} and {high}, got {default}")
    made = Knob("", default, low, high, unit, help, off)
    return dataclasses.field(default=default, metadata={_KEY: made})


@dataclass(frozen=True)
class Config:
    """Base of frozen specifications. Takes an ``int`` for a ``float`` and NumPy scalars; refuses bools,
    NaN and numbers out of bounds when it is built, so that a specification in hand is a valid one."""

    def __post_init__(self) -> None:
        for name, declared in self.knobs().items():
            owner = f"{type(self).__name__}.{name}"
            object.__setattr__(self, name, declared.check(getattr(self, name), owner))

    @classmethod
    def declared(cls) -> dict[str, Knob]:
        """The knobs as declared, by field name, with the class's defaults."""
        return {
            f.name: dataclasses.replace(f.metadata[_KEY], name=f.name)
            for f in dataclasses.fields(cls)
            if _KEY in f.metadata
        }

    def knobs(self) -> dict[str, Knob]:
        """The knobs by name. ``default`` is the declared one, not this instance's value."""
        return self.declared()

    def with_(self, **changes: float) -> Self:
        """A copy with some knobs changed; an unknown name is a ``KeyError`` that offers the nearest."""
        for name in changes:
            if name not in self.knobs():
                raise KeyError(unknown(f"{type(self).__name__} knob", name, self.knobs()))
        return dataclasses.replace(self, **changes)


def unknown(kind: str, name: str, known: Any) -> str:
    """A sentence for an unknown name: what came, the nearest known one, and all known ones."""
    names = sorted(map(str, known))
    near = difflib.get_close_matches(str(name), names, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}? Known" if near else "; known"
    return f"unknown {kind} {name!r}{hint}: {', '.join(names) or 'none'}"
