"""What a person reads when a command cannot do what was asked."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from suite.cli import main
from suite.infra.children import Identity
from suite.infra.downloads import jar_folder
from suite.infra.ports import LOOPBACK, free_ports
from suite.runner.home import Home
from suite.runner.state import Condition, ProcessState, SuiteState
from suite.trouble import Trouble


def _run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["oroshi", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0)


@pytest.mark.parametrize("command", ["up", "down", "status", "logs", "reset", "contracts"])
def test_every_command_explains_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert _run(monkeypatch, command, "--help") == 0
    assert "Usage: oroshi" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["status"], "Start it: ./oroshi up"),
        (["logs"], "Start the suite: ./oroshi up"),
        (["up", "--services", "ordering,warehouse"], "There is no service warehouse."),
        (["reset", "--yes"], "nothing was deleted"),
    ],
)
def test_a_refusal_comes_with_a_remedy_and_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, command: list[str], says: str
) -> None:
    assert _run(monkeypatch, *command, "--home", str(tmp_path)) == 1
    assert says in capsys.readouterr().err


def test_a_killed_supervisor_is_told_with_what_still_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    home = Home(tmp_path / "home")
    home.create()
    me = Identity.of(os.getpid())
    running = ProcessState("ordering", Condition.READY, pid=me.pid, born=me.born)
    SuiteState(supervisor=me.pid, supervisor_born=me.born - 60, processes={"ordering": running}).write(home.state)

    assert _run(monkeypatch, "status", "--home", str(home.folder)) == 1
    assert "The supervisor is gone (killed?), but ordering still run." in capsys.readouterr().err


def test_without_a_network_the_download_tells_the_address_and_the_ways_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    [nobody] = free_ports(1)
    monkeypatch.setenv("OROSHI_CACHE", str(tmp_path))
    monkeypatch.setenv("OROSHI_MAVEN_URL", f"http://{LOOPBACK}:{nobody}/maven2")

    with pytest.raises(Trouble) as trouble:
        jar_folder(lambda _: None)

    assert f"http://{LOOPBACK}:{nobody}/maven2/" in trouble.value.what
    assert "HTTPS_PROXY" in trouble.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_a_home_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(Trouble, match="cannot be used"):
        Home(tmp_path / "file" / "home").create()

    assert stat.S_ISREG((tmp_path / "file").stat().st_mode)
