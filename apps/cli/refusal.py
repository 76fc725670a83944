"""``Refused``: input that cannot be run, and the one sentence that says so."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from apps import ROOT

if TYPE_CHECKING:
    from core.casestudy import CaseStudy

OURS = tuple(str(ROOT / name) for name in ("core", "casestudies", "data", "apps"))


class Refused(Exception):
    """Input that is refused; its text is the sentence people read."""


def sentence(error: BaseException) -> str:
    """An error as one line: without the quotes of a ``KeyError``, without line breaks."""
    text = error.args[0] if isinstance(error, KeyError) and error.args else error
    line = " ".join(str(text).split()).rstrip(".")
    return line or type(error).__name__


def is_refusal(error: BaseException) -> bool:
    """Whether an error is meant for people: one of ours, raised on purpose at a seam, or the disk's and
    the network's. What a library raised inside is a bug, and keeps its traceback."""
    if isinstance(error, (Refused, OSError)):
        return True
    if not isinstance(error, (ValueError, KeyError, TypeError)):
        return False
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and frames[-1].filename.startswith(OURS)


@contextmanager
def blamed(case: CaseStudy) -> Iterator[None]:
    """Whatever a twist's own code raises while it runs becomes a refusal that names function, file, line."""
    try:
        yield
    except Exception as error:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == case.file]
        name = Path(case.file).name
        if not case.file or isinstance(error, (Refused, MemoryError, BrokenPipeError)):
            raise
        if frames:
            at = f"{frames[-1].name} ({name}, line {frames[-1].lineno})"
            raise Refused(f"{at} raised {type(error).__name__}: {sentence(error)}") from error
        if is_refusal(error):
            raise
        told = f"{type(error).__name__}: {sentence(error)}"
        raise Refused(f"{case.slug} ({name}) does not run: {told}") from error
