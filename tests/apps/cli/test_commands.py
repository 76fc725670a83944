"""What the commands print: the promised JSON, the same bytes, tables that a person can read."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from apps.cli import main

HISTORY = ["--set", "world.history_days=35"]
TINY = ["--users", "200", "--days", "7", "--seed", "3", *HISTORY]
AB = ["ab", "netflix-home", *TINY]
METRICS = ["time_to_first_play", "play_within_60s", "abandonment", "quality_plays", "retention"]

TWIST = '''
from casestudies.netflix_home import CASE
from casestudies.netflix_home.policies import PERSONAL
from core.casestudy import Prediction


def louder(observed, requests, candidates, scores):
    return 2.0 * scores


TWIST = CASE.twist(
    "louder",
    question="Does shouting help?",
    control=PERSONAL,
    treatment=PERSONAL.adjusted(louder, name="louder"),
    prediction=Prediction("quality_plays", relative=(-0.01, 0.01), because="an order stays an order"),
    users=80,
    days=7,
)
'''


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[str, str]:
    """stdout and stderr of a command that works."""
    capsys.readouterr()
    code = main(argv)
    out, err = capsys.readouterr()
    assert code == 0, err
    return out, err


def answer(capsys: pytest.CaptureFixture[str], *argv: str) -> dict:
    """The one JSON object of a command, checked to be as clean as promised."""
    out, _ = run(capsys, *argv, "--json")
    made = json.loads(out, parse_constant=lambda text: pytest.fail(f"{text} in JSON"))
    assert isinstance(made, dict)
    for value in leaves(made):
        assert not isinstance(value, float) or math.isfinite(value)
        assert value != 0 or math.copysign(1.0, value) == 1.0, "a negative zero"
    return made


def leaves(value: object) -> Iterator[object]:
    if isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from leaves(part)
    elif not isinstance(value, (str, bool, type(None))):
        yield value


def words(value: object) -> Iterator[str]:
    """Every key and every text of a JSON value."""
    if isinstance(value, dict):
        yield from value
        for part in value.values():
            yield from words(part)
    elif isinstance(value, list):
        for part in value:
            yield from words(part)
    elif isinstance(value, str):
        yield value


@pytest.fixture
def twists(tmp_path: Path) -> Path:
    folder = tmp_path / "twists"
    folder.mkdir()
    (folder / "louder.py").write_text(TWIST)
    return folder


# --- cases ------------------------------------------------------------------------------------------------


def test_cases_as_json(capsys):
    made = answer(capsys, "cases")
    assert made["problems"] == []
    home = next(c for c in made["cases"] if c["slug"] == "netflix-home")
    assert home["arms"] == ["random", "popular", "monotone", "personal", "stagewise"]
    assert home["metrics"] == METRICS
    assert {"N1", "N2"} <= set(home["questions"])
    assert (home["users"], home["days"], home["parent"]) == (4000, 28, None)
    intent = next(k for k in home["knobs"] if k["name"] == "world.intent")
    assert {"default", "low", "high", "unit", "help"} <= set(intent)
    assert (intent["default"], intent["low"], intent["high"], intent["off"]) == (1.0, 0.0, 3.0, 0.0)
    late = next(c for c in made["cases"] if c["slug"] == "late-night")
    assert late["parent"] == "netflix-home"


def test_cases_for_people(capsys):
    out, _ = run(capsys, "cases")
    assert "late-night" in out
    assert "twist of netflix-home" in out
    out, _ = run(capsys, "cases", "netflix-home")
    for word in ("mixed rows", "world.mood_visible", "treatment.diversity", "N1", "down is better", "off"):
        assert word in out
    assert max(map(len, out.splitlines())) <= 80


def test_what_cannot_be_loaded_is_listed(capsys, twists):
    (twists / "wrong.py").write_text("TWIST = (")
    out, _ = run(capsys, "cases", "--twists", str(twists))
    assert "wrong.py" in out
    assert "SyntaxError" in out
    made = answer(capsys, "cases", "--twists", str(twists))
    assert [Path(p["file"]).name for p in made["problems"]] == ["wrong.py"]
    assert "louder" in [c["slug"] for c in made["cases"]]


# --- ab ---------------------------------------------------------------------------------------------------


def test_ab_as_json(capsys):
    made = answer(capsys, *AB, "--set", "treatment.diversity=1")
    assert set(made) >= set(
        "case control treatment design users days seed preset taste settings fingerprint srm_p verdict why "
        "realistic metrics diagnostics weeks truth who stake refused replicates".split()
    )
    assert [m["metric"] for m in made["metrics"]] == METRICS
    assert made["verdict"] in ("ship", "stop", "undecided", "invalid")
    assert made["settings"] == {"treatment.diversity": 1.0, "world.history_days": 35}
    assert [t["metric"] for t in made["truth"]] == METRICS
    assert all(math.isfinite(t["difference"]) for t in made["truth"])
    assert made["replicates"] is None
    for word in ("path", "seconds", "duration", "elapsed", "/tmp"):
        assert not [w for w in words(made) if word in w.lower().split()]


def test_same_command_same_bytes(capsys):
    """Run, stored, run anew, and on another number of workers."""
    first, _ = run(capsys, *AB, "--json", "--fresh", "--workers", "1")
    stored, told = run(capsys, *AB, "--json")
    anew, silent = run(capsys, *AB, "--json", "--fresh", "--workers", "2")
    assert first == stored == anew
    assert "--fresh runs anew" in told
    assert "stored" not in silent


def test_progress_is_on_stderr_in_plain_lines(capsys, monkeypatch):
    monkeypatch.setattr("apps.cli.progress.FIRST_LINE", 0.0)
    monkeypatch.setattr("apps.cli.progress.NEXT_LINES", 0.2)
    out, err = run(capsys, *AB, "--json", "--fresh")
    assert json.loads(out)["users"] == 200
    lines = [line for line in err.splitlines() if line.startswith("monotone → stagewise: ")]
    assert len(lines) > 1
    assert all(" %" in line and "\x1b" not in line for line in lines)


def test_a_home_that_cannot_be_written_costs_the_store_only(capsys, monkeypatch, tmp_path):
    expected, _ = run(capsys, *AB, "--json")
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("LAB_HOME", str(tmp_path / "file"))
    assert run(capsys, *AB, "--json")[0] == expected


def test_ab_for_people(capsys):
    out, _ = run(capsys, *AB)
    for word in (
        "best guesses first (monotone) → mixed rows (stagewise)", "200 people, 7 days", "points",
        "Verdict: ", "Truth: ", "down is better", "treatment − control", "95 % interval",
    ):  # fmt: skip
        assert word in out
    assert max(map(len, out.splitlines())) <= 80


def test_no_truth_is_left_out(capsys):
    assert answer(capsys, *AB, "--no-truth")["truth"] == []
    out, _ = run(capsys, *AB, "--no-truth")
    assert "Truth" not in out


def test_a_against_itself_as_twins_differs_by_nothing(capsys):
    made = answer(capsys, *AB, "--design", "twin", "--control", "monotone", "--treatment", "monotone")
    assert [m["difference"] for m in made["metrics"]] == [0.0] * len(METRICS)


def test_replicates_are_worlds_of_their_own(capsys):
    made = answer(capsys, *AB, "--replicates", "2", "--no-truth")
    assert [r["seed"] for r in made["replicates"]] == [3, 4]
    mean = np.mean([r["metrics"][0]["difference"] for r in made["replicates"]])
    assert made["metrics"][0]["difference"] == pytest.approx(mean)
    out, _ = run(capsys, *AB, "--replicates", "2", "--no-truth")
    assert "means over 2 worlds" in " ".join(out.split())


# --- twists -----------------------------------------------------------------------------------------------


def test_a_twist_in_lab_twists_appears_and_runs(capsys, monkeypatch, twists):
    monkeypatch.setenv("LAB_TWISTS", str(twists))
    assert "louder" in run(capsys, "cases")[0]
    out, _ = run(capsys, "ab", "louder", *HISTORY)
    assert "Predicted: real plays a week −1.0 to +1.0 %, because an order stays an order." in out
    assert "Measured: " in out


def test_realistic_stands_beside_it_at_the_studys_size(capsys, twists):
    argv = ["ab", "louder", *HISTORY, "--no-truth", "--realistic", "--twists", str(twists)]
    made = answer(capsys, *argv)
    assert made["preset"] == "teaching"
    assert made["realistic"]["verdict"] in ("ship", "stop", "undecided", "invalid")
    assert set(made["realistic"]) == {"verdict", "users_needed"}
    assert "With effects of life's size (80 people, 7 days)" in run(capsys, *argv)[0]


# --- out --------------------------------------------------------------------------------------------------


def test_out_holds_the_result_and_its_logs(capsys, tmp_path):
    """The tables are those the scorecard was made of: its control mean comes out of them again."""
    folder = tmp_path / "deep" / "run"
    out, err = run(capsys, *AB, "--json", "--out", str(folder))
    assert "wrote" in err
    assert (folder / "result.json").read_text(encoding="utf-8") == out
    tables = {p.stem: pd.read_parquet(p) for p in folder.glob("*.parquet")}
    assert set(tables) == {"impressions", "requests", "user_days", "truth"}
    for table in tables.values():
        assert set(table["arm"]) == {"monotone", "stagewise"}
        assert (table["day"].min(), table["day"].max()) == (0, 6)
    assert len(tables["truth"]) == len(tables["requests"])
    assert tables["user_days"].groupby("arm")["user"].nunique().sum() == 200
    assert {"propensity", "item", "play"} <= set(tables["impressions"])
    primary = json.loads(out)["metrics"][2]                               # a plain mean: no covariate above
    asked = tables["requests"]
    choosing = asked[asked["abandoned"].notna()].groupby("arm")["abandoned"].mean()
    assert choosing["monotone"] == pytest.approx(primary["control"], abs=0.05)
    assert not list(folder.parent.glob(".*"))


def test_out_follows_links_and_home_and_says_whose_tables(capsys, monkeypatch, tmp_path):
    """A link stays a link and its folder, there or not, is filled; ~ is home."""
    argv = [*AB, "--users", "60", "--no-truth", "--replicates", "2"]
    (tmp_path / "there").mkdir()
    for name in ("there", "not-there"):
        (tmp_path / f"to-{name}").symlink_to(name)
        _, said = run(capsys, *argv, "--out", str(tmp_path / f"to-{name}"))
        assert (tmp_path / f"to-{name}").is_symlink()
        assert (tmp_path / name / "result.json").is_file()
        assert "the tables are those of the first of 2 worlds, seed 3" in said
    monkeypatch.setenv("HOME", str(tmp_path))
    run(capsys, *argv[:-2], "--out", "~/mine")
    assert (tmp_path / "mine" / "requests.parquet").is_file()


def test_two_arms_of_one_name_are_told_apart(capsys, tmp_path):
    run(capsys, *AB, "--treatment", "monotone", "--no-truth", "--out", str(tmp_path / "run"))
    assert set(pd.read_parquet(tmp_path / "run" / "requests.parquet")["arm"]) == {"control", "treatment"}


# --- the other instruments --------------------------------------------------------------------------------


def test_judge(capsys):
    argv = ["judge", "netflix-home", *TINY[:4], "--seed", "3", *HISTORY]
    made = answer(capsys, *argv)
    assert set(made["truth"]) >= {"metric", "difference", "ci_low", "ci_high", "decision"}
    assert [i["instrument"] for i in made["instruments"]] == ["offline", "ab"]
    for i in made["instruments"]:
        assert i["word"] in ("refused", "blind", "biased", "right", "unlucky")
        assert i["decision"] in ("control", "treatment", "undecided", "refused")
    out, told = run(capsys, *argv)
    assert "offline metric" in out
    assert "A/B test" in out
    assert "--fresh" in told
    assert max(map(len, out.splitlines())) <= 80


def test_sweep(capsys):
    argv = ["sweep", "netflix-home", "treatment.diversity", "0", "1.5", *TINY]
    made = answer(capsys, *argv)
    assert made["knob"] == "treatment.diversity"
    assert [p["value"] for p in made["points"]] == [0.0, 1.5]
    assert set(made["points"][0]["metrics"]) == set(METRICS)
    assert set(made["frontier"]) <= {0.0, 1.5}
    out, _ = run(capsys, *argv)
    assert "time to first play, down is better" in out
    assert max(map(len, out.splitlines())) <= 80


def test_sweep_takes_negative_values(capsys, twists):
    argv = ["sweep", "louder", "treatment.weight", "-0.5", "1", *HISTORY, "--twists", str(twists)]
    assert [p["value"] for p in answer(capsys, *argv)["points"]] == [-0.5, 1.0]


def test_questions(capsys):
    argv = ["questions", "netflix-home", "N2", "--worlds", "2", "--users", "60", "--days", "7"]
    made = answer(capsys, *argv)
    assert {c["question"] for c in made["claims"]} == {"N2"}
    names = set("question name metric predicted measured agrees needs null validation".split())
    for claim in made["claims"]:
        assert set(claim) >= names
        assert claim["agrees"] in (True, False, None)
        assert set(claim["measured"]) == {"value", "ci_low", "ci_high", "scale"}
    out, _ = run(capsys, *argv)
    assert "predicted" in out
    assert max(map(len, out.splitlines())) <= 80


def test_a_twist_asks_no_questions_and_says_so(capsys):
    out, _ = run(capsys, "questions", "late-night", "--worlds", "2")
    assert out.startswith("late-night has no questions of its own; ")
    assert out.count(".") == 1 and out.endswith(".\n")


def test_stored_is_said_only_where_nothing_was_computed(capsys):
    """After a run at the same settings: an empty list of questions ran nothing, a damaged arm is run anew,
    and diagnostics that are gone are computed again."""
    argv = [*AB, "--users", "120", "--json"]
    first, said = run(capsys, *argv)
    assert "stored" not in said
    assert "stored" in run(capsys, *argv)[1]
    assert "stored" not in run(capsys, "questions", "late-night")[1]
    runs = Path(os.environ["LAB_HOME"]) / "runs"
    for kind, broken in (("arms", "users.npy"), ("details", "meta.json")):
        for entry in (runs / kind).glob("[!.]*"):
            (entry / broken).unlink()
        again, said = run(capsys, *argv)
        assert (again, "stored" in said) == (first, False)
    assert "stored" in run(capsys, *argv)[1]


def test_data_list(capsys):
    made = answer(capsys, "data", "list")
    assert [set(d) for d in made["datasets"]] == [{"name", "available"}] * len(made["datasets"])
    assert "movielens-latest-small" in run(capsys, "data", "list")[0]


def test_without_a_command_the_commands_are_listed(capsys):
    out, _ = run(capsys)
    for name in "cases ab questions sweep judge data app".split():
        assert f"  {name} " in out
