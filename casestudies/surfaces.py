"""Rebuild the stored surfaces: ``python -m casestudies.surfaces [SLUG …]``. Minutes a study.

A surface holds scorecard, truth and verdict over headline knob × headline assumption at the study's
default size, and the realistic preset's verdict on the default pair. The page follows its slider from it.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from casestudies import HERE, discover
from core.casestudy import CaseStudy
from core.experiment import Setting, ab
from core.experiment.result import plain
from core.sweep import surface
from data.home import home

XS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
YS = (0.0, 0.25, 0.5, 0.75, 1.0)


def path_of(case: CaseStudy) -> Path:
    """Where a study's surface is stored."""
    return HERE / case.slug.replace("-", "_") / "surface.json"


def read(case: CaseStudy) -> dict[str, Any] | None:
    """A study's stored surface, or None where it has none (twists)."""
    path = path_of(case)
    if case.parent is not None or not path.is_file():
        return None
    made: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return made


def build(case: CaseStudy, users: int | None = None, days: int | None = None, workers: int = 2) -> dict[str, Any]:
    """The surface of a study and its realistic verdict."""
    store = home() / "runs"
    setting = Setting.of(case, users=users, days=days)

    shown = [-1]

    def tick(share: float) -> None:
        if int(100 * share) > shown[0]:
            shown[0] = int(100 * share)
            print(f"\r{case.slug}: {shown[0]} %", end="", file=sys.stderr, flush=True)

    made = surface(case, XS, YS, setting, store=store, workers=workers, tick=tick)
    made["realistic"] = realistic(case, setting, store, workers)
    return made


def realistic(case: CaseStudy, setting: Setting, store: Path, workers: int) -> dict[str, Any]:
    """What the same pair would show in the realistic world, at the same size."""
    import dataclasses

    result = ab(
        case,
        dataclasses.replace(setting, preset="realistic"),
        store=store,
        workers=workers,
        details=False,
    )
    users = [n.users for n in result.verdict.needs if n.users is not None]
    row = result.frame.iloc[0]
    return plain(
        {
            "verdict": result.verdict.decision,
            "why": result.verdict.why,
            "users_needed": max(users) if users else None,
            "metric": row["metric"],
            "difference": row["difference"],
            "ci_low": row["ci_low"],
            "ci_high": row["ci_high"],
            "truth": None if result.truth is None else result.truth.iloc[0].to_dict(),
        }
    )


def main(slugs: list[str]) -> None:
    """Build and write; each file appears whole."""
    cases, _ = discover()
    for case in cases.values():
        if case.parent is None and case.headline is not None and (not slugs or case.slug in slugs):
            made = build(case)
            path = path_of(case)
            part = path.with_suffix(".part")
            part.write_text(json.dumps(made, allow_nan=False, separators=(",", ":")) + "\n", encoding="utf-8")
            os.replace(part, path)
            print(f"\n{path.name} of {case.slug}: {path.stat().st_size / 1e3:.0f} kB", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
