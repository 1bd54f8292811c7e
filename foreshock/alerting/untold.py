"""Alerts that nobody was told of: how they stand, by what the topic of suppressions says of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from rich.table import Table

from foreshock.alerting.shown import ID_SHOWN, age_in_words, in_colour, moved_in_words
from foreshock.wording.language import Language
from foreshock.wording.phrases import say, table_with
from foreshock.wording.terms import term
from schemas.alerts import ENDING, LEVELS, Cause, Level
from schemas.codec import encode
from schemas.suppressions import UNNUMBERED, Suppression


class Untold(NamedTuple):
    """An alert of which everything so far was held back."""

    newest: Suppression
    """The transition with the highest number."""
    opened_at: datetime
    """When it opened."""

    @property
    def org_path(self) -> str:
        """The unit that last served the customer."""
        return self.newest.org_path

    @property
    def level(self) -> Level:
        """How urgent it is."""
        return self.newest.level

    @property
    def cause(self) -> Cause:
        """What it is about."""
        return self.newest.cause

    @property
    def customer_key(self) -> str:
        """The pseudonymous key."""
        return self.newest.customer_key


class UntoldBoard:
    """What is held back, folded, whatever order and however often it comes."""

    def __init__(self) -> None:
        self._of: dict[str, Untold] = {}

    def take(self, held: Suppression) -> None:
        """Take in a record; what repeats a number says nothing of how the alert stands."""
        if held.rule in UNNUMBERED:
            return
        known = self._of.get(held.alert_id)
        if known is None:
            self._of[held.alert_id] = Untold(held, held.at)
        else:
            newest = held if held.sequence > known.newest.sequence else known.newest
            self._of[held.alert_id] = Untold(newest, min(known.opened_at, held.at))

    def open(self, told: Iterable[str]) -> list[Untold]:
        """Return those that have not ended and are not among the alerts that were told, the most urgent first."""
        known = set(told)
        found = (each for alert_id, each in self._of.items() if alert_id not in known)
        standing = (each for each in found if each.newest.transition not in ENDING)
        return sorted(standing, key=lambda each: (-LEVELS.index(each.level), each.opened_at, each.newest.alert_id))


def table_of_untold(alerts: Iterable[Untold], now: datetime, language: Language) -> Table:
    """Draw what nobody was told of, in the order given; ages are counted to `now`."""
    table = table_with(("alert", "level", "cause", "held_by", "age", "unit"), "customer", language)
    for each in alerts:
        table.add_row(
            each.newest.alert_id[:ID_SHOWN],
            in_colour(each.level, language),
            term("cause", each.cause, language),
            rule_in_words(each.newest, language),
            age_in_words(now - each.opened_at, language),
            each.org_path,
            each.customer_key,
        )
    return table


def as_line_of_untold(each: Untold) -> bytes:
    """Write how one stands: its newest record as on the topic, `standing` and `opened_at`."""
    fields: dict[str, Any] = orjson.loads(encode(each.newest))
    return orjson.dumps({"standing": "untold", "opened_at": each.opened_at, **fields})


def held_in_lines(held: Suppression, language: Language) -> Iterator[str]:
    """Tell a transition that was held back: what and when, then by what."""
    moved = moved_in_words(held.transition, held.level, held.cause, language)
    yield (f"{held.at:%Y-%m-%d %H:%M:%S}  {held.alert_id[:ID_SHOWN]}  {moved}  {held.org_path}  -  {held.customer_key}")
    if held.rule == "complained_after":
        yield f"    {say(language, 'not_told_complained')}"
    else:
        yield f"    {say(language, 'not_told', rule=rule_in_words(held, language))}"


def rule_in_words(held: Suppression, language: Language) -> str:
    """Say what held a transition back, who asked for it, and until when."""
    silence = f" {held.silence}" if held.silence else ""
    author = say(language, "by", name=held.author) if held.author else ""
    until = say(language, "until", at=held.until) if held.until is not None else ""
    return f"{term('rule', held.rule, language)}{silence}{author}{until}"
