"""``lab ab``: an A/B test, and beside it the truth."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apps.cli import options as o
from apps.cli.asked import Asked, asked, seeds
from apps.cli.output import note, to_json, write_json, write_page
from apps.cli.running import running, saying_if_stored

if TYPE_CHECKING:
    from core.experiment import Result


def ab(
    case: o.Case,
    control: o.Control = None,
    treatment: o.Treatment = None,
    users: o.Users = None,
    days: o.Days = None,
    seed: o.Seed = 1,
    design: Annotated[
        str, typer.Option(metavar="NAME", help="split (people divided) or twin (everyone in both worlds).")
    ] = "split",
    preset: o.Preset = None,
    taste: o.Taste = None,
    set: o.Set = None,
    replicates: Annotated[int, o.number("R", "Worlds; above 1, means with intervals over them.")] = 1,
    realistic: Annotated[
        bool, typer.Option("--realistic", help="Also run the pair under effects of life's size.")
    ] = False,
    no_truth: Annotated[bool, typer.Option("--no-truth", help="Leave the twin worlds out.")] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the result and its logs into a new folder.")
    ] = None,
    twists: o.Twists = None,
    workers: o.Workers = None,
    fresh: o.Fresh = False,
    json: o.Json = False,
) -> None:
    """Run an A/B test on simulated people, and see whether its verdict is the truth."""
    what = asked(
        case, control=control, treatment=treatment, users=users, days=days, seed=seed, preset=preset,
        taste=taste, set=set, twists=twists,
    )  # fmt: skip
    seeds(seed, "--replicates", replicates)
    from contextlib import ExitStack

    from core.config import unknown
    from core.experiment.result import DESIGNS

    if design not in DESIGNS:
        raise KeyError(unknown("design", design, DESIGNS))
    with ExitStack() as stack:
        part = None
        if out is not None:
            from apps.cli.export import new_folder

            part = stack.enter_context(new_folder(out))
        with saying_if_stored(fresh) as known:
            result = running(
                what.case,
                _doing(what),
                lambda **how: _run(what, design, not no_truth, replicates, **how),
                workers=workers,
                fresh=fresh,
            )
            known.append(result.cached)
            if realistic:
                result = running(
                    what.case,
                    "the same pair under the preset realistic",
                    lambda **how: dataclasses.replace(result, realistic=_realistic(what, **how)),
                    workers=workers,
                    fresh=fresh,
                )
            else:
                result = dataclasses.replace(result, realistic=_stored(what, design))
        record = result.record()
        if part is not None:
            from apps.cli.export import write_logs

            write_logs(part, what, design)
            (part / "result.json").write_text(to_json(record), encoding="utf-8")
    if out is not None:
        note(f"wrote result.json and the logs into {out}")
        if replicates > 1:
            note(f"the tables are those of the first of {replicates} worlds, seed {seed}")
    if json:
        write_json(record)
    else:
        from apps.cli.scorecard import page

        write_page(page(what.case, result))


def _doing(what: Asked) -> str:
    return f"{what.control} → {what.treatment}"


def _run(what: Asked, design: str, truth: bool, replicates: int, **how: Any) -> Result:
    from core.experiment import ab

    return ab(
        what.case, what.setting, control=what.control, treatment=what.treatment, settings=what.settings,
        design=design, truth=truth, replicates=replicates, **how,
    )  # fmt: skip


def _stored(what: Asked, design: str) -> dict[str, Any]:
    """The realistic verdict that is stored with the study, for the pair and settings it was made with."""
    from casestudies.surfaces import read

    stored = read(what.case)
    if stored is None or "realistic" not in stored:
        return {"verdict": None, "users_needed": None, "why": "none is stored for this case; --realistic runs it"}
    s, pair = what.setting, (what.control, what.treatment)
    own = {name: stored["setting"][name] for name in ("users", "days", "preset", "taste", "retrain")}
    same = all(getattr(s, name) == value for name, value in own.items()) and not what.settings
    if not same or design != "split" or pair != (what.case.control_name, what.case.treatment_name):
        return {"verdict": None, "users_needed": None, "why": "stored for the default pair and size only"}
    kept = stored["realistic"]
    return {name: kept[name] for name in ("verdict", "users_needed", "metric", "difference", "ci_low", "ci_high")}


def _realistic(what: Asked, **how: Any) -> dict[str, Any]:
    """The pair with its own knobs at the study's default size, in the world that is as near to life as the
    study gets. Settings of the world are left out: they would not be that world."""
    from core.experiment import Setting, ab

    if "realistic" not in what.case.presets:
        return {"verdict": None, "users_needed": None}
    s = what.setting
    result = ab(
        what.case,
        Setting.of(what.case, seed=s.seed, taste=s.taste, preset="realistic"),
        control=what.control,
        treatment=what.treatment,
        settings={k: v for k, v in what.settings.items() if k.startswith(("control.", "treatment."))},
        truth=False,
        details=False,
        **how,
    )
    needed = [need.users for need in result.verdict.needs if need.users is not None]
    return {"verdict": result.verdict.decision, "users_needed": max(needed, default=None)}
