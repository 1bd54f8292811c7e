"""How good the product is: `python -m bench.quality`, or `make bench-quality`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console

from bench.carriers.job import BenchError
from bench.quality import references
from bench.quality.bootstrap import RESAMPLES
from bench.quality.figures import Figure, Folders, Run
from bench.quality.floors import FLOORS, fallen, read_floors, write_floors
from bench.quality.rows import drift, fines, handover, incidents, neutral, simulator, stc3
from bench.quality.table import COLUMNS, plain_of, rows_of
from bench.report import CHECKOUT, machine, print_machine, print_table, write_json
from schemas.errors import ForeshockError

Measure = Callable[[Run], list[Figure]]

GROUPS: dict[str, Measure] = {
    "text": stc3.measure,
    "fines": fines.measure,
    "handover": handover.measure,
    "incidents": incidents.measure,
    "neutral": neutral.measure,
    "simulator": simulator.measure,
    "drift": drift.measure,
}
"""Row groups by name, in the order of the table."""

_SIMULATED = {"simulator", "drift"}

_HELP = """Measure how good the product is, with the product itself doing all the learning.

Data become events through a mapping file of examples/, go through the code of `foreshock import`, through `step` and
the product's own learners; scores are read from what the product says about a customer. There is no learner and no
feature here but the batch references of scikit-learn, which stand beside (extra `bench`).

\b
  text       help-desk dialogues, zh and en: dissatisfied at the end, asked after turn 1, 2, 3, whole
  fines      who appeals, 2001 to 2013, learned as it goes, from nothing
  handover   shop chats: when should a person take over, and who leaves dissatisfied
  incidents  which solutions does the caller reject (one in a hundred), learned as it goes
  neutral    neutral questions above the threshold that flags 30 % of first turns
  simulator  complaints announced in time, customers to call for it, calibration
  drift      days until a change of what people complain about is learned

Without names all of them. Without --test, dialogues are cut into four folds within --train, and streams are judged as
they go; with it, dialogues are learned from --train and judged on --test, and streams of --test are judged as they
go, from nothing and once more with what --train taught.

\b
Examples:
  make bench-quality
  make bench-quality ARGS="text --no-references"
  python -m bench.quality --train DIR --test DIR --json figures.json
"""


@click.command(help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", nargs=-1, type=click.Choice(list(GROUPS)), metavar="[NAME]...")
@click.option("--train", type=click.Path(path_type=Path), help="Folder of the sets.  [default: FORESHOCK_REAL_DATA]")
@click.option("--test", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Folder to judge on.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write all figures here.")
@click.option("--no-references", is_flag=True, help="Leave the batch references out.")
@click.option("--write-floor", is_flag=True, help="Record the figures of `text` as the floors of the quality gate.")
def main(
    names: tuple[str, ...],
    train: Path | None,
    test: Path | None,
    json_file: Path | None,
    no_references: bool,
    write_floor: bool,
) -> None:
    """Measure the rows that were asked for; the help text is `_HELP`."""
    console = Console(width=None if Console().is_terminal else 160)
    asked = names or tuple(GROUPS)
    run = Run(Folders(_found(train, asked), test), with_references=not no_references)
    if test is not None and write_floor:
        raise click.UsageError("floors are of the folds of one folder; leave --test out")
    described = machine("none")
    print_machine(described, console)
    if run.with_references and not references.HAS_SKLEARN:
        console.print("scikit-learn is not here (extra `bench`): batch references are missing")
    figures, seconds = _measured(asked, run, console)
    if json_file is not None:
        content = {"folds": test is None, "resamples": RESAMPLES, "seconds": seconds}
        write_json(json_file, "quality", described, {**content, "figures": [plain_of(each) for each in figures]})
    gated = [each for each in figures if each.row.startswith("stc3")] if test is None else []
    if write_floor:
        write_floors(gated)
        console.print(f"floors are in {FLOORS.relative_to(CHECKOUT)}")
        return
    if worse := list(fallen(gated, read_floors())):
        raise click.ClickException("worse than the recorded floor:\n  " + "\n  ".join(worse))


def _measured(asked: tuple[str, ...], run: Run, console: Console) -> tuple[list[Figure], dict[str, float]]:
    """Measure group by group, and print each as it is done."""
    figures: list[Figure] = []
    seconds: dict[str, float] = {}
    for name in asked:
        begun = time.perf_counter()
        try:
            found = GROUPS[name](run)
        except (BenchError, ForeshockError) as error:
            raise click.ClickException(f"{name}: {error}") from error
        seconds[name] = round(time.perf_counter() - begun, 1)
        figures += found
        if not found:
            console.print(f"{name}: its data are not in {run.folders.judged.name}")
            continue
        print_table(f"{name}, {seconds[name]:.0f} s", COLUMNS, rows_of(found), console)
        for note in dict.fromkeys(figure.note for figure in found if figure.note):
            console.print(note)
    return figures, seconds


def _found(train: Path | None, asked: tuple[str, ...]) -> Path:
    """Find the sets: as told, as the environment says, or beside the checkout."""
    folder = train or Path(os.environ.get("FORESHOCK_REAL_DATA", CHECKOUT.parent / "shared" / "data"))
    if not folder.is_dir() and not _SIMULATED.issuperset(asked):
        raise click.UsageError("the real sets are needed: --train DIR, or set FORESHOCK_REAL_DATA")
    return folder


if __name__ == "__main__":
    main()
