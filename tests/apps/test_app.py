"""Every page for every study and twist that `discover` finds, at sizes that take seconds."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from apps import ROOT, kept, runs
from apps.jobs import JOBS, Job, Jobs
from apps.views import frame, numbers, pictures, sentences
from casestudies import discover, surfaces
from core.inference import Metric

CASES = discover()[0]
PAGES = {"views/experiment.py": "Run an A/B test", "views/about.py": "What you see here"}
SLUGS = sorted(CASES)
STUDY = next(slug for slug in CASES if CASES[slug].parent is None)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, lab_home: Path) -> None:
    """A small world, and the offline metric at once and not in the background."""
    monkeypatch.setattr(runs, "PEOPLE", 80)
    monkeypatch.setattr(runs, "SMALL_USERS", 80)
    monkeypatch.setattr(runs, "SMALL_DAYS", 7)
    monkeypatch.setattr(runs, "EVENINGS", 3)
    monkeypatch.setattr(runs, "FEW", 40)
    monkeypatch.setattr(runs, "warm", at_once)
    monkeypatch.setattr(pictures, "warm", lambda *places: None)


def at_once(place: runs.Place) -> None:
    runs.shares(place)
    runs.offline(place)


@pytest.fixture
def opened() -> Callable[..., AppTest]:
    def run(page: str = "", **link: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "apps/lab.py"), default_timeout=120)
        for name, value in link.items():
            app.query_params[name] = value
        app.run()
        if page:
            app.switch_page(page)
            for name, value in link.items():
                app.query_params[name] = value
            app.run()
        assert not app.exception
        return app

    return run


def text(app: AppTest) -> str:
    """Everything that is written, the drawn product included."""
    said = [e.value for kind in ("title", "header", "markdown", "caption", "error", "info", "warning")
            for e in app.get(kind)]  # fmt: skip
    return " ".join([*said, *(e.proto.body for e in app.get("html"))])


def wait(name_starts: str) -> None:
    """Until the newest job of that kind has ended."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        jobs = [j for n, j in JOBS._table.items() if n.startswith(name_starts)]
        if jobs and jobs[-1].ended:
            assert jobs[-1].state == "done", jobs[-1].error
            return
        time.sleep(0.1)
    raise TimeoutError(name_starts)


def press(app: AppTest, label: str) -> None:
    next(b for b in app.button if label in b.label).click()
    app.run()


# --- Product ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", SLUGS)
def test_product_draws_both_pages_and_hides_the_answer_until_a_guess(opened, slug):
    app = opened(case=slug)
    assert app.title[0].value == CASES[slug].question
    said = text(app)
    assert said.count("class='rl-panel'") == 2
    assert "rl-verdict'" not in said and not app.get("vega_lite_chart")


@pytest.mark.parametrize("slug", SLUGS)
def test_a_guess_brings_the_verdict_the_instruments_and_stays_on_the_charts(opened, slug):
    app = opened(case=slug)
    app.segmented_control(key=frame.key(CASES[slug], "guess")).select("no difference").run()
    if CASES[slug].parent is not None:
        press(app, "Show who is right")
        wait(f"numbers-{slug}")
        app.run()
    assert not app.exception
    said = text(app)
    for word in ("Top-20 metric:", "A/B test:", "Truth:", "You:", "95 % interval"):
        assert word in said
    charts = app.get("vega_lite_chart")
    assert len(charts) == 2 and all(c.proto.alt for c in charts)
    assert all("your guess" in c.proto.spec for c in charts)


def test_a_link_restores_the_view_and_a_bad_value_is_ignored(opened):
    app = opened(guess="no difference", diversity="1", mood_visible="always", who="gains most", evening="2")
    assert app.segmented_control(key="who").value == "gains most"
    assert app.select_slider(key="diversity").value == "1"
    assert app.select_slider(key="mood_visible").value == "always"
    assert app.number_input(key="evening").value == 2
    assert "rl-verdict'" in text(app)
    bad = opened(guess="banana", diversity="7", who="nobody", evening="-3", case="unheard-of")
    assert bad.segmented_control(key="who").value == "typical"
    assert "no study or twist called unheard-of" in text(bad)


def test_the_slider_moves_the_page_and_the_numbers(opened):
    app = opened(guess="no difference")
    before = text(app)
    app.select_slider(key="diversity").set_value("0").run()
    after = text(app)
    assert "In the A/B test" in after and before != after
    same = next(e.proto.body for e in app.get("html") if "rl-home" in e.proto.body)
    assert "▲" not in same and "new</i>" not in same              # off: page B is page A tile for tile


def test_a_title_is_explained_stage_by_stage(opened):
    app = opened()
    box = app.selectbox(key="title")
    box.select(box.options[3]).run()
    assert "Best guess" in text(app) and "Laid out" in text(app) and "rl-selected" in text(app)


def test_without_a_stored_surface_there_is_a_button_and_with_old_code_a_banner(opened, monkeypatch, tmp_path):
    monkeypatch.setattr(runs, "surface_stamp", lambda case, setting: "other")
    runs.found()
    stamp = f"{time.time_ns()}"
    assert runs.is_stale(STUDY, stamp, runs.stored(CASES[STUDY])["fingerprint"])
    monkeypatch.setattr(surfaces, "path_of", lambda case: tmp_path / "none.json")
    app = opened(guess="no difference")
    assert any("Show who is right" in b.label for b in app.button)


def test_a_broken_twist_is_a_red_box_with_file_and_line_and_stops_nothing(opened, monkeypatch, tmp_path):
    (tmp_path / "askew.py").write_text("x = 1\n\ndef broken(:\n", encoding="utf-8")
    monkeypatch.setenv("LAB_TWISTS", str(tmp_path))
    app = opened()
    assert "askew.py" in app.error[0].value and "line 3" in app.error[0].value
    assert "rl-panel" in text(app)


def test_a_rule_with_the_wrong_shape_is_a_sentence(opened, monkeypatch, tmp_path):
    own = Path(CASES["late-night"].file).read_text(encoding="utf-8")
    own = own.replace('"late-night"', '"bent"').replace("return scores -", "return scores[:, :3] -")
    own = own.replace("* hours_over", "* hours_over[:, :3]")
    (tmp_path / "bent.py").write_text(own, encoding="utf-8")
    monkeypatch.setenv("LAB_TWISTS", str(tmp_path))
    app = opened(case="bent")
    assert "must return scores of shape" in app.error[0].value


def test_a_guess_and_a_setting_stay_with_their_study(opened):
    app = opened(guess="no difference", diversity="1")
    twist = next(slug for slug in SLUGS if CASES[slug].parent is not None)
    app.selectbox(key="case").select(twist).run()
    assert not app.exception
    assert app.segmented_control(key=frame.key(CASES[twist], "guess")).value is None
    assert "The verdict appears after your guess." in text(app)
    app.selectbox(key="case").select(STUDY).run()
    assert app.segmented_control(key="guess").value is None
    assert app.select_slider(key="diversity").value != "1"


def test_an_error_inside_a_twist_names_its_file_and_line(opened, monkeypatch, tmp_path):
    own = Path(CASES["late-night"].file).read_text(encoding="utf-8")
    own = own.replace('"late-night"', '"typo"').replace('catalog["minutes"]', 'catalog["length"]')
    (tmp_path / "typo.py").write_text(own, encoding="utf-8")
    monkeypatch.setenv("LAB_TWISTS", str(tmp_path))
    app = opened(case="typo")
    assert "typo.py, line 13" in app.error[0].value


# --- Experiment and About ---------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("slug", SLUGS)
def test_the_other_pages_open_for_every_study(opened, slug, page):
    app = opened(page, case=slug)
    assert app.title[0].value.startswith(PAGES[page])
    assert app.selectbox(key="case").value == slug


@pytest.mark.parametrize("slug", SLUGS)
def test_a_run_ends_in_a_verdict_beside_its_truth(opened, slug):
    app = opened("views/experiment.py", case=slug)
    app.number_input(key="users").set_value(80)
    app.number_input(key="days").set_value(7)
    press(app, "Run")
    wait("run-")
    app.run()
    assert "Guess first" in text(app)
    app.segmented_control(key=frame.key(CASES[slug], "expect")).select("no difference").run()
    assert not app.exception
    said = text(app)
    for word in ("In the A/B test (80 people, 7 days)", "Truth:", "Who gains", "Run "):
        assert word in said
    assert len(app.get("vega_lite_chart")) == 2
    assert len(app.dataframe[0].value) >= 0


def test_what_goes_wrong_in_a_run_is_a_sentence(opened, monkeypatch):
    def fails(asked, tick):
        raise ValueError("HomeWorld.patience must be between 10.0 and 600.0, got 3")

    monkeypatch.setattr(runs, "experiment", fails)
    app = opened("views/experiment.py")
    app.number_input(key="seed").set_value(99)
    press(app, "Run")
    time.sleep(0.3)
    app.run()
    assert "patience must be between" in app.error[0].value


# --- parts ------------------------------------------------------------------------------------------------


def test_a_job_ends_cancels_fails_and_waits_its_turn():
    jobs, go = Jobs(), threading.Event()

    def work(tick):
        go.wait(5)
        for i in range(1_000):
            tick(i / 1_000)
            time.sleep(0.001)
        return "made"

    first, second = jobs.start("first", work), jobs.start("second", lambda tick: 1 / 0)
    assert second.state == "waiting" and jobs.start("first", work) is first
    first.cancel()
    go.set()
    _until(lambda: first.ended and second.ended)
    assert (first.state, second.state, second.error) == ("cancelled", "failed", "division by zero")
    again = jobs.start("first", work)
    assert again is not first
    _until(lambda: again.ended)
    assert (again.state, again.result, again.share) == ("done", "made", 1.0)


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_cache_computes_once_for_two_threads_and_forgets_the_oldest():
    calls: list[int] = []

    @kept.kept(2)
    def double(x: int) -> int:
        calls.append(x)
        time.sleep(0.02)
        return 2 * x

    threads = [threading.Thread(target=double, args=(1,)) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert calls == [1]
    assert [double(x) for x in (2, 3, 1)] == [4, 6, 2] and calls == [1, 2, 3, 1]


def test_a_damaged_record_counts_as_none(lab_home):
    kept.write("broken", {"a": 1})
    assert kept.read("broken") == {"a": 1}
    (kept.store() / "app" / "broken.json").write_text("{", encoding="utf-8")
    assert kept.read("broken") is None and os.path.exists(kept.store() / "app")


@pytest.mark.parametrize("x", (0.0, 1.0))
def test_sentences_of_every_stored_point_are_short(x):
    """At most 40 words each: the sentence, and what would change it."""
    case = CASES[STUDY]
    surface = surfaces.read(case)
    if surface is None:
        pytest.skip("no stored surface yet: run `make surfaces`")
    for y in surface["ys"]:
        n = numbers.at(case, surface, x, y)
        headline, why = sentences.verdict(case, n, surface["setting"])
        turned = sentences.turn(case, n, numbers.across(case, surface, x, case.primary))
        assert headline == (sentences.SAME if n.same else sentences.HEADLINES[n.verdict])
        assert len(why.split()) <= 40 and len(turned.split()) <= 40


def test_sentences_do_not_contradict_the_numbers_beside_them():
    case = CASES[STUDY]
    rows = [("time_to_first_play", 2.0, 1.0, 3.0), ("play_within_60s", -0.02, -0.03, -0.01),
            ("abandonment", 0.005, 0.001, 0.009), ("quality_plays", 0.1, -0.1, 0.3),
            ("retention", -0.01, -0.02, 0.0)]  # fmt: skip
    frame_ = pd.DataFrame(rows, columns=["metric", "difference", "ci_low", "ci_high"])
    size = {"users": 4_000, "days": 28}

    def told(verdict: str, why: str, true: float) -> numbers.Numbers:
        truth = frame_.assign(difference=true, ci_low=true, ci_high=true, relative=0.0)
        return numbers.Numbers(0.0, 0.0, frame_, truth, verdict, why, "tie")

    stop = told("stop", "Time to first play rose by 2.0 s, which is worse.", 2.0)
    worse = "What got worse: time to first play, played within a minute, left without playing."
    assert worse in sentences.verdict(case, stop, size)[1]
    nothing = "No success metric clearly moved: time to first play changed by 2.0 s, which may be chance."
    same = told("undecided", nothing, 0.0)
    assert sentences.verdict(case, same, size)[0] == sentences.SAME
    answers = sentences.instruments(case, same, {}, "no difference", 0.0)
    assert ("Truth", "practically no difference", "") in answers
    across = pd.DataFrame(
        [(0.0, 2.0, "control", "stop"), (1.0, -1.0, "treatment", "undecided")],
        columns=["value", "difference", "says", "verdict"],
    )
    turned = sentences.turn(case, stop, across)
    assert "1.0 s sooner (truth). The A/B test gives no clear verdict there." in turned
    assert sentences.turn(case, same, across) == ""


def test_offline_is_blind_only_where_it_sees_exactly_nothing():
    def seen(*v: float) -> str:
        return sentences.offline(dict(zip(("difference", "ci_low", "ci_high"), v, strict=True)))

    assert seen(0.0, 0.0, 0.0).startswith("blind (both pages start with the same 20 titles")
    assert seen(0.01, 0.005, 0.015) == "measures something else, prefers page B"
    assert seen(0.01, -0.005, 0.025) == "measures something else, sees no clear difference"


def test_the_stake_and_the_realistic_world_in_words():
    found = {"value": -1.4e6, "ci_low": -1.9e6, "ci_high": -1e6, "assumed": "one million members",
             "unit": "evenings a month that end with nothing played"}  # fmt: skip
    assert sentences.stake(found) == (
        "1.4 million fewer evenings a month end with nothing played (1.0 to 1.9), for one million members."
    )
    real = {"metric": "time_to_first_play", "verdict": "undecided", "difference": -0.8, "ci_low": -1.0,
            "ci_high": -0.6, "users_needed": 243_397,
            "why": "Still a member at the end changed, so a loss of its margin is not excluded."}  # fmt: skip
    told = sentences.realistic(CASES[STUDY], real)
    assert "No decision**: the first play comes 0.8 s sooner (0.6 to 1.0), but about 240,000 people" in told


def test_guesses_are_in_steps_that_people_count_in():
    seconds = Metric("t", "t", "request", unit="s", better="down", label="time to first play")
    assert list(sentences.guesses(seconds, 47.0)) == [
        "10 s sooner", "5 s sooner", "no difference", "5 s later", "10 s later",
    ]  # fmt: skip
    assert sentences.guesses(seconds, 50.0)["10 s later"] == pytest.approx(0.2)
    plays = Metric("p", "p", "user-week", unit="plays")
    assert next(iter(sentences.guesses(plays, None))) == "20 % less"


def test_a_job_that_ended_is_not_running():
    assert Job("x", state="done").ended and not Job("x").ended
