"""Charts are specifications: what is encoded, how many rows there are, and the words around them."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import pytest

from apps.charts import BAD, GOOD, INK, TREATMENT, UNCLEAR
from apps.charts.frontier import best_setting, curve, curve_alt_text, frontier, frontier_alt_text
from apps.charts.scorecard import alt_text, scorecard, scorecard_table, standing
from apps.charts.weeks import alt_text as weeks_alt_text
from apps.charts.weeks import weeks
from apps.charts.words import direction, number_text, percent_text, range_text, unit_text

NAN = float("nan")
COLUMNS = (
    "metric unit better role control treatment difference ci_low ci_high "
    "relative relative_low relative_high margin"
).split()
FRAME = pd.DataFrame(
    [
        ("first_play", "s", "down", "success", 43.5, 40.6, -2.9, -4.0, -1.9, -0.068, -0.091, -0.044, NAN),
        ("leaves", "share", "down", "guardrail", 0.2, 0.215, 0.015, 0.004, 0.026, 0.075, 0.02, 0.13, 0.01),
        ("plays", "plays", "up", "guardrail", 3.12, 3.15, 0.03, -0.02, 0.08, 0.01, -0.006, 0.026, 0.0936),
        ("surprise", "", "up", "diagnostic", 0.0, 0.02, 0.02, -0.01, 0.05, NAN, NAN, NAN, NAN),
    ],
    columns=COLUMNS,
)
TRUTH = FRAME[["metric", "difference", "ci_low", "ci_high", "relative"]].assign(
    relative=[-0.072, 0.08, 0.012, NAN]
)
LABELS = {"first_play": "Time to first play", "leaves": "Leaves without playing anything at all"}


def layers(chart: alt.LayerChart) -> list[dict[str, Any]]:
    return chart.to_dict()["layer"]


def drawn(chart: alt.LayerChart, mark: str, **look: Any) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Layers of one mark with these properties, each with its rows."""
    spec = chart.to_dict()
    common = spec.get("data", {}).get("name")
    found = []
    for layer in spec["layer"]:
        own = layer["mark"]
        if own["type"] == mark and all(own.get(name) == value for name, value in look.items()):
            found.append((layer, spec["datasets"][layer.get("data", {}).get("name", common)]))
    return found


def texts(chart: alt.LayerChart) -> list[str]:
    """Everything that is written."""
    written = []
    for layer, rows in drawn(chart, "text"):
        field = layer["encoding"]["text"]["field"]
        written += [row[field] for row in rows]
    return written


def card(frame: pd.DataFrame = FRAME, truth: pd.DataFrame | None = TRUTH, **more: Any) -> alt.LayerChart:
    return scorecard(frame, truth, LABELS, "most accurate page", "mixed rows", **more)


# --- words ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "unit", "signed", "text"),
    [
        (0.214, "share", False, "21.4 %"),
        (-0.028, "share", True, "−2.8 points"),
        (0.0004, "share", True, "+0.04 points"),
        (43.5, "s", False, "43.5 s"),
        (3.12, "plays", False, "3.12 plays"),
        (1234.5, "", False, "1,234"),
        (0.5, "s", True, "+0.5 s"),
        (-0.0, "s", True, "0.0 s"),
        (-0.00001, "s", True, "0.0 s"),
        (-0.0, "share", False, "0.0 %"),
        (-0.001, "", False, "0.00"),
        (NAN, "s", False, "not defined"),
        (math.inf, "share", True, "not defined"),
    ],
)
def test_a_value_in_words(value, unit, signed, text):
    assert unit_text(value, unit, signed) == text


@pytest.mark.parametrize("value", np.linspace(-3, 3, 61))
@pytest.mark.parametrize("unit", ["share", "s", ""])
def test_no_hyphen_stands_for_a_minus_and_no_zero_has_a_sign(value, unit):
    text = unit_text(value * 1e-4, unit, signed=True)
    assert "-" not in text
    assert not text.startswith(("−0.0 ", "+0.0 ")) and text not in ("−0.0", "+0.0")


def test_an_interval_has_one_unit_and_one_precision():
    assert range_text(-0.006, 0.026) == "−0.6 to +2.6 %"
    assert range_text(-0.05, 0.002, "share") == "−5.0 to +0.2 points"
    assert range_text(NAN, 1.0) == "not defined"
    assert percent_text(0.05) == "+5.0 %"
    assert number_text(2.0) == "2.0"


def test_direction_is_said_in_words_and_another_is_refused():
    assert direction("down") == "down is better"
    with pytest.raises(ValueError, match="better must be one of up, down, got 'left'"):
        direction("left")


# --- scorecard --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("better", "low", "high", "says"),
    [
        ("up", 0.1, 0.2, "better"), ("up", -0.2, -0.1, "worse"), ("up", -0.1, 0.2, "unclear"),
        ("down", 0.1, 0.2, "worse"), ("down", -0.2, -0.1, "better"), ("down", NAN, NAN, "unclear"),
        ("up", 0.0, 0.2, "unclear"),
    ],
)  # fmt: skip
def test_standing_is_where_the_interval_lies(better, low, high, says):
    assert standing(better, low, high) == says


def test_every_metric_with_a_relative_interval_has_a_bar_and_a_point_with_two_channels():
    [(bar, rows)] = drawn(card(), "rule", strokeWidth=5)
    assert [r["metric"] for r in rows] == ["first_play", "leaves", "plays"]
    assert bar["encoding"]["x2"] == {"field": "end"}
    [(point, rows)] = drawn(card(), "point", size=110)
    assert [(r["shape"], r["colour"]) for r in rows] == [
        ("triangle-up", GOOD), ("triangle-down", BAD), ("circle", UNCLEAR),
    ]  # fmt: skip
    assert point["encoding"]["shape"]["scale"] is None and point["encoding"]["color"]["scale"] is None


def test_a_metric_without_a_relative_interval_stands_in_its_own_unit():
    assert {"+0.02", "−0.01 to +0.05", "0.00 → 0.02"} <= set(texts(card()))


def test_the_truth_is_an_open_diamond_and_hidden_while_it_is_not_given():
    [(mark, rows)] = drawn(card(), "point", shape="diamond")
    assert mark["mark"]["filled"] is False
    assert [r["at"] for r in rows] == [-0.072, 0.08, 0.012]
    hidden = card(truth=None)
    assert not drawn(hidden, "point", shape="diamond")
    assert not any("truth" in str(t) for t in texts(hidden))


def test_a_margin_lies_on_the_bad_side():
    """leaves: down is better, .01 of .2 is +5 %; plays: up is better, .0936 of 3.12 is −3 %."""
    [(_, rows)] = drawn(card(), "rule", strokeWidth=2.5)
    assert [r["at"] for r in rows] == pytest.approx([0.05, -0.03])


def test_the_guess_stands_on_the_row_of_the_primary_metric_only():
    chart = card(guess=-0.1)
    [(_, rows)] = drawn(chart, "rule", strokeDash=[4, 3])
    assert [(r["metric"], r["at"]) for r in rows] == [("first_play", -0.1)]
    assert "your guess −10.0 %" in texts(chart)
    [(_, rows)] = drawn(card(guess=-0.1, primary="plays"), "rule", strokeDash=[4, 3])
    assert rows[0]["metric"] == "plays"
    assert not drawn(card(), "rule", strokeDash=[4, 3])


def test_labels_are_plain_words_in_lines_that_fit():
    written = texts(card())
    assert "Time to first play" in written and "Leaves without\nplaying anything at\nall" in written
    assert {"down is better", "43.5 s", "40.6 s", "−6.8 %"} <= set(written)
    assert {"most accurate\npage", "mixed rows", "relative difference, 95 % interval"} <= set(written)


def test_rows_do_not_overlap_and_end_above_the_axis():
    [(_, rows)] = drawn(card(guess=-0.1), "point", size=110)
    assert all(a["bottom"] <= b["top"] for a, b in pairwise(rows))
    assert rows[-1]["bottom"] < card(guess=-0.1).to_dict()["height"]


def test_one_wide_interval_is_cut_with_an_arrow_and_flattens_nobody():
    wide = FRAME.assign(relative_low=[-9.0, *FRAME["relative_low"][1:]])
    [(_, rows)] = drawn(card(wide), "point", size=70)
    assert [(r["metric"], r["shape"]) for r in rows] == [("first_play", "triangle-left")]
    [(_, bars)] = drawn(card(wide), "rule", strokeWidth=5)
    assert -1.0 < bars[0]["at"] < bars[0]["end"]


def test_a_chart_without_rows_or_without_any_defined_number_is_still_a_chart():
    assert layers(card(FRAME.iloc[:0], None))
    undefined = FRAME.assign(**{c: NAN for c in COLUMNS[4:]})
    assert "not defined" in texts(card(undefined, None))
    assert alt_text(FRAME.iloc[:0], None, LABELS) == "No metric to show."


def test_the_table_says_the_same():
    table = scorecard_table(FRAME, TRUTH, LABELS)
    assert list(table["reading"]) == ["▲ better", "▼ worse", "● unclear", "● unclear"]
    assert table.iloc[0].to_dict() == {
        "metric": "Time to first play (down is better)", "role": "success", "control": "43.5 s",
        "treatment": "40.6 s", "difference": "−6.8 %", "interval": "−9.1 to −4.4 %",
        "reading": "▲ better", "truth": "−7.2 %",
    }  # fmt: skip
    assert table["truth"].iloc[3] == "+0.02"
    assert "truth" not in scorecard_table(FRAME, None, LABELS)
    assert list(scorecard_table(FRAME.iloc[:0], None, LABELS)) == list(table)[:-1]


def test_the_sentence_carries_the_message():
    told = alt_text(FRAME, TRUTH, LABELS)
    assert told.startswith("Better: Time to first play (−6.8 %, 95 % interval −9.1 to −4.4 %); worse: Leaves")
    assert told.endswith("unclear: plays, surprise; true effect on Time to first play: −7.2 %.")


def test_frames_are_not_written_into():
    before = FRAME.copy(), TRUTH.copy()
    card(guess=0.1)
    pd.testing.assert_frame_equal(FRAME, before[0])
    pd.testing.assert_frame_equal(TRUTH, before[1])


# --- weeks ------------------------------------------------------------------------------------------------

WEEKS = pd.DataFrame(
    {
        "week": [1, 2, 3, 1],
        "metric": ["leaves", "leaves", "leaves", "other"],
        "difference": [-0.01, NAN, -0.03, 9.0],
        "ci_low": [-0.03, NAN, -0.045, 8.0],
        "ci_high": [0.01, NAN, -0.015, 10.0],
    }
)


def test_weeks_draw_one_metric_in_points_with_ribbon_line_and_zero():
    chart = weeks(WEEKS, None, "leaves", "share", "Leaves")
    [(area, rows)] = drawn(chart, "area")
    assert [r["low"] for r in rows] == pytest.approx([-3.0, None, -4.5])
    assert area["encoding"]["y2"] == {"field": "high"} and area["mark"]["color"] == TREATMENT
    assert len(drawn(chart, "rule")) == 1
    assert chart.to_dict()["title"]["text"] == "Leaves: difference by week, points"


def test_the_truth_of_weeks_is_dashed():
    chart = weeks(WEEKS, WEEKS[["week", "metric", "difference"]], "leaves", "share", "Leaves")
    [(line, rows)] = drawn(chart, "line")
    assert len(rows) == 6
    assert line["encoding"]["strokeDash"]["scale"]["domain"] == ["estimate, 95 % interval", "truth"]
    assert line["encoding"]["strokeDash"]["scale"]["range"] == [[1, 0], [6, 4]]


def test_weeks_in_a_sentence():
    told = weeks_alt_text(WEEKS, WEEKS, "leaves", "share", "Leaves")
    assert told == (
        "Leaves, difference by week with 95 % interval: −1.0 points (−3.0 to +1.0 points) in week 1, "
        "−3.0 points (−4.5 to −1.5 points) in week 3; truth −3.0 points in week 3."
    )
    assert weeks_alt_text(WEEKS, None, "none", "s", "X") == "X: no week in which the difference is defined."
    assert layers(weeks(WEEKS, None, "none", "s", "X"))


# --- curve and frontier -----------------------------------------------------------------------------------

POINTS = pd.DataFrame(
    {
        "value": [0.0, 0.5, 1.0],
        "difference": [0.0, -3.0, 2.0],
        "ci_low": [0.0, -4.0, 1.0],
        "ci_high": [0.0, -2.0, 3.0],
        "truth": [0.0, -3.3, 2.2],
    }
)


def test_the_best_setting_depends_on_the_direction_and_says_whether_it_is_clear():
    assert best_setting(POINTS, "down") == (0.5, -3.0, True)
    assert best_setting(POINTS, "up") == (1.0, 2.0, True)
    assert best_setting(POINTS.assign(ci_high=1.0), "down") == (0.5, -3.0, False)
    assert best_setting(POINTS.assign(difference=NAN), "up") is None


def test_a_curve_shows_setting_truth_and_guess():
    """Between 0.5 (−3) and 1 (+2), a setting of 0.75 stands at −0.5."""
    chart = curve(POINTS, 0.75, 0.3, "Time to first play", "s", better="down")
    [(_, here)] = drawn(chart, "point", shape="diamond")
    assert (here[0]["value"], here[0]["difference"]) == (0.75, -0.5)
    [(_, true)] = drawn(chart, "line", strokeDash=[6, 4])
    assert [r["difference"] for r in true] == [0.0, -3.3, 2.2]
    [(_, guess)] = drawn(chart, "rule", strokeDash=[4, 3])
    assert guess[0]["value"] == 0.3
    assert "your guess 0.3" in texts(chart)
    assert chart.to_dict()["title"]["text"] == "Time to first play: difference, s (down is better)"
    [(_, rows)] = drawn(chart, "area")
    assert len(rows) == 3


def test_a_curve_without_truth_guess_or_numbers():
    bare = curve(POINTS.drop(columns="truth"), 0.5, None, "X", "share")
    assert not drawn(bare, "line", strokeDash=[6, 4]) and not drawn(bare, "rule", strokeDash=[4, 3])
    assert "truth" not in bare.to_dict()["title"]["subtitle"]
    undefined = POINTS.assign(difference=NAN, ci_low=NAN, ci_high=NAN, truth=NAN)
    [(_, here)] = drawn(curve(undefined, 0.5, 0.2, "X", "s"), "point", shape="diamond")
    assert here == []
    assert curve_alt_text(undefined, 0.5, 0.2, "X", "s") == "X is not defined at any setting."
    assert drawn(curve(POINTS, 7.0, None, "X", "s"), "point", shape="diamond")[0][1] == []


def test_a_curve_in_a_sentence():
    told = curve_alt_text(POINTS.assign(ci_high=1.0), 0.75, 0.3, "Wait", "s", better="down", setting="mixing")
    assert told == (
        "Wait is best at mixing 0.5: −3.0 s, which cannot be told from no effect; now 0.75: −0.5 s; "
        "your guess was 0.3."
    )


PATH = pd.DataFrame({"value": [1.0, 0.0, 0.5], "x": [0.26, 0.32, 0.30], "y": [45.0, 43.5, 40.0]}).assign(
    x_low=lambda f: f.x - 0.01, x_high=lambda f: f.x + 0.01, y_low=lambda f: f.y - 1, y_high=lambda f: f.y + 1
)
NAMES: dict[str, Any] = {
    "x_label": "On the page", "y_label": "Wait", "x_unit": "share", "y_unit": "s",
    "low_label": "most accurate", "high_label": "most mixed",
}  # fmt: skip


def test_a_frontier_is_the_path_of_the_slider_with_its_ends_in_words():
    chart = frontier(PATH, 0.25, y_better="down", **NAMES)
    [(line, rows)] = drawn(chart, "line")
    assert line["encoding"]["order"]["field"] == "value"
    assert [r["x"] for r in rows] == pytest.approx([32.0, 30.0, 26.0])
    [(_, here)] = drawn(chart, "point", shape="diamond")
    assert (here[0]["x"], here[0]["y"]) == pytest.approx((31.0, 41.75))
    assert set(texts(chart)) == {"most accurate", "most mixed"}
    assert len(drawn(chart, "rule")) == 2
    assert chart.to_dict()["title"]["text"] == "Wait, s (down is better)"
    assert line["encoding"]["x"]["title"] == "On the page, % (up is better)"


def test_a_frontier_in_a_sentence_and_without_points():
    told = frontier_alt_text(PATH, 0.25, **NAMES)
    assert told == (
        "On the page and Wait along the slider: most accurate 32.0 % and 43.5 s; "
        "most mixed 26.0 % and 45.0 s; setting now 31.0 % and 41.8 s."
    )
    nothing = PATH.assign(x=NAN)
    assert texts(frontier(nothing, 0.5, **NAMES)) == []
    assert frontier_alt_text(nothing, 0.5, **NAMES) == "Wait against On the page: not defined at any setting."


# --- all charts -------------------------------------------------------------------------------------------

EVERY = {
    "scorecard": lambda: card(guess=-0.1),
    "weeks": lambda: weeks(WEEKS, WEEKS, "leaves", "share", "Leaves"),
    "curve": lambda: curve(POINTS, 0.75, 0.3, "Wait", "s"),
    "frontier": lambda: frontier(PATH, 0.25, **NAMES),
}


@pytest.mark.parametrize("name", EVERY)
def test_a_chart_has_no_ground_and_no_text_colour_of_its_own(name):
    """So that the page's theme, light or dark, decides; and stretches to its place."""
    spec = EVERY[name]().to_dict()
    assert "background" not in spec and "background" not in spec["config"]
    assert spec["width"] == "container"
    for layer in spec["layer"]:
        if layer["mark"]["type"] == "text":
            assert layer["mark"]["color"] == INK == "currentColor"
    assert spec["title"].get("subtitleColor", INK) == INK if "title" in spec else True


@pytest.mark.parametrize("name", EVERY)
def test_a_chart_is_the_same_twice_and_small(name):
    first, second = (json.dumps(EVERY[name]().to_dict(), sort_keys=True) for _ in range(2))
    assert first == second
    assert len(first) < 60_000


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("width", [358, 1_100])
def test_a_chart_can_be_drawn(name, width):
    convert = pytest.importorskip("vl_convert", reason="no vl-convert-python (the extra named export)")
    spec = EVERY[name]().properties(width=width).to_dict()
    svg = convert.vegalite_to_svg(spec)
    assert svg.startswith("<svg") and "NaN" not in svg and "undefined" not in svg
