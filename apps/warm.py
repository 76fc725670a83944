"""What takes long the first time, done beforehand: ``python -m apps.warm``.

Compiles every kernel by running each study's arms on few people, and simulates the people of the app's first
page, so that it is there at once.
"""

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


def first_pages() -> None:
    """Simulate and store the people each study's first page shows."""
    from apps import runs
    from casestudies import discover

    cases, _ = discover()
    stamp = runs.found().stamp
    for case in cases.values():
        if case.parent is None:
            runs.examples(case.slug, stamp)


def _shortest(low: float) -> int:
    """The first whole number of weeks that a world allows."""
    return 7 * -(-int(low) // 7)


def main() -> int:
    """Say what takes so long, and how long it took."""
    prepare()
    for said, work in (("compiling kernels", warm), ("simulating the first page's people", first_pages)):
        sys.stdout.write(f"{said} (once) … ")
        sys.stdout.flush()
        began = time.monotonic()
        work()
        sys.stdout.write(f"done in {time.monotonic() - began:.0f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
