"""``lab cases``: what there is to experiment on, and what could not be loaded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apps.cli import options as o
from apps.cli import page as p
from apps.cli.asked import discovered, find, knobs
from apps.cli.output import write_json, write_page

if TYPE_CHECKING:
    from casestudies import Problem
    from core.casestudy import CaseStudy


def cases(
    case: Annotated[str | None, typer.Argument(metavar="[CASE]", help="Show one, with its knobs.")] = None,
    twists: o.Twists = None,
    json: o.Json = False,
) -> None:
    """List studies and twists; of one, its arms, knobs, metrics and questions."""
    known, problems = discovered(twists)
    chosen = list(known.values()) if case is None else [known[case] if case in known else find(case, twists)]
    if json:
        write_json(
            {
                "cases": [record(c) for c in chosen],
                "problems": [{"file": x.file, "error": x.error} for x in problems],
            }
        )
    else:
        write_page(_overview(chosen, problems) if case is None else _details(chosen[0]))


def record(case: CaseStudy) -> dict[str, Any]:
    """A case as plain values. ``default`` is the value a knob has in this case."""
    paths = knobs(case, case.control_name, case.treatment_name)
    return {
        "slug": case.slug,
        "title": case.title,
        "question": case.question,
        "parent": case.parent,
        "arms": list(case.arms()),
        "control": case.control_name,
        "treatment": case.treatment_name,
        "tastes": list(case.tastes),
        "presets": list(case.presets),
        "knobs": [
            {
                "name": k.name,
                "default": k.default,
                "low": k.low,
                "high": k.high,
                "unit": k.unit,
                "help": k.help,
                "off": k.off,
            }
            for k in paths.values()
        ],
        "metrics": [m.name for m in case.scorecard],
        "questions": [q.name for q in case.questions],
        "users": case.users,
        "days": case.days,
    }


def _overview(cases: list[CaseStudy], problems: list[Problem]) -> Iterator[Any]:
    for title, chosen in (
        ("Studies", [c for c in cases if c.parent is None]),
        ("Twists", [c for c in cases if c.parent is not None]),
    ):
        if not chosen:
            continue
        yield p.heading(f"\n{title}")
        made = p.table(["case", "question", "pair"])
        for c in chosen:
            of = f"twist of {c.parent}" if c.parent else c.title
            made.add_row(p.stacked(c.slug, of), c.question, f"{c.control_name} → {c.treatment_name}")
        yield made
    if problems:
        yield p.heading("\nCould not be loaded")
        for problem in problems:
            yield p.line((Path(problem.file).name, "yellow"), f": {problem.error}")
            yield p.quiet(f"  {problem.file}")
    yield p.quiet("\n`lab cases CASE` shows its arms, knobs and metrics; `lab ab CASE` runs its A/B test.")


def _details(case: CaseStudy) -> Iterator[Any]:
    of = f", a twist of {case.parent}" if case.parent else ""
    yield p.heading(f"\n{case.title} ({case.slug}{of})")
    yield p.line(case.question)
    yield p.quiet(
        f"{case.users:,} people, {case.days} days, models fitted every {case.retrain} days; "
        f"presets {', '.join(case.presets)}; tastes {', '.join(case.tastes)}"
    )
    if case.prediction is not None:
        said = case.prediction
        bounds = p.range_text(*said.relative)
        yield p.line(f"Predicted: {case.metric(said.metric).label} {bounds}, because {said.because}.")
    yield ""
    made = p.table(["arm", "what it is", ""])
    roles = {case.control_name: "control", case.treatment_name: "treatment"}
    for arm in case.arms():
        made.add_row(arm, case.label(arm), roles.get(arm, ""))
    yield made
    yield ""
    yield _metrics(case)
    yield ""
    yield _knobs(case)
    yield p.quiet("Set one with --set PATH=VALUE; \"off\" is the value at which it does nothing.")
    if case.questions:
        yield ""
        asks = p.table(["question", "asks", "claims"], right=(2,))
        for q in case.questions:
            asks.add_row(q.name, q.text, str(len(q.claims)))
        yield asks


def _metrics(case: CaseStudy) -> Any:
    made = p.table(["metric", "what it is", "unit"])
    for m in case.scorecard:
        made.add_row(p.stacked(m.name, p.about(m)), m.help or m.label, m.unit)
    return made


def _knobs(case: CaseStudy) -> Any:
    made = p.table(["knob", "default", "from", "to", "off", "unit"], right=(1, 2, 3, 4))
    for path, k in knobs(case, case.control_name, case.treatment_name).items():
        off = "" if k.off is None else _short(k.off)
        made.add_row(p.stacked(path, k.help), _short(k.default), _short(k.low), _short(k.high), off, k.unit)
    return made


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:g}"
