"""What we hear in a text: how it feels, and whether it threatens, by lexicon and learned model together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from models.lexicon import Category
from models.sentiment import Reading, combine, read, read_together
from models.text.cold_start import ColdStart, share_of_cold_start
from models.text.conversation import Conversation
from models.text.frozen import TextModel
from schemas.snapshots import TextWeights

_THREATS = int(Category.REGULATOR | Category.EXPOSURE | Category.LEGAL)

LEAST_ANGER = -0.2
"""A text must feel at least this bad for a word such as "lawyer" to be a threat and not a topic."""


class Said(NamedTuple):
    """One thing that one side said."""

    is_customer: bool
    """Whether the customer said it."""
    text: str
    """What was said."""


class Heard(NamedTuple):
    """What was heard in one text of a customer."""

    polarity: float
    """How it feels, in [-1, 1]; 0 where nothing is known."""
    is_threat: bool
    """Whether it names a regulator, a lawyer or the public, and not in good humour."""


class Followed(NamedTuple):
    """What was heard in the next turns of a conversation."""

    conversation: Conversation
    """The conversation with these turns."""
    heard: Heard | None
    """What the customer said in them, together; None where only the company's side spoke."""
    dissatisfaction: float | None
    """Probability that the customer ends it dissatisfied; None before anything was learned."""
    handover: float | None
    """Score of the last turn needing a person; None before anything was learned."""
    needs_person: bool
    """Whether that score is above the threshold."""


class Ear(Protocol):
    """Reads what is said."""

    def hear(self, text: str) -> Heard:
        """Read a text that stands by itself."""

    def follow(self, conversation: Conversation, said: Sequence[Said]) -> Followed:
        """Read the next turns of a conversation."""


class Listener:
    """Hears with the lexicon and with the text model of one snapshot.

    Parameters
    ----------
    weights
        The frozen text model.
    trust
        Rated conversations after which it counts as much as the lexicon (> 0).
    cold_start
        What joins the lexicon while few are rated; None where it reads alone.
    """

    def __init__(self, weights: TextWeights, trust: float, cold_start: ColdStart | None = None) -> None:
        self._model = TextModel(weights)
        self._is_rated = weights.mood.examples_seen > 0
        self._knows_handover = weights.handover.examples_seen > 0
        self._trust = trust
        self._cold_start = cold_start
        self._cold_share = share_of_cold_start(weights.mood.examples_seen, trust)

    def hear(self, text: str) -> Heard:
        """Read a text that stands by itself, such as a comment."""
        model = self._model
        return self._heard(text, read(text), model.shift(model.add(_NOTHING, True, text)))

    def follow(self, conversation: Conversation, said: Sequence[Said]) -> Followed:
        """Read the next turns of a conversation: each is added to what is kept of it.

        Parameters
        ----------
        conversation
            What was said before.
        said
            What is said now, at least one turn.
        """
        model, words = self._model, [text for is_customer, text in said if is_customer]
        polarities, reading = read_together(words)
        felt = iter(polarities)
        *earlier, (is_customer, text) = said
        spoken: Conversation | None = None
        for by_customer, turn in earlier:
            conversation = model.add(conversation, by_customer, turn, next(felt) if by_customer else 0.0)
            if by_customer:
                spoken = conversation
        # Of many turns only the last is judged, and how the customer sounds in what they said last.
        conversation, verdict = model.hear(conversation, is_customer, text, next(felt) if is_customer else 0.0)
        shift = verdict.shift if spoken is None or is_customer else model.shift(spoken)
        return Followed(
            conversation,
            self._heard("\n".join(words), reading, shift) if words else None,
            verdict.probability if self._is_rated else None,
            verdict.handover if self._knows_handover else None,
            verdict.needs_person,
        )

    def _heard(self, text: str, reading: Reading, shift: float) -> Heard:
        """Join what the lexicon reads in a text with how far the model says that it sounds from the mean."""
        unlearned = reading.polarity
        if self._cold_start is not None and self._cold_share > 0.0:
            unlearned += self._cold_share * self._cold_start.polarity(text)
        polarity = combine(unlearned, shift, self._model.examples_seen, self._trust)
        return Heard(polarity, bool(reading.categories & _THREATS) and polarity <= LEAST_ANGER)


_NOTHING = Conversation()
