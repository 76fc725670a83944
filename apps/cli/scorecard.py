"""How a terminal shows an A/B test: the scorecard beside the truth, the verdict, what was predicted."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from apps.charts.words import MINUS, direction, percent_text, range_text, unit_text
from apps.cli import page as p

if TYPE_CHECKING:
    import pandas as pd

    from core.casestudy import CaseStudy
    from core.experiment import Result
    from core.inference import Metric

VERDICT = {"ship": "bold green", "stop": "bold red", "undecided": "bold yellow", "invalid": "bold red"}


def page(case: CaseStudy, result: Result) -> Iterator[Any]:
    """Everything worth reading of a result, for 80 columns."""
    yield p.line(f"\n{case.question}")
    yield p.heading(f"{p.arm_name(case, result.control)} → {p.arm_name(case, result.treatment)}")
    yield p.quiet(_setting(result))
    yield ""
    yield _scorecard(case, result)
    yield p.quiet(_reading(result))
    yield ""
    yield from _verdict(case, result)
    if case.prediction is not None:
        yield from _prediction(case, result)
    yield from _people(result)
    if len(result.diagnostics):
        yield p.quiet("\nOffline, on the last week before the test. These decide nothing.")
        yield _diagnostics(result)


def _setting(result: Result) -> str:
    s = result.setting
    said = [f"{s.users:,} people", f"{s.days} days", f"seed {s.seed}"]
    said += [f"{s.preset} world", f"{s.taste} taste"]
    if result.design != "split":
        said.append(f"design {result.design}")
    if result.replicates:
        said.append(f"means over {len(result.replicates)} worlds")
    said += [f"{path} = {value:g}" for path, value in sorted(result.settings.items())]
    return ", ".join(said)


def _reading(result: Result) -> str:
    over = "over worlds" if result.replicates else "over people"
    truth = "" if result.truth is None else " Truth: everyone in both worlds, as only a simulator can."
    return f"Differences are treatment {MINUS} control with their 95 % interval {over}.{truth}"


def _scorecard(case: CaseStudy, result: Result) -> Any:
    headers = ["metric", "control", "treatment", "measured", *(["truth"] if result.truth is not None else [])]
    made = p.table(headers, right=range(1, 5))
    truth = {} if result.truth is None else result.truth.set_index("metric").to_dict("index")
    for row in result.frame.to_dict("records"):
        metric, unit = case.metric(row["metric"]), row["unit"]
        cells: list[Any] = [
            p.stacked(metric.label, p.about(metric)),
            unit_text(row["control"], unit),
            unit_text(row["treatment"], unit),
            p.difference(row["difference"], row["ci_low"], row["ci_high"], unit),
        ]
        if result.truth is not None:
            t = truth[row["metric"]]
            cells.append(p.difference(t["difference"], t["ci_low"], t["ci_high"], unit))
        made.add_row(*cells)
    return made


def _verdict(case: CaseStudy, result: Result) -> Iterator[Any]:
    decision = result.verdict.decision
    of = " (of the first world)" if result.replicates else ""
    yield p.line("Verdict: ", (decision, VERDICT[decision]), f"{of}. {result.verdict.why}")
    for need in result.verdict.needs:
        yield p.line(f"  {need.text}")
    if result.truth is not None:
        yield p.line("Truth: ", (_truth(case, result), "bold"), _truth_size(case.primary, result))
    # Not asked for and not stored for this pair and size: nothing to say, and the JSON says why.
    if result.realistic is not None and "why" not in result.realistic:
        yield p.line(_realistic(case, result))


def _truth(case: CaseStudy, result: Result) -> str:
    if result.truth_says is None:
        return "not defined here"
    winner = {"control": result.control, "treatment": result.treatment}.get(result.truth_says)
    return "no difference anyone would act on" if winner is None else f"{p.arm_name(case, winner)} is better"


def _truth_size(primary: Metric, result: Result) -> str:
    row = _row(result.truth, primary.name)
    if not math.isfinite(row["difference"]):
        return ""
    size = f"{unit_text(row['difference'], primary.unit, signed=True)} of {primary.label}"
    relative = f", {percent_text(row['relative'])}" if math.isfinite(row["relative"]) else ""
    return f" ({size}{relative})."


def _realistic(case: CaseStudy, result: Result) -> str:
    found = result.realistic or {}
    size = f"{case.users:,} people, {case.days} days"
    if found.get("verdict") is None:
        return "With effects of life's size: this study has no such world."
    needed = found.get("users_needed")
    more = "" if needed is None else f"; about {float(f'{needed:.2g}'):,.0f} people would be needed"
    return f"With effects of life's size ({size}): {found['verdict']}{more}."


def _prediction(case: CaseStudy, result: Result) -> Iterator[Any]:
    """The range that was written down first, beside what was measured and what is true."""
    said = case.prediction
    if said is None:
        return
    label = case.metric(said.metric).label
    low, high = said.relative
    yield p.line(f"Predicted: {label} {range_text(low, high)}, because {said.because}.")
    row = _row(result.frame, said.metric)
    found = (row["relative"], row["relative_low"], row["relative_high"])
    if not all(map(math.isfinite, found)):
        yield p.line("  Measured: not defined here.")
        return
    ends, met = range_text(found[1], found[2]), _met(said.relative, found[1], found[2])
    yield p.line(f"  Measured: {percent_text(found[0])} ({ends}), {met}.")
    if result.truth is not None:
        true = _row(result.truth, said.metric)["relative"]
        if math.isfinite(true):
            inside = "inside" if low <= true <= high else "outside"
            yield p.line(f"  Truth: {percent_text(true)}, {inside} what was predicted.")


def _met(predicted: tuple[float, float], low: float, high: float) -> str:
    """Whether an interval is inside a predicted range, outside it, or too wide to say.

    >>> _met((0.0, 0.05), 0.01, 0.04), _met((0.0, 0.05), -0.03, -0.01), _met((0.0, 0.05), -0.01, 0.02)
    ('as predicted', 'not as predicted', 'too uncertain to say')
    """
    if high < predicted[0] or low > predicted[1]:
        return "not as predicted"
    return "as predicted" if predicted[0] <= low and high <= predicted[1] else "too uncertain to say"


def _people(result: Result) -> Iterator[Any]:
    if result.who:
        gain, lose = (f"{100 * result.who[name]:.0f} %" for name in ("gain", "lose"))
        yield p.line(f"Who: about {gain} of people gain and {lose} lose, on the first evening.")
    if result.stake and math.isfinite(result.stake["value"]):
        s = result.stake
        sign = -1.0 if s["value"] < 0 else 1.0
        value, low, high = (float(f"{sign * s[name]:.3g}") for name in ("value", "ci_low", "ci_high"))
        low, high = min(low, high), max(low, high)
        ends = f"{unit_text(low, '')} to {unit_text(high, '')}"
        more = "fewer" if sign < 0 else "more"
        yield p.line(f"At stake: {unit_text(value, '')} {more} {s['unit']} ({ends}), for {s['assumed']}.")


def _diagnostics(result: Result) -> Any:
    made = p.table(["offline metric", "control", "treatment", "difference"], right=range(1, 4))
    for row in result.diagnostics.to_dict("records"):
        made.add_row(
            p.stacked(row["label"], direction(row["better"])),
            unit_text(row["control"], row["unit"]),
            unit_text(row["treatment"], row["unit"]),
            p.difference(row["difference"], row["ci_low"], row["ci_high"], row["unit"]),
        )
    return made


def _row(frame: pd.DataFrame | None, metric: str) -> dict[str, Any]:
    if frame is None:
        return {}
    return frame[frame["metric"] == metric].iloc[0].to_dict()
