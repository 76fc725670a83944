"""Folders of arrays on disk: written whole or not at all, readable without pickle, pruned when large."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core.arrays import AnyArray, lock

LIMIT = 4 << 30                                       # bytes kept under one folder of entries


class Cancelled(Exception):
    """Raised from a progress callback to stop a run; what was not finished leaves nothing behind."""


def save(folder: Path, arrays: Mapping[str, AnyArray], meta: Mapping[str, Any], replace: bool = False) -> None:
    """Write one entry. It appears under its name when it is complete; an existing one is kept unless
    ``replace``.

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
        said = {"arrays": {name: _sum(array) for name, array in arrays.items()}, "meta": dict(meta)}
        text = json.dumps({**said, "sum": _sum_of(said)}, sort_keys=True, default=str)
        (part / "meta.json").write_text(text, encoding="utf-8")
        if replace and folder.is_dir():
            os.replace(folder, part.with_name(f"{part.name}-old"))
        os.replace(part, folder)
    except OSError:
        shutil.rmtree(part, ignore_errors=True)
    shutil.rmtree(part.with_name(f"{part.name}-old"), ignore_errors=True)
    prune(folder.parent)


def load(folder: Path) -> tuple[dict[str, AnyArray], dict[str, Any]] | None:
    """Read an entry, or None where there is none. A damaged one, which does not have the check sums it was
    written with, is removed and counts as none."""
    if not folder.is_dir():
        return None
    try:
        said = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        if said.pop("sum") != _sum_of(said):
            raise ValueError("meta.json is not what was written")
        arrays = {path.stem: lock(np.load(path, allow_pickle=False)) for path in sorted(folder.glob("*.npy"))}
        if {name: _sum(array) for name, array in arrays.items()} != said["arrays"]:
            raise ValueError("an array is not what was written")
        os.utime(folder)
        return arrays, said["meta"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError):
        shutil.rmtree(folder, ignore_errors=True)
        return None


def _sum(array: AnyArray) -> str:
    """Kind, shape and check sum of an array."""
    whole = np.ascontiguousarray(array)
    return f"{whole.dtype.str} {whole.shape} {zlib.crc32(whole.data.cast('B')) if whole.size else 0:08x}"


def _sum_of(said: Mapping[str, Any]) -> int:
    return zlib.crc32(json.dumps(json.loads(json.dumps(said, default=str)), sort_keys=True).encode())


def prune(parent: Path, limit: int = LIMIT) -> None:
    """Remove the entries used longest ago until the rest fits ``limit`` bytes, and what a process that was
    killed left unfinished a day ago."""
    entries = []
    for left in parent.glob(".part-*"):
        try:
            if time.time() - left.stat().st_mtime > 86_400:
                shutil.rmtree(left, ignore_errors=True)
        except OSError:
            continue
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
