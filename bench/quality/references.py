"""Batch learners on the same splits: what scikit-learn reaches when it sees all training data as often as it likes.

They are peers, not parts of the product. Without scikit-learn (the extra `bench`) their column says `-`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from bench.quality.bootstrap import Estimate
from bench.quality.dialogues import Dialogue
from bench.quality.metrics import Numbers

try:
    from scipy.sparse import hstack
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits
except ImportError:  # the table says so
    HAS_SKLEARN = False
else:
    HAS_SKLEARN = True


def value_of(found: Estimate | None) -> float | None:
    """Give the figure without its interval."""
    return None if found is None else found.value


def dialogue_scores(
    train: Sequence[Dialogue],
    test: Sequence[Dialogue],
    cuts: Sequence[int],
    language: str,
    is_positive: Callable[[Dialogue], bool],
) -> list[list[float]] | None:
    """Score the beginnings of dialogues with TF-IDF of character n-grams and logistic regression.

    What the customer and the agent said, and what each said last, are weighed apart, with a few marks of shape. It is
    trained on every beginning that ends with the customer, and on the whole. Characters 1 to 3 in Chinese, 2 to 5
    within words in English.

    Parameters
    ----------
    cuts
        How many turns of a dialogue are seen.

    Returns
    -------
    list of list of float, or None
        Per cut one score per test dialogue; None without scikit-learn.
    """
    if not HAS_SKLEARN:
        return None
    grams = _CHARACTERS if language == "zh" else _WORD_PIECES
    beginnings = [(one, turns) for one in train for turns in _beginnings(one)]
    fields = [_fields(one, turns) for one, turns in beginnings]
    labels = [is_positive(one) for one, _ in beginnings]
    weights = [1.0 if turns == len(one.texts) else 0.3 for one, turns in beginnings]
    scores = _fitted(fields, labels, [_fields(one, cut) for cut in cuts for one in test], grams, weights)
    return [scores[place * len(test) : (place + 1) * len(test)] for place in range(len(cuts))]


def utterance_scores(train: Sequence[Dialogue], test: Sequence[Dialogue]) -> list[Numbers] | None:
    """Score every utterance: the words of it, of the two before, and of all before. None without scikit-learn."""
    if not HAS_SKLEARN:
        return None
    labels = [mark for one in train for mark in one.marks]
    windows = [[_window(one, place) for place in range(len(one.turns))] for one in test]
    learned_from = [_window(one, place) for one in train for place in range(len(one.turns))]
    scores = _fitted(learned_from, labels, [each for one in windows for each in one], _WORDS)
    ends = np.cumsum([len(one) for one in windows])[:-1]
    return np.split(np.array(scores), ends)


def refitted(
    rows: Sequence[dict[str, Any]], labels: Sequence[bool], known_at: Sequence[float], at: Sequence[float], every: float
) -> list[float] | None:
    """Score a stream with gradient boosting that is fitted anew each so often on what is known by then.

    Parameters
    ----------
    rows
        Fields of each prediction: numbers, and words that become categories.
    labels
        What came true.
    known_at
        When each label was known, in seconds.
    at
        When each prediction was made, ascending.
    every
        Seconds between two fits.

    Returns
    -------
    list of float or None
        One score per row, 0 before the first fit; None without scikit-learn.
    """
    if not HAS_SKLEARN or not rows:
        return None
    inputs, is_category = _coded(rows)
    truth, when, known = np.array(labels, dtype=int), np.array(at), np.array(known_at)
    scores = np.zeros(len(rows))
    # Threads of its own would wait for each other on a busy machine, ten times longer than they work.
    with threadpool_limits(limits=1):
        for begin in np.arange(when[0], when[-1] + 1, every):
            now = (when >= begin) & (when < begin + every)
            past = known <= begin
            if now.any() and truth[past].any() and not truth[past].all():
                model = HistGradientBoostingClassifier(
                    learning_rate=0.05, max_iter=150, categorical_features=is_category, random_state=0
                )
                scores[now] = model.fit(inputs[past], truth[past]).predict_proba(inputs[now])[:, 1]
    return [float(score) for score in scores]


_CHARACTERS: dict[str, Any] = {"analyzer": "char", "ngram_range": (1, 3)}
_WORD_PIECES: dict[str, Any] = {"analyzer": "char_wb", "ngram_range": (2, 5)}
_WORDS: dict[str, Any] = {"analyzer": "word", "ngram_range": (1, 2)}
_TOKENS: dict[str, Any] = {"analyzer": "word", "token_pattern": r"\S+", "lowercase": False}

_FIELD_WEIGHTS = {"customer": 1.0, "agent": 0.7, "last customer": 1.4, "last agent": 0.6, "shape": 0.5, "before": 0.5}
"""How much each field counts; others 1."""

# A category with more words than gradient boosting takes keeps its commonest.
_MAX_WORDS = 250


def _beginnings(dialogue: Dialogue) -> list[int]:
    """Say after how many turns one could have asked: after each of the customer's, and at the end."""
    places = [place for place, (speaker, _) in enumerate(dialogue.texts, start=1) if speaker == "customer"]
    return sorted({*places, len(dialogue.texts)})


def _fields(dialogue: Dialogue, turns: int) -> dict[str, str]:
    """Gather what each side said in the first turns, what each said last, and how long it all is."""
    said = dialogue.texts[:turns]
    fields = {}
    for side in ("customer", "agent"):
        texts = [text for speaker, text in said if speaker == side]
        fields[side], fields[f"last {side}"] = "\n".join(texts), "".join(texts[-1:])
    marks = fields["customer"]
    lengths = [f"{name.replace(' ', '')}{len(text).bit_length()}" for name, text in fields.items()]
    counted = [f"{sign}{min(3, marks.count(sign) + marks.count(wide))}" for sign, wide in (("!", "！"), ("?", "？"))]
    fields["shape"] = " ".join([f"turns{len(said)}", f"ends{said[-1][0]}", *lengths, *counted])
    return fields


def _window(dialogue: Dialogue, place: int) -> dict[str, str]:
    """Gather an utterance, the two before it, and who speaks when."""
    speaker, text = dialogue.texts[place]
    before = dialogue.texts[max(0, place - 2) : place]
    repeated = "repeated" if text in [said for _, said in dialogue.texts[:place]] else "new"
    sides = "_".join([*(side for side, _ in before), speaker])
    return {
        "said": " ".join(f"{speaker}{word}" for word in text.split()),
        "before": " ".join(f"{side}{word}" for side, said in before for word in said.split()),
        "shape": f"{speaker}{place.bit_length()} {repeated} {sides} length{len(text.split()).bit_length()}",
    }


def _fitted(
    train: Sequence[dict[str, str]],
    labels: Sequence[bool],
    test: Sequence[dict[str, str]],
    grams: dict[str, Any],
    weights: Sequence[float] | None = None,
) -> list[float]:
    """Fit TF-IDF per field and one logistic regression over all, and score."""
    learned, asked = [], []
    for name in train[0]:
        vectors = TfidfVectorizer(sublinear_tf=True, min_df=2, **(_TOKENS if name == "shape" else grams))
        vectors.fit([each[name] for each in train])
        vectors.idf_ = vectors.idf_**0.5
        weight = _FIELD_WEIGHTS.get(name, 1.0)
        learned.append(weight * vectors.transform([each[name] for each in train]))
        asked.append(weight * vectors.transform([each[name] for each in test]))
    model = LogisticRegression(C=4.0, class_weight="balanced", max_iter=300, solver="liblinear")
    model.fit(hstack(learned).tocsr(), np.array(labels), sample_weight=weights)
    return [float(score) for score in model.decision_function(hstack(asked).tocsr())]


def _coded(rows: Sequence[dict[str, Any]]) -> tuple[Numbers, list[bool]]:
    """Make numbers of words, the commonest first."""
    names = sorted({name for row in rows for name in row})
    columns, is_category = [], []
    for name in names:
        values = [row.get(name) for row in rows]
        words = any(isinstance(value, str) for value in values)
        is_category.append(words)
        columns.append(_codes(values) if words else [float("nan") if value is None else value for value in values])
    return np.array(columns, dtype=float).T, is_category


def _codes(values: Sequence[Any]) -> list[float]:
    """Number words by how common they are; the rare ones share a number."""
    known, counts = np.unique([str(value) for value in values], return_counts=True)
    common = known[np.argsort(-counts, kind="stable")]
    number = {word: min(place, _MAX_WORDS) for place, word in enumerate(common)}
    return [float(number[str(value)]) for value in values]
