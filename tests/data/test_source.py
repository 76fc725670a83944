"""Finding and fetching: the order of places, what is said of missing files, whole or not at all."""

import dataclasses
import hashlib
import io
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import data
from data.home import home
from data.movielens import LATEST_SMALL
from data.source import fetch, find, places

NAME, FOLDER = "movielens-latest-small", "ml-latest-small"
SAMPLE = Path(data.__file__).parent / "samples" / FOLDER


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """An empty LAB_HOME, and no mirror."""
    monkeypatch.setenv("LAB_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("LAB_MIRROR", raising=False)
    return tmp_path


def put(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in LATEST_SMALL.needed:
        (folder / name).write_bytes((SAMPLE / name).read_bytes())
    return folder


def test_home_is_what_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    assert home() == tmp_path
    monkeypatch.delenv("LAB_HOME")
    assert home() == Path.home() / ".ranking-lab"


def test_names_and_unknown_names(lab):
    assert data.names() == (NAME,)
    for ask in (data.load, data.available, data.fetch):
        with pytest.raises(KeyError, match=f"did you mean '{NAME}'"):
            ask("movielens-latest-smal")


def test_missing_files_say_what_to_do(lab, monkeypatch):
    monkeypatch.setenv("LAB_MIRROR", str(lab / "nowhere"))
    assert not data.available(NAME)
    with pytest.raises(FileNotFoundError) as error:
        data.load(NAME)
    assert str(error.value) == (
        "cannot find movielens-latest-small: run `lab data fetch movielens-latest-small`, "
        "or point LAB_MIRROR at a folder that has it"
    )


def test_the_mirror_is_looked_at_first_and_half_a_folder_is_none(lab, monkeypatch):
    at_home = put(lab / "home" / "data" / FOLDER)
    assert data.available(NAME)
    assert find(LATEST_SMALL) == at_home
    monkeypatch.setenv("LAB_MIRROR", str(lab / "mirror"))
    mirrored = put(lab / "mirror" / FOLDER)
    assert places(LATEST_SMALL) == [mirrored, at_home]
    assert find(LATEST_SMALL) == mirrored
    (mirrored / "ratings.csv").unlink()
    assert find(LATEST_SMALL) == at_home


def archive(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(f"{FOLDER}/{name}", content)
    return out.getvalue()


@pytest.fixture
def served(lab):
    """The sample as an archive on the loopback, and a source that describes it."""
    files = {p.name: p.read_bytes() for p in SAMPLE.iterdir()}
    web = lab / "web"
    web.mkdir()
    (web / "set.zip").write_bytes(archive(files))

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(web)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield dataclasses.replace(
        LATEST_SMALL,
        address=f"http://127.0.0.1:{server.server_port}/set.zip",
        files={name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    )
    server.shutdown()
    thread.join()
    server.server_close()


def kept(lab: Path) -> list[str]:
    return sorted(p.name for p in (lab / "home" / "data").iterdir())


def test_fetch_puts_every_file_in_place(served, lab):
    folder = fetch(served)
    assert folder == lab / "home" / "data" / FOLDER
    assert {p.name for p in folder.iterdir()} == set(served.files)
    assert kept(lab) == [FOLDER]
    assert len(data.load(NAME).interactions) == 14


def test_fetch_leaves_a_good_folder_alone(served):
    folder = fetch(served)
    assert fetch(dataclasses.replace(served, address="http://127.0.0.1:9/gone.zip")) == folder


def test_fetch_refuses_a_folder_that_differs_and_does_not_touch_it(served):
    folder = fetch(served)
    (folder / "ratings.csv").write_text("mine")
    with pytest.raises(ValueError, match=r"ratings\.csv is missing or differs.*remove .* and fetch again"):
        fetch(served)
    assert (folder / "ratings.csv").read_text() == "mine"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda files: files | {"ratings.csv": b"other"}, r"ratings\.csv .* must have sha256 .*nothing"),
        (lambda files: {n: files[n] for n in files if n != "tags.csv"}, r"has no ml-latest-small/tags\.csv"),
    ],
)
def test_a_changed_archive_leaves_nothing_behind(served, lab, change, words):
    files = {p.name: p.read_bytes() for p in SAMPLE.iterdir()}
    (lab / "web" / "set.zip").write_bytes(archive(change(files)))
    with pytest.raises(ValueError, match=words):
        fetch(served)
    assert kept(lab) == []


def test_what_is_not_an_archive_leaves_nothing_behind(served, lab):
    (lab / "web" / "set.zip").write_bytes(b"<html>moved</html>")
    with pytest.raises(ValueError, match="is not a zip archive"):
        fetch(served)
    assert kept(lab) == []


def test_recorded_checksums_are_those_of_the_real_files(raw):
    folder = raw(FOLDER)
    for name, expected in LATEST_SMALL.files.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == expected, name
