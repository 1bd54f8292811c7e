from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from foreshock.cli import COMMANDS, CONFIG_VARIABLE, Entry, load_command, main
from schemas.errors import ConfigurationError


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_shows_its_help(name: str) -> None:
    shown = CliRunner().invoke(main, [name, "--help"])

    assert shown.exit_code == 0, shown.output
    assert shown.output.startswith("Usage:")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_of_a_command_what_the_command_says_of_itself(name: str) -> None:
    assert load_command(name).get_short_help_str(limit=300) == COMMANDS[name].about


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_command_says_what_it_is_for(name: str) -> None:
    options = [
        f"{' '.join(path)} {parameter.opts[-1]}"
        for path, command in every_command((name,), load_command(name))
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.help
    ]

    assert options == []


def every_command(path: tuple[str, ...], command: click.Command) -> list[tuple[tuple[str, ...], click.Command]]:
    inner = command.commands.items() if isinstance(command, click.Group) else ()
    return [(path, command), *(found for name, each in inner for found in every_command((*path, name), each))]


def test_the_first_help_loads_no_command() -> None:
    script = (
        "import sys; from click.testing import CliRunner; from foreshock.cli import main; "
        "assert CliRunner().invoke(main, ['--help']).exit_code == 0; "
        "print(sorted({'faust', 'river', 'pydantic', 'aiokafka', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_no_command_loads_faust_before_it_needs_it(name: str) -> None:
    script = (
        f"import sys; from foreshock.cli import load_command; load_command({name!r}); print('faust' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


def test_python_m_foreshock_is_the_same_command() -> None:
    done = subprocess.run([sys.executable, "-m", "foreshock", "--version"], capture_output=True, text=True, check=True)

    assert done.stdout.startswith("foreshock, version ")


def test_an_error_of_ours_ends_with_its_sentence_and_code_2(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def broken() -> None:
        raise ConfigurationError("the kettle is cold: light the stove")

    monkeypatch.setattr("foreshock.cli.load_command", lambda name: broken)
    done = CliRunner().invoke(main, ["check"])

    assert done.exit_code == 2
    assert done.output == "Error: the kettle is cold: light the stove\n"


def test_a_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COMMANDS, "check", Entry("foreshock.nowhere:check", ""))
    done = CliRunner().invoke(main, ["check"])

    assert done.exit_code == 1
    assert "needs foreshock.nowhere, which is not installed: run `make setup`" in done.output


def test_a_command_finds_the_settings_file_that_was_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("")

    @click.command()
    def show() -> None:
        click.echo(os.environ[CONFIG_VARIABLE])

    monkeypatch.setattr("foreshock.cli.load_command", lambda name: show)
    monkeypatch.delenv(CONFIG_VARIABLE, raising=False)
    done = CliRunner().invoke(main, ["--config", str(file), "check"])

    assert done.output == f"{file}\n"
    assert CONFIG_VARIABLE not in os.environ
