"""Neutral questions about insurance: how many are taken for the words of an unhappy customer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bench.quality import references
from bench.quality.beliefs import dissatisfaction
from bench.quality.bootstrap import Judged, estimate
from bench.quality.dialogues import Dialogue, dialogues_of
from bench.quality.figures import Figure, Run, cost
from bench.quality.metrics import share
from bench.quality.rows import stc3
from bench.quality.running import Clock, Frozen, events_of
from bench.quality.splitting import splits
from bench.quality.watching import watched
from models.params import Params

SET, MAPPING = "insuranceqa_zh", "insuranceqa"

FLAGGED_SHARE = 0.3
"""The threshold flags so many first turns of help-desk dialogues: about as many as end dissatisfied."""


def measure(run: Run) -> list[Figure]:
    """Learn from help-desk dialogues, put the threshold where it flags 30 % of others, and ask about questions."""
    files = run.folders.test_files(SET, "questions") or run.folders.files(SET, "questions")
    if not files:
        return []
    questions = events_of(MAPPING, files)
    asked = [Dialogue(given.customer_id, [given]) for given in questions]
    clocks: list[Clock] = []
    figures = []
    for group in splits(run.folders, stc3.SET, "zh", stc3.events):
        found, peers = [], []
        for number, split in enumerate(group, start=1):
            label = f"neutral, {number} of {len(group)}"
            dialogues = dialogues_of(split.test)
            frozen = stc3.learned(split, Params(), label, clocks)
            first = [dissatisfaction(frozen.take(one.turns[0]).risk) for one in watched(dialogues, label)]
            said = [scores[0] for scores in stc3.scored(_fresh(frozen), asked, label, clocks)]
            found.append(_flagged(asked, first, said))
            if run.with_references:
                peers += _peer(dialogues_of(split.train), dialogues, dialogues_of(questions), asked)
        row = f"insuranceqa {group[0].name}".strip()
        reference = references.value_of(estimate(share, peers))
        figures.append(
            Figure(row, "share above the threshold", estimate(share, found), 0.005, reference, "lower", cost(clocks))
        )
    return figures


def _fresh(frozen: Frozen) -> Frozen:
    """Score with the same weights, and no customers or time from before."""
    return Frozen(Params(), frozen.weights)


def _peer(
    train: Sequence[Dialogue], test: Sequence[Dialogue], questions: Sequence[Dialogue], asked: Sequence[Dialogue]
) -> list[Judged]:
    """Let the batch reference do the same."""
    both = references.dialogue_scores(train, [*test, *questions], [1], "zh", stc3.is_bad)
    return [] if both is None else [_flagged(asked, both[0][: len(test)], both[0][len(test) :])]


def _flagged(asked: Sequence[Dialogue], first: Sequence[float], said: Sequence[float]) -> Judged:
    """Flag what lies above the threshold that flags the given share of first turns."""
    threshold = float(np.quantile(first, 1 - FLAGGED_SHARE))
    judged = Judged()
    for one, score in zip(asked, said, strict=True):
        judged.add(score > threshold, False, one.name)
    return judged
