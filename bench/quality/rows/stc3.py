"""Help-desk dialogues in Chinese and English: how early the product knows that one ends badly."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.quality import references
from bench.quality.beliefs import dissatisfaction
from bench.quality.bootstrap import Judged, estimate
from bench.quality.dialogues import Dialogue, dialogues_of
from bench.quality.figures import Figure, Run, cost
from bench.quality.metrics import auc
from bench.quality.running import Clock, Frozen, Given, Learning, events_of
from bench.quality.splitting import Split, splits
from bench.quality.watching import watched
from models.params import Params

SET, MAPPING = "stc3_helpdesk", "stc3_helpdesk"

CUTS = {"turn 1": 1, "turn 2": 2, "turn 3": 3, "whole": 99}
"""After how many turns of either side the product is asked; turn 2 is the agent's first answer."""

DISSATISFIED_BELOW = 2.5
"""Mean rating, 1 to 5: the set's own limit of -0.5 on its scale of -2 to 2."""

_TARGETS = {"zh": (0.792, 0.806, 0.872, 0.905), "en": (0.753, 0.768, 0.846, 0.878)}
"""What a first one-pass probe reached in Chinese, and batch logistic regression on the same fields in English."""


def measure(run: Run) -> list[Figure]:
    """Learn in one pass, freeze, and ask after each cut of dialogues that were not learned from."""
    figures: list[Figure] = []
    for language in ("zh", "en"):
        for group in splits(run.folders, SET, language, events):
            figures += _figures(run, language, group)
    return figures


def events(files: Sequence[Path]) -> list[Given]:
    """Make calls and ratings of dialogues."""
    return events_of(MAPPING, files)


def learned(split: Split, params: Params, label: str, clocks: list[Clock]) -> Frozen:
    """Learn from the training stream in one pass, and give the product with what it knows then."""
    learning = Learning(params)
    weights = learning.learn_all(watched(split.train, label))
    clocks.append(learning.clock)
    return Frozen(params, weights)


def scored(frozen: Frozen, dialogues: Sequence[Dialogue], label: str, clocks: list[Clock]) -> list[list[float]]:
    """Say for each dialogue what the product believes after each turn."""
    clocks.append(frozen.clock)
    return [[dissatisfaction(frozen.take(turn).risk) for turn in one.turns] for one in watched(dialogues, label)]


def _figures(run: Run, language: str, group: Sequence[Split]) -> list[Figure]:
    """Measure one test set: a file, or the folds of the training half."""
    found: dict[str, list[Judged]] = {cut: [] for cut in CUTS}
    peers: dict[str, list[Judged]] = {cut: [] for cut in CUTS}
    clocks: list[Clock] = []
    row = f"stc3 {group[0].name or language}"
    for number, split in enumerate(group, start=1):
        label = f"{row}, {number} of {len(group)}"
        dialogues = dialogues_of(split.test)
        said = scored(learned(split, Params(), label, clocks), dialogues, label, clocks)
        for cut, turns in CUTS.items():
            found[cut].append(_judged(dialogues, [scores[:turns][-1] for scores in said]))
        if run.with_references:
            told = references.dialogue_scores(
                dialogues_of(split.train), dialogues, list(CUTS.values()), language, is_bad
            )
            for cut, scores in zip(CUTS, told or (), strict=False):
                peers[cut].append(_judged(dialogues, scores))
    targets = _TARGETS.get(language, (None,) * len(CUTS))
    return [
        Figure(
            row,
            f"AUC, {cut}",
            estimate(auc, found[cut]),
            target,
            references.value_of(estimate(auc, peers[cut])),
            microseconds_per_event=cost(clocks),
        )
        for cut, target in zip(CUTS, targets, strict=True)
    ]


def _judged(dialogues: Sequence[Dialogue], scores: Sequence[float]) -> Judged:
    """Put scores beside what came true."""
    judged = Judged()
    for one, score in zip(dialogues, scores, strict=True):
        judged.add(score, is_bad(one), one.name)
    return judged


def is_bad(dialogue: Dialogue) -> bool:
    """Tell whether a dialogue ended with a dissatisfied customer."""
    return dialogue.rating is not None and dialogue.rating < DISSATISFIED_BELOW
