"""Two evenings as the drawing wants them: titles, marks, and what happened in words."""

from __future__ import annotations

from typing import Any

import numpy as np

from apps.mockups.home import Page, Row, Tile
from apps.runs import CORNER
from core.casestudy import CaseStudy
from core.catalog import Catalog
from core.experiment import Evening

ROWS = 3
MOST_ROWS, COLUMNS = CORNER


def pages(case: CaseStudy, catalog: Catalog, before: Evening, after: Evening) -> tuple[Page, Page]:
    """Page A and page B of one evening. Marks stand on B: where a title was on A."""
    place = {
        int(item): (row, column)
        for row, items in enumerate(before.item)
        for column, item in enumerate(items)
        if item >= 0
    }
    return (
        _page(f"Page A: {case.label(case.control_name)}", catalog, before, None),
        _page(f"Page B: {case.label(case.treatment_name)}", catalog, after, place),
    )


def rows_drawn(*evenings: Evening) -> int:
    """How many rows to draw: at least `ROWS`, down to the last one that was looked at or played in, at
    most `MOST_ROWS`."""
    last = 0
    for e in evenings:
        touched = e.examined.any(axis=1) | (e.item == e.played).any(axis=1) * (e.played >= 0)
        last = max(last, int(np.flatnonzero(touched).max(initial=-1)) + 1)
    return min(max(last, ROWS), MOST_ROWS)


def _page(label: str, catalog: Catalog, evening: Evening, other: dict[int, tuple[int, int]] | None) -> Page:
    mood = _mood(evening)
    title, genre, genre_id = (catalog[c].to_numpy() for c in ("title", "genre", "genre_id"))
    year = catalog["year"].to_numpy() if "year" in catalog.frame else np.zeros(len(catalog))
    rows = []
    for r, items in enumerate(evening.item):
        tiles = []
        for c, i in enumerate(items):
            if i < 0:
                continue
            tiles.append(
                Tile(
                    int(i), str(title[i]), str(genre[i]), int(year[i]),
                    looked_at=bool(evening.examined[r, c]), on_screen=bool(evening.entered[r, c]),
                    mark=_mark(int(i), (r, c), other), played=int(i) == evening.played,
                    in_mood=int(genre_id[i]) == mood,
                )
            )  # fmt: skip
        rows.append(Row(evening.titles[r] or f"Row {r + 1}", tuple(tiles)))
    return Page(label, happened(evening), tuple(rows))


def _mark(item: int, at: tuple[int, int], other: dict[int, tuple[int, int]] | None) -> str:
    if other is None:
        return ""
    if item not in other:
        return "new"
    up, left = (there - here for there, here in zip(other[item], at, strict=True))
    if up:
        return f"▲{up}" if up > 0 else f"▼{-up}"
    return f"◂{left}" if left > 0 else f"▸{-left}" if left < 0 else ""


def happened(evening: Evening) -> str:
    """What became of an evening: when something was played and where, or that nothing was."""
    seen = int(evening.examined.sum())
    looked = f"{seen} title{'' if seen == 1 else 's'} looked at"
    if not evening.request.get("played"):
        return f"left with nothing played, {looked}"
    seconds = evening.request.get("time_to_first_play", float("nan"))
    where = ""
    at = np.argwhere(evening.item == evening.played) if evening.played >= 0 else np.zeros((0, 2))
    if not len(at):
        where = ", found by search"
    elif at[0][0] >= rows_drawn(evening) or at[0][1] >= COLUMNS:
        where = f" in row {at[0][0] + 1}, place {at[0][1] + 1}"
    return f"played after {seconds:.0f} s{where}, {looked}"


def _mood(evening: Evening) -> int:
    return int(evening.truth.get("mood", -1))


def opening(catalog: Catalog, evening: Evening) -> str:
    """The scene in a sentence or two."""
    when = f"It is {int(evening.context['hour'])}:00. " if "hour" in evening.context else ""
    mood = _mood(evening)
    names: dict[Any, Any] = dict(zip(catalog["genre_id"], catalog["genre"], strict=True)) if mood >= 0 else {}
    if mood not in names:
        return f"{when}A viewer opens the app."
    told = int(evening.context.get("mood", -1)) >= 0
    knows = "This time the product was told." if told else "The product does not know that."
    return f"{when}A viewer opens the app in the mood for **{str(names[mood]).lower()}**. {knows}"


def place_of(page: Page, item: int) -> str:
    """Where a title stands on a page."""
    for r, row in enumerate(page.rows):
        for c, tile in enumerate(row.tiles):
            if tile.item == item:
                return f"row {r + 1} (“{row.title}”), place {c + 1}"
    return ""
