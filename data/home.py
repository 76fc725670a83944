"""Where the lab keeps what it writes outside the clone: downloads, runs, caches."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """The folder named by ``LAB_HOME``, else ``~/.ranking-lab``. It need not exist yet."""
    named = os.environ.get("LAB_HOME")
    return Path(named).expanduser() if named else Path.home() / ".ranking-lab"
