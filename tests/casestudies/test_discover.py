"""Studies and twists are found by themselves; a broken file is a sentence with its line."""

import dataclasses
import shutil
import sys
from pathlib import Path

import pytest

import casestudies
from casestudies import discover
from casestudies.netflix_home import CASE

TWISTS = Path(casestudies.__file__).parent / "twists"
GOOD = '''"""A question."""

from casestudies.netflix_home import CASE
from casestudies.netflix_home.policies import PERSONAL
from core.casestudy import Prediction


def shorter(observed, requests, candidates, scores):
    return scores - 0.1


TWIST = CASE.twist(
    "a-good-one",
    question="Does it help?",
    control=PERSONAL,
    treatment=PERSONAL.adjusted(shorter, name="a-good-one"),
    prediction=Prediction("quality_plays", relative=(0.0, 0.1), because="it might"),
)
'''


def test_the_study_and_its_twist_are_found():
    cases, problems = discover()
    assert not problems
    assert {"netflix-home", "late-night"} <= set(cases)
    assert cases["netflix-home"] is CASE
    assert cases["late-night"].parent == "netflix-home"
    assert cases["late-night"].file == str(TWISTS / "late_night.py")


def test_a_file_in_a_folder_is_all_it_takes(tmp_path):
    (tmp_path / "mine.py").write_text(GOOD)
    (tmp_path / "_draft.py").write_text("syntax error here")
    (tmp_path / "notes.txt").write_text("no twist")
    cases, problems = discover([tmp_path])
    assert not problems
    assert cases["a-good-one"].file == str(tmp_path / "mine.py")


BROKEN = {
    "a syntax error": ("x = 1\ndef f(:\n    pass\n", "line 2: SyntaxError"),
    "an unknown name": ("x = 1\n\ny = unheard_of\n", "line 3: NameError: name 'unheard_of'"),
    "an unknown module": ("import nothing_of_the_kind\n", "line 1: ModuleNotFoundError"),
    "no twist": ("x = 1\n", "defines no TWIST made by CASE.twist"),
    "another thing": ("TWIST = 3\n", "defines no TWIST made by CASE.twist"),
    "an exit": ("import sys\nsys.exit(3)\n", "line 2: SystemExit: 3"),
    "an unknown arm": (GOOD.replace("control=PERSONAL,", 'control="persnal",'), "did you mean 'personal'"),
    "an unknown metric": (GOOD.replace('"quality_plays"', '"qality_plays"'), "did you mean 'quality_plays'"),
    "an unknown knob": (
        GOOD.replace("question=", 'world={"patence": 5.0}, question='),
        "did you mean 'patience'",
    ),
    "a knob out of bounds": (
        GOOD.replace("question=", 'world={"patience": 5.0}, question='),
        "HomeWorld.patience must be",
    ),
    "no question": (GOOD.replace('"Does it help?"', '""'), "a-good-one: question must say what"),
    "no reason": (
        GOOD.replace('"it might"', '""'),
        "line 17: ValueError: Prediction on quality_plays: because must say",
    ),
    "a weight that is no number": (
        GOOD.replace('name="a-good-one")', 'name="x", weight=float("nan"))'),
        "Adjust.weight",
    ),
    "a wrong keyword": (GOOD.replace("question=", "qestion="), "line 12: TypeError"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_twist_is_a_problem_with_its_line_and_stops_nobody(tmp_path, kind):
    text, says = BROKEN[kind]
    (tmp_path / "broken.py").write_text(text)
    (tmp_path / "whole.py").write_text(GOOD.replace('"a-good-one",\n    q', '"another",\n    q'))
    cases, problems = discover([tmp_path])
    assert {"netflix-home", "late-night", "another"} <= set(cases)
    (problem,) = problems
    assert problem.file == str(tmp_path / "broken.py")
    assert says in problem.error
    assert "\n" not in problem.error
    if kind not in ("no twist", "another thing"):
        assert problem.error.startswith("line ")


def test_a_relative_folder_gives_lines_too(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/broken.py").write_text("x = 1\n1 / 0\n")
    monkeypatch.chdir(tmp_path)
    (problem,) = discover(["mine"])[1]
    assert problem.error == "line 2: ZeroDivisionError: division by zero"


def test_an_endless_import_is_given_up(tmp_path, monkeypatch):
    """It waits rather than spins, so that the thread left behind costs the other tests nothing."""
    monkeypatch.setattr(casestudies, "IMPORT_SECONDS", 0.5)
    (tmp_path / "endless.py").write_text("import threading\nthreading.Event().wait()\n")
    (tmp_path / "good.py").write_text(GOOD)
    cases, problems = discover([tmp_path])
    assert "a-good-one" in cases
    (problem,) = problems
    assert "did not finish importing" in problem.error and "is there a loop?" in problem.error


def test_a_slug_belongs_to_the_first(tmp_path):
    shutil.copy(TWISTS / "late_night.py", tmp_path / "again.py")
    (tmp_path / "home.py").write_text(GOOD.replace('"a-good-one",\n    q', '"netflix-home",\n    q'))
    cases, problems = discover([tmp_path])
    assert cases["netflix-home"] is CASE
    assert cases["late-night"].file == str(TWISTS / "late_night.py")
    assert len(problems) == 2
    assert f"the slug 'late-night' is taken by {TWISTS / 'late_night.py'}" in problems[0].error
    assert "the slug 'netflix-home' is taken by a study" in problems[1].error


def test_a_folder_that_is_none_is_a_problem(tmp_path):
    (problem,) = discover([tmp_path / "nowhere"])[1]
    assert problem.file == str(tmp_path / "nowhere") and "is not a folder" in problem.error


def test_an_edited_file_is_read_again(tmp_path):
    path = tmp_path / "mine.py"
    for question in ("First?", "Second, and longer?"):
        path.write_text(GOOD.replace("Does it help?", question))
        assert discover([tmp_path])[0]["a-good-one"].question == question
    assert dataclasses.replace(CASE).slug == "netflix-home"


def test_a_dataclass_and_postponed_annotations_load(tmp_path):
    """`@dataclass` looks its module up to read annotations that are text."""
    head = "from __future__ import annotations\nfrom dataclasses import dataclass\n"
    (tmp_path / "mine.py").write_text(head + GOOD + "\n\n@dataclass\nclass Late:\n    hour: int = 22\n")
    cases, problems = discover([tmp_path])
    assert not problems
    assert "a-good-one" in cases


def test_equal_names_in_two_folders_are_two_modules(tmp_path):
    """Each stays importable under its own name; those of the built-in folder have the plain one."""
    rules = []
    for slug in ("first", "second"):
        (tmp_path / slug).mkdir()
        (tmp_path / slug / "late_night.py").write_text(GOOD.replace('"a-good-one",\n    q', f'"{slug}",\n    q'))
    cases, problems = discover([tmp_path / "first", tmp_path / "second"])
    assert not problems
    for slug in ("first", "second", "late-night"):
        rule = cases[slug].policy(cases[slug].treatment_name).adjust[-1].rule
        assert vars(sys.modules[rule.__module__])[rule.__name__] is rule
        assert sys.modules[rule.__module__].__file__ == cases[slug].file
        rules.append(rule.__module__)
    assert len(set(rules)) == 3
    assert rules[2] == "casestudies.twists.late_night"


@pytest.mark.parametrize("broken", ["1 / 0\n", "import threading\nthreading.Event().wait()\n"])
def test_what_fails_to_load_leaves_the_last_good_module(tmp_path, monkeypatch, broken):
    monkeypatch.setattr(casestudies, "IMPORT_SECONDS", 0.5)
    path = tmp_path / "mine.py"
    before = set(sys.modules)
    path.write_text(broken)
    assert discover([tmp_path])[1]
    assert set(sys.modules) == before
    path.write_text(GOOD)
    monkeypatch.setattr(casestudies, "IMPORT_SECONDS", 5.0)
    assert not discover([tmp_path])[1]
    (name,) = set(sys.modules) - before
    good = sys.modules[name]
    monkeypatch.setattr(casestudies, "IMPORT_SECONDS", 0.5)
    path.write_text(broken + "# other size\n")
    assert discover([tmp_path])[1]
    assert sys.modules[name] is good
