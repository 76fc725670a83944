"""``lab data``: public data sets that taste can be learned from."""

from __future__ import annotations

from typing import Annotated

import typer

from apps.cli import options as o
from apps.cli import page as p
from apps.cli.output import note, only_answers_on_stdout, write, write_json, write_page

datasets = typer.Typer(
    help="Public data sets: which there are, and getting one.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=False,
)


@datasets.callback(invoke_without_command=True)
def _without_command(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@datasets.command("list")
def list_(json: o.Json = False) -> None:
    """List the data sets, and whether they are on this machine."""
    from data import available, names

    found = {name: available(name) for name in names()}
    if json:
        write_json({"datasets": [{"name": name, "available": here} for name, here in found.items()]})
        return
    table = p.table(["data set", "here"])
    for name, here in found.items():
        table.add_row(name, "yes" if here else f"no; lab data fetch {name}")
    write_page([table])


@datasets.command()
def fetch(name: Annotated[str, typer.Argument(metavar="NAME", help="A name from `lab data list`.")]) -> None:
    """Download a data set from its official address, checked file by file. Nothing else ever downloads."""
    import data

    if name in data.names():
        note(f"fetching {name}")
    only_answers_on_stdout()
    write(str(data.fetch(name)))
