"""``lab sweep``: one knob turned, and what it buys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apps.charts.words import MINUS, number_text
from apps.cli import options as o
from apps.cli import page as p
from apps.cli.asked import asked, checked, knobs
from apps.cli.output import write_json, write_page
from apps.cli.running import running, saying_if_stored

if TYPE_CHECKING:
    from core.casestudy import CaseStudy


def sweep(
    case: o.Case,
    path: Annotated[str, typer.Argument(metavar="PATH", help="A knob, such as treatment.diversity.")],
    values: Annotated[list[str], typer.Argument(metavar="VALUE...", help="Its values; negative ones too.")],
    control: o.Control = None,
    treatment: o.Treatment = None,
    users: o.Users = None,
    days: o.Days = None,
    seed: o.Seed = 1,
    preset: o.Preset = None,
    taste: o.Taste = None,
    set: o.Set = None,
    twists: o.Twists = None,
    workers: o.Workers = None,
    fresh: o.Fresh = False,
    json: o.Json = False,
) -> None:
    """Turn one knob: the A/B test, the truth, and the values that nothing beats."""
    what = asked(
        case, control=control, treatment=treatment, users=users, days=days, seed=seed, preset=preset,
        taste=taste, set=set, twists=twists,
    )  # fmt: skip
    known = {k: v for k, v in knobs(what.case, what.control, what.treatment).items() if k[:4] != "expe"}
    grid = [checked(what.case, known, path, value) for value in values]
    from core.sweep import sweep

    with saying_if_stored(fresh):
        made = running(
            what.case,
            f"{path} at {len(grid)} values",
            lambda **how: sweep(
                what.case, path, grid, what.setting, control=what.control, treatment=what.treatment,
                settings=what.settings, **how,
            ),
            workers=workers,
            fresh=fresh,
        )  # fmt: skip
    if json:
        write_json(made)
    else:
        write_page(_page(what.case, made))


def _page(case: CaseStudy, made: dict[str, Any]) -> Iterator[Any]:
    pair = " → ".join(p.arm_name(case, made[arm]) for arm in ("control", "treatment"))
    yield p.heading(f"\n{made['knob']}: {pair}")
    yield ""
    table = p.table([made["knob"].partition(".")[2], "A/B test", "truth: better arm", "no other is better"])
    for point in made["points"]:
        best = "yes" if point["value"] in made["frontier"] else ""
        table.add_row(_value(point["value"]), point["verdict"], point["truth_decision"], best)
    yield table
    for metric in case.scorecard:
        yield ""
        table = p.table([f"{metric.label}, {metric.better} is better", "measured", "truth"], right=(1, 2))
        for point in made["points"]:
            cells = [point[kind][metric.name] for kind in ("metrics", "truth")]
            table.add_row(
                _value(point["value"]),
                *(p.difference(c["value"], c["ci_low"], c["ci_high"], metric.unit) for c in cells),
            )
        yield table
    yield p.quiet(f"\nDifferences are treatment {MINUS} control with their 95 % interval over people.")
    if made["exchange_rate"]:
        yield p.line(_exchange(case, made["exchange_rate"]))


def _exchange(case: CaseStudy, rate: dict[str, Any]) -> str:
    of, per = case.metric(rate["of"]), case.metric(rate["per"])
    value = f"{number_text(rate['value'], True)} {of.unit}".rstrip()
    ends = f"{number_text(rate['ci_low'], True)} to {number_text(rate['ci_high'], True)}"
    return (
        f"Exchange rate, in truth, at the best value: for each one more in “{per.label}”, “{of.label}” "
        f"changes by {value} ({ends})."
    )


def _value(value: float) -> str:
    return f"{value:g}".replace("-", MINUS)
