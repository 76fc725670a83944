"""``lab judge``: the instruments side by side, and which of them was right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from apps.charts.words import MINUS, UNDEFINED, unit_text
from apps.cli import options as o
from apps.cli import page as p
from apps.cli.asked import asked
from apps.cli.output import write_json, write_page
from apps.cli.running import running, saying_if_stored

if TYPE_CHECKING:
    from core.casestudy import CaseStudy

NAMES = {"offline": "offline metric", "ab": "A/B test"}
WORDS = {"right": "green", "unlucky": "red", "biased": "red", "blind": "yellow", "refused": "yellow"}


def judge(
    case: o.Case,
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
    """Ask every instrument which arm is better, and look up who was right."""
    what = asked(
        case, control=control, treatment=treatment, users=users, days=days, seed=seed, preset=preset,
        taste=taste, set=set, twists=twists,
    )  # fmt: skip
    from core.judge import judge

    with saying_if_stored(fresh):
        made = running(
            what.case,
            f"{what.control} → {what.treatment}",
            lambda **how: judge(
                what.case, what.setting, control=what.control, treatment=what.treatment,
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
    from core.evaluation import DIAGNOSTICS

    units = {m.name: m.unit for m in (*DIAGNOSTICS, *case.scorecard)}
    labels = {m.name: m.label for m in (*DIAGNOSTICS, *case.scorecard)}
    better = {m.name: m.better for m in (*DIAGNOSTICS, *case.scorecard)}
    decided = {"control": made["control"], "treatment": made["treatment"]}
    yield p.heading(f"\n{p.arm_name(case, made['control'])} → {p.arm_name(case, made['treatment'])}")
    yield ""
    table = p.table(["instrument", "what it found", "chooses", "was"])
    rows = [(NAMES.get(i["instrument"], i["instrument"]), i) for i in made["instruments"]]
    for name, i in [*rows, ("truth", made["truth"])]:
        metric = i["metric"]
        shown = _found(i, units[metric])
        table.add_row(
            name,
            p.stacked(f"{labels[metric]}: {shown}", f"{better[metric]} is better"),
            decided.get(i["decision"], i["decision"]),
            p.line((i["word"], WORDS[i["word"]])) if "word" in i else "",
        )
    yield table
    yield ""
    for name, i in rows:
        days = f"{i['cost_user_days']:,}" if i["cost_user_days"] else "no"
        refused = f" Refused: {i['refused']}" if i["refused"] else ""
        yield p.quiet(f"The {name} asks: {i['question']} It costs {days} user-days.{refused}")
        if i["decision"] == "undecided" and i.get("why"):
            yield p.quiet(f"It is undecided: {i['why'][:1].lower()}{i['why'][1:]}")
    gap = made.get("gap")
    if gap and gap["value"] is not None:
        unit = units[gap["metric"]]
        size = unit_text(gap["value"], unit, signed=True)
        ends = p.interval(gap["ci_low"], gap["ci_high"], unit)
        yield p.quiet(f"A/B test {MINUS} truth: {size} ({ends}). {gap['why'][:1].upper()}{gap['why'][1:]}.")


def _found(row: dict[str, Any], unit: str) -> str:
    if row.get("difference") is None:
        return UNDEFINED
    ends = p.interval(row["ci_low"], row["ci_high"], unit)
    return f"{unit_text(row['difference'], unit, signed=True)}{f' ({ends})' if ends else ''}"
