"""The commands under one roof, and what becomes of everything that can go wrong in them."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any

import typer
from typer.main import get_command

from apps.cli import CLOSED_PIPE, INTERRUPTED, REFUSED
from apps.cli.ab import ab
from apps.cli.app import app
from apps.cli.cases import cases
from apps.cli.datasets import datasets
from apps.cli.judge import judge
from apps.cli.output import Closed, answers
from apps.cli.questions import questions
from apps.cli.refusal import is_refusal, sentence
from apps.cli.sweep import sweep

NEGATIVE_VALUES = {"ignore_unknown_options": True}            # or -0.5 would be taken for an option
UsageError: type[Exception] = typer.BadParameter.__mro__[1]   # typer brings its own click and exports no name

roof = typer.Typer(
    name="lab",
    help="Is a ranking change good for the product, and how would you know? Start with `lab cases`.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=False,
)


@roof.callback(invoke_without_command=True)
def _without_command(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


roof.command(short_help="What there is to experiment on.")(cases)
roof.command(short_help="An A/B test, and beside it the truth.")(ab)
roof.command(short_help="What a study claims: predicted and measured.")(questions)
roof.command(short_help="One knob turned, and what it buys.", context_settings=NEGATIVE_VALUES)(sweep)
roof.command(short_help="The instruments side by side: who was right?")(judge)
roof.command(short_help="The lab in a browser.")(app)
roof.add_typer(datasets, name="data", short_help="Public data sets: list, fetch.")


def run(argv: list[str]) -> int:
    """Parse and run; see `apps.cli.main` for what is returned."""
    try:
        code = get_command(roof).main(args=argv, prog_name="lab", standalone_mode=False)
        answers().flush()
        if code == INTERRUPTED:                               # what typer makes of Ctrl-C
            return _interrupted()
        return code if isinstance(code, int) else 0
    except (KeyboardInterrupt, typer.Abort):
        return _interrupted()
    except (Closed, BrokenPipeError):
        return _closed()
    except UsageError as error:
        return _refused(_usage(error))
    except Exception as error:
        if isinstance(error, MemoryError):
            return _refused("the machine has too little memory for this run; take fewer --users or --days")
        if not is_refusal(error):
            raise
        return _refused(sentence(error))
    except SystemExit as ended:
        if isinstance(ended.__context__, OSError):            # typer's own way to meet a closed pipe
            return _closed()
        return _refused(f"something called sys.exit({ended.code!r}) before there was an answer")


def _refused(text: str) -> int:
    print(f"lab: {text}", file=sys.stderr)
    return REFUSED


def _interrupted() -> int:
    print("lab: stopped; what was not finished left nothing behind", file=sys.stderr)
    return INTERRUPTED


def _closed() -> int:
    # What Python still holds for stdout goes nowhere, so that it does not complain on its way out.
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), answers().fileno())
    return CLOSED_PIPE


def _usage(error: Any) -> str:
    """Typer's parse errors, in the form of ours: what, allowed, got, what to do."""
    command = error.ctx.command_path if error.ctx is not None else "lab"
    text = " ".join(error.format_message().split()).rstrip(".")
    if isinstance(error, typer.BadParameter) and error.param is not None and error.message:
        text = f"{max(error.param.opts, key=len)} {error.message}"
    text = text[:1].lower() + text[1:]
    return f"{text}; `{command} --help` shows what it takes"
