"""``Refused``: input that cannot be run, and the one sentence that says so."""

from __future__ import annotations

import inspect
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from apps import ROOT

if TYPE_CHECKING:
    from core.casestudy import CaseStudy

RULE = ("observed", "requests", "candidates", "scores")       # what a score rule is called with
WRONG_CALL = re.compile(r"\(\) (takes|missing|got an unexpected|got multiple)")      # Python's own words
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
    the network's. What a library raised inside is a bug, and keeps its traceback; so are a single word,
    such as the key of a failed look-up, and a call that does not fit."""
    if isinstance(error, (Refused, OSError)):
        return True
    if not isinstance(error, (ValueError, KeyError, TypeError)):
        return False
    if " " not in sentence(error) or (isinstance(error, TypeError) and WRONG_CALL.search(str(error))):
        return False
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and frames[-1].filename.startswith(OURS)


@contextmanager
def blamed(case: CaseStudy) -> Iterator[None]:
    """Whatever a twist's own code raises while it runs becomes a refusal that names function, file, line."""
    try:
        yield
    except (Exception, SystemExit) as error:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == case.file]
        name = Path(case.file).name
        if not case.file or isinstance(error, (Refused, MemoryError, BrokenPipeError)):
            raise
        if frames:
            at = f"{frames[-1].name} ({name}, line {frames[-1].lineno})"
            raise Refused(f"{at} raised {_named(error)}") from error
        if isinstance(error, TypeError) and (told := _misfit(case)):
            raise Refused(told) from error
        if is_refusal(error):
            raise
        raise Refused(f"{case.slug} ({name}) does not run: {_named(error)}") from error


def _named(error: BaseException) -> str:
    """Kind and text of an error, as in ``KeyError: price``; the kind alone where there is no text."""
    kind, text = type(error).__name__, sentence(error)
    return kind if text == kind else f"{kind}: {text}"


def _misfit(case: CaseStudy) -> str:
    """A sentence about a score rule of a twist that cannot be called as score rules are, if there is one."""
    for arm in case.arms():
        for adjust in getattr(case.policy(arm), "adjust", ()):
            try:
                takes = inspect.signature(adjust.rule)
            except (TypeError, ValueError):                   # not written in Python
                continue
            try:
                takes.bind(*RULE)
            except TypeError:
                code = getattr(inspect.unwrap(adjust.rule), "__code__", None)
                if code is None or code.co_filename != case.file:
                    continue
                at = f"{adjust.rule.__name__} ({Path(case.file).name}, line {code.co_firstlineno})"
                return f"{at} must take ({', '.join(RULE)}), got {takes}"
    return ""
