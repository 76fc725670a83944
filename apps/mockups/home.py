"""The home page as one viewer saw it, before and after a change, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape

from apps.mockups.art import data_uri, poster

# Every text on PANEL keeps a contrast of at least 4.5 to 1, also where it is faded.
PANEL, TEXT, QUIET, FADED = "#141318", "#F4F2F8", "#B9B5C4", "#918D9E"
MOOD, RING = "#F2C14E", "#F0E442"
MARKS = {"new": "#7FE3C4", "up": "#8CCBFF", "down": "#F5B58A"}        # dark text stands on these


@dataclass(frozen=True, slots=True)
class Tile:
    """One title on the page.

    Attributes
    ----------
    item : int
        Its id in the catalogue.
    title, genre : str
        Shown as they are; the genre in lower case.
    year : int
        0 where it is not known.
    looked_at : bool
        The viewer examined it: truth, the product does not know.
    on_screen : bool
        It entered the viewport: an impression, which the product knows.
    mark : str
        Beside the other page: ``""`` in the same place, ``"new"`` not there, ``"▲4"`` or ``"▼3"``
        moved by rows, ``"◂2"`` or ``"▸1"`` within its row.
    played, in_mood : bool
        What was started; what fits tonight's mood, which the product does not know either.
    """

    item: int
    title: str
    genre: str
    year: int
    looked_at: bool
    on_screen: bool
    mark: str = ""
    played: bool = False
    in_mood: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A titled row, left to right."""

    title: str
    tiles: tuple[Tile, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A page in plain words: ``label`` says whose ("most accurate page"), ``note`` what happened on it."""

    label: str
    note: str
    rows: tuple[Row, ...]

    def first(self, rows: int, columns: int) -> Page:
        """The corner that is drawn."""
        return replace(self, rows=tuple(Row(r.title, r.tiles[:columns]) for r in self.rows[:rows]))


def describe(page: Page) -> str:
    """The page in one sentence, for who cannot see it.

    >>> describe(Page("mixed rows", "left after 8 s", (Row("For you", (Tile(3, "A", "b", 9, True, True),)),)))
    'Mixed rows: 1 title in 1 row, 1 looked at, nothing played; left after 8 s.'
    """
    tiles = [t for row in page.rows for t in row.tiles]
    moved = sum(t.mark not in ("", "new") for t in tiles)
    new = sum(t.mark == "new" for t in tiles)
    played = [t.title for t in tiles if t.played]
    facts = [
        f"{_count(len(tiles), 'title')} in {_count(len(page.rows), 'row')}",
        f"{sum(t.looked_at for t in tiles)} looked at",
        f"{new} new" if new else "",
        f"{moved} moved" if moved else "",
        f"{' and '.join(played)} played" if played else "",
        "nothing played" if not played and "nothing played" not in page.note else "",
    ]
    told = f"; {page.note}" if page.note else ""
    return f"{page.label[:1].upper()}{page.label[1:]}: {', '.join(filter(None, facts))}{told}."


def home_html(
    before: Page, after: Page, *, columns: int = 6, rows: int = 5, selected: int | None = None
) -> str:
    """Two pages side by side, one above the other where there is no room.

    Parameters
    ----------
    before, after : Page
        Control left, treatment right.
    columns, rows : int
        The corner that is drawn; what is left out is counted in words.
    selected : int, optional
        An item to draw a ring around, wherever it stands.

    Returns
    -------
    str
        HTML without scripts or addresses outside itself; every text is escaped. Pictures are ``<img>``
        with data addresses, because sanitisers (Streamlit's ``st.html`` has one) remove inline SVG.

    Raises
    ------
    ValueError
        If ``columns`` or ``rows`` is below 1.
    """
    if columns < 1 or rows < 1:
        raise ValueError(f"columns and rows must be at least 1, got {columns} and {rows}")
    panels = "".join(_panel(page, columns, rows, selected) for page in (before, after))
    return f"<style>{_STYLE}</style><div class='rl-home' style='--rl-columns:{columns}'>{panels}</div>"


def legend_html() -> str:
    """What the marks mean, in one line; in the page's own text colour."""
    return (
        f"<style>{_LEGEND_STYLE}</style><div class='rl-legend'>"
        "<span>Faded: not looked at</span><span>Dark: not on screen</span>"
        "<span><b>▲ ▼ ◂ ▸</b> moved</span><span><b>new</b>: not on page A</span>"
        "<span><b>●</b> fits tonight’s mood</span>"
        "<span>People skip whole rows by chance; the luck is the same on both pages.</span></div>"
    )


def _panel(page: Page, columns: int, rows: int, selected: int | None) -> str:
    drawn = page.first(rows, columns)
    further = [len(row.tiles) > columns for row in page.rows]
    tall = "".join(_row(row, selected, more) for row, more in zip(drawn.rows, further, strict=False))
    left_out = sum(len(r.tiles) for r in page.rows) - sum(len(r.tiles) for r in drawn.rows)
    more = f"{_count(left_out, 'more title')} further right and below" if left_out else ""
    return (
        "<div class='rl-panel'>"
        f"<div class='rl-head'><b>{escape(page.label)}</b><span>{escape(page.note)}</span></div>"
        # A phone scrolls all rows sideways together: one stop for the keyboard, not one a row.
        f"<div class='rl-rows' role='img' tabindex='0' aria-label='{escape(describe(drawn))}'>{tall}</div>"
        f"<div class='rl-more'>{more}</div></div>"
    )


def _row(row: Row, selected: int | None, further: bool) -> str:
    """A row, with an arrow at its end where it goes on."""
    tiles = "".join(_tile(t, t.item == selected) for t in row.tiles)
    tiles += "<div class='rl-next'>›</div>" if further else ""
    body = f"<div class='rl-tiles'>{tiles}</div>" if tiles else "<div class='rl-none'>nothing here</div>"
    return f"<div class='rl-row'><div class='rl-title'>{escape(row.title)}</div>{body}</div>"


def _tile(tile: Tile, selected: bool) -> str:
    state = "" if tile.looked_at else " rl-faded" if tile.on_screen else " rl-dark"
    ring = " rl-selected" if selected else ""
    ring += " rl-played" if tile.played else ""
    kind = "new" if tile.mark == "new" else "up" if tile.mark[:1] in ("▲", "◂") else "down"
    mark = f"<i class='rl-{kind}'>{escape(_spaced(tile.mark))}</i>" if tile.mark else ""
    played = "<i class='rl-play'>▶ played</i>" if tile.played else ""
    known = " · ".join(filter(None, (str(tile.year) if tile.year else "", tile.genre.lower())))
    mood = "<em>●</em> " if tile.in_mood else ""
    picture = data_uri(poster(tile.title, tile.genre))
    return (
        f"<div class='rl-tile{state}{ring}' title='{escape(f'{tile.title} ({known})')}'>"
        f'<div class="rl-art"><img src="{picture}" alt="" decoding="sync">{mark}{played}</div>'
        f"<div class='rl-name'>{escape(tile.title)}</div>"
        f"<div class='rl-year'>{mood}{escape(known)}</div></div>"
    )


def _spaced(mark: str) -> str:
    return f"{mark[0]} {mark[1:]}" if mark[:1] in tuple("▲▼◂▸") else mark


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _css(rules: Sequence[tuple[str, str]]) -> str:
    return "".join(f"{selector}{{{body}}}" for selector, body in rules)


_STYLE = _css((
    (".rl-home", "display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:20px;line-height:1.3;"
     "font-size:13px"),
    (".rl-home *", "box-sizing:border-box;margin:0;font-style:normal"),
    (".rl-panel", f"background:{PANEL};color:{TEXT};border-radius:14px;padding:14px 0 8px;min-width:0;"
     "border:1px solid #2b2933;overflow:hidden"),
    (".rl-head", "display:flex;flex-wrap:wrap;justify-content:space-between;gap:2px 16px;padding:0 16px 10px;"
     "font-size:14.5px"),
    (".rl-head span", f"color:{QUIET}"),
    (".rl-rows", "overflow-x:auto;padding:3px 16px;scrollbar-width:none;scroll-padding:16px"),
    (".rl-rows:focus-visible", f"outline:2px solid {RING};outline-offset:-2px"),
    (".rl-title", "font-weight:600;font-size:14.5px;padding:4px 0 6px;position:sticky;left:0;"
     "width:fit-content;max-width:100%;white-space:nowrap;overflow:hidden;text-overflow:ellipsis"),
    (".rl-tiles", "display:grid;gap:9px;padding-bottom:8px;"
     "grid-template-columns:repeat(var(--rl-columns),minmax(72px,1fr)) 12px"),
    (".rl-next", f"grid-column:-2;align-self:start;margin-top:18px;font-size:28px;line-height:1;color:{QUIET}"),
    (".rl-tile", "min-width:0"),
    (".rl-art", "position:relative;aspect-ratio:10/9;border-radius:7px;background:#1f1d26;margin-bottom:5px"),
    (".rl-art img", "width:100%;height:100%;object-fit:cover;display:block;border-radius:7px"),
    (".rl-art i", "position:absolute;left:5px;top:5px;border-radius:9px;padding:1px 7px;font-size:11px;"
     "font-weight:600;line-height:16px;color:#101016;white-space:nowrap"),
    *((f".rl-art .rl-{kind}", f"background:{colour}") for kind, colour in MARKS.items()),
    (".rl-art .rl-play", "background:#fff;left:auto;top:auto;right:5px;bottom:5px"),
    (".rl-name,.rl-year", "white-space:nowrap;overflow:hidden;text-overflow:ellipsis"),
    (".rl-name", "font-size:12px;line-height:16px"),
    (".rl-year", f"font-size:11px;line-height:15px;color:{QUIET}"),
    (".rl-year em", f"color:{MOOD}"),
    (".rl-faded img", "opacity:.38;filter:saturate(.7)"),
    (".rl-dark img", "opacity:.13;filter:saturate(.3)"),
    (".rl-faded .rl-name,.rl-faded .rl-year,.rl-dark .rl-name,.rl-dark .rl-year", f"color:{FADED}"),
    (".rl-played .rl-art", "box-shadow:0 0 0 2px #fff"),
    (".rl-selected .rl-art", f"box-shadow:0 0 0 3px {RING}"),
    (".rl-none", f"color:{FADED};padding:4px 0 16px"),
    (".rl-more", f"color:{FADED};font-size:11.5px;padding:0 16px;min-height:17px"),
    ("@media(max-width:700px)", ".rl-home{grid-template-columns:minmax(0,1fr);gap:14px}"
     ".rl-panel{border-radius:12px}.rl-tiles{"
     "grid-template-columns:repeat(var(--rl-columns),minmax(84px,1fr)) 12px}"),
))  # fmt: skip

_LEGEND_STYLE = _css((
    (".rl-legend", "display:flex;flex-wrap:wrap;gap:1px 18px;font-size:13px;line-height:1.45;"
     "padding-top:8px;opacity:.86"),
))  # fmt: skip
