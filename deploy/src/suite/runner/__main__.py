"""`python -m suite.runner WISH`: the supervisor, started by `./oroshi up` in a session of its own."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from suite.runner.home import Home
from suite.runner.plan import Plan, Wish
from suite.runner.state import Phase, SuiteState
from suite.runner.supervisor import Supervisor
from suite.trouble import Trouble


def main(text: str) -> int:
    wish = Wish.from_json(text)
    home = Home(Path(wish.home))
    with home.only_supervisor() as alone:
        if not alone:
            return 0  # another `up` was faster, and its supervisor does the work
        try:
            supervisor = Supervisor(Plan.make(wish))
        except Trouble as trouble:
            SuiteState(phase=Phase.FAILED, failure=trouble.what, remedy=trouble.remedy).write(home.state)
            return 1
        return asyncio.run(supervisor.run())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
