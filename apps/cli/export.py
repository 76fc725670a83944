"""``--out``: a result and the logs behind it as files, for whoever wants to analyse them otherwise."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from apps.cli.asked import Asked
from apps.cli.progress import progress
from apps.cli.refusal import Refused, blamed, sentence
from apps.cli.running import store

if TYPE_CHECKING:
    import pandas as pd

    from core.experiment import Arm
    from core.log import Log

TABLES = ("impressions", "requests", "user_days", "truth")


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """A folder to write into. It becomes ``out`` when everything went well and vanishes otherwise."""
    try:
        out = out.expanduser().resolve()                      # a link stays one, and its folder is filled
    except (RuntimeError, OSError) as error:                  # links in a circle, an unknown ~name
        raise Refused(f"--out must name a folder, got {out} ({sentence(error)})") from None
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise Refused(f"--out must name a new or an empty folder, got {out}; nothing is overwritten")
    part = out.parent / f".{out.name}.part-{os.getpid()}"
    try:
        part.mkdir(parents=True)
    except OSError as error:
        raise Refused(f"--out must name a folder that can be written, got {out} ({error.strerror})") from None
    try:
        yield part
        if out.is_dir():
            out.rmdir()
        os.replace(part, out)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def write_logs(folder: Path, what: Asked, design: str) -> None:
    """One parquet file a table, both arms in it, days counted from the first day of the experiment.

    Arms are simulated once more, now with every row kept: same keys, same rows. Two arms of one name are
    called control and treatment.
    """
    import pandas as pd

    from core.experiment.result import pair

    arms = pair(what.case, what.setting, what.control, what.treatment, what.settings, half=design == "split")
    names = (what.control, what.treatment)
    if names[0] == names[1]:
        names = ("control", "treatment")
    parts: dict[str, list[pd.DataFrame]] = {table: [] for table in TABLES}
    with blamed(what.case), progress("writing the logs") as tick:
        for i, (arm, name) in enumerate(zip(arms, names, strict=True)):

            def half(d: int, days: int, i: int = i) -> None:
                tick((i + d / max(days, 1)) / 2)

            log, first = _simulated(what, arm, half)
            for table in TABLES:
                parts[table].append(_table(log, table, first, name))
    for table, frames in parts.items():
        made = pd.concat(frames, ignore_index=True)
        made["arm"] = made["arm"].astype("str")
        made.to_parquet(folder / f"{table}.parquet", index=False)


def _simulated(what: Asked, arm: Arm, tick: object) -> tuple[Log, int]:
    """An arm's log with truth and every impression, and the day on which the experiment began."""
    import numpy as np

    from core.experiment import burn_in
    from core.experiment.arms import halves
    from core.world import Arm as Serving
    from core.world import simulate

    s = arm.setting
    past = burn_in(
        what.case, s.spec(what.case), users=s.users, seed=s.seed, taste=s.taste, folder=store() / "burn-ins"
    )
    world, log = past.world.copy(), past.log.copy()
    log.keep_truth, log.keep_days = True, past.day + s.days
    mine = np.ones(s.users, dtype=bool) if arm.half is None else halves(s.seed, s.users) == bool(arm.half)
    serving = Serving(arm.policy(what.case), mine & world.members(past.day), log)
    simulate(
        world, [serving], start=past.day, days=s.days, seed=s.seed, retrain=s.retrain, tick=tick  # type: ignore[arg-type]
    )
    return log, past.day


def _table(log: Log, table: str, first: int, arm: str) -> pd.DataFrame:
    """The rows of a table from day ``first`` on, which becomes day 0."""
    import numpy as np
    import pandas as pd

    frames = []
    for day in (d for d in log.days if d.day >= first):
        rows = pd.DataFrame(dict(getattr(day, table)))
        frames.append(rows.assign(day=np.int16(day.day - first), arm=arm))
    return pd.concat([f for f in frames if len(f)] or frames[:1], ignore_index=True)
