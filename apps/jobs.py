"""Long work off the page's thread: one worker, progress, cancel. Knows nothing of the browser."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from core.experiment import Cancelled

Tick = Callable[[float], None]
Work = Callable[[Tick], Any]
ENDED = ("done", "failed", "cancelled")
MOST = 50                                             # ended jobs remembered


@dataclass
class Job:
    """One piece of work under a name. ``state`` is waiting, running, done, failed or cancelled."""

    name: str
    state: str = "waiting"
    share: float = 0.0
    error: str = ""
    result: Any = None
    began: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ENDED

    def cancel(self) -> None:
        """Ask it to stop; it does at its next tick, and leaves nothing behind."""
        self._stop.set()

    def tick(self, share: float) -> None:
        """Note the share done, 0 to 1; raises `Cancelled` once somebody asked to stop."""
        if self._stop.is_set():
            raise Cancelled
        self.share = min(max(share, 0.0), 1.0)


class Jobs:
    """A table of jobs and the one thread that does them, in the order they came."""

    def __init__(self) -> None:
        self._table: dict[str, Job] = {}
        self._guard = threading.Lock()
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lab-job")

    def get(self, name: str) -> Job | None:
        """The job of that name, if there was one."""
        return self._table.get(name)

    def start(self, name: str, work: Work) -> Job:
        """Do ``work(tick)`` under a name. A job of that name that waits, runs or is done is returned as it
        is; one that failed or was cancelled is done anew."""
        with self._guard:
            job = self._table.get(name)
            if job is not None and job.state not in ("failed", "cancelled"):
                return job
            job = self._table[name] = Job(name)
            for old in [n for n, j in self._table.items() if j.ended][:-MOST]:
                del self._table[old]
        self._pool.submit(_do, job, work)
        return job


def _do(job: Job, work: Work) -> None:
    """Run one job to its end, whatever that is; an exception becomes a sentence."""
    try:
        job.tick(0.0)
        job.state = "running"
        job.result = work(job.tick)
        job.share, job.state = 1.0, "done"
    except Cancelled:
        job.state = "cancelled"
    except Exception as error:
        job.error, job.state = sentence(error), "failed"
    job.seconds = time.monotonic() - job.began


def sentence(error: BaseException) -> str:
    """What an error says, without its traceback and without the quotes that KeyError adds."""
    text = error.args[0] if isinstance(error, KeyError) and error.args else error
    return str(text) or type(error).__name__


JOBS = Jobs()
