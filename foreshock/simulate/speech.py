"""How customers put things: phrases of many registers, joined, with overlap between the calm and the angry."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, Literal

from foreshock.simulate import personal
from foreshock.simulate.customers import Customer, Language
from foreshock.simulate.phrasebooks.book import Lines, PhraseBook
from foreshock.simulate.phrasebooks.en import EN
from foreshock.simulate.phrasebooks.zh import ZH
from foreshock.simulate.truth import Trouble

Mood = Literal["neutral", "asking", "thankful", "annoyed", "grumbling"]
"""How a contact sounds. All but `grumbling` are heard from content customers, too."""

BOOKS: dict[Language, PhraseBook] = {"zh": ZH, "en": EN}

_THREAT_SHARE = 0.15
"""Grumbles with a threat: few, and no more of those that end in a complaint."""

_PEOPLE = {"zh": ("我妈", "我爸", "孩子", "我老公", "我爱人"), "en": ("my mother", "my son", "my wife")}
_WEEKDAYS = {
    "zh": ("周一", "周二", "周三", "周四", "周五", "星期六"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"),
}
_JOINTS = {"zh": ("，", "。", "，", "，而且", "，还有，"), "en": (". ", ", ", ". Also, ", ", and ")}


class Speech:
    """Puts into words what customers and staff say.

    Parameters
    ----------
    chance
        Where choices come from.
    personal_data_share
        Texts in which the customer reads out personal data.
    """

    def __init__(self, chance: Random, personal_data_share: float) -> None:
        self._chance = chance
        self._personal_data_share = personal_data_share
        self._read_out: list[str] = []
        self._speaker: Customer
        self._slots: dict[str, Callable[[], str]] = {
            "product": self._product,
            "city": self._city,
            "person": lambda: chance.choice(_PEOPLE[self._speaker.language]),
            "weekday": lambda: chance.choice(_WEEKDAYS[self._speaker.language]),
            "days": lambda: str(int(chance.lognormvariate(2.0, 0.6)) + 2),
            "minutes": lambda: str(int(chance.lognormvariate(2.8, 0.5)) + 3),
            "count": lambda: str(chance.randrange(2, 9)),
            "money": lambda: str(int(chance.lognormvariate(5.5, 1.0)) + 10),
            "ref": lambda: self._speaker.policy_ref,
            "id_number": lambda: self._remembered(personal.id_number(chance)),
            "mobile": lambda: self._remembered(personal.mobile(chance)),
            "card": lambda: self._remembered(personal.card(chance)),
            "plate": lambda: self._remembered(personal.plate(chance, self._speaker.branch.plate)),
            "email": lambda: self._remembered(personal.email(chance)),
        }

    def take_personal_data(self) -> tuple[str, ...]:
        """Return the personal data read out since the last call, and forget it."""
        taken = tuple(self._read_out)
        self._read_out.clear()
        return taken

    def of_contact(self, customer: Customer, need: str, mood: Mood, about: Trouble | None) -> str:
        """Say why a customer gets in touch.

        Parameters
        ----------
        customer
            Who speaks.
        need
            Name of the need.
        mood
            How it sounds.
        about
            What an upset customer minds; missing where it is nothing in particular.
        """
        chance, book = self._chance, self._begin(customer)
        blunt = chance.random() < customer.bluntness
        core = [self._core(book, need, mood, about)]
        if mood == "annoyed" and chance.random() < 0.6:
            core.insert(chance.randrange(2), self._say(book.needs[need]))
        elif mood == "grumbling":
            if chance.random() < 0.4:
                core.insert(chance.randrange(2), self._say(book.annoyed))
            if chance.random() < _THREAT_SHARE:
                core.append(self._say(book.threats))
        elif mood in ("asking", "thankful") and chance.random() < 0.3:
            core.append(self._say(book.needs[need]))
        text = self._joined(core)
        if chance.random() < self._personal_data_share:
            text += self._say(book.personal_data)
        if chance.random() < 0.6:
            opening = self._say(book.blunt_openings if blunt else book.polite_openings)
            text = opening + text if customer.language == "zh" else f"{opening} {text}"
        return text + self._say(book.blunt_closings if blunt else book.polite_closings)

    def dialogue(self, customer: Customer, said: str, *, bot: bool, talk_seconds: float) -> list[dict[str, Any]]:
        """Make a dialogue around what the customer says.

        Parameters
        ----------
        customer
            Who speaks.
        said
            What it is about.
        bot
            Whether a bot answers.
        talk_seconds
            How long it lasts: turns are spread over it.
        """
        chance, book = self._chance, self._begin(customer)
        answerer, lines = ("bot", book.bot_lines) if bot else ("agent", book.agent_lines)
        turns = [(answerer, self._say(lines)), ("customer", said), (answerer, self._say(lines))]
        for _ in range(chance.randrange(4)):
            turns += [("customer", self._say(book.filler)), (answerer, self._say(lines))]
        step = talk_seconds / len(turns)
        return [
            {"speaker": speaker, "text": text, "offset_seconds": round(number * step, 1)}
            for number, (speaker, text) in enumerate(turns)
        ]

    def comment(self, customer: Customer, happiness: float) -> str:
        """Comment on a survey.

        Parameters
        ----------
        customer
            Who writes.
        happiness
            What they admit to, 0 (furious) to 1 (delighted).
        """
        book = self._begin(customer)
        # Words and marks do not always agree.
        shown = happiness + self._chance.gauss(0.0, 0.12)
        lines = book.good_comments if shown > 0.7 else book.mixed_comments if shown > 0.4 else book.bad_comments
        text = self._say(lines)
        if self._chance.random() < 0.3:
            text = self._joined([text, self._say(book.mixed_comments)])
        return text

    def offer(self, customer: Customer) -> str:
        """Note what is offered to a customer."""
        return self._say(self._begin(customer).offers)

    def answer_to_callback(self, customer: Customer) -> str:
        """Say what a customer says when called."""
        return self._say(self._begin(customer).callback_answers)

    def complaint(self, customer: Customer, cause: Trouble) -> str:
        """Write a complaint about something."""
        book = self._begin(customer)
        said = [self._say(book.complaint_openings), self._say(book.troubles[cause])]
        text = "".join(said) if customer.language == "zh" else " ".join(said)
        if self._chance.random() < 10 * self._personal_data_share:
            text += self._say(book.personal_data)
        return f"{text}{'。' if customer.language == 'zh' else '. '}{self._say(book.complaint_demands)}"

    def _begin(self, customer: Customer) -> PhraseBook:
        """Let a customer speak."""
        self._speaker = customer
        return BOOKS[customer.language]

    def _core(self, book: PhraseBook, need: str, mood: Mood, about: Trouble | None) -> str:
        """Say the main thing."""
        match mood:
            case "neutral":
                return self._say(book.needs[need])
            case "asking":
                return self._say(book.asking)
            case "thankful":
                return self._say(book.thanks)
            case "annoyed" if about is None or self._chance.random() < 0.5:
                return self._say(book.annoyed)
            case _:
                return self._say(book.troubles[about or "unresolved"])

    def _say(self, lines: Lines) -> str:
        """Choose one of the phrases."""
        return lines[int(self._chance.random() * len(lines))].spoken(self._chance, self._slots)

    def _joined(self, parts: list[str]) -> str:
        """Join sentences in one of the ways people do."""
        text = parts[0]
        for part in parts[1:]:
            text += self._chance.choice(_JOINTS[self._speaker.language]) + part
        return text

    def _product(self) -> str:
        """Name the customer's product."""
        product = self._speaker.product
        return product.name_zh if self._speaker.language == "zh" else product.name_en

    def _city(self) -> str:
        """Name the customer's city."""
        branch = self._speaker.branch
        return branch.city_zh if self._speaker.language == "zh" else branch.city_en

    def _remembered(self, datum: str) -> str:
        """Note that personal data was read out."""
        self._read_out.append(datum)
        return datum
