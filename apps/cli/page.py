"""The parts of a page in a terminal: tables, and numbers with unit, direction and interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from apps.charts.words import UNDEFINED, direction, percent_text, range_text, unit_name, unit_text

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from core.casestudy import CaseStudy
    from core.inference import Metric

ROLE = {"success": "success", "guardrail": "guardrail", "diagnostic": "decides nothing"}


def table(headers: Sequence[str], right: Sequence[int] = ()) -> Table:
    """An unruled table; ``right`` names the columns of numbers."""
    from rich.table import Table

    apart = 2 if len(headers) < 5 else 1                      # five columns must fit 80 characters
    made = Table(box=None, padding=(0, apart, 0, 0), header_style="dim")
    for i, header in enumerate(headers):
        made.add_column(header, justify="right" if i in right else "left", vertical="top", overflow="fold")
    return made


def heading(text: str) -> Text:
    """A line that starts something."""
    from rich.text import Text

    return Text(text, style="bold")


def quiet(text: str) -> Text:
    """A line that is there for whoever asks."""
    from rich.text import Text

    return Text(text, style="dim")


def line(*parts: str | tuple[str, str]) -> Text:
    """A paragraph of parts, each plain or with a style."""
    from rich.text import Text

    return Text.assemble(*parts)


def stacked(first: str, second: str, style: str = "") -> Text:
    """A cell of two lines: the number, and below it how sure it is."""
    return line((first, style), "\n", (second, "dim"))


def difference(value: float | None, low: float | None, high: float | None, unit: str) -> Text:
    """A difference, and below it its 95 % interval in the same unit."""
    return stacked(unit_text(_number(value), unit, signed=True), interval(low, high, unit))


def relative(value: float | None, low: float | None, high: float | None) -> Text:
    """A relative difference, a share, and below it its 95 % interval; both in percent."""
    below = range_text(_number(low), _number(high))
    return stacked(percent_text(_number(value)), "" if below == UNDEFINED else below)


def interval(low: float | None, high: float | None, unit: str) -> str:
    """Two ends in the unit of the number that stands beside them, which is not repeated.

    >>> interval(-0.5, 2.0, "s"), interval(None, None, "s")
    ('−0.5 to +2.0', '')
    """
    text = range_text(_number(low), _number(high), unit)
    return "" if text == UNDEFINED else text.removesuffix(f" {unit_name(unit, signed=True)}")


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def about(metric: Metric) -> str:
    """Which way is good, and what the metric is there for."""
    return f"{direction(metric.better)}, {ROLE[metric.role]}"


def arm_name(case: CaseStudy, arm: str) -> str:
    """Words first, the term in brackets: "mixed rows (stagewise)"."""
    label = case.label(arm)
    return label if label == arm else f"{label} ({arm})"
