"""What is learned from and what is judged on: folds within one half, or two halves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.quality.figures import Folders
from bench.quality.running import Given

FOLDS = 4


class Split(NamedTuple):
    """One training and one test stream, each in time order."""

    name: str
    """Which test set the split belongs to: empty for folds, a file's name for a test folder."""
    train: list[Given]
    """To learn from, in one pass."""
    test: list[Given]
    """To judge on."""


def splits(
    folders: Folders, name: str, stem: str, read: Callable[[Sequence[Path]], list[Given]]
) -> Iterator[list[Split]]:
    """Yield the splits of a set, those of one test set together.

    Parameters
    ----------
    folders
        Where the sets are. Without a test folder the training files are cut into folds by customer: the i-th customer
        of the stream belongs to fold i modulo 4.
    name, stem
        The set's folder, and how its files' names begin.
    read
        Makes events of files.
    """
    known = read(folders.files(name, stem))
    if folders.test is None:
        if known:
            yield list(_folds(known))
        return
    for file in folders.test_files(name, stem):
        yield [Split(file.name.partition(".")[0], known, read([file]))]


def _folds(events: Sequence[Given]) -> Iterator[Split]:
    """Cut one stream into folds by customer."""
    numbers: dict[str, int] = {}
    fold_of = [numbers.setdefault(given.customer_id, len(numbers)) % FOLDS for given in events]
    for fold in range(FOLDS):
        train = [given for given, other in zip(events, fold_of, strict=True) if other != fold]
        test = [given for given, other in zip(events, fold_of, strict=True) if other == fold]
        yield Split("", train, test)
