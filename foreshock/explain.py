"""The command `foreshock explain`: an alert, derived again from the journal."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import orjson

from foreshock import options
from foreshock.alerting.topic import Found, Told, read_alerts, told_by
from foreshock.broker.reading import open_topic
from foreshock.explaining.account import Account, account_of, as_dict
from foreshock.explaining.basis import FILE, Basis, derived_again
from foreshock.explaining.sources import Source
from foreshock.explaining.telling import Teller
from foreshock.explaining.witness import find_customer, witness
from foreshock.wording.language import Language
from models.params import Params
from schemas.errors import ConfigurationError

_EPILOG = """
\b
Examples:
  foreshock explain 9c1f52aa --bootstrap 127.0.0.1:9092
  foreshock explain 9c1f52aa journal.jsonl --alerts alerts.jsonl --lang zh

Without FILES the journal and the alert topic of the broker are read. FILES are what `foreshock replay` reads: dumps of
`foreshock topics dump`, or events; what was sent is then looked for in the file of --alerts.

Exit codes: 0 it follows as it was sent (or there was nothing to compare with), 1 it differs, 2 it cannot be derived.
"""


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
@derived_again
@click.option("--alerts", type=FILE, help="What was sent, as JSON Lines; wins over the alert topic.")
@click.option("--texts", is_flag=True, help="Tell what was said too, as redacted in the journal.")
@options.language
@click.option("--json", "as_json", is_flag=True, help="One JSON object, with every transition's score and features.")
@click.pass_context
def explain(
    ctx: click.Context,
    alert_id: str,
    basis: Basis,
    alerts: str | None,
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
    account = asyncio.run(_account(basis, alert_id, alerts))
    if as_json:
        click.echo(orjson.dumps(as_dict(account, with_texts=texts), option=orjson.OPT_INDENT_2))
    else:
        for line in Teller(account, language, with_texts=texts).lines():
            click.echo(line)
    ctx.exit(int(not account.is_same))


async def _account(basis: Basis, named: str, alerts: str | None) -> Account:
    """Look for what was sent, derive it again, and compare."""
    source, params = basis.source, basis.params
    recorded = await _recorded(basis, named, alerts)
    _check_params(recorded, params)
    alert = recorded.transitions[0].alert if recorded.transitions else await find_customer(source, named.lower())
    if alert is None:
        raise ConfigurationError(_unknown(named, source, recorded.where))
    seen = await witness(source, alert)
    if basis.is_at_broker and alerts is None and len(seen.derived) > len(recorded.transitions) > 0:
        # The scorer may have sent more since the topic was read.
        recorded = await _recorded(basis, alert.alert_id, alerts)
    first_offset = source.first_offsets.get(seen.partition, 0)
    return account_of(
        source.name, recorded.where, recorded.transitions, recorded.contradicted, seen, first_offset, params
    )


async def _recorded(basis: Basis, named: str, alerts: str | None) -> _Recorded:
    """Look for what was sent: in a file, or on the alert topic."""
    found, where = Found(named), alerts
    if alerts is not None:
        for told in _sent(alerts):
            found.take(told)
    elif basis.is_at_broker:
        where = basis.settings.topic("alerts")
        async with open_topic(basis.settings, "alerts") as reader:
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
    return (
        f"{told}. Is the id whole, and are parameters and secret those of the worker? An alert about many customers is "
        "explained by `foreshock aggregates explain`"
    )
