"""The stamp moves with the code and the settings of a run, and not with what is said about them."""

import dataclasses
import os
import shutil
from pathlib import Path

import pytest

from casestudies import discover
from casestudies.netflix_home import CASE
from core.experiment import fingerprint
from core.experiment.fingerprint import code_hash, digest

TWIST = Path(__file__).resolve().parents[3] / "casestudies/twists/late_night.py"


@pytest.fixture
def stamp(tmp_path):
    """``stamp(old, new)``: the fingerprint of the late-night twist with a piece of its text replaced."""
    count = iter(range(100))

    def of(old: str = "", new: str = "") -> str:
        text = TWIST.read_text(encoding="utf-8")
        assert old in text
        path = tmp_path / "late_night_copy.py"
        path.write_text(
            text.replace(old, new).replace('"late-night",\n', '"later-night",\n'), encoding="utf-8"
        )
        os.utime(path, (0, next(count)))  # edits within one tick of the clock
        cases, problems = discover([tmp_path])
        assert not problems
        return fingerprint(cases["later-night"], {})

    return of


def test_code_counts(stamp):
    assert stamp() == stamp()
    assert len(stamp()) == 6
    assert stamp("scores - 1.5 * late", "scores - 1.6 * late") != stamp()
    assert stamp(">= 22", "> 22") != stamp()


def test_comments_docstrings_and_blanks_do_not(stamp):
    plain = stamp()
    assert stamp('"""After 22:00, take off 1.5', '"""Later, take off 1.5') == plain
    assert stamp('"""After ten in the evening', '"""Late at night') == plain
    assert stamp("# (B,)", "# one a request") == plain
    assert stamp("\n\n\nTWIST", "\n\n\n\n\nTWIST") == plain


def test_settings_count():
    assert fingerprint(CASE, {"users": 100}) != fingerprint(CASE, {"users": 101})
    assert fingerprint(CASE, {"a": 1, "b": 2}) == fingerprint(CASE, {"b": 2, "a": 1})
    assert len(digest({"a": 1})) == 12


def test_a_twist_adds_its_own_file(tmp_path):
    path = tmp_path / "one.py"
    shutil.copy(TWIST, path)
    assert code_hash(dataclasses.replace(CASE, file=str(path))) != code_hash(CASE)
