"""test, demo, bench, chaos, reqs, contracts: commands that hand over to the part of the suite that does the work."""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import Annotated

import typer

from suite.cli.app import PASS_ON, app
from suite.cli.screen import err
from suite.places import ROOT
from suite.trouble import Trouble


@app.command(context_settings=PASS_ON, add_help_option=False)
def demo(context: typer.Context) -> None:
    """Start everything, replay a wholesaler's files through the public API and compare each step with the oracle.

    `--data DIR` takes another data set of the same shape, `--json` ends with one JSON line. The suite stays running.
    """
    _hand_over("suite.demo", context.args)


@app.command(context_settings=PASS_ON, add_help_option=False)
def bench(context: typer.Context) -> None:
    """Measure order-to-cash, start-up or import against a floor program: `bench order-to-cash --n 2000 --json`."""
    _hand_over("suite.bench", context.args)


@app.command(context_settings=PASS_ON, add_help_option=False)
def chaos(context: typer.Context) -> None:
    """Kill and pause everything at random under load and prove that nothing was lost: `chaos --seed 7 --orders 300`."""
    _hand_over("suite.chaos", context.args)


@app.command()
def reqs(
    prefix: Annotated[str, typer.Option(help="Only these, comma separated: CAT,CUS.", show_default="all")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object: total, tested, missing.")] = False,
) -> None:
    """Which requirements have a test that proves them; wrong marks of tests are an error."""
    from suite import reqs as requirements

    prefixes = [one.strip() for one in prefix.split(",") if one.strip()]
    try:
        if as_json:
            print(json.dumps(requirements.report(prefixes)))
        else:
            requirements.print_table(prefixes)
    except requirements.BadMarks as bad:
        raise Trouble(str(bad), "Correct the marks, or add the requirement to docs/requirements.csv.") from bad


@app.command()
def contracts(
    check: Annotated[bool, typer.Option("--check", help="Change nothing; fail on drift or incompatibility.")] = False,
) -> None:
    """Write golden JSON Schemas, the AsyncAPI document and docs/events.md from the contracts and the services.

    `--check` compares with what is committed, and with git's `main`: within a version only optional fields may be new.
    """
    published = importlib.import_module("suite.published")
    raise typer.Exit(published.main(check=check))


@app.command(context_settings=PASS_ON, add_help_option=False)
def test(context: typer.Context) -> None:
    """Run the whole test suite with real PostgreSQL and Kafka; arguments go to pytest: `test -k closing services`."""
    workers = [] if any(one.startswith(("-n", "--numprocesses")) for one in context.args) else ["-n", "2"]
    command = [sys.executable, "-m", "pytest", *workers, "--dist", "loadfile", *context.args]
    err.print(f"Running {' '.join(command[2:])} in {ROOT}")
    os.chdir(ROOT)
    os.execv(command[0], command)  # noqa: S606  # pytest takes our place: its exit code and Ctrl-C are the command's


def _hand_over(module: str, arguments: list[str]) -> None:
    raise typer.Exit(importlib.import_module(module).main(arguments))
