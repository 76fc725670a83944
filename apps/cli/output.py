"""What goes where: the answer to stdout, whole or not at all; a remark to stderr."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TextIO

WIDTH = 80                                                    # where nobody knows better
WIDEST = 110                                                  # a longer line is no longer read as one


_kept: list[TextIO] = []                                      # the real stdout, once others are kept off it


class Closed(Exception):
    """Whoever read our output has stopped reading."""


def only_answers_on_stdout() -> None:
    """From here on, what others print (a twist, a library) goes to stderr, whatever thread it is printed in.

    There is no end to it: a twist that is given up goes on in its thread as long as the process.
    """
    if sys.stdout is not sys.stderr:
        _kept[:] = [sys.stdout]
        sys.stdout = sys.stderr


@contextlib.contextmanager
def stdout_given_back() -> Iterator[None]:
    """Afterwards ``sys.stdout`` is what it was, for whoever runs a command inside a program."""
    before = sys.stdout
    try:
        yield
    finally:
        sys.stdout = before
        _kept.clear()


def answers() -> TextIO:
    """The stream of the answer."""
    return _kept[0] if _kept and sys.stdout is sys.stderr else sys.stdout


def write(text: str) -> None:
    """Write to stdout now."""
    try:
        answers().write(text if text.endswith("\n") else f"{text}\n")
        answers().flush()
    except BrokenPipeError:
        raise Closed from None


def to_json(record: Mapping[str, Any]) -> str:
    """A record as JSON: finite numbers or null, no negative zero, keys in one order."""
    from core.experiment.result import plain

    return json.dumps(plain(record), allow_nan=False, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def write_json(record: Mapping[str, Any]) -> None:
    """Write a record as the one object on stdout."""
    write(to_json(record))


def write_page(parts: Iterable[Any]) -> None:
    """Write paragraphs and tables, drawn for this terminal."""
    from rich.console import Console

    console = Console(
        file=io.StringIO(),
        width=min(shutil.get_terminal_size((WIDTH, 24)).columns, WIDEST),
        force_terminal=answers().isatty(),
        highlight=False,
        markup=False,
        emoji=False,
    )
    for part in parts:
        console.print(part)
    drawn = console.file.getvalue()                           # type: ignore[attr-defined]
    write("\n".join(line.rstrip() for line in drawn.splitlines()))


def note(text: str) -> None:
    """Say something beside the answer."""
    print(text, file=sys.stderr, flush=True)
