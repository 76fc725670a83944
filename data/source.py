"""``Source``: where a data set comes from, how its files are recognised, found and fetched."""

from __future__ import annotations

import gzip
import hashlib
import os
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from data.home import home


@dataclass(frozen=True, slots=True)
class Source:
    """A published archive.

    Parameters
    ----------
    name : str
        What `data.load` calls it.
    folder : str
        The folder inside the archive; also the folder's name in ``LAB_MIRROR`` and in the lab's home.
    address : str
        The official archive, a zip file.
    files : mapping of file name to sha256
        Every file of the folder, unpacked.
    needed : tuple of file names
        The files the loader reads.
    licence, citation : str
        One sentence each.
    """

    name: str
    folder: str
    address: str
    files: Mapping[str, str]
    needed: tuple[str, ...]
    licence: str
    citation: str


def places(source: Source) -> list[Path]:
    """Folders in which the files may lie, in the order in which they are looked for."""
    mirror = os.environ.get("LAB_MIRROR")
    mirrored = [Path(mirror).expanduser() / source.folder] if mirror else []
    return [*mirrored, home() / "data" / source.folder]


def find(source: Source) -> Path | None:
    """The first of `places` that has every needed file, as it is or with ``.gz``; else None."""
    for folder in places(source):
        if all(_stored(folder, name) for name in source.needed):
            return folder
    return None


def locate(source: Source) -> Path:
    """As `find`, or ``FileNotFoundError`` that says what to do."""
    folder = find(source)
    if folder is None:
        raise FileNotFoundError(
            f"cannot find {source.name}: run `lab data fetch {source.name}`, "
            "or point LAB_MIRROR at a folder that has it"
        )
    return folder


def read_bytes(folder: Path, name: str) -> bytes:
    """Content of a file of a folder, unpacked if it is stored with ``.gz``."""
    path = _stored(folder, name)
    if path is None:
        raise FileNotFoundError(f"cannot find {folder / name}, nor {name}.gz beside it")
    content = path.read_bytes()
    return gzip.decompress(content) if path.suffix == ".gz" else content


def sha256(content: bytes) -> str:
    """Hexadecimal SHA-256."""
    return hashlib.sha256(content).hexdigest()


def fetch(source: Source) -> Path:
    """Download, check and unpack into the lab's home; return the folder. The only thing that downloads.

    Files are unpacked beside their place and moved there by one rename, so that the folder is either
    absent or whole. A folder that is already there is checked and left alone.

    Raises
    ------
    ValueError
        If what came is not the archive, or a file differs from the published one, in the archive or in a
        folder already there.
    """
    import pooch

    target = home() / "data" / source.folder
    if target.exists():
        for name, expected in source.files.items():
            if _stored(target, name) is None or sha256(read_bytes(target, name)) != expected:
                raise ValueError(
                    f"{target / name} is missing or differs from the published file; "
                    f"remove {target} and fetch again"
                )
        return target

    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".fetch-") as temporary:
        # No checksum of the archive: its files are what has to be right, and each of them is checked.
        archive = pooch.retrieve(source.address, known_hash=None, fname="archive.zip", path=temporary)
        unpacked = Path(temporary) / source.folder
        unpacked.mkdir()
        if not zipfile.is_zipfile(archive):
            raise ValueError(f"what {source.address} sent is not a zip archive; nothing was kept")
        with zipfile.ZipFile(archive) as packed:
            for name, expected in source.files.items():
                try:
                    content = packed.read(f"{source.folder}/{name}")
                except KeyError:
                    raise ValueError(f"{source.address} has no {source.folder}/{name}") from None
                if sha256(content) != expected:
                    raise ValueError(
                        f"{name} from {source.address} must have sha256 {expected}, got {sha256(content)}; "
                        "the archive has changed or was damaged on the way, so nothing was kept"
                    )
                (unpacked / name).write_bytes(content)
        os.replace(unpacked, target)
    return target


def _stored(folder: Path, name: str) -> Path | None:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    return None
