"""Whom an alert about many is said to have counted is whom it counted."""

from __future__ import annotations

from itertools import chain

from hypothesis import given

from foreshock.aggregating.deriving import counted_in, group_of, is_about
from schemas.alerts import LEVELS
from schemas.observations import Evidence
from tests.laws.test_aggregate_laws import PARAMS, histories, observed
from tests.laws.test_core_laws import laws
from tests.support.observations import aggregates


@laws
@given(histories=histories)
def test_those_who_counted_are_as_many_as_the_alert_says_and_have_its_alerts(
    histories: list[list[tuple[float, str, int, str, str, str | None, str | None]]],
) -> None:
    seen = list(chain(*observed(histories)))

    for alert in aggregates(seen, PARAMS):
        about = [each for each in seen if isinstance(each, Evidence) and is_about(each, group_of(alert), PARAMS)]
        counted = counted_in(about, alert, PARAMS)

        assert len({each.customer_key for each in counted}) == len(counted) == alert.customers
        assert sum(LEVELS.index(each.level) >= LEVELS.index("orange") for each in counted) == alert.severe
        assert {each.alert_id for each in counted} >= set(alert.members)
