"""The command line application and what all commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from suite.runner.home import Home

app = typer.Typer(
    name="oroshi",
    help="Oroshi (卸): the wholesale suite on one machine. `oroshi demo` is the place to start.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,
)

HomeOption = Annotated[
    Path,
    typer.Option(
        "--home",
        envvar="OROSHI_HOME",
        help="Folder with all data, ports, secrets and logs of one suite. Several can run side by side.",
        show_default=".oroshi in the checkout",
    ),
]

PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}
"""For commands that hand their arguments to another program."""


def home_of(folder: Path) -> Home:
    return Home(folder.absolute())
