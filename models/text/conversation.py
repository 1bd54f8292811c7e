"""What is remembered of a conversation that goes on: counts, sums, and a trace to learn from later."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from models.memo import Memo
from models.text.tokens import EXCLAMATION, QUESTION

MAX_TOKENS = 800
"""Tokens in a trace, three characters each: beyond this the oldest turns are forgotten, the newest stays.

Sums and counts keep what a trace forgets: of a conversation this long, a scorer hears all turns and the learner the
latest. Fields are means over turns, so both look at vectors of the same length, of nearly the same words."""


class Turn(NamedTuple):
    """One thing that one side said, without its words."""

    is_customer: bool
    """Whether the customer said it; all others are the company's side."""
    codes: Sequence[int]
    """Its tokens, as `models.text.tokens.tokens` gives them."""


class Sums(NamedTuple):
    """What the frozen weights said of the turns so far; each turn counts as a vector of length one."""

    customer: float = 0.0
    """All customer turns."""
    agent: float = 0.0
    """All turns of the company's side."""
    last_customer: float = 0.0
    """The last customer turn."""
    last_agent: float = 0.0
    """The last turn of the company's side."""
    before_customer: float = 0.0
    """The last turn, as what a customer answers."""
    before_agent: float = 0.0
    """The last turn, as what the company's side answers."""
    two_before: float = 0.0
    """The last turn, as what lies two turns before the next but one."""
    three_before: float = 0.0
    """The turn before the last, as what lies two turns before the next."""
    past_agent_for_agent: float = 0.0
    """All words of the company's side, as what its next turn comes after."""
    past_customer_for_agent: float = 0.0
    """All words of the customer, as what the company's next turn comes after."""
    past_agent_for_customer: float = 0.0
    """All words of the company's side, as what the next customer turn comes after."""
    past_customer_for_customer: float = 0.0
    """All words of the customer, as what their next turn comes after."""


NOTHING_SAID = Sums()


class Conversation(NamedTuple):
    """A running conversation, as plain numbers and one string: what a customer's row keeps.

    Codes are hashes without a key. They spare nobody's text from being guessed character by character: keep a trace
    as carefully as a text, and no longer than until the conversation is rated.
    """

    customer_turns: int = 0
    """Turns of the customer."""
    agent_turns: int = 0
    """Turns of the company's side."""
    order: str = ""
    """Who spoke in the last four turns, `c` or `a`, newest last."""
    customer_tokens: int = 0
    """Tokens of the customer."""
    exclamations: int = 0
    """Exclamation marks of the customer."""
    questions: int = 0
    """Question marks of the customer."""
    last_tokens: int = 0
    """Tokens of the last customer turn."""
    last_exclamations: int = 0
    """Exclamation marks in it."""
    last_questions: int = 0
    """Question marks in it."""
    agent_tokens: int = -1
    """Tokens of the last turn of the company's side; -1 where there is none."""
    trace: str = ""
    """The tokens of all turns, for learning: see `turns`."""
    sums: Sums = NOTHING_SAID
    """What the model said so far."""
    mood: float = 0.0
    """Sum of the lexicon's polarity over the customer's turns."""

    def then(self, turn: Turn, sums: Sums = NOTHING_SAID, polarity: float = 0.0) -> Conversation:
        """Return the conversation with one turn more.

        Parameters
        ----------
        turn
            What was said.
        sums
            What the model says of all turns, this one included.
        polarity
            What the lexicon reads in it; 0 for the company's side.
        """
        codes, trace = turn.codes, self.trace
        size = len(codes)
        trace = _shortened(f"{trace} {_written(turn)}") if trace else _written(turn)
        if not turn.is_customer:
            return Conversation(
                self.customer_turns,
                self.agent_turns + 1,
                self.order[-3:] + "a",
                self.customer_tokens,
                self.exclamations,
                self.questions,
                self.last_tokens,
                self.last_exclamations,
                self.last_questions,
                size,
                trace,
                sums,
                self.mood,
            )
        exclamations, questions = codes.count(EXCLAMATION), codes.count(QUESTION)
        return Conversation(
            self.customer_turns + 1,
            self.agent_turns,
            self.order[-3:] + "c",
            self.customer_tokens + size,
            self.exclamations + exclamations,
            self.questions + questions,
            size,
            exclamations,
            questions,
            self.agent_tokens,
            trace,
            sums,
            self.mood + polarity,
        )

    def turns(self) -> list[Turn]:
        """Read the turns back from the trace, oldest first; the oldest of a very long conversation are forgotten."""
        return read_trace(self.trace)

    def heard(self) -> Heard:
        """Give what the next turn is compared with."""
        parts = tuple(self.trace.split(" ")) if self.trace else ()
        customer = [part for part in parts if part[0] == "c"]
        answers = [part for part in parts if part[0] == "a"]
        return Heard("".join(customer), customer[-1] if customer else "", "".join(answers), parts)


class Heard(NamedTuple):
    """What was said so far, spelled.

    A token is looked for as three characters of these strings. One that lies across two others is found too: about
    as often as two words share a hash, and for a fifth of the cost of cutting everything into tokens.
    """

    said: str
    """The customer's turns."""
    said_last: str
    """The last customer turn."""
    answered: str
    """The turns of the company's side."""
    turns: tuple[str, ...]
    """Every turn in one piece: who, and its tokens."""


def trace_of(turns: Sequence[Turn]) -> str:
    """Write turns as a trace: who, then three characters per token."""
    return " ".join([_written(turn) for turn in turns])


def read_trace(trace: str) -> list[Turn]:
    """Read the turns of a trace."""
    return [_read(written) for written in trace.split(" ")] if trace else []


def spelled(codes: Sequence[int]) -> list[str]:
    """Write each code as three characters."""
    return list(map(_spelling, codes))


def _three_digits(code: int) -> str:
    """Write a code as three characters."""
    return _DIGITS[code >> 12] + _DIGITS[code >> 6 & 63] + _DIGITS[code & 63]


_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_spelling = Memo(_three_digits).__getitem__
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)}
_TOKEN = re.compile("...")


def _written(turn: Turn) -> str:
    """Write a turn: who, then three characters per token."""
    return "ac"[turn.is_customer] + "".join(map(_spelling, turn.codes))


def _read(written: str) -> Turn:
    """Read what `_written` wrote."""
    codes = [_VALUES[one] << 12 | _VALUES[two] << 6 | _VALUES[three] for one, two, three in _TOKEN.findall(written[1:])]
    return Turn(written[0] == "c", codes)


def _shortened(trace: str) -> str:
    """Forget the oldest turns of a trace that is too long."""
    while len(trace) > MAX_TOKENS * 3 and " " in trace:
        trace = trace[trace.index(" ") + 1 :]
    return trace
