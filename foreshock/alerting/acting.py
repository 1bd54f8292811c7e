"""What a person does about an alert: written as an event, and waited for on the topic of receipts."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid5

from foreshock.alerting.held import read_suppressions
from foreshock.alerting.meant import Meant, meant_by, meant_by_untold
from foreshock.alerting.standing import Board, Seen
from foreshock.alerting.topic import Found, Told, read_alerts
from foreshock.alerting.untold import rule_in_words
from foreshock.broker.commanding import now_in_seconds
from foreshock.broker.reading import open_topic
from foreshock.letters.topic import Wanted, read_letters
from foreshock.producing import produce
from foreshock.wording.language import Language
from foreshock.wording.phrases import say
from foreshock.wording.terms import term
from models.intake import GIVEN
from schemas.actions import Action, ActionName
from schemas.alerts import Transition
from schemas.codec import decode_as
from schemas.errors import ConfigurationError, UnreadableMessageError
from schemas.receipts import Receipt
from streams.settings import Settings

SOURCE = "foreshock/alerts"
"""Who sends, for CloudEvents."""

_SAID_AGAIN: frozenset[ActionName] = frozenset({"assigned", "snoozed", "commented", "resolved", "dismissed"})
"""Actions that a person may give again with another object, or after something else has happened: closing may have been
refused for want of evidence."""

_NAMESPACE = UUID("5a2f4c0e-8a43-5f0c-9a4c-6d1f8f2f6b21")


class Deed(NamedTuple):
    """What is to be done about an alert."""

    action: ActionName
    """What the core is told."""
    transition: Transition
    """What it makes of the alert."""
    by: str
    """Who does it."""
    note: str | None
    """In words."""
    assignee: str | None = None
    """Who is to have it."""
    until: datetime | None = None
    """Until when it is to be left alone."""
    evidence: str | None = None
    """What shows that it is settled, such as the number of a file."""
    unit: str | None = None
    """For which unit of the company it is done; without it for the one that last served the customer."""


class Result(NamedTuple):
    """What came of it."""

    told: str
    """In words."""
    is_done: bool
    """Whether the alert now stands as was wanted."""


async def act(settings: Settings, named: str, deed: Deed, wait_seconds: float, language: Language) -> Result:
    """Write an action unless the alert stands so already, and wait for the answer.

    An alert that nobody was told of can be answered too: the core takes it, and news of it stay held back.

    Parameters
    ----------
    settings
        Where the broker is.
    named
        Id of the alert, or the beginning of it.
    deed
        What is to be done.
    wait_seconds
        How long the answer is waited for.
    language
        To tell the result in.

    Raises
    ------
    ConfigurationError
        If there is no such alert, or several, or no broker answers.
    """
    meant, newest_at = await _meant(settings, named)
    if (answered := _answered_before(meant, deed, language)) is not None:
        return answered
    action = action_of(meant, deed, _now(settings, newest_at))
    async with open_topic(settings, "receipts") as reader:
        spans = await reader.spans()
        # The same action counts once, so the answer to it may be there already.
        for partition, span in enumerate(spans):
            async for record in reader.records(partition, span):
                if (receipt := _receipt_in(record.value, action)) is not None:
                    return _answer(receipt, meant, deed, language)
        await produce([action], settings.bootstrap_servers, settings.topic_prefix, source=SOURCE)
        async for record in reader.follow(spans, wait_seconds):
            if (receipt := _receipt_in(record.value, action)) is not None:
                return _answer(receipt, meant, deed, language)
    return Result(await _why_silent(settings, action, wait_seconds, language), is_done=False)


async def _meant(settings: Settings, named: str) -> tuple[Meant, datetime | None]:
    """Read how an alert stands, told or not, and how late it is by the events."""
    found, board = Found(named), Board()
    async with open_topic(settings, "alerts") as reader:
        async for told in read_alerts(reader, await reader.spans()):
            found.take(told)
            board.take(told.alert)
        if not (transitions := found.transitions()):
            async for held in read_suppressions(settings):
                found.take_held(held)
            found.transitions()  # refuses a beginning that several have
            if (untold := meant_by_untold(found.held_back())) is not None:
                return untold, max(board.newest_at or untold.at, untold.at)
        return meant_by(seen_in(transitions, named, reader.topic)), board.newest_at


def seen_in(transitions: list[Told], named: str, topic: str) -> Seen:
    """Fold the transitions of one alert.

    Raises
    ------
    ConfigurationError
        If there are none.
    """
    if not transitions:
        raise ConfigurationError(
            f"{topic} holds no alert {named}: `foreshock alerts list` shows the open ones, with --untold those that "
            "nobody was told of; transitions are forgotten after FORESHOCK_OUTPUT_RETENTION_HOURS"
        )
    seen = Seen(transitions[0].alert, -1, -1)
    for told in transitions:
        seen = seen.after(told.alert)
    return seen


def action_of(meant: Meant, deed: Deed, at: datetime) -> Action:
    """Make the event; the same deed about an alert that has not risen since has the same id, so it counts once.

    What can be said again and mean something new counts once as long as the alert stands as it does.
    """
    since = meant.sequence if deed.action in _SAID_AGAIN else meant.risen
    said = "|".join(
        str(each)
        for each in (deed.assignee, deed.until, deed.note, deed.evidence, deed.unit)
        if deed.action in _SAID_AGAIN
    )
    return Action(
        event_id=str(uuid5(_NAMESPACE, f"{meant.alert_id}|{deed.action}|{since}{said}")),
        occurred_at=at,
        customer_id=f"{GIVEN}{meant.customer_key}",
        tenant=meant.tenant,
        org_path=meant.org_path,
        policy_ref=meant.policy_ref,
        claim_ref=meant.claim_ref,
        action=deed.action,
        actor_ref=deed.by,
        alert_id=meant.alert_id,
        assignee_ref=deed.assignee,
        until=deed.until,
        actor_org=deed.unit,
        evidence_ref=deed.evidence,
        note=deed.note,
    )


def _now(settings: Settings, newest_at: datetime | None) -> datetime:
    """Say how late it is: by the events where they move the clock, or an action would carry it away with it."""
    now = now_in_seconds()
    return newest_at or now if settings.clock == "event" else now


def _answered_before(meant: Meant, deed: Deed, language: Language) -> Result | None:
    """Say if nothing is left to do."""
    if meant.standing == "ended" and deed.action != "reopened":
        how = term("transition", meant.transition, language)
        what = say(language, "over", alert_id=meant.alert_id, transition=how, at=meant.at)
        return Result(what, is_done=meant.transition == deed.transition)
    if deed.transition == "acknowledged" and meant.standing in ("acknowledged", "in_progress"):
        return Result(say(language, "taken", alert_id=meant.alert_id), is_done=True)
    return None


def _receipt_in(raw: bytes | None, action: Action) -> Receipt | None:
    """Read a record; None if it is not the answer to this action."""
    try:
        receipt = decode_as(Receipt, raw or b"")
    except UnreadableMessageError:
        return None
    return receipt if receipt.event_id == action.event_id else None


def _answer(receipt: Receipt, meant: Meant, deed: Deed, language: Language) -> Result:
    """Say what came of it."""
    told = say(
        language,
        receipt.result,
        alert_id=meant.alert_id,
        transition=term("transition", deed.transition, language),
        by=deed.by,
        at=receipt.at,
        text=receipt.text.zh if language == "zh" else receipt.text.en,
        event_id=receipt.event_id,
    )
    if meant.untold is not None:
        told += say(language, "hidden_from_others", rule=rule_in_words(meant.untold, language))
    return Result(told, receipt.result != "refused")


async def _why_silent(settings: Settings, action: Action, waited_seconds: float, language: Language) -> str:
    """Say what may be wrong where the alert topic shows no answer."""
    written = say(language, "written", event_id=action.event_id, topic=settings.topic("actions"))
    meant = Wanted(topics=frozenset({settings.topic("actions")}))
    try:
        letters = [letter async for letter in read_letters(settings, meant) if action.event_id in letter.raw]
    except ConfigurationError as error:
        return say(language, "unread", written=written, error=error)
    if letters:
        return say(language, "not_taken", written=written, reason=letters[-1].reason, error=letters[-1].error)
    return say(language, "no_answer", written=written, seconds=waited_seconds)
