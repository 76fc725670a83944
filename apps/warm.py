"""Compiles every kernel once, by running each study's arms on few people: ``python -m apps.warm``."""

from __future__ import annotations

import sys
import time

from apps import prepare


def warm() -> None:
    """Run every arm of every study for a week, and the comparison that `lab ab` makes by default."""
    from casestudies import discover
    from core.experiment import Arm, Setting, ab, run_arms

    cases, _ = discover()
    for case in cases.values():
        if case.parent is not None:                       # a twist runs its parent's kernels
            continue
        world = (("history_days", _shortest(case.world.knobs()["history_days"].low)),)
        setting = Setting.of(case, users=60, days=7, world=world)
        run_arms(case, [Arm(setting, name) for name in case.arms()])
        ab(case, setting)


def _shortest(low: float) -> int:
    """The first whole number of weeks that a world allows."""
    return 7 * -(-int(low) // 7)


def main() -> int:
    """Say what takes so long, and how long it took."""
    prepare()
    sys.stdout.write("compiling kernels (once) … ")
    sys.stdout.flush()
    began = time.monotonic()
    warm()
    sys.stdout.write(f"done in {time.monotonic() - began:.0f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
