"""The drawn home page: safe HTML, posters that repeat, text that can be read."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest

from apps.mockups import art
from apps.mockups.art import GENRES, SCENES, data_uri, poster
from apps.mockups.home import (
    FADED,
    MARKS,
    MOOD,
    PANEL,
    QUIET,
    TEXT,
    Page,
    Row,
    Tile,
    describe,
    home_html,
    legend_html,
)

TITLES = [f"Paper Orchard {i}" for i in range(60)]


def tile(item: int, **changes: object) -> Tile:
    made = Tile(item, f"Title {item}", "Drama", 2009, looked_at=True, on_screen=True)
    return replace(made, **changes)


def page(*rows: Row, label: str = "mixed rows", note: str = "left after 74 s, nothing played") -> Page:
    return Page(label, note, rows)


FIVE = page(Row("Top picks for you", tuple(tile(i) for i in range(5))))


class Elements(HTMLParser):
    """Every start tag with its attributes, and the open tags at the end."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag != "img":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data if "style" not in self.open else ""

    def of(self, name: str) -> list[dict[str, str | None]]:
        return [a for _, a in self.found if name in (a.get("class") or "").split()]


# --- posters ----------------------------------------------------------------------------------------------


def test_a_poster_is_the_same_whenever_it_is_drawn():
    assert poster("Paper Orchard", "drama") == poster("Paper Orchard", "Drama")
    assert poster("Paper Orchard", "drama") != poster("Paper Orchard", "crime")
    assert len({poster(t, "drama") for t in TITLES}) == len(TITLES)


@pytest.mark.parametrize("genre", [*GENRES, "", "(no genres listed)", "Ünknown <b>&"])
def test_every_genre_gives_small_well_formed_pictures_without_text(genre):
    for title in TITLES:
        svg = poster(title, genre)
        assert len(svg.encode()) < 1_400
        tags = {e.tag.split("}")[1] for e in ET.fromstring(svg).iter()}
        assert tags <= {"svg", "linearGradient", "stop", "path", "circle"}
        assert "nan" not in svg
        assert genre.strip() == "" or genre not in svg


def test_the_scenes_share_the_titles(monkeypatch):
    """600 titles over 12 scenes: 50 each, allowed 4 standard errors, sqrt(600 · 1/12 · 11/12) = 6.8."""
    monkeypatch.setattr(art, "SCENES", tuple(lambda d, c, i=i: f"<g>{i}.</g>" for i in range(len(SCENES))))
    drawn = [re.search(r"<g>(\d+)", poster(f"{t}{i}", "war")).group(1) for t in TITLES for i in range(10)]
    assert len(set(drawn)) == len(SCENES) == 12
    assert all(abs(n - 50) <= 4 * 6.8 for n in Counter(drawn).values())


def test_a_size_is_kept():
    root = ET.fromstring(poster("A", "b", (40, 36)))
    assert (root.get("width"), root.get("height")) == ("40", "36")


def test_a_data_address_gives_the_picture_back_and_stays_inside_double_quotes():
    svg = poster("Paper Orchard", "drama")
    address = data_uri(svg)
    assert unquote(address.removeprefix("data:image/svg+xml,")) == svg
    assert not set('"<>#&') & set(address)


# --- the page ---------------------------------------------------------------------------------------------


def test_five_tiles_are_five_tiles_on_both_pages():
    seen = Elements(home_html(FIVE, FIVE))
    assert len(seen.of("rl-tile")) == 10
    assert len(seen.of("rl-panel")) == 2
    assert seen.open == []


def test_html_is_safe_and_asks_nobody_for_anything():
    evil = "<script>alert('x')</script>\" onload='y"
    bad = page(Row(evil, (tile(1, title=evil, genre=evil, mark="▲4"),)), label=evil, note=evil)
    html = home_html(bad, bad, selected=1)
    seen = Elements(html)
    assert {tag for tag, _ in seen.found} == {"style", "div", "b", "span", "img", "i"}
    assert all(not name.startswith("on") for _, attrs in seen.found for name in attrs)
    assert seen.of("rl-tile")[0]["title"] == f"{evil} (2009 · {evil.lower()})"
    assert evil in seen.text
    assert all((a["src"] or "").startswith("data:image/svg+xml,") for tag, a in seen.found if tag == "img")
    assert "url(" not in html.split("</style>")[0] and "@import" not in html


def test_inline_svg_is_not_used_because_sanitisers_remove_it():
    assert "<svg" not in home_html(FIVE, FIVE)


def test_what_happened_to_a_tile_can_be_seen():
    tiles = (
        tile(0, played=True, in_mood=True),
        tile(1, mark="new"),
        tile(2, mark="▲4"),
        tile(3, mark="▼3", looked_at=False),
        tile(4, looked_at=False, on_screen=False),
    )
    seen = Elements(home_html(FIVE, page(Row("Top", tiles)), selected=2))
    names = [a["class"] for a in seen.of("rl-tile")][5:]
    assert names == [
        "rl-tile rl-played", "rl-tile", "rl-tile rl-selected", "rl-tile rl-faded", "rl-tile rl-dark",
    ]  # fmt: skip
    assert len(seen.of("rl-selected")) == 2                            # the same item on either page
    for text in ("▶ played", "new", "▲ 4", "▼ 3", "● 2009 · drama"):
        assert text in seen.text


def test_only_the_corner_is_drawn_and_the_rest_is_counted():
    """12 rows of 20 titles are 240; 2 rows of 3 are drawn, 234 are left."""
    tall = page(*(Row(f"Row {r}", tuple(tile(20 * r + c) for c in range(20))) for r in range(12)))
    seen = Elements(home_html(tall, FIVE, columns=3, rows=2))
    assert len(seen.of("rl-tile")) == 6 + 3
    assert "234 more titles further right and below" in seen.text
    assert "2 more titles" in seen.text


def test_a_row_that_goes_on_ends_in_an_arrow_and_a_move_within_it_is_marked():
    long = Row("Long", tuple(tile(i, mark="◂2" if i == 0 else "▸1") for i in range(6)))
    short = Row("Short", (tile(7),))
    seen = Elements(home_html(FIVE, page(long, short), columns=5))
    assert len(seen.of("rl-next")) == 1 and "›" in seen.text
    assert "◂ 2" in seen.text and "▸ 1" in seen.text


def test_a_full_screen_is_light_enough_to_follow_a_slider():
    full = page(*(Row(f"Row {r}", tuple(tile(6 * r + c) for c in range(6))) for r in range(6)))
    assert len(home_html(full, full, rows=6).encode()) < 130_000


def test_an_empty_row_and_an_empty_page_say_so():
    seen = Elements(home_html(page(Row("Top", ())), page()))
    assert "nothing here" in seen.text
    labels = [a["aria-label"] for a in seen.of("rl-rows")]
    assert labels[1] == "Mixed rows: 0 titles in 0 rows, 0 looked at; left after 74 s, nothing played."


def test_a_year_that_is_not_known_is_left_out():
    assert "0 · drama" not in Elements(home_html(page(Row("Top", (tile(1, year=0),))), page())).text


def test_columns_and_rows_below_one_are_refused():
    with pytest.raises(ValueError, match="columns and rows must be at least 1, got 0 and 5"):
        home_html(FIVE, FIVE, columns=0)


def test_a_page_is_described_in_one_sentence():
    tiles = (tile(0, played=True), tile(1, mark="new"), tile(2, mark="▼3", looked_at=False))
    told = describe(page(Row("Top", tiles), note="after 31 s"))
    assert told == "Mixed rows: 3 titles in 1 row, 2 looked at, 1 new, 1 moved, Title 0 played; after 31 s."


def test_a_picture_has_a_name_a_keyboard_stop_and_decoration_has_none():
    seen = Elements(home_html(FIVE, FIVE))
    rows = seen.of("rl-rows")
    assert [(a["role"], a["tabindex"]) for a in rows] == [("img", "0")] * 2
    assert all("5 titles in 1 row" in (a["aria-label"] or "") for a in rows)
    assert {a["alt"] for tag, a in seen.found if tag == "img"} == {""}


def test_the_legend_is_one_line_of_words():
    text = Elements(legend_html()).text
    for word in ("Faded", "Dark", "▲ ▼ ◂ ▸", "new", "●", "the luck is the same on both pages"):
        assert word in text


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("text", "ground"),
    [(c, PANEL) for c in (TEXT, QUIET, FADED, MOOD)] + [("#101016", c) for c in MARKS.values()],
)
def test_text_can_be_read_also_where_it_is_faded(text, ground):
    """WCAG 2.2 AA asks small text for (L1 + 0.05) / (L2 + 0.05) >= 4.5."""
    low, high = sorted((luminance(text), luminance(ground)))
    assert (high + 0.05) / (low + 0.05) >= 4.5
