"""The ``lab`` command. What it prints on stdout is the answer; progress, notes and refusals go to stderr."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from apps import prepare

INTERRUPTED, CLOSED_PIPE, REFUSED = 130, 141, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code.

    0: it ran. 2: the input was refused, with one sentence on stderr. 130: Ctrl-C. 141: whoever read our
    output stopped reading, as in ``lab cases | head -1``. An exception that leaves here is a bug.
    """
    prepare()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")              # a terminal without "−" or "→" shows "?"
    from apps.cli.command import run

    return run(sys.argv[1:] if argv is None else list(argv))
