"""What a command line asks for: a case, an experiment, knobs; each checked before anything runs."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from apps.cli.output import only_answers_on_stdout
from apps.cli.refusal import Refused, sentence

if TYPE_CHECKING:
    from casestudies import Problem
    from core.casestudy import CaseStudy
    from core.config import Knob
    from core.experiment import Setting

WORKERS = 2


@dataclass(frozen=True)
class Asked:
    """A pair of arms in a setting. ``settings`` are knob path -> value, sorted."""

    case: CaseStudy
    setting: Setting
    control: str
    treatment: str
    settings: Mapping[str, float]


def folders(twists: Sequence[Path] | None) -> list[Path]:
    """Folders of twists: those of LAB_TWISTS, then those given; each once."""
    named = [Path(part) for part in os.environ.get("LAB_TWISTS", "").split(os.pathsep) if part]
    return list(dict.fromkeys(p.expanduser().resolve() for p in (*named, *(twists or ()))))


def discovered(twists: Sequence[Path] | None) -> tuple[dict[str, CaseStudy], list[Problem]]:
    """Every study and twist by slug, and what could not be loaded."""
    only_answers_on_stdout()
    from casestudies import discover

    return discover(folders(twists))


def find(slug: str, twists: Sequence[Path] | None) -> CaseStudy:
    """A study or twist by slug. An unknown one is refused, and the files that could not be loaded are
    named: it may be in one of them."""
    cases, problems = discovered(twists)
    if slug in cases:
        return cases[slug]
    from core.config import unknown

    told = unknown("case", slug, cases)
    if problems:
        files = "; ".join(f"{Path(p.file).name}: {p.error}" for p in problems)
        told += f"; and {len(problems)} could not be loaded ({sentence(ValueError(files))})"
    raise Refused(told)


def asked(
    slug: str,
    *,
    control: str | None,
    treatment: str | None,
    users: int | None,
    days: int | None,
    seed: int,
    preset: str | None,
    taste: str | None,
    set: Sequence[str] | None,
    twists: Sequence[Path] | None,
) -> Asked:
    """The options that every experiment has, checked."""
    case = find(slug, twists)
    from core.experiment import Setting

    setting = Setting.of(case, users=users, days=days, seed=seed, preset=preset, taste=taste)
    setting.spec(case)
    control, treatment = control or case.control_name, treatment or case.treatment_name
    known = knobs(case, control, treatment)
    settings: dict[str, float] = {}
    for text in set or ():
        path, equals, value = text.partition("=")
        if not equals:
            raise Refused(f"--set must be PATH=VALUE, such as world.intent=0, got {text!r}")
        settings[path.strip()] = checked(case, known, path.strip(), value.strip())
    made = Asked(case, setting, control, treatment, dict(sorted(settings.items())))
    _whole(made)
    return made


def seeds(seed: int, option: str, worlds: int) -> None:
    """Refuse worlds beyond the last seed: world i has the seed ``seed`` + i."""
    from core.experiment.arms import BOUNDS

    if seed + worlds - 1 > (last := BOUNDS["seed"][1]):
        raise Refused(
            f"--seed {seed} with {option} {worlds} needs the seeds up to {seed + worlds - 1:,}, and the last "
            f"one is {last:,}; take a smaller --seed"
        )


def _whole(made: Asked) -> None:
    """Let the world refuse what single knobs cannot know, such as a past of broken weeks."""
    world = {p.partition(".")[2]: value for p, value in made.settings.items() if p.startswith("world.")}
    made.case.world_for(made.setting.preset, world)


def knobs(case: CaseStudy, control: str, treatment: str) -> dict[str, Knob]:
    """Every knob by path for this pair, with the value it has here as its default."""
    from core.config import Knob

    world = case.world_for("teaching", {})
    found = {
        f"world.{name}": replace(knob, default=getattr(world, name)) for name, knob in world.knobs().items()
    }
    for owner, arm in (("control", control), ("treatment", treatment)):
        found |= {f"{owner}.{name}": knob for name, knob in case.policy(arm).knobs().items()}
    found |= {
        "experiment.users": Knob("", case.users, 40, 1_000_000, "people", "People in all arms together."),
        "experiment.days": Knob("", case.days, 1, 728, "days", "Days after the common past."),
        "experiment.retrain": Knob("", case.retrain, 0, 728, "days", "Days between fits; 0 fits once."),
    }
    return {path: replace(knob, name=path) for path, knob in found.items()}


def checked(case: CaseStudy, known: dict[str, Knob], path: str, text: str) -> float:
    """The value of a knob, or a refusal that names path, value, and what is allowed or near."""
    if path not in known:
        name = path.rpartition(".")[2]
        near = [p for p in reversed(known) if p.partition(".")[2] == name]
        near = near or difflib.get_close_matches(path, known, n=1, cutoff=0.6)
        hint = f"did you mean {near[0]}? " if near else ""
        raise Refused(f"unknown knob {path} (to be {text}); {hint}`lab cases {case.slug}` lists all")
    knob = known[path]
    try:
        value = float(text)
    except ValueError:
        bounds = f"between {knob.low:g} and {knob.high:g}"
        raise Refused(f"{path} must be a number {bounds}, got {text!r}") from None
    return knob.check(value, path)


def workers(asked_for: int | None) -> int:
    """How many arms to run side by side: 2 by default, never more than there are processors."""
    if asked_for is not None and not 1 <= asked_for <= 1_024:
        raise Refused(f"--workers must be between 1 and 1,024, got {asked_for}")
    have = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(asked_for or WORKERS, have)
