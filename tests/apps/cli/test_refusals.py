"""Every wrong input gets exit 2 and one sentence: what, allowed, got, what to do."""

from __future__ import annotations

import dataclasses
import re
import sys
from pathlib import Path

import pytest

from apps import ROOT
from apps.cli import main
from apps.cli.asked import knobs
from apps.cli.refusal import Refused, blamed, is_refusal
from casestudies import discover
from core.experiment import Setting

CASE = discover()[0]["netflix-home"]
TINY = "--users 200 --days 7 --set world.history_days=35 --no-truth".split()

TWIST = '''
import numpy as np
from casestudies.netflix_home import CASE
from casestudies.netflix_home.policies import PERSONAL
from core.casestudy import Prediction


def rule(observed, requests, candidates, scores):
    {body}


TWIST = CASE.twist(
    "broken",
    question="What happens?",
    control=PERSONAL,
    treatment=PERSONAL.adjusted(rule, name="broken"),
    prediction=Prediction("quality_plays", relative=(0.0, 0.1), because="a test"),
)
'''

UNKNOWN_ITEM = '''
from dataclasses import dataclass, replace

from casestudies.netflix_home import CASE
from casestudies.netflix_home.policies import PERSONAL
from core.casestudy import Prediction
from core.ranking.page import AllUnseen


@dataclass(frozen=True)
class Elsewhere(AllUnseen):
    def candidates(self, observed, requests):
        found = super().candidates(observed, requests)
        return replace(found, item=found.item + {offset})


TWIST = CASE.twist(
    "broken",
    question="What happens?",
    control=PERSONAL,
    treatment=replace(PERSONAL, name="broken", retrieve=Elsewhere()),
    prediction=Prediction("quality_plays", relative=(0.0, 0.1), because="a test"),
)
'''


def refused(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """Run what must be refused; return the one sentence, below which progress had no more to say."""
    assert main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    *before, sentence = err.splitlines()
    assert sentence.startswith("lab: ")
    assert all(" %" in line for line in before), err
    return sentence


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ("ab netflix-hom", ["netflix-hom", "did you mean 'netflix-home'"]),
        ("judge nothing", ["unknown case", "netflix-home"]),
        ("cases nothing", ["unknown case", "late-night"]),
        ("ab netflix-home --control monoton", ["unknown arm", "did you mean 'monotone'", "stagewise"]),
        ("ab netflix-home --treatment stage", ["unknown arm", "stagewise"]),
        ("ab netflix-home --taste fictionl", ["unknown taste", "did you mean 'fictional'"]),
        ("ab netflix-home --preset teachin", ["unknown preset", "did you mean 'teaching'"]),
        ("ab netflix-home --design halves", ["unknown design", "split, twin"]),
        ("questions netflix-home N9", ["unknown question", "N1, N2"]),
        ("ab netflix-home --set world.intnt=0.5", ["world.intnt", "0.5", "did you mean world.intent"]),
        ("ab netflix-home --set intent=1", ["did you mean world.intent"]),
        ("ab netflix-home --set world.intent", ["PATH=VALUE", "'world.intent'"]),
        ("ab netflix-home --set world.intent=9", ["world.intent must be between 0.0 and 3.0", "9"]),
        ("ab netflix-home --set world.intent=nan", ["world.intent", "nan"]),
        ("ab netflix-home --set world.intent=inf", ["world.intent", "inf"]),
        ("ab netflix-home --set world.intent=much", ["world.intent must be a number", "'much'"]),
        ("ab netflix-home --set world.history_days=36", ["history_days", "whole weeks", "36"]),
        ("ab netflix-home --set experiment.users=1.5", ["experiment.users", "1.5"]),
        ("ab netflix-home --set experiment.retrain=6.5", ["experiment.retrain", "whole number", "6.5"]),
        ("ab netflix-home --set control.diversity=1", ["control.diversity", "treatment.diversity"]),
        ("ab netflix-home --users 0", ["users must be between 40 and 1,000,000", "got 0"]),
        ("ab netflix-home --users 1", ["users", "got 1"]),
        ("ab netflix-home --users -5", ["users", "got -5"]),
        ("ab netflix-home --users ten", ["--users must be a whole number", "'ten'", "lab ab --help"]),
        ("ab netflix-home --users 1e3", ["--users must be a whole number", "'1e3'"]),
        ("ab netflix-home --days -3", ["days must be between 1 and 728", "got -3"]),
        ("ab netflix-home --seed -1", ["seed", "got -1"]),
        ("ab netflix-home --replicates 0", ["replicates", "got 0"]),
        ("ab netflix-home --seed 2147483647 --replicates 2", ["--seed 2147483647", "--replicates 2"]),
        ("questions netflix-home --seed 2147483646", ["--seed 2147483646", "--worlds 3", "2,147,483,648"]),
        ("ab netflix-home --workers 0", ["workers", "got 0"]),
        ("ab netflix-home --usrs 5", ["--usrs", "--users"]),
        ("ab netflix-home stagewise", ["stagewise"]),
        ("ab", ["CASE", "lab ab --help"]),
        ("frobnicate", ["frobnicate", "lab --help"]),
        ("sweep netflix-home treatment.diversity", ["VALUE", "lab sweep --help"]),
        ("sweep netflix-home treatment.diversty 1", ["diversty", "did you mean treatment.diversity"]),
        ("sweep netflix-home treatment.diversity one", ["treatment.diversity must be a number", "'one'"]),
        ("sweep netflix-home treatment.diversity -1", ["treatment.diversity", "-1"]),
        ("sweep netflix-home treatment.diversity nan", ["treatment.diversity", "nan"]),
        ("sweep netflix-home treatment.diversity 1 --bogus", ["'--bogus'"]),
        ("questions netflix-home --worlds 1", ["worlds", "got 1"]),
        ("data fetch movielens", ["unknown data set", "movielens-latest-small"]),
        ("app --port 99999", ["--port must be between 1 and 65,535", "99999"]),
        ("app --port http", ["--port must be a whole number", "'http'"]),
    ],
)
def test_wrong_input_is_one_sentence(capsys, argv, words):
    text = refused(capsys, *argv.split())
    for word in words:
        assert word in text


def test_a_taste_without_its_data_says_how_to_get_it(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.delenv("LAB_MIRROR", raising=False)
    text = refused(capsys, "ab", "netflix-home", *TINY, "--taste", "movielens-latest-small")
    assert "lab data fetch movielens-latest-small" in text


def test_a_folder_with_something_in_it_is_not_overwritten(capsys, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    text = refused(capsys, "ab", "netflix-home", *TINY, "--out", str(tmp_path))
    assert "new or an empty folder" in text
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_out_is_refused_before_the_run_where_it_cannot_become_a_folder(capsys, tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "circle").symlink_to("circle")
    names = ("file", "link", "file/below", "circle")
    for name in names:
        said = refused(capsys, "ab", "netflix-home", *TINY, "--fresh", "--out", str(tmp_path / name))
        assert "--out must name a" in said
    assert (tmp_path / "file").read_text() == "mine"


def test_experiment_knobs_have_the_bounds_of_a_setting():
    """The bounds `lab cases` prints are those that are enforced."""
    for name in ("users", "days", "retrain"):
        knob = knobs(CASE, "monotone", "stagewise")[f"experiment.{name}"]
        for allowed in (knob.low, knob.high):
            Setting.of(CASE, **{name: allowed})
        for refused_value in (knob.low - 1, knob.high + 1):
            with pytest.raises(ValueError, match=name):
                Setting.of(CASE, **{name: refused_value})


# --- twists -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("TWIST = (", ["SyntaxError", "line 1"]),
        ("import time\nwhile True:\n    time.sleep(0.05)", ["loop"]),
        ("1 / 0", ["ZeroDivisionError"]),
        ("x = 1", ["TWIST"]),
        ("raise SystemExit(3)", ["SystemExit"]),
    ],
    ids=["syntax", "endless", "raises", "no twist", "exits"],
)
def test_a_twist_that_cannot_be_loaded_is_named(capsys, tmp_path, monkeypatch, code, words):
    monkeypatch.setattr("casestudies.IMPORT_SECONDS", 0.5)
    (tmp_path / "broken.py").write_text(code)
    text = refused(capsys, "ab", "broken", "--twists", str(tmp_path))
    for word in ["unknown case 'broken'", "broken.py", *words]:
        assert word in text
    assert main(["ab", "netflix-home", *TINY, "--json", "--twists", str(tmp_path)]) == 0
    assert "broken" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("return scores[:, 0]", ["rule", "shape", "[:, None]"]),
        ("return scores.T", ["rule", "shape"]),
        ("return scores * np.nan", ["rule", "NaN"]),
        ("return scores.astype(str)", ["rule", "numbers"]),
        ("return scores + observed.catalog['price'].to_numpy()", ["rule", "broken.py", "line 9", "price"]),
        ("return scores + [][0]", ["rule", "broken.py", "IndexError"]),
        ("raise SystemExit", ["rule (broken.py, line 9) raised SystemExit"]),
        ("raise SystemExit(0)", ["rule (broken.py, line 9) raised SystemExit: 0"]),
        ("import sys; sys.exit(1)", ["rule (broken.py, line 9) raised SystemExit: 1"]),
        ("import sys; sys.exit('boom')", ["rule (broken.py, line 9) raised SystemExit: boom"]),
    ],
    ids=[
        "one column", "turned", "nan", "text", "unknown column", "index error",
        "exit", "exit 0", "exit 1", "exit boom",
    ],
)
def test_a_score_rule_that_goes_wrong_is_named(capsys, tmp_path, body, words):
    (tmp_path / "broken.py").write_text(TWIST.format(body=body))
    text = refused(capsys, "ab", "broken", *TINY, "--twists", str(tmp_path))
    for word in words:
        assert word in text


@pytest.mark.parametrize("takes", ["observed", "observed, requests, candidates, scores, more", "*, scores"])
def test_a_score_rule_with_other_parameters_is_told_which(capsys, tmp_path, takes):
    text = TWIST.format(body="return 0").replace("rule(observed, requests, candidates, scores)", f"rule({takes})")
    (tmp_path / "broken.py").write_text(text)
    said = refused(capsys, "ab", "broken", *TINY, "--twists", str(tmp_path))
    assert f"rule (broken.py, line 8) must take (observed, requests, candidates, scores), got ({takes})" in said


def _raised_by_us(code: str) -> Exception:
    """The error of ``code``, as if a module of ours had run it."""
    try:
        exec(compile(code, f"{ROOT}/core/somewhere.py", "exec"), {})
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def test_a_single_word_is_no_sentence():
    """A failed look-up of ours says only the key: a bug, or a twist's that is then named; never `lab: nope`."""
    assert not is_refusal(_raised_by_us("{}['nope']"))
    assert not is_refusal(_raised_by_us("(lambda x: x)()"))
    assert is_refusal(_raised_by_us("raise KeyError('unknown arm nope; known: a')"))
    case, told = dataclasses.replace(CASE, slug="broken", file="/x/broken.py"), "broken (broken.py) does not run"
    with pytest.raises(Refused, match=f"^{re.escape(told)}: KeyError: nope$"), blamed(case):
        raise _raised_by_us("{}['nope']")


def test_an_exit_that_nobody_is_blamed_for_is_not_silent(capsys, monkeypatch):
    for code in (0, 1, "boom", None):
        monkeypatch.setattr("apps.cli.cases.discovered", lambda _, code=code: sys.exit(code))
        assert f"sys.exit({code!r})" in refused(capsys, "cases")


def test_an_unknown_item_is_refused(capsys, tmp_path):
    (tmp_path / "broken.py").write_text(UNKNOWN_ITEM.format(offset=10**6))
    text = refused(capsys, "ab", "broken", *TINY, "--twists", str(tmp_path))
    assert "Elsewhere" in text
    assert "1000000" in text


def test_a_twist_that_prints_does_not_spoil_the_answer(capsys, tmp_path):
    import json

    body = "print('here I am')\n    return scores"
    (tmp_path / "broken.py").write_text("print('loading')\n" + TWIST.format(body=body))
    assert main(["ab", "broken", *TINY, "--json", "--twists", str(tmp_path)]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["case"] == "broken"
    assert "here I am" in err


def test_a_missing_folder_of_twists_is_a_problem_and_stops_nobody(capsys, tmp_path):
    assert main(["cases", "--twists", str(Path(tmp_path) / "nowhere")]) == 0
    assert "nowhere" in capsys.readouterr().out
