"""What is true of alerts, whatever people do and in whatever order it comes."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from models.parameters.policy import PolicyParams
from models.params import Params
from models.rows import decode_row, encode_row
from models.state import CustomerState
from schemas.actions import Action
from schemas.alerts import CAUSES, ENDING, LEVELS, Alert, alert_id_of
from schemas.codec import CustomerEvent, JournalMessage, PartitionMessage, encode
from schemas.silences import SilenceCommand
from schemas.suppressions import UNNUMBERED, Suppression
from schemas.ticks import Tick
from schemas.types import Position
from tests.laws.test_core_laws import TEXTS, laws
from tests.support.core import Core, alert_bytes
from tests.support.events import action, call, claim, complaint, moment, promise, survey

RULES_ALONE = Params(policy=PolicyParams(model=False, repeat_yellow=2, repeat_orange=3))
"""Without the model every rule speaks for itself, so that many alerts open."""

PAGES = {"opened", "raised", "escalated", "told"}
"""What must not come between an acknowledgement and its lapse, but for a rise."""

ANSWERS = ["acknowledged", "started", "commented", "disagreed", "resolved", "dismissed", "contacted", "other", "erase"]
days = st.floats(min_value=0, max_value=20, allow_nan=False)
customers = st.sampled_from(["a", "a", "b"])
ticks = st.builds(lambda day: Tick(at=moment(day), partition=0), days)
_one = partial(st.builds, customer=customers, day=days)
# Ids of alerts are known only once they open: a place in the list of those that opened stands for one.
places = st.integers(0, 5).map(str)
named = st.one_of(st.none(), places)
note = st.just("seen")
deeds = st.one_of(
    _one(action, what=st.sampled_from(ANSWERS), alert_id=named, note=note, actor_ref=st.sampled_from(["li", None])),
    _one(action, what=st.just("reopened"), alert_id=places, actor_ref=st.just("li")),
    _one(action, what=st.just("assigned"), alert_id=named, assignee_ref=st.sampled_from(["li", "wu"])),
    _one(action, what=st.just("snoozed"), alert_id=named, until=days.map(lambda day: moment(day + 10))),
)
events = st.one_of(
    _one(call, text=st.sampled_from([None, *TEXTS]), transfers=st.integers(0, 4), vulnerability=st.just(("elder",))),
    _one(claim, status=st.sampled_from(["reported", "denied", "paid"])),
    _one(survey, score=st.integers(1, 5)),
    _one(complaint, withdrawn=st.booleans()),
    _one(promise, due=days),
)
silences = st.builds(
    SilenceCommand,
    partition=st.just(0),
    command=st.sampled_from(["set", "end"]),
    name=st.sampled_from(["x", "y"]),
    causes=st.sampled_from([(), ("repeat_contact", "threat")]),
    level=st.sampled_from(LEVELS[1:]),
    until=days.map(lambda day: moment(day + 10)),
    by=st.just("li"),
    at=days.map(moment),
)
arbitrary = st.lists(st.one_of(events, events, deeds, ticks, silences), min_size=10, max_size=50)
streams = st.one_of(arbitrary, arbitrary.map(lambda found: sorted(found, key=_moment_of)))


def _moment_of(message: JournalMessage) -> datetime:
    """When a message would have come in an orderly life."""
    if isinstance(message, CustomerEvent):
        return message.occurred_at
    return message.at if isinstance(message, Tick | SilenceCommand) else moment()


class _Told:
    """A partition with all that it said, and what it was told, with the ids that stood for places."""

    def __init__(self, messages: list[JournalMessage], params: Params = RULES_ALONE) -> None:
        self.core = Core(params)
        self.messages: list[JournalMessage] = []
        self.said: dict[str, list[tuple[int, str, str | None]]] = defaultdict(list)
        """By alert, in order: number, transition, and the rule by which it was not told."""
        self.receipts: Counter[str] = Counter()
        self.bytes: list[bytes] = []
        self._ids: list[str] = []
        for message in messages:
            self._take(message)

    def _take(self, message: JournalMessage) -> None:
        if isinstance(message, Action) and message.alert_id is not None:
            place = int(message.alert_id)
            alert_id = self._ids[place % len(self._ids)] if self._ids and place else "nobody"
            message = message.model_copy(update={"alert_id": alert_id})
        self.messages.append(message)
        (outcome,) = self.core.take(message)
        self.bytes += [*alert_bytes([outcome]), *map(encode, outcome.suppressions), *map(encode, outcome.receipts)]
        self.receipts.update(receipt.event_id for receipt in outcome.receipts)
        found: list[Alert | Suppression] = [*outcome.alerts, *outcome.suppressions]
        for each in sorted(found, key=lambda each: each.sequence):
            rule = each.rule if isinstance(each, Suppression) else None
            self.said[each.alert_id].append((each.sequence, each.transition, rule))
            if each.alert_id not in self._ids:
                self._ids.append(each.alert_id)


@laws
@given(streams)
def test_one_customer_has_one_open_alert_per_cause(messages: list[JournalMessage]) -> None:
    for state in _Told(messages).core.states.values():
        causes = [alert.cause for alert in state.alerts]
        assert len(causes) == len(set(causes))
        assert set(causes) <= set(CAUSES)


@laws
@given(streams)
def test_nobody_is_paged_between_an_acknowledgement_and_its_lapse_unless_the_alert_rises(
    messages: list[JournalMessage],
) -> None:
    for transitions in _Told(messages).said.values():
        is_taken = False
        for _, transition, rule in transitions:
            if rule in UNNUMBERED:
                continue
            assert not (is_taken and rule is None and transition in PAGES - {"raised"})
            if transition in ("acknowledged", "started", "snoozed"):
                is_taken = True
            elif transition in ("raised", "lapsed", "woken", "reopened") or transition in ENDING:
                is_taken = False


@laws
@given(streams)
def test_every_decision_is_told_or_suppressed_with_consecutive_numbers(messages: list[JournalMessage]) -> None:
    told = _Told(messages)

    for transitions in told.said.values():
        numbers = [number for number, _, rule in transitions if rule not in UNNUMBERED]
        known = [number for number, _, _ in transitions]
        # What nobody was told of may end with a complaint, whose record then has the number.
        assert sorted(set(known)) == list(range(max(known) + 1))
        assert len(numbers) == len(set(numbers))
        for number, transition, rule in transitions:
            assert rule != "complained_after" or transition == "complained"
            assert number <= max(known)
    for key, state in told.core.states.items():
        for alert in state.alerts:
            alert_id = alert_id_of(key, alert.cause, alert.opened_at, alert.number)
            assert max(number for number, _, _ in told.said[alert_id]) == alert.sequence
            assert alert.told is any(rule is None for _, _, rule in told.said[alert_id])


@laws
@given(streams, st.data())
def test_every_action_that_names_an_alert_has_one_receipt_however_often_it_comes(
    messages: list[JournalMessage], data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(messages), max_size=8)) if messages else []
    # Ids are remembered for a while only, so what comes twice comes at once.
    doubled = [each for m in messages for each in ([m, m] if m in again else [m])]
    told = _Told(doubled)

    # A stranger leaves nothing behind that could remember having asked to be forgotten, nor does the forgotten.
    named = {
        m.event_id for m in told.messages if isinstance(m, Action) and m.alert_id is not None and m.action != "erase"
    }
    forgets = any(isinstance(m, Action) and m.action == "erase" for m in told.messages)
    assert named <= told.receipts.keys()
    if not forgets:
        assert set(told.receipts.values()) <= {1}


@laws
@given(streams)
def test_ids_and_everything_said_are_the_same_in_a_replay_and_a_redelivery_says_nothing(
    messages: list[JournalMessage],
) -> None:
    first = _Told(messages)
    again = _Told([])
    for message in first.messages:
        (outcome,) = again.core.take(message)
        again.bytes += [*alert_bytes([outcome]), *map(encode, outcome.suppressions), *map(encode, outcome.receipts)]

    assert again.bytes == first.bytes
    states: dict[str, CustomerState] = {key: decode_row(encode_row(s)) for key, s in again.core.states.items()}
    again.core.states = states
    seen = [m for m in first.messages if not isinstance(m, PartitionMessage)]
    again.core.engine.position = Position(-1, -1)
    for message in seen:
        (outcome,) = again.core.take(message)
        if message.customer_id in states:
            assert (outcome.alerts, outcome.suppressions, outcome.receipts) == ([], [], [])
