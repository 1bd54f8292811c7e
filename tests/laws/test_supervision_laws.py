"""What is true of supervision in every order of events, actions, duplicates and ticks."""

from __future__ import annotations

from functools import partial
from math import inf

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.engine import Engine, step
from models.entries import OPEN
from models.moments import HOUR
from models.organisation import Clock, Clocks, Defaults, Organisation, Unit
from models.params import Params
from models.rows import decode_row, encode_row
from models.state import CustomerState
from schemas.actions import Action
from schemas.alerts import LEVELS, Alert
from schemas.codec import JournalMessage, encode
from schemas.ticks import Tick
from schemas.types import Position
from tests.support.events import action, call, complaint, moment, promise

PATHS = ["HQ", "HQ/G", "HQ/G/S", "HQ/G/S/F", "HQ/H"]
ACKNOWLEDGE, ACT = 5 * HOUR, 20 * HOUR
_HOURS = Clock(acknowledge_hours=ACKNOWLEDGE / HOUR, act_hours=ACT / HOUR)
ORGANISATION = Organisation(
    defaults=Defaults(clocks=Clocks(yellow=_HOURS, orange=_HOURS, red=_HOURS), evidence=True),
    units=tuple(Unit(path=path, owner=f"role:{path}") for path in PATHS if path != "HQ/G/S/F"),
)
PARAMS = Params(organisation=ORGANISATION)

days = st.floats(min_value=0, max_value=12, allow_nan=False)
paths = st.sampled_from(PATHS)
customers = st.sampled_from(["a", "b"])
_one = partial(st.builds, customer=customers, day=days)

events = st.one_of(
    _one(
        call,
        text=st.sampled_from([None, "打了三次都没人回，我要投诉到银保监！", "no one calls me back, my lawyer will"]),
        resolved=st.sampled_from([None, False]),
        org_path=paths,
    ),
    _one(complaint, withdrawn=st.booleans(), org_path=paths),
    _one(promise, due=days, org_path=paths),
    _one(
        action,
        what=st.sampled_from(["acknowledged", "contacted", "resolved", "dismissed", "erase"]),
        org_path=paths,
        actor_org=st.one_of(st.none(), paths),
        note=st.sampled_from([None, "", "called at four"]),
        evidence_ref=st.sampled_from([None, "F-1"]),
    ),
)
ticks = st.builds(lambda day: Tick(at=moment(day), partition=0), days)
streams = st.lists(st.one_of(events, ticks), max_size=30).flatmap(
    lambda messages: st.permutations(messages + messages[: len(messages) // 3])
)
laws = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class _Run:
    """A partition that may be written and read between two messages."""

    def __init__(self) -> None:
        self.engine, self.states = Engine(PARAMS, epoch="test"), dict[str, CustomerState]()
        self.told: list[tuple[JournalMessage, Alert]] = []
        self.receipts: list[bytes] = []

    def take(self, messages: list[JournalMessage], first: int = 0) -> None:
        for offset, message in enumerate(messages, first):
            outcome = step(self.engine, self.states, message, Position(offset, 0))
            self.told += [(message, alert) for alert in outcome.alerts]
            self.receipts += map(encode, outcome.receipts)

    def restart(self) -> None:
        rows = {key: encode_row(state) for key, state in self.states.items()}
        own = self.engine.partition_rows()["@engine/0"]
        self.engine = Engine(PARAMS, epoch="test")
        self.engine.restore(rows.items(), own, None)
        self.states = {key: decode_row(row) for key, row in rows.items()}


@laws
@given(streams)
def test_an_alert_never_comes_down_again_and_an_answer_stops_the_first_clock(messages: list[JournalMessage]) -> None:
    run = _Run()
    run.take(messages)

    depth: dict[str, int] = {}
    began: dict[str, float] = {}
    taken: dict[str, bool] = {}
    for _, alert in run.told:
        assert alert.supervisor is not None
        held, at = alert.supervisor.count("/"), alert.at.timestamp()
        if alert.transition == "escalated":
            assert LEVELS.index(alert.level) >= LEVELS.index("yellow")
            waited = at - began[alert.alert_id]
            assert waited >= (ACT if taken[alert.alert_id] else ACKNOWLEDGE) - 1e-3
            assert held == depth.get(alert.alert_id, held + 1) - 1 or alert.alert_id not in depth
            depth[alert.alert_id] = held
        elif alert.alert_id in depth:
            assert held == depth[alert.alert_id]
        if alert.transition in ("opened", "raised", "escalated", "woken", "lapsed", "reopened", "told"):
            began[alert.alert_id], taken[alert.alert_id] = at, False
        elif alert.transition == "acknowledged":
            taken[alert.alert_id] = True


@laws
@given(streams)
def test_nobody_closes_without_evidence_or_from_below(messages: list[JournalMessage]) -> None:
    run = _Run()
    run.take(messages)

    gone_up: set[str] = set()
    for message, alert in run.told:
        if alert.transition == "escalated":
            gone_up.add(alert.alert_id)
        if alert.transition in ("resolved", "dismissed"):
            assert isinstance(message, Action)
            assert (message.note or "").strip() or message.evidence_ref
            if alert.alert_id in gone_up and message.actor_org is not None:
                assert f"{alert.supervisor}/".startswith(f"{message.actor_org}/")


@laws
@given(streams)
def test_no_clock_that_has_run_out_is_left_standing(messages: list[JournalMessage]) -> None:
    run = _Run()
    run.take(messages)
    run.take([Tick(at=moment(40), partition=0)], len(messages))

    for state in run.states.values():
        for alert in state.alerts:
            if alert.status == OPEN and LEVELS[alert.level] in ("yellow", "orange", "red"):
                assert alert.holder == "HQ" or state.org_path in ("HQ",)
        assert state.due == inf or state.due > moment(40).timestamp()


@laws
@given(streams, st.data())
def test_two_halves_with_rows_between_are_one_run(messages: list[JournalMessage], data: st.DataObject) -> None:
    whole, halved = _Run(), _Run()
    cut = data.draw(st.integers(0, len(messages)), label="where it was restarted")

    whole.take(messages)
    halved.take(messages[:cut])
    halved.restart()
    halved.take(messages[cut:], cut)

    assert [encode(alert) for _, alert in halved.told] == [encode(alert) for _, alert in whole.told]
    assert halved.receipts == whole.receipts
    assert {k: encode_row(s) for k, s in halved.states.items()} == {k: encode_row(s) for k, s in whole.states.items()}
