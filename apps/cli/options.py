"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer


def whole(text: str | int) -> int:
    """A whole number, or a refusal that says what came."""
    try:
        return int(text)
    except ValueError:
        raise typer.BadParameter(f"must be a whole number, got {text!r}") from None


def number(metavar: str, help: str) -> Any:
    """An option that takes a whole number."""
    return typer.Option(parser=whole, metavar=metavar, help=help)


Case = Annotated[str, typer.Argument(metavar="CASE", help="A study or a twist; `lab cases` lists them.")]
Control = Annotated[str | None, typer.Option(metavar="ARM", help="What is there; by default the study's.")]
Treatment = Annotated[str | None, typer.Option(metavar="ARM", help="The change; by default the study's.")]
Users = Annotated[int | None, number("N", "People in all arms together, 40 to 1,000,000.")]
Days = Annotated[int | None, number("D", "Days after the common past, 1 to 728.")]
Seed = Annotated[int, number("S", "Moves world, past and assignment together.")]
Preset = Annotated[
    str | None, typer.Option(metavar="NAME", help="teaching (effects ten times life, default) or realistic.")
]
Taste = Annotated[
    str | None, typer.Option(metavar="NAME", help="Whose taste people have: fictional, or a data set's.")
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="A knob, such as world.intent=0; repeatable."),
]
Twists = Annotated[
    list[Path] | None,
    typer.Option(metavar="DIR", help="A folder of twists, beside those LAB_TWISTS names; repeatable."),
]
Workers = Annotated[int | None, number("N", "Arms run side by side; changes no number.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Run anew, whatever is stored.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
