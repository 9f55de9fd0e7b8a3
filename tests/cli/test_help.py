"""The help of a command holds its docstring and examples, and each example is a line that the command takes."""

from __future__ import annotations

import shlex
import sys

import pytest

from motifnet.cli.main import COMMANDS, app, main


def help_of(command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.setattr(sys, "argv", ["motifnet", command, "--help"])
    monkeypatch.setenv("COLUMNS", "200")
    main()
    return capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_examples_that_the_command_takes(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [line.strip() for line in help_of(command, monkeypatch, capsys).splitlines()]
    examples = [line for line in lines if line.startswith(f"motifnet {command}")]
    assert examples
    assert lines[0].startswith(f"Usage: motifnet {command}")
    for example in examples:
        words = shlex.split(example.split(" > ")[0])
        app.parse_args(words[1:], exit_on_error=False, print_error=False)


def test_an_option_that_is_none_would_be_noticed() -> None:
    with pytest.raises(Exception, match="--tops"):
        app.parse_args(["compare", "motifs.meme", "--tops", "3"], exit_on_error=False, print_error=False)
