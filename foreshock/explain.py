"""The command `foreshock explain`: an alert, derived again from the journal."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, get_args

import click
import orjson
from rich.console import Console

from foreshock import options
from foreshock.alerting.topic import Found, Told, read_alerts, told_by
from foreshock.broker.reading import open_topic
from foreshock.explaining.account import Account, account_of, as_dict
from foreshock.explaining.sources import Files, Journal, Source
from foreshock.explaining.telling import Teller
from foreshock.explaining.witness import find_customer, witness
from foreshock.report.phrases import Language
from models.intake import Intake
from models.params import Params, load_params
from models.pseudonym import Pseudonymiser
from schemas.errors import ConfigurationError
from streams.settings import Settings, load_settings

_EPILOG = """
\b
Examples:
  foreshock explain 9c1f52aa --bootstrap 127.0.0.1:9092
  foreshock explain 9c1f52aa journal.jsonl --alerts alerts.jsonl --lang zh

Without FILES the journal and the alert topic of the broker are read. FILES are what `foreshock replay` reads: dumps of
`foreshock topics dump`, or events; what was sent is then looked for in the file of --alerts.

Exit codes: 0 it follows as it was sent (or there was nothing to compare with), 1 it differs, 2 it cannot be derived.
"""

_file = click.Path(exists=True, dir_okay=False)


class _Recorded(NamedTuple):
    """What was sent of an alert."""

    where: str | None
    """Where it was looked for; None if nobody said where."""
    transitions: list[Told]
    """In order."""
    contradicted: set[int]
    """Numbers of transitions that were sent with other bytes too."""


@click.command("explain", epilog=_EPILOG)
@click.argument("alert_id")
@click.argument("files", nargs=-1, type=_file)
@click.option("--bootstrap", metavar="HOST:PORT", help="Read from this broker; without it that of the settings.")
@click.option("--alerts", type=_file, help="What was sent, as JSON Lines; wins over the alert topic.")
@click.option(
    "--params",
    "params_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The parameters of the worker that sent it; without it FORESHOCK_PARAMS_FILE.",
)
@options.organisation
@options.pack
@click.option("--lateness-hours", default=1.0, show_default=True, help="For events: how far the clock stays behind.")
@click.option("--until", type=click.DateTime(), help="For events: let time run on to here (UTC) after the last one.")
@options.check_signatures
@click.option("--texts", is_flag=True, help="Tell what was said too, as redacted in the journal.")
@click.option(
    "--lang", "language", type=click.Choice(get_args(Language)), default="en", show_default=True, help="Of the account."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, with every transition's score and features.")
@click.pass_context
def explain(
    ctx: click.Context,
    alert_id: str,
    files: tuple[str, ...],
    bootstrap: str | None,
    alerts: str | None,
    params_file: Path | None,
    organisation: Path | None,
    pack: str | None,
    lateness_hours: float,
    until: datetime | None,
    check_signatures: bool,
    texts: bool,
    language: Language,
    as_json: bool,
) -> None:
    """Derive an alert again from the journal, and say what it rests on.

    Tells who made each transition, when and why; the customer's events that show it; the score with all that it is the
    sum of; the snapshot and the parameters. It says plainly whether that is what was sent, byte for byte, and if not,
    where it differs. ALERT_ID is the id, or the first characters of it, at least six.

    The alert's whole partition is replayed, because customers share a budget of calls; memory holds its customers, as
    a worker's does. An alert of which nothing was sent takes a second pass, to find whose it is.
    """
    if files and bootstrap:
        raise click.UsageError("give FILES, or a broker with --bootstrap")
    settings = load_settings(bootstrap_servers=bootstrap)
    params = load_params(
        params_file or settings.params_file, organisation or settings.organisation, pack or settings.pack
    )
    key = settings.snapshot_secret() if check_signatures else None
    console = Console(stderr=True, quiet=as_json)
    source: Source
    if files:
        intake = Intake(Pseudonymiser(settings.pseudonym_secret()), partitions=1, attributes=None)
        ends_at = until.replace(tzinfo=UTC) if until is not None else None
        source = Files(files, params, intake, timedelta(hours=lateness_hours), ends_at, key, console)
    else:
        source = Journal(settings, params, key, console)
    account = asyncio.run(_account(settings, alert_id, source, alerts, params, is_at_broker=not files))
    if as_json:
        click.echo(orjson.dumps(as_dict(account, with_texts=texts), option=orjson.OPT_INDENT_2))
    else:
        for line in Teller(account, language, with_texts=texts).lines():
            click.echo(line)
    ctx.exit(int(not account.is_same))


async def _account(
    settings: Settings, named: str, source: Source, alerts: str | None, params: Params, *, is_at_broker: bool
) -> Account:
    """Look for what was sent, derive it again, and compare."""
    recorded = await _recorded(settings, named, alerts, is_at_broker=is_at_broker)
    _check_params(recorded, params)
    alert = recorded.transitions[0].alert if recorded.transitions else await find_customer(source, named.lower())
    if alert is None:
        raise ConfigurationError(_unknown(named, source, recorded.where))
    seen = await witness(source, alert)
    if is_at_broker and alerts is None and len(seen.derived) > len(recorded.transitions) > 0:
        # The scorer may have sent more since the topic was read.
        recorded = await _recorded(settings, alert.alert_id, alerts, is_at_broker=True)
    first_offset = source.first_offsets.get(seen.partition, 0)
    return account_of(
        source.name, recorded.where, recorded.transitions, recorded.contradicted, seen, first_offset, params
    )


async def _recorded(settings: Settings, named: str, alerts: str | None, *, is_at_broker: bool) -> _Recorded:
    """Look for what was sent: in a file, or on the alert topic."""
    found, where = Found(named), alerts
    if alerts is not None:
        for told in _sent(alerts):
            found.take(told)
    elif is_at_broker:
        where = settings.topic("alerts")
        async with open_topic(settings, "alerts") as reader:
            async for told in read_alerts(reader, await reader.spans()):
                found.take(told)
    return _Recorded(where, found.transitions(), found.contradicted)


def _sent(alerts: str) -> Iterator[Told]:
    """Yield the transitions of a file."""
    with Path(alerts).open("rb") as lines:
        for line in lines:
            if (told := told_by(line.rstrip(b"\n"))) is not None:
                yield told


def _check_params(recorded: _Recorded, params: Params) -> None:
    """Refuse parameters that no transition was decided with: the hash alone would make all of them differ.

    Raises
    ------
    ConfigurationError
        Naming both hashes.
    """
    hashes = {told.alert.params_hash for told in recorded.transitions}
    if hashes and params.digest() not in hashes:
        raise ConfigurationError(
            f"it was decided with the parameters {', '.join(sorted(hashes))}, and these here are {params.digest()}: "
            "name what the worker has with --params, --organisation and --pack, or with FORESHOCK_PARAMS_FILE, "
            "FORESHOCK_ORGANISATION and FORESHOCK_PACK"
        )


def _unknown(named: str, source: Source, where: str | None) -> str:
    """Say that there is no such alert, and why that may be."""
    told = f"no alert {named}: it does not follow from {source.name}"
    if where is not None:
        told += f", and {where} has nothing of it"
    gone = {number: first for number, first in source.first_offsets.items() if first > 0}
    if gone:
        partitions = ", ".join(f"{number} before offset {first}" for number, first in sorted(gone.items()))
        told += (
            f". The beginning of the journal is gone (partition {partitions}; FORESHOCK_JOURNAL_RETENTION_HOURS): "
            "an older dump of it may still show the alert"
        )
    return f"{told}. Is the id whole, and are parameters and secret those of the worker?"
