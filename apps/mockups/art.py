"""Posters that nobody owns: the genre gives the colours, the title gives the picture."""

from __future__ import annotations

import colorsys
import hashlib
import math
from collections.abc import Callable, Iterator
from urllib.parse import quote

WIDTH, HEIGHT = 120, 108        # units of the view box; every scene is drawn in these

# Hue in degrees, saturation and lift (0 to 1) of what a genre usually looks like on a poster.
GENRES = {
    "action": (14, 0.74, 0.52), "adventure": (33, 0.66, 0.50), "animation": (188, 0.62, 0.56),
    "children": (48, 0.68, 0.58), "comedy": (42, 0.74, 0.58), "crime": (22, 0.62, 0.42),
    "documentary": (96, 0.30, 0.46), "drama": (284, 0.34, 0.46), "family": (160, 0.48, 0.50),
    "fantasy": (266, 0.56, 0.52), "film-noir": (220, 0.10, 0.42), "horror": (352, 0.64, 0.32),
    "musical": (316, 0.58, 0.56), "mystery": (236, 0.46, 0.42), "romance": (330, 0.62, 0.54),
    "sci-fi": (204, 0.70, 0.48), "thriller": (348, 0.58, 0.44), "war": (72, 0.28, 0.38),
    "western": (28, 0.54, 0.50),
}  # fmt: skip

Draws = Iterator[float]


def poster(title: str, genre: str, size: tuple[int, int] = (WIDTH, HEIGHT)) -> str:
    """An SVG picture for a title, the same one whenever it is asked for.

    Parameters
    ----------
    title : str
        Chooses one of twelve scenes and everything in it.
    genre : str
        Chooses the palette. A name outside `GENRES` gets a hue of its own; upper and lower case are one.
    size : (int, int)
        Width and height in pixels; another shape than 10:9 crops the scene.

    Returns
    -------
    str
        One ``<svg>`` element without text, scripts or references, below 1.3 KB.

    >>> poster("Paper Orchard", "drama") == poster("Paper Orchard", "Drama")
    True
    """
    draws = _draws(title, genre.lower())
    colour = _palette(genre, next(draws))
    scene = SCENES[int(next(draws) * len(SCENES))]
    mark = hashlib.blake2b(f"{title}/{genre.lower()}".encode(), digest_size=3).hexdigest()
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{size[0]}' height='{size[1]}' "
        f"viewBox='0 0 {WIDTH} {HEIGHT}' preserveAspectRatio='xMidYMid slice'>"
        f"<linearGradient id='s{mark}' x2='0' y2='1'><stop stop-color='{colour[1]}'/>"
        f"<stop offset='1' stop-color='{colour[2]}'/></linearGradient>"
        f"<linearGradient id='v{mark}' x2='0' y2='1'>"
        f"<stop offset='.5' stop-color='{colour[0]}' stop-opacity='0'/>"
        f"<stop offset='1' stop-color='{colour[0]}'/></linearGradient>"
        f"<path fill='url(#s{mark})' d='M0 0h{WIDTH}v{HEIGHT}H0z'/>"
        f"{scene(draws, colour)}"
        f"<path fill='url(#v{mark})' d='M0 0h{WIDTH}v{HEIGHT}H0z'/></svg>"
    )


def data_uri(svg: str) -> str:
    """The picture as an address for ``<img src>``: sanitisers remove inline SVG and leave this alone."""
    return "data:image/svg+xml," + quote(svg, safe=" ='/:;,.()-!*")


# --- colours ----------------------------------------------------------------------------------------------

Palette = tuple[str, str, str, str, str, str]       # night, deep, sky, glow, light, accent


def _palette(genre: str, turn: float) -> Palette:
    """Six colours from dark to light, the hue turned a little for each title."""
    name = genre.strip().lower()
    known = GENRES.get(name) or (next(_draws(name)) * 360.0, 0.5, 0.47)
    hue, saturation, lift = known[0] + 20.0 * turn - 10.0, known[1], known[2]

    def shade(dh: float, s: float, lightness: float) -> str:
        red, green, blue = colorsys.hls_to_rgb(((hue + dh) % 360) / 360, lightness, min(s, 1.0))
        return f"#{round(255 * red):02x}{round(255 * green):02x}{round(255 * blue):02x}"

    return (
        shade(-14, 0.80 * saturation, 0.07),
        shade(-8, 0.95 * saturation, 0.17),
        shade(0, saturation, 0.62 * lift + 0.06),
        shade(14, 1.10 * saturation, 0.86 * lift + 0.14),
        shade(26, 0.95 * saturation, 0.80),
        shade(34 if turn < 0.5 else -40, 0.95 * saturation, 0.90 * lift + 0.08),
    )


def _draws(*names: str) -> Draws:
    """Numbers in [0, 1), endless, the same for the same names on any machine."""
    block = 0
    while True:
        digest = hashlib.blake2b("\x1f".join((*names, str(block))).encode(), digest_size=64).digest()
        yield from (int.from_bytes(digest[i : i + 2], "big") / 65536.0 for i in range(0, 64, 2))
        block += 1


# --- scenes -----------------------------------------------------------------------------------------------


def _between(draws: Draws, low: float, high: float) -> int:
    return round(low + next(draws) * (high - low))


def _disc(x: float, y: float, r: float, fill: str, opacity: float = 1.0) -> str:
    see_through = "" if opacity == 1.0 else f" opacity='{opacity:g}'"
    return f"<circle cx='{x:g}' cy='{y:g}' r='{r:g}' fill='{fill}'{see_through}/>"


def _path(d: str, fill: str, more: str = "") -> str:
    return f"<path d='{d}' fill='{fill}'{more}/>"


def _sun(draws: Draws, colour: Palette, y: int) -> str:
    x, r = _between(draws, 26, 94), _between(draws, 12, 22)
    return _disc(x, y, r + 12, colour[3], 0.35) + _disc(x, y, r, colour[4])


def _hills(draws: Draws, colour: Palette) -> str:
    """Three waves under a sun."""
    parts = [_sun(draws, colour, _between(draws, 26, 52))]
    for base, fill in ((58, colour[3]), (72, colour[1]), (88, colour[0])):
        swing, phase = _between(draws, 8, 18), _between(draws, -12, 8)
        line = f"M0 {base + phase}q30 {-swing} 60 0t60 {phase // 2}V108H0z"
        parts.append(_path(line, fill, " opacity='.6'" if fill == colour[3] else ""))
    return "".join(parts)


def _mountains(draws: Draws, colour: Palette) -> str:
    """A range with one lit face."""
    x, top = _between(draws, 38, 82), _between(draws, 18, 34)
    moon = _disc(_between(draws, 12, 108), _between(draws, 12, 26), _between(draws, 5, 9), colour[4])
    far = "M0 84" + "".join(f"L{step} {_between(draws, 44, 66)}L{step + 12} 74" for step in (10, 38, 66, 94))
    return (
        moon
        + _path(f"{far}L120 70V108H0z", colour[3], " opacity='.45'")
        + _path(f"M{x - 58} 108L{x} {top}L{x + 58} 108z", colour[1])
        + _path(f"M{x} {top}l12 22-7 8 9 14-6 10 14 54H{x + 58}z", colour[3], " opacity='.75'")
        + _path("M0 108V92l34-14 30 16 36-18 20 10v22z", colour[0])
    )


def _skyline(draws: Draws, colour: Palette) -> str:
    """Towers at night, windows lit."""
    parts = [_sun(draws, colour, _between(draws, 24, 46))]
    back = "".join(f"M{x} 108V{_between(draws, 40, 70)}h18v80z" for x in range(0, 120, 20))
    parts.append(_path(back, colour[2], " opacity='.9'"))
    lights, x = "", -2
    front = ""
    while x < 120:
        wide, top = _between(draws, 16, 28), _between(draws, 34, 78)
        front += f"M{x} 108V{top}h{wide}v90z"
        lights += f"M{x + 5} {top + 6}V104M{x + wide - 5} {top + 6}V104"
        x += wide + _between(draws, 1, 7)
    parts.append(_path(front, colour[0]))
    gap = _between(draws, 5, 11)
    dash = f" stroke='{colour[4]}' stroke-width='3' stroke-dasharray='3 {gap}' opacity='.8'"
    return "".join(parts) + _path(lights, "none", dash)


def _planets(draws: Draws, colour: Palette) -> str:
    """A planet, its ring and its moon."""
    x, y, r = _between(draws, 36, 84), _between(draws, 36, 66), _between(draws, 20, 32)
    tilt = _between(draws, -35, 35)
    stars = "".join(
        _disc(_between(draws, 2, 118), _between(draws, 2, 104), 0.9, colour[4]) for _ in range(7)
    )
    ring = f" stroke='{colour[4]}' stroke-width='2.5' opacity='.8' transform='rotate({tilt} {x} {y})'"
    return (
        _path("M0 0h120v108H0z", colour[0], " opacity='.55'")
        + stars
        + _disc(x, y, r, colour[2])
        + _path(f"M{x - r} {y}a{r} {r} 0 0 1 {2 * r} 0q{-r} {r // 2} {-2 * r} 0z", colour[3])
        + _path(f"M{x - 1.6 * r:g} {y}a{1.6 * r:g} {r / 3:.0f} 0 0 0 {3.2 * r:g} 0", "none", ring)
        + _disc((x + 52) % 120, _between(draws, 14, 30), _between(draws, 4, 8), colour[5])
    )


def _sea(draws: Draws, colour: Palette) -> str:
    """A low sun and its track on the water."""
    x, level = _between(draws, 34, 86), _between(draws, 52, 66)
    r = _between(draws, 16, 26)
    half = [_between(draws, 6, 26) for _ in range(5)]
    track = "".join(f"M{x - w} {level + 6 + 8 * i}h{2 * w}" for i, w in enumerate(half))
    sail = _between(draws, 10, 104)
    return (
        _disc(x, level - 4, r + 12, colour[3], 0.35)
        + _disc(x, level - 4, r, colour[4])
        + _path(f"M0 {level}h120v60H0z", colour[1])
        + _path(track, "none", f" stroke='{colour[3]}' stroke-width='3' stroke-linecap='round'")
        + _path(f"M{sail} {level + 5}l8-26v22l8 4q-8 6-16 0z", colour[0])
    )


def _rays(draws: Draws, colour: Palette) -> str:
    """Light that fans out from one point."""
    x, y = _between(draws, 30, 90), _between(draws, 60, 84)
    start, n = next(draws) * math.pi, 9
    fan = ""
    for i in range(n):
        a, b = start + 2 * math.pi * i / n, start + 2 * math.pi * (i + 0.5) / n
        ends = (f"L{x + 170 * math.cos(t):.0f} {y + 170 * math.sin(t):.0f}" for t in (a, b))
        fan += f"M{x} {y}{''.join(ends)}z"
    r = _between(draws, 14, 24)
    return (
        _path(fan, colour[3], " opacity='.5'")
        + _disc(x, y, r + 9, colour[5], 0.7)
        + _disc(x, y, r, colour[4])
        + _path(f"M0 108V96q60 {_between(draws, -22, -6)} 120 0v12z", colour[0])
    )


def _blinds(draws: Draws, colour: Palette) -> str:
    """A lamp behind a slanted blind."""
    slant, gap = _between(draws, -26, 26), _between(draws, 13, 18)
    slats = "".join(f"M-20 {y + slant}L140 {y - slant}" for y in range(-12, 140, gap))
    return (
        _disc(_between(draws, 30, 90), _between(draws, 30, 70), _between(draws, 30, 42), colour[3])
        + _disc(_between(draws, 24, 96), _between(draws, 24, 60), _between(draws, 12, 20), colour[4], 0.85)
        + _path(slats, "none", f" stroke='{colour[0]}' stroke-width='{gap // 2}' opacity='.85'")
    )


def _forest(draws: Draws, colour: Palette) -> str:
    """Firs in fog."""
    parts = [_sun(draws, colour, _between(draws, 28, 50))]
    for foot, fill, opacity in ((84, colour[3], 0.45), (96, colour[1], 0.95), (110, colour[0], 1.0)):
        firs = ""
        for step in range(4):
            x, tall = 30 * step + _between(draws, -4, 24), _between(draws, 26, 54)
            half = tall // 4
            firs += f"M{x - half} {foot}L{x} {foot - tall}l{half} {tall}z"
        parts.append(_path(f"{firs}M0 {foot - 2}h120v30H0z", fill, f" opacity='{opacity}'"))
    return "".join(parts)


def _circles(draws: Draws, colour: Palette) -> str:
    """Discs that overlap over a dark wave."""
    fills = (colour[2], colour[3], colour[5], colour[3], colour[4])
    discs = "".join(
        _disc(_between(draws, 4, 116), _between(draws, 4, 84), _between(draws, 13, 34), fill, 0.72)
        for fill in fills
    )
    return discs + _path(f"M0 {_between(draws, 70, 92)}q30 -20 60 0t60 0V108H0z", colour[0], " opacity='.8'")


def _arches(draws: Draws, colour: Palette) -> str:
    """Doorways one behind the other, somebody in the last."""
    x = _between(draws, 44, 76)
    fills = (colour[1], colour[2], colour[3], colour[5], colour[4])
    doors = "".join(
        _path(f"M{x - r} 108V{96 - r}a{r} {r} 0 0 1 {2 * r} 0v99z", fill)
        for r, fill in zip((56, 44, 33, 23, 14), fills, strict=True)
    )
    return doors + _disc(x, 86, 3.2, colour[0]) + _path(f"M{x - 4} 108l1-17h6l1 17z", colour[0])


def _road(draws: Draws, colour: Palette) -> str:
    """A straight road to the horizon."""
    x, level = _between(draws, 40, 80), _between(draws, 46, 60)
    near, far = _between(draws, 14, 30), _between(draws, 6, 16)
    dash = f" stroke='{colour[4]}' stroke-width='2' stroke-dasharray='4 6'"
    return (
        _disc(x, level, _between(draws, 18, 30), colour[4])
        + _path(f"M0 {level}l{near}-12 22 8 20-{far} 26 14 48-8v60H0z", colour[1])
        + _path(f"M0 {level + 4}h120v60H0z", colour[2])
        + _path(f"M{x - 2} {level + 4}h4L118 108H2z", colour[0])
        + _path(f"M{x} {level + 6}L60 108", "none", dash)
    )


def _figure(draws: Draws, colour: Palette) -> str:
    """Head and shoulders before a disc."""
    x, r = _between(draws, 40, 80), _between(draws, 34, 46)
    lean = _between(draws, -8, 8)
    halves = f"M{x} {54 - r}a{r} {r} 0 0 {int(lean > 0)} 0 {2 * r}z"
    return (
        _disc(x, 54, r, colour[3])
        + _path(halves, colour[5], " opacity='.8'")
        + _path(f"M{x - 30} 108q2-26 22-28v-8a15 17 0 1 1 {16 + lean // 4} 0v8q20 2 22 28z", colour[0])
    )


SCENES: tuple[Callable[[Draws, Palette], str], ...] = (
    _hills, _mountains, _skyline, _planets, _sea, _rays, _blinds, _forest, _circles, _arches, _road, _figure,
)  # fmt: skip
