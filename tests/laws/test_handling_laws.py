"""What is true of the table of alerts, whatever the stream, the silences, and what comes twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from foreshock.handling.figures import ENDS, rows
from foreshock.handling.following import CALLING, Handling
from foreshock.handling.telling import whole_percents
from models.organisation import Defaults, Organisation, Unit
from models.outcome import Outcome
from models.params import Params
from schemas.alerts import LEVELS, PAGING
from schemas.codec import JournalMessage
from schemas.silences import SilenceCommand
from tests.laws.test_core_laws import events, laws, ticks
from tests.support.core import Core
from tests.support.events import moment

COMPANY = Params(organisation=Organisation(defaults=Defaults(capacity=1), units=(Unit(path="HQ", owner="desk"),)))

silences = st.builds(
    lambda day, until, level: SilenceCommand(
        partition=0, command="set", name="one", level=level, until=moment(until), by="Li Na", at=moment(day)
    ),
    st.floats(0, 30),
    st.floats(30, 60),
    st.sampled_from(["yellow", "orange"]),
)
placed = events.flatmap(
    lambda event: st.sampled_from(["HQ", "HQ/A", "HQ/B/c", "elsewhere"]).map(
        lambda path: event.model_copy(update={"org_path": path})
    )
)
streams = st.lists(st.one_of(placed, ticks, silences), max_size=40)


def _taken(outcomes: list[Outcome]) -> Handling:
    handling = Handling()
    for outcome in outcomes:
        for alert in outcome.alerts:
            handling.take(alert)
        for held_back in outcome.suppressions:
            handling.take_suppression(held_back)
    return handling


@laws
@given(streams)
def test_every_alert_is_open_or_has_one_end_and_belongs_to_one_owner(messages: list[JournalMessage]) -> None:
    outcomes = Core(COMPANY).take(*messages)
    told = {
        alert.alert_id
        for outcome in outcomes
        for alert in outcome.alerts
        if alert.transition in PAGING and LEVELS.index(alert.level) >= CALLING
    }

    found = rows(_taken(outcomes))

    everybody = found[-1] if found else None
    assert (everybody.alerts if everybody else 0) == len(told)
    for row in found:
        assert sum(row.ends.values()) == row.alerts
        assert row.taken <= row.alerts
        if row.alerts:
            assert sum(whole_percents([row.ends[end] for end in ENDS])) == 100
    if everybody is not None and len(found) > 1:
        owners = found[:-1]
        assert sum(row.owners for row in owners) == everybody.owners
        assert sum(row.alerts for row in owners) == everybody.alerts
        assert sum(row.capped for row in owners) == everybody.capped
        assert sum(row.went_up for row in owners) == sum(row.came_up for row in owners) == everybody.went_up


@laws
@given(streams, st.data())
def test_what_is_delivered_again_counts_once(messages: list[JournalMessage], data: st.DataObject) -> None:
    """A worker that comes back after a crash writes again from some place on."""
    outcomes = Core(COMPANY).take(*messages)
    crashed = data.draw(st.integers(0, len(outcomes)), label="outcomes before the crash")
    kept = data.draw(st.integers(0, crashed), label="outcomes that were committed")

    again = _taken([*outcomes[:crashed], *outcomes[kept:]])

    assert again == _taken(outcomes)
