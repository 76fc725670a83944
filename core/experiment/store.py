"""Folders of arrays on disk: written whole or not at all, readable without pickle, pruned when large."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core.arrays import AnyArray, lock

LIMIT = 4 << 30                                       # bytes kept under one folder of entries


class Cancelled(Exception):
    """Raised from a progress callback to stop a run; what was not finished leaves nothing behind."""


def save(folder: Path, arrays: Mapping[str, AnyArray], meta: Mapping[str, Any]) -> None:
    """Write one entry. It appears under its name when it is complete; an existing one is kept.

    A disk that cannot be written costs the cache, not the result: the caller is not stopped.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=".part-", dir=folder.parent))
    except OSError:
        return
    try:
        for name, array in arrays.items():
            np.save(part / f"{name}.npy", array, allow_pickle=False)
        (part / "meta.json").write_text(json.dumps(dict(meta), sort_keys=True), encoding="utf-8")
        os.replace(part, folder)
    except OSError:
        shutil.rmtree(part, ignore_errors=True)
    prune(folder.parent)


def load(folder: Path) -> tuple[dict[str, AnyArray], dict[str, Any]] | None:
    """Read an entry, or None where there is none. A damaged one is removed and counts as none."""
    if not folder.is_dir():
        return None
    try:
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        arrays = {}
        for path in sorted(folder.glob("*.npy")):
            arrays[path.stem] = lock(np.load(path, allow_pickle=False))
        if sorted(arrays) != meta["arrays"]:
            raise ValueError("an array is missing")
        os.utime(folder)
        return arrays, meta
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        shutil.rmtree(folder, ignore_errors=True)
        return None


def prune(parent: Path, limit: int = LIMIT) -> None:
    """Remove the entries used longest ago until the rest fits ``limit`` bytes."""
    entries = []
    for folder in parent.glob("[!.]*"):
        try:
            size = sum(f.stat().st_size for f in folder.glob("*"))
            entries.append((folder.stat().st_mtime, size, folder))
        except OSError:
            continue
    total = sum(size for _, size, _ in entries)
    for _, size, folder in sorted(entries)[:-1]:
        if total <= limit:
            break
        shutil.rmtree(folder, ignore_errors=True)
        total -= size
