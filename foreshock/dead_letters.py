"""The command `foreshock dead-letters`: what could not be read, and the way back."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from typing import IO, NamedTuple

import click
import orjson
from pydantic import ValidationError

from foreshock.letters.redriving import CannotRedriveError, Redriven, Redriver
from foreshock.letters.topic import Wanted, place_of, read_letters, read_originals, send_back
from schemas.catalogue import SOURCE_TOPICS, TOPICS
from schemas.codec import encode, unreadable
from schemas.dead_letters import DEAD_LETTER_REASONS, DeadLetter
from streams.settings import Settings, load_settings

# More would scroll the summary away.
_REFUSED_SHOWN = 20
_RAW_SHOWN = 160

_reason = click.option(
    "--reason",
    "reasons",
    multiple=True,
    type=click.Choice(DEAD_LETTER_REASONS),
    help="Only letters that died of this; may be given more than once.",
)
_topic = click.option(
    "--topic",
    "topics",
    multiple=True,
    type=click.Choice([*TOPICS]),
    metavar="NAME",
    help="Only letters from this topic, by its short name; may be given more than once.",
)


@click.group("dead-letters")
def dead_letters() -> None:
    """List what could not be read, and send repaired ones back.

    A dead letter keeps the bytes as far as they can be read as text, redacted, with the place they came from and the
    reason. The stream went on without it.
    """


@dead_letters.command("list")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=1), help="How many, the newest ones.")
@_reason
@_topic
@click.option("--json", "as_json", is_flag=True, help="One JSON object per letter, as `redrive` takes them.")
def list_letters(limit: int, reasons: tuple[str, ...], topics: tuple[str, ...], as_json: bool) -> None:
    """List the newest dead letters, oldest first."""
    settings = load_settings()
    wanted = Wanted(frozenset(reasons), frozenset(map(settings.topic, topics)))
    newest: deque[DeadLetter] = deque(maxlen=limit)
    counts: Counter[str] = Counter()

    async def read() -> None:
        async for letter in read_letters(settings, wanted):
            newest.append(letter)
            counts[letter.reason] += 1

    asyncio.run(read())
    for letter in newest:
        click.echo(encode(letter) if as_json else _in_words(letter))
    told = ", ".join(f"{count:,} {reason}" for reason, count in counts.most_common()) or "none"
    click.echo(f"{len(newest):,} of {counts.total():,} dead letters: {told}", err=True)


@dead_letters.command()
@click.argument("file", required=False, type=click.File("rb"))
@click.option("--all", "is_all", is_flag=True, help="Send back what the dead-letter topic holds, instead of a FILE.")
@_reason
@_topic
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def redrive(
    ctx: click.Context,
    file: IO[bytes] | None,
    is_all: bool,
    reasons: tuple[str, ...],
    topics: tuple[str, ...],
    yes: bool,
) -> None:
    """Send dead letters back to the topics they came from.

    \b
      foreshock dead-letters list --reason invalid --json > letters.jsonl
      (repair `raw` of each; it may be JSON text or an object)
      foreshock dead-letters redrive letters.jsonl
      foreshock dead-letters redrive --all --reason undeclared_attribute

    --all is for letters that are right by now: an attribute has been declared, a limit raised, a sink is back. The
    original bytes are taken where the source topic still has them. Where it has not, what the letter holds is sent:
    redacted, which cannot be undone, and with the customer's key, which ingest takes for the customer.

    Each letter is first read as its reader will read it, so that none dies again; those that would are named. Sending
    the same event twice does no harm: an event id counts once. Letters stay on their topic until it forgets them.

    Exit code 0 if all were sent, 1 otherwise.
    """  # noqa: D301 - click's own mark
    if (file is not None) == is_all:
        raise click.UsageError("give a FILE of repaired letters, or --all")
    settings = load_settings()
    wanted = Wanted(frozenset(reasons), frozenset(map(settings.topic, topics)))
    plan = asyncio.run(_plan_all(settings, wanted)) if file is None else _plan_file(settings, file, wanted)
    _show(plan)
    if plan.sendable and not yes:
        click.confirm(f"Send {len(plan.sendable):,} back?", abort=True, err=True)
    sent = asyncio.run(send_back(settings, plan.sendable))
    click.echo(f"{sent:,} sent, {len(plan.refused):,} not")
    ctx.exit(int(bool(plan.refused)))


class _Plan(NamedTuple):
    """What will be sent, and what not."""

    sendable: list[Redriven]
    refused: list[tuple[str, str]]
    """Where each stood, and why it is not sent."""
    redacted_count: int
    """How many events are sent from their redacted copy."""


async def _plan_all(settings: Settings, wanted: Wanted) -> _Plan:
    """Plan for what the dead-letter topic holds."""
    letters = [letter async for letter in read_letters(settings, wanted)]
    redriver = Redriver(settings)
    originals = await read_originals(settings, letters, redriver.is_original)
    return _plan(redriver, settings, [(place_of(letter), letter) for letter in letters], originals)


def _plan_file(settings: Settings, lines: Iterable[bytes], wanted: Wanted) -> _Plan:
    """Plan for repaired letters of a file; a line that is no letter is refused."""
    letters, refused = [], []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            letter = _read_letter(line)
        except ValueError as error:
            told = unreadable(error) if isinstance(error, ValidationError) else error
            refused.append((f"line {number}", f"is not a dead letter: {told}"))
            continue
        if wanted.takes(letter):
            letters.append((f"line {number}", letter))
    plan = _plan(Redriver(settings), settings, letters, originals=None)
    return plan._replace(refused=[*refused, *plan.refused])


def _plan(
    redriver: Redriver,
    settings: Settings,
    letters: Iterable[tuple[str, DeadLetter]],
    originals: Mapping[str, bytes] | None,
) -> _Plan:
    """Decide about each letter; without `originals`, what the letters hold was repaired on purpose."""
    sources = {settings.topic(name) for name in SOURCE_TOPICS}
    sendable, refused, redacted_count = [], [], 0
    for name, letter in letters:
        original = (originals or {}).get(place_of(letter))
        try:
            sendable.append(redriver.plan(letter, original))
        except CannotRedriveError as error:
            refused.append((name, str(error)))
            continue
        redacted_count += originals is not None and original is None and letter.topic in sources
    return _Plan(sendable, refused, redacted_count)


def _read_letter(line: bytes) -> DeadLetter:
    """Read a repaired letter, whose `raw` may be an object."""
    fields = orjson.loads(line)
    if isinstance(fields, dict) and isinstance(fields.get("raw"), dict):
        fields["raw"] = orjson.dumps(fields["raw"]).decode()
    return DeadLetter.model_validate_json(orjson.dumps(fields))


def _show(plan: _Plan) -> None:
    """Say what will be sent where, and what will not."""
    for topic, count in Counter(record.topic for record in plan.sendable).items():
        click.echo(f"{count:,} to {topic}", err=True)
    if plan.redacted_count:
        click.echo(f"{plan.redacted_count:,} from their redacted copy: the original is gone", err=True)
    for name, why in plan.refused[:_REFUSED_SHOWN]:
        click.echo(f"not sent: {name}: {why}", err=True)
    if len(plan.refused) > _REFUSED_SHOWN:
        click.echo(f"... and {len(plan.refused) - _REFUSED_SHOWN:,} more", err=True)


def _in_words(letter: DeadLetter) -> str:
    """Write a letter for a person."""
    raw = letter.raw if len(letter.raw) <= _RAW_SHOWN else f"{letter.raw[:_RAW_SHOWN]}..."
    return f"{letter.at:%Y-%m-%d %H:%M:%S}  {letter.reason}  {place_of(letter)}\n    {letter.error}\n    {raw!r}"
