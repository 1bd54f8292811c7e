"""The page about commands, from the commands themselves."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator
from itertools import groupby

import click

from foreshock.cli import COMMANDS, load_command, main
from foreshock.reference.text import page, table

_ABOUT = """\
`foreshock --help` lists the commands, and `foreshock COMMAND --help` says what is here.
`python -m foreshock` is the same command.

Exit codes: 0 done, 1 not done or something was bad, 2 something must be changed first.
A worker also ends with 75 or 76: start it again."""

_SENTENCE_END = re.compile(r"(?<=[.:]) (?=[A-Z`-])")


def commands_page() -> bytes:
    """Describe every command with its options."""
    root = click.Context(main, info_name="foreshock")
    parts = list(_options(main, root))
    for name in COMMANDS:
        command = load_command(name)
        parts += _described(command, click.Context(command, root, info_name=name))
    return page("Commands", _ABOUT, *parts)


def _described(command: click.Command, ctx: click.Context) -> Iterator[str]:
    """Describe a command, then the commands in it."""
    usage = " ".join((ctx.command_path, *command.collect_usage_pieces(ctx)))
    yield f"{'#' * (ctx.command_path.count(' ') + 1)} {ctx.command_path}"
    yield _verbatim(usage)
    yield from _prose(command.help or "")
    yield from _options(command, ctx)
    yield from _prose(command.epilog or "")
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from _described(inner, click.Context(inner, ctx, info_name=name))


def _prose(text: str) -> Iterator[str]:
    """Turn a help text into Markdown: one sentence per line, and what click must not wrap as it is."""
    paragraphs = re.split(r"\n\s*\n", inspect.cleandoc(text))
    for as_it_is, group in groupby(filter(str.strip, paragraphs), key=lambda paragraph: paragraph.startswith("\b")):
        if as_it_is:
            yield _verbatim("\n\n".join(textwrap.dedent(paragraph.removeprefix("\b\n")) for paragraph in group))
        else:
            yield from ("\n".join(_SENTENCE_END.split(" ".join(paragraph.split()))) for paragraph in group)


def _verbatim(text: str) -> str:
    """Keep a text as it is."""
    return f"```text\n{text.rstrip()}\n```"


def _options(command: click.Command, ctx: click.Context) -> Iterator[str]:
    """List the options of a command, if it has any besides `--help`."""
    options = (option for option in command.get_params(ctx) if option.name != "help")
    rows = [(f"`{name}`", about) for name, about in filter(None, (option.get_help_record(ctx) for option in options))]
    if rows:
        yield table(("option", "meaning"), rows)
