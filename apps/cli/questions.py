"""``lab questions``: what a study claims, predicted and measured, with the cause and without it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apps.charts.words import percent_text, range_text, unit_text
from apps.cli import options as o
from apps.cli import page as p
from apps.cli.asked import asked, seeds
from apps.cli.output import write_json, write_page
from apps.cli.running import running, saying_if_stored

if TYPE_CHECKING:
    from core.casestudy import CaseStudy

ANSWER = {True: ("agrees", "green"), False: ("disagrees", "red"), None: ("undecided", "yellow")}


def questions(
    case: o.Case,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Questions, such as N1; all by default.")
    ] = None,
    worlds: Annotated[int, o.number("W", "Worlds to measure in, 2 to 1,000.")] = 3,
    users: o.Users = None,
    days: o.Days = None,
    seed: o.Seed = 1,
    preset: o.Preset = None,
    taste: o.Taste = None,
    twists: o.Twists = None,
    workers: o.Workers = None,
    fresh: o.Fresh = False,
    json: o.Json = False,
) -> None:
    """Ask what a study claims: predicted, measured over several worlds, and with the cause removed."""
    what = asked(
        case, control=None, treatment=None, users=users, days=days, seed=seed, preset=preset, taste=taste,
        set=None, twists=twists,
    )  # fmt: skip
    seeds(seed, "--worlds", worlds)
    from core.questions import ask

    with saying_if_stored(fresh):
        made = running(
            what.case,
            f"{what.case.slug}, {worlds} worlds",
            lambda **how: ask(
                what.case, tuple(names or ()), seed=seed, worlds=worlds, preset=preset or "teaching", users=users,
                days=days, taste=taste, **how,
            ),
            workers=workers,
            fresh=fresh,
        )  # fmt: skip
    if json:
        write_json(made)
    else:
        write_page(_page(what.case, made, what.setting.users))


def _page(case: CaseStudy, made: dict[str, Any], users: int) -> Iterator[Any]:
    if not made["claims"]:
        yield p.line(f"{case.slug} has no questions of its own; `lab ab {case.slug}` tests its prediction.")
        return
    for (name, text), claims in groupby(made["claims"], key=lambda c: (c["question"], c["text"])):
        yield p.heading(f"\n{name}. {text}")
        yield ""
        table = p.table(["claim", "predicted", "measured", ""], right=(1, 2))
        for claim in claims:
            metric = _metric(case, claim["metric"])
            pair = f"{claim['metric']}, {claim['control']} → {claim['treatment']}"
            what = f"{claim['name']}{' (validation)' if claim['validation'] else ''}"
            answer = ANSWER[claim["agrees"]]
            table.add_row(
                p.stacked(what, pair),
                _range(claim["predicted"], claim["measured"]["scale"], metric),
                _measured(claim["measured"], claim["measured"]["scale"], metric),
                p.line(answer, f"\nneeds {claim['needs']}" if claim["needs"] else ""),
            )
            if claim["null"]:
                null = claim["null"]
                settings = ", ".join(f"world.{k} = {v:g}" for k, v in null["settings"].items())
                table.add_row(
                    p.stacked(f"  if {settings}", f"  must {null['must']}"),
                    "",
                    _measured(null["measured"], claim["measured"]["scale"], metric),
                    p.line(ANSWER[null["agrees"]]),
                )
        yield table
    yield p.quiet(
        f"\nMeans over {made['worlds']} worlds of {users:,} people with their 95 % interval over worlds; "
        "differences are treatment minus control."
    )


def _metric(case: CaseStudy, name: str) -> str:
    """The unit of a claim's metric; one that is no metric of the scorecard has none."""
    return next((m.unit for m in case.scorecard if m.name == name), "")


def _range(ends: list[float | None], scale: str, unit: str) -> str:
    low, high = ends
    shown = [
        "" if e is None else percent_text(e) if scale == "relative" else unit_text(e, unit, signed=True)
        for e in ends
    ]
    if low is not None and high is not None:
        return range_text(low, high) if scale == "relative" else range_text(low, high, unit)
    return f"at least {shown[0]}" if high is None else f"at most {shown[1]}"


def _measured(found: dict[str, Any], scale: str, unit: str) -> Any:
    value, low, high = found["value"], found["ci_low"], found["ci_high"]
    return p.relative(value, low, high) if scale == "relative" else p.difference(value, low, high, unit)
