"""What people use: the ``lab`` command and the browser app. They select and draw; they hold no modelling."""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def prepare() -> None:
    """Settle what must be settled before NumPy and numba are imported; call it first in every program.

    One BLAS thread, because two give other bits. And a folder for compiled kernels that is named after
    the source of all of them: numba looks at one file at a time, and would keep a kernel whose callee in
    another file has changed. What the environment already says is left alone.
    """
    for name in THREADS:
        os.environ.setdefault(name, "1")
    if "numba" not in sys.modules and not os.environ.get("NUMBA_CACHE_DIR"):
        os.environ["NUMBA_CACHE_DIR"] = str(_writable(kernel_folder()))


def kernel_folder() -> Path:
    """Where this version of the kernels is kept compiled: in the user's cache, not in LAB_HOME."""
    source = hashlib.sha256()
    for path in sorted(ROOT.glob("*/**/_kernels.py")):
        if path.relative_to(ROOT).parts[0] in ("core", "casestudies"):
            source.update(path.read_bytes())
    return _user_cache() / "ranking-lab" / f"kernels-{source.hexdigest()[:12]}"


def _user_cache() -> Path:
    if named := os.environ.get("XDG_CACHE_HOME"):
        return Path(named)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")


def _writable(folder: Path) -> Path:
    """``folder``, made if need be; one for this process only where it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        own = Path(tempfile.mkdtemp(prefix="ranking-lab-kernels-"))
        atexit.register(shutil.rmtree, own, ignore_errors=True)
        return own
