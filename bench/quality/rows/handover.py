"""Shop chats with numbers for words: when a person should take over, and who leaves dissatisfied."""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

import orjson

from bench.quality import references
from bench.quality.beliefs import dissatisfaction
from bench.quality.bootstrap import Judged, estimate
from bench.quality.dialogues import Dialogue, dialogues_of
from bench.quality.figures import Figure, Run, cost
from bench.quality.metrics import auc, f1
from bench.quality.running import Belief, Clock, Frozen, Given, Learning, events_of
from bench.quality.splitting import Split, splits
from bench.quality.watching import watched
from models.params import Params
from schemas.codec import decode_event, encode
from schemas.events import Call

SET = "mhch_zh"
MAPPINGS = {"clothing": "mhch", "makeup1": "mhch", "makeup2_ssa": "mhch_rated"}
"""Mapping of each file: only the last one has ratings."""

TARGETS = {"clothing": (0.893, 0.64), "makeup1": (0.906, 0.65), "makeup2_ssa": (0.925, 0.58)}
"""AUC and F1 to reach per file."""

_UNSATISFIED_BELOW = 2.0
_SHUFFLE = 4


def measure(run: Run) -> list[Figure]:
    """Learn in one pass, freeze, and ask after every utterance of chats that were not learned from."""
    folders = run.folders
    return [
        figure
        for stem, targets in TARGETS.items()
        for marked in [marked_in([*folders.files(SET, stem), *folders.test_files(SET, stem)])]
        for group in splits(folders, SET, stem, partial(shuffled, MAPPINGS[stem]))
        for figure in _figures(run, marked, group, group[0].name or stem, targets)
    ]


def marked_in(files: Iterable[Path]) -> frozenset[str]:
    """Read at which utterances a person should have taken over: the truth that is judged by."""
    chats = [orjson.loads(line) for file in files for line in gzip.decompress(file.read_bytes()).splitlines()]
    return frozenset(
        f"mhch:{chat['id']}:{place}" for chat in chats for place, turn in enumerate(chat["turns"]) if turn["handoff"]
    )


def _figures(
    run: Run, marked: frozenset[str], group: Sequence[Split], name: str, targets: tuple[float, float]
) -> list[Figure]:
    """Measure one test set: a file, or the folds of the training half."""
    scores, flags, ends = [], [], []
    peer_scores, peer_flags = [], []
    clocks: list[Clock] = []
    row = f"mhch {name}"
    for number, split in enumerate(group, start=1):
        chats = dialogues_of(split.test, marked)
        told = _told(split, chats, f"{row}, {number} of {len(group)}", clocks)
        scores.append(_per_utterance(chats, [[belief.risk.handover for belief in one] for one in told]))
        flags.append(_per_utterance(chats, [[_flag(belief) for belief in one] for one in told]))
        ends.append(_per_chat(chats, [dissatisfaction(one[-1].risk) for one in told]))
        if run.with_references and (found := references.utterance_scores(dialogues_of(split.train, marked), chats)):
            peer_scores.append(_per_utterance(chats, [list(one) for one in found]))
            peer_flags.append(_per_utterance(chats, [[float(score > 0) for score in one] for one in found]))
    us = cost(clocks)
    figures = [
        Figure(row, what, estimate(metric, parts), target, references.value_of(estimate(metric, peers)), "higher", us)
        for what, metric, parts, peers, target in (
            ("hand-over AUC", auc, scores, peer_scores, targets[0]),
            ("hand-over F1", f1, flags, peer_flags, targets[1]),
        )
    ]
    if any(part.scores for part in ends):
        figures.append(Figure(row, "unsatisfied AUC", estimate(auc, ends), 0.94, None, "higher", us))
    return figures


def _told(split: Split, chats: Sequence[Dialogue], label: str, clocks: list[Clock]) -> list[list[Belief]]:
    """Learn from one part, and say what is believed after each utterance of the other."""
    learning = Learning(Params())
    frozen = Frozen(Params(), learning.learn_all(watched(split.train, label)))
    clocks += [learning.clock, frozen.clock]
    return [[frozen.take(_unmarked(turn)) for turn in chat.turns] for chat in watched(chats, label)]


def _flag(belief: Belief) -> float | None:
    """Say whether the product would hand over now, by a threshold of its own; None where it does not say."""
    return None if belief.risk.handover is None else float(belief.risk.needs_person)


def _per_utterance(chats: Sequence[Dialogue], found: Sequence[Sequence[float | None]]) -> Judged:
    """Put what was said of each utterance beside its mark."""
    judged = Judged()
    for chat, values in zip(chats, found, strict=True):
        for value, mark in zip(values, chat.marks, strict=True):
            if value is not None:
                judged.add(value, mark, chat.name)
    return judged


def _per_chat(chats: Sequence[Dialogue], found: Sequence[float]) -> Judged:
    """Put what was said at the end of each chat beside its rating, where there is one."""
    judged = Judged()
    for chat, value in zip(chats, found, strict=True):
        if chat.rating is not None:
            judged.add(value, chat.rating < _UNSATISFIED_BELOW, chat.name)
    return judged


def _unmarked(given: Given) -> Given:
    """Take the mark off an utterance: it is what is asked."""
    event = decode_event(given.raw)
    if not isinstance(event, Call):
        return given
    return given._replace(raw=encode(event.model_copy(update={"handover": None})))


def shuffled(mapping: str, files: Sequence[Path]) -> list[Given]:
    """Make events of chats in an order drawn once: one of the files is sorted by satisfaction."""
    return events_of(mapping, files, _shuffled_lines)


def _shuffled_lines(file: Path) -> bytes:
    """Give the lines of a gzipped file in an order drawn once."""
    lines = gzip.decompress(file.read_bytes()).splitlines()
    random.Random(_SHUFFLE).shuffle(lines)
    return b"\n".join(lines)
