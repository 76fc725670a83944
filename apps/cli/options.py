"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Case = Annotated[str, typer.Argument(metavar="CASE", help="A study or a twist; `lab cases` lists them.")]
Control = Annotated[str | None, typer.Option(metavar="ARM", help="What is there; by default the study's.")]
Treatment = Annotated[str | None, typer.Option(metavar="ARM", help="The change; by default the study's.")]
Users = Annotated[int | None, typer.Option(metavar="N", help="People in all arms together, 40 to 1,000,000.")]
Days = Annotated[int | None, typer.Option(metavar="D", help="Days after the common past, 1 to 728.")]
Seed = Annotated[int, typer.Option(metavar="S", help="Moves world, past and assignment together.")]
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
Workers = Annotated[int | None, typer.Option(metavar="N", help="Arms run side by side; changes no number.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Run anew, whatever is stored.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
