from __future__ import annotations

import click
import pytest

from foreshock.cli import COMMANDS, Entry, load_command
from foreshock.reference.commands import commands_page


@click.group(
    "kettle",
    help="""Boil water. Slowly.

    \b
      kettle fill

    \b
      kettle boil

    Then drink: it is
    hot.
    """,
    epilog="Mind your fingers.",
)
def kettle() -> None: ...


@kettle.command()
@click.option("--cups", default=2, show_default=True, help="How many.")
@click.argument("tea")
def fill(cups: int, tea: str) -> None:
    """Fill it."""


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> str:
    """The page where the kettle is the only command."""
    for name in list(COMMANDS):
        monkeypatch.delitem(COMMANDS, name)
    monkeypatch.setitem(COMMANDS, "kettle", Entry("", ""))
    monkeypatch.setattr("foreshock.reference.commands.load_command", lambda name: kettle)
    return commands_page().decode()


def test_prose_has_a_line_per_sentence_and_examples_stay_as_they_are(written: str) -> None:
    assert "\nBoil water.\nSlowly.\n" in written
    assert "```text\nkettle fill\n\nkettle boil\n```" in written
    assert "\nThen drink: it is hot.\n" in written
    assert written.endswith(
        "\nFill it.\n\n| option | meaning |\n| --- | --- |\n| `--cups INTEGER` | How many. [default: 2] |\n"
    )


def test_a_command_in_a_group_stands_below_it_with_its_usage(written: str) -> None:
    group, inner = written.index("## foreshock kettle\n"), written.index("### foreshock kettle fill\n")

    assert group < written.index("Mind your fingers.") < inner
    assert "```text\nforeshock kettle fill [OPTIONS] TEA\n```" in written


def test_every_command_and_option_is_on_the_page() -> None:
    page = commands_page().decode()
    missing = [
        told
        for name in COMMANDS
        for path, command in every_command(f"foreshock {name}", load_command(name))
        for told in (path, *(parameter.opts[0] for parameter in command.params if isinstance(parameter, click.Option)))
        if f"# {told}\n" not in page and f"`{told}" not in page
    ]

    assert missing == []


def every_command(path: str, command: click.Command) -> list[tuple[str, click.Command]]:
    inner = command.commands.items() if isinstance(command, click.Group) else ()
    return [(path, command), *(found for name, each in inner for found in every_command(f"{path} {name}", each))]
