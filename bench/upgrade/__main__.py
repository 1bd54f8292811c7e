"""Two versions side by side: `python -m bench.upgrade`, or `make test-upgrade`."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import tempfile
from pathlib import Path
from typing import get_args

import click
from rich.console import Console

from bench.brokers import BrokerKind, Brokers, default_kind
from bench.report import machine, print_machine, print_table, write_json
from bench.upgrade.play import PARTITIONS, ROLES, Play
from bench.upgrade.verdict import Outcome, outcome_of
from bench.upgrade.version import NoVersionError, Version, former_version, this_version
from bench.upgrade.worker import UpgradeError

_HELP = f"""Upgrade two workers from a former version to this one while events flow, go one step back, and judge.

COMMIT is a tag or a commit of Foreshock. Without it: the last release before this commit; where none was tagged, the
last commit whose rows have the format before today's. It is checked out below .cache/upgrade, with an environment of
its own from its own locked, hashed requirements.

\b
What happens, on a journal of {PARTITIONS} partitions:
  1. two workers of the former version, in the roles
     {ROLES},
     and one that learns; --together lets the two learn instead
  2. its simulated insurer sends events, late, repeated and out of order as in
     life, until the last step is done
  3. `foreshock topics create` and `foreshock check` of this version
  4. the learner is stopped; one worker is stopped (SIGTERM) and started in this
     version
  5. both versions work side by side; then the other worker is replaced, and the
     learner started in this version
  6. one is started in the former version once more: it does its work, or it
     refuses with code 2 and says why; then in this version again; the learner
     rests meanwhile

In the end the journal that is really there is replayed by this version alone. Kept must be, whatever the versions:
no event lost, no dead letter, every event in its customer's state once, every alert delivered, no alert told in two
ways under one name. Rows and alerts that differ from the replay's by any byte are counted too: between versions that
decide alike there are none; where the changelog says that decisions have changed, what the former version decided
stands, and is not decided again.

\b
Examples:
  make test-upgrade
  make test-upgrade ARGS="v1.2.0"
  make test-upgrade ARGS="HEAD~20 --unnamed --logs upgrade-logs"
"""

_COLUMNS = ("from", "to", "events", "customers", "alerts", "lost", "dead", "state - / +", "undelivered", "two ways",
            "again", "rows unlike", "alerts unlike", "a step back")  # fmt: skip
_WIDTH = 160


@click.command(help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("commit", required=False)
@click.option(
    "--rate", type=click.FloatRange(min=1), default=150.0, show_default=True, help="Events per second, about."
)
@click.option(
    "--phase-seconds", type=click.FloatRange(min=1), default=12.0, show_default=True, help="Between two steps."
)
@click.option("--unnamed", is_flag=True, help="Workers have no FORESHOCK_INSTANCE_ID: every stop moves partitions.")
@click.option("--together", is_flag=True, help="Each worker learns too, and models of both versions meet.")
@click.option(
    "--broker", type=click.Choice(get_args(BrokerKind)), help="By default Apache Kafka, if its jars are here."
)
@click.option("--bootstrap", metavar="HOST:PORT", help="A Kafka that runs already.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write all figures here.")
@click.option("--logs", type=click.Path(file_okay=False, path_type=Path), help="Keep logs and alerts here.")
def main(
    commit: str | None,
    rate: float,
    phase_seconds: float,
    unnamed: bool,
    together: bool,
    broker: BrokerKind | None,
    bootstrap: str | None,
    json_file: Path | None,
    logs: Path | None,
) -> None:
    """Play an upgrade; the help text is `_HELP`."""
    brokers, progress = Brokers(broker or default_kind(), bootstrap), Console(stderr=True, highlight=False)
    described = machine(brokers.name)
    try:
        with progress.status("installing the former version"):
            former, today = former_version(commit), this_version()
        with tempfile.TemporaryDirectory(prefix="foreshock-upgrade-") as temporary, brokers.running() as running:
            folder = logs or Path(temporary)
            folder.mkdir(parents=True, exist_ok=True)
            play = Play(
                former, today, running.bootstrap, folder, takes_idempotence=running.takes_idempotence,
                phase_seconds=phase_seconds, rate=rate, is_named=not unnamed,
                learns_apart=not together, on_note=progress.print,
            )  # fmt: skip
            played = asyncio.run(play.run())
            outcome = outcome_of(played)
    except (NoVersionError, UpgradeError) as error:
        raise click.ClickException(str(error)) from error
    _print(former, today, outcome, described)
    if json_file is not None:
        told = {"from": former.name, "to": today.name, "named": not unnamed, "learns_apart": not together, "rate": rate}
        formats = {"from_row_format": former.row_format, "to_row_format": today.row_format}
        write_json(json_file, "upgrade", described, told | formats | outcome.plain() | {"notes": played.notes})
    sys.exit(1 if any(outcome.complaints()) else 0)


def _print(former: Version, today: Version, outcome: Outcome, described: dict[str, object]) -> None:
    """Print what came of it."""
    console = Console(width=None if sys.stdout.isatty() else _WIDTH, highlight=False)
    print_machine(described, console)
    row = [
        f"{former.name}, rows of format {former.row_format}",
        f"{today.name}, rows of format {today.row_format}",
        *(f"{count:,}" for count in (outcome.events, outcome.customers, outcome.alerts)),
        f"{outcome.lost}",
        f"{outcome.dead_letters}",
        f"{outcome.under_count} / {outcome.over_count}",
        *(f"{count:,}" for count in (outcome.undelivered, outcome.contradicted, outcome.repeated)),
        *(f"{count:,}" for count in (outcome.rows_unlike, outcome.alerts_unlike)),
        outcome.step_back,
    ]
    print_table("upgrade: one worker after the other, while events flow", _COLUMNS, [row], console)
    for reason, count in outcome.letters.items():
        console.print(f"{count} dead letters: {reason}", markup=False)
    console.print("; ".join(outcome.complaints()) or "everything was kept that versions promise each other")


if __name__ == "__main__":
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it tells of every retry on new topics
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # brokers and workers end with us
    main()
