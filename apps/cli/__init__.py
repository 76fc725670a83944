"""The ``lab`` command. What it prints on stdout is the answer; progress, notes and refusals go to stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from apps import prepare

INTERRUPTED, CLOSED_PIPE, REFUSED = 130, 141, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code.

    0: it ran. 2: the input was refused, with one sentence on stderr. 130: Ctrl-C. 141: whoever read our
    output stopped reading, as in ``lab cases | head -1``. An exception that leaves here is a bug.

    With ``argv`` given, ``sys.stdout`` is afterwards what it was. Without, in a process of its own, it stays
    away from the answer to the end: a twist whose import never ends may still be printing.
    """
    # Closed by the shell (>&-): print(file=None) would write to the other stream.
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    prepare()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")              # a terminal without "−" or "→" shows "?"
    from apps.cli.command import run

    if argv is None:
        return run(sys.argv[1:])
    from apps.cli.output import stdout_given_back

    with stdout_given_back():
        return run(list(argv))
