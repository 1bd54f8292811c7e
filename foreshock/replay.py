"""`foreshock replay`: the main job on files, without Kafka."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from foreshock import options
from foreshock.aggregating.offline import Aggregates
from foreshock.demonstration.words import Language
from foreshock.journal_dump import DumpHeader, is_dump, read_header
from foreshock.runs import EventRun, JournalRun, Run, lines_of
from foreshock.staffing.running import StaffedEvents, StaffedJournal
from foreshock.staffing.staff import Staff
from foreshock.summary import Summary
from models.intake import Intake
from models.outcome import Outcome
from models.params import Params, load_params
from models.pseudonym import Pseudonymiser
from schemas.codec import JournalMessage, encode
from schemas.errors import ConfigurationError, UnreadableMessageError
from streams.settings import load_settings

if TYPE_CHECKING:
    from foreshock.report.collecting import Collector
    from foreshock.report.page import Languages

_EPILOG = """
Example: foreshock replay examples/typhoon.jsonl --alerts alerts.jsonl --report report.html

A FILE holds one event per line (what `foreshock import` and `foreshock simulate` write; .gz is read too, - is
standard input), or is a journal dump of `foreshock topics dump`. A dump is replayed with the worker's own ticks and
snapshots: its alerts and states equal the worker's byte for byte.

With --staff made-up people answer the alerts: they take most of them after some hours, call, close with evidence,
dismiss, put off or forget, and in some units nobody looks at all. The same files and seed give the same bytes. It shows
what clocks, capacity and supervision do to people's day; it does not show what answering is worth, because what the
customers of a file did is written down already, and they do not react.
"""

_STAFF_HELP = "A simulation: let made-up staff answer the alerts; the customers in FILES do not react to it."


class _Results:
    """What a run came to: a summary, the files of alerts, and a report if one is asked for."""

    def __init__(
        self, params: Params, alerts: BinaryIO | None, aggregates: BinaryIO | None, collector: Collector | None
    ) -> None:
        self.summary = Summary()
        self._alerts = alerts
        self._aggregates = Aggregates(params.aggregates)
        self._aggregates_file = aggregates
        self._collector = collector

    def put(self, message: JournalMessage, outcomes: list[Outcome]) -> None:
        """Count a message and what followed."""
        self.summary.events[message.kind] += 1
        if self._collector is not None:
            self._collector.take(message, outcomes)
        self._put(outcomes)

    def put_rest(self, outcomes: list[Outcome]) -> None:
        """Count what time alone brought after the last message."""
        if self._collector is not None:
            self._collector.take_outcomes(outcomes)
        self._put(outcomes)

    def put_dead_letter(self, reason: str) -> None:
        """Count what could not be read."""
        self.summary.dead_letters[reason] += 1
        if self._collector is not None:
            self._collector.take_dead_letter(reason)

    def _put(self, outcomes: list[Outcome]) -> None:
        """Count outcomes, and write the alerts."""
        self.summary.count(outcomes)
        if self._alerts is not None:
            for outcome in outcomes:
                self._alerts.writelines(encode(alert) + b"\n" for alert in outcome.alerts)
        aggregates = self._aggregates.take(outcomes)
        self.summary.many.take(aggregates)
        if self._aggregates_file is not None:
            self._aggregates_file.writelines(encode(aggregate) + b"\n" for aggregate in aggregates)


class _Runs:
    """Makes the run that a file asks for, with staff if they are wanted."""

    def __init__(
        self, intake: Intake, params: Params, lateness: timedelta, key: bytes | None, staff_seed: int | None
    ) -> None:
        self.done = Counter[str]()
        """What staff have done, by name of the action."""
        self._intake, self._params, self._lateness, self._key = intake, params, lateness, key
        self._staff_seed = staff_seed

    def of_events(self) -> Run:
        """Make a run of events."""
        run = EventRun(self._intake, self._params, self._lateness)
        return run if self._staff_seed is None else StaffedEvents(run, self._staff(self._staff_seed), self.done)

    def of_journal(self, header: DumpHeader) -> Run:
        """Make a run of a journal dump."""
        run = JournalRun(header.epoch, self._params, self._key, header.partitions)
        if self._staff_seed is None:
            return run
        return StaffedJournal(run, partial(self._staff, self._staff_seed), self._intake, self.done)

    def _staff(self, seed: int) -> Staff:
        """Make people who keep the company's hours."""
        return Staff(seed, utc_offset_hours=self._params.organisation.utc_offset_hours)


@click.command("replay", epilog=_EPILOG)
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--alerts", type=click.File("wb"), help="Write alert transitions here as JSON Lines.")
@click.option("--aggregates", type=click.File("wb"), help="Write alerts about many customers here.")
@click.option("--risk", type=click.File("wb"), help="Write the last belief about each customer here.")
@click.option("--dead-letters", type=click.File("wb"), help="Write lines that cannot be read here, redacted.")
@click.option("--report", type=click.File("wb", lazy=False), help="Write a page for people (HTML) here.")
@click.option(
    "--report-language",
    type=click.Choice(["zh", "en", "both"]),
    default="both",
    show_default=True,
    help="Language of the page; with both, a switch.",
)
@options.language_or_both
@click.option("--lateness-hours", default=1.0, show_default=True, help="How far the event clock stays behind.")
@click.option("--until", type=click.DateTime(), help="Let time run on to here (UTC) after the last event.")
@options.organisation
@options.pack
@options.check_signatures
@click.option("--staff", is_flag=True, help=_STAFF_HELP)
@click.option("--staff-seed", default=7, show_default=True, help="Where the chance of --staff comes from.")
@click.option("--quiet", is_flag=True, help="No progress bar and no summary.")
def replay(
    files: tuple[str, ...],
    alerts: BinaryIO | None,
    aggregates: BinaryIO | None,
    risk: BinaryIO | None,
    dead_letters: BinaryIO | None,
    report: BinaryIO | None,
    report_language: Languages,
    language: Language,
    lateness_hours: float,
    until: datetime | None,
    organisation: Path | None,
    pack: str | None,
    check_signatures: bool,
    staff: bool,
    staff_seed: int,
    quiet: bool,
) -> None:
    """Run the events of FILES through the core: alerts with reasons out, and a summary."""
    settings = load_settings()
    params = load_params(settings.params_file, organisation or settings.organisation, pack or settings.pack)
    # A file is tried before anything is declared, so without declarations every attribute is taken.
    attributes = frozenset(settings.attributes) or None
    intake = Intake(Pseudonymiser(settings.pseudonym_secret()), partitions=1, attributes=attributes)
    collector = _collector(params, [*map(_name_of, files), *([_staff_named(staff_seed)] if staff else [])], report)
    results = _Results(params, alerts, aggregates, collector)
    console = Console(stderr=True, quiet=quiet)
    key = settings.snapshot_secret() if check_signatures else None
    runs = _Runs(intake, params, timedelta(hours=lateness_hours), key, staff_seed if staff else None)
    run: Run | None = None
    with (
        Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        ) as progress,
        ExitStack() as stack,
    ):
        for name in files:
            for number, raw in enumerate(lines_of(stack, name, progress)):
                if number == 0 and is_dump(raw):
                    run = runs.of_journal(read_header(raw))
                    continue
                run = run or runs.of_events()
                _take(run, intake, raw, number, results, dead_letters)
    if run is None:
        raise ConfigurationError("nothing to replay: the files hold no line")
    results.put_rest(run.finish(until.replace(tzinfo=UTC) if until else None))
    _write_risk(run, risk)
    stages = [
        sum(counts) for counts in zip(*(engine.customers_by_stage for engine, _ in run.partitions()), strict=True)
    ]
    if staff:
        results.summary.staff = {staff_seed: runs.done}
    console.print(results.summary.render(stages, language))
    if report and collector:
        collector.take_drift(run.drifts())
        _write_report(report, collector, stages, report_language)


def _take(run: Run, intake: Intake, raw: bytes, number: int, results: _Results, dead_letters: BinaryIO | None) -> None:
    """Take one line; what cannot be read is counted and kept, and the rest goes on."""
    try:
        for taken in run.take(raw):
            if isinstance(taken, UnreadableMessageError):
                results.put_dead_letter(taken.reason)
            else:
                results.put(*taken)
    except UnreadableMessageError as error:
        results.put_dead_letter(error.reason)
        if dead_letters is not None:
            letter = intake.dead_letter(error, raw, "file", 0, number, datetime.now(UTC))
            dead_letters.write(encode(letter) + b"\n")


def _collector(params: Params, names: list[str], report: BinaryIO | None) -> Collector | None:
    """Prepare the report before anything is read: what it needs may be missing."""
    if report is None:
        return None
    try:
        import foreshock.report.page  # noqa: F401
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"--report needs {error.name}, which is not installed: run `make setup`, or `pip install jinja2 plotly`"
        ) from error
    from foreshock.report.collecting import Collector

    return Collector(params.digest(), names)


def _name_of(file: str) -> str:
    """Name a file without its folder."""
    return Path(file).name


def _staff_named(seed: int) -> str:
    """Name the staff in what is shown, so that nobody takes them for people."""
    return f"simulated staff (seed {seed})"


def _write_report(file: BinaryIO, collector: Collector, stages: list[int], languages: Languages) -> None:
    """Write the page."""
    from foreshock.report.page import render

    file.write(render(collector.figures(stages), languages).encode())


def _write_risk(run: Run, risk: BinaryIO | None) -> None:
    """Write the last belief about each customer, in the order of their keys."""
    if risk is not None:
        for engine, states in run.partitions():
            known = (key for key in sorted(states) if not states[key].forgotten_at)
            risk.writelines(encode(engine.risk_of(key, states[key])) + b"\n" for key in known)
