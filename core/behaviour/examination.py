"""Examination of a page of rows: what enters the viewport and what is looked at."""

from __future__ import annotations

from dataclasses import dataclass

from core.config import Config, knob


@dataclass(frozen=True)
class GridExamination(Config):
    """Rows top-down, tiles left to right, swipes where the row seems to go on well.

    A row costs ``row_seconds`` to scroll to and puts ``visible`` tiles into the viewport. With
    probability ``skip`` the eye passes over it. Else tiles are looked at one after the other, each for
    ``tile_seconds`` · LogNormal(0, ``tile_sd``). After ``visible`` tiles the viewer swipes to the next
    ones with probability ``swipe``, or ``swipe_in_mood`` if one of those just seen suits the mood, and
    otherwise scrolls on. The session ends when a title is taken or time exceeds patience.

    With ``headings`` = h > 0 the viewer reads a row's heading first and passes over a row that names
    another genre than tonight's with probability h; a row that names no genre is read as before. Models
    of carousels assume h near 1 (Rahdari, Kveton & Brusilovsky 2022); eye tracking finds that headings
    are mostly ignored (de Leon-Martinez et al. 2025), hence the default 0.

    Without taking, rows looked at per row reached is 1 − ``skip``, and windows looked at per row read is
    (1 − q^W) / (1 − q) for swipe probability q and W windows; a test holds both frequencies.
    """

    row_seconds: float = knob(2.0, 0.1, 10.0, "s", "Time to scroll to the next row.")
    tile_seconds: float = knob(1.5, 0.1, 10.0, "s", "Time to look at a tile, median.")
    tile_sd: float = knob(0.3, 0.0, 1.0, "", "Spread of that time (log scale).", off=0.0)
    skip: float = knob(0.15, 0.0, 1.0, "share", "Rows passed over unseen.", off=0.0)
    headings: float = knob(
        0.0, 0.0, 1.0, "share", "Rows skipped because their heading names another genre.", off=0.0
    )
    swipe: float = knob(0.25, 0.0, 1.0, "share", "Windows after which the viewer swipes on.", off=0.0)
    swipe_in_mood: float = knob(0.6, 0.0, 1.0, "share", "The same after a tile that suits the mood.")
    visible: int = knob(5, 1, 20, "tiles", "Tiles of a row on screen at once.")
