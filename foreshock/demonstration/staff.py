"""The demo's staff: simulated people who hear of alerts from the topic and answer them in the simulated world."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from foreshock.simulate import reactions
from foreshock.simulate.customers import Customer
from foreshock.simulate.emission import Emission
from foreshock.simulate.rhythm import UTC_OFFSET_HOURS
from foreshock.simulate.world import World
from foreshock.staffing.staff import Staff
from schemas.actions import Action
from schemas.alerts import Alert
from schemas.codec import encode


class LiveStaff:
    """Lets staff act in a world that goes on, and lets its customers take it.

    What they do bears the time of the simulated world at which they do it. It reaches its topic later than that: an
    alert is some tenths of a second on its way to them, in which hours go by in the simulated world. The core takes it
    as it takes any event that comes late. Where a timer of the customer has fired meanwhile, an alert is taken as of
    that: what is shown is never less than what they took, and hours more for some.

    Parameters
    ----------
    seed
        Where chance comes from.
    world
        Where they work.
    customers
        Customer key to customer: whom they know.
    """

    def __init__(self, seed: int, world: World, customers: Mapping[str, Customer]) -> None:
        self._world = world
        self._by_id = {customer.customer_id: customer for customer in customers.values()}
        ids = {key: customer.customer_id for key, customer in customers.items()}
        self._staff = Staff(seed, utc_offset_hours=UTC_OFFSET_HOURS, customer_id_of=ids.get)

    def hear(self, alert: Alert) -> None:
        """Hear of a transition."""
        self._staff.hear(alert)

    def answers(self, until: datetime) -> Iterator[Emission]:
        """Do what is due, and give it as records that arrive now."""
        for action in self._staff.actions(until):
            reactions.be_answered(self._world, self._by_id[action.customer_id], action.action)
            yield _emission(action, until)


def _emission(action: Action, arrives_at: datetime) -> Emission:
    """Write an action as a record on its way."""
    return Emission(arrives_at, "actions", encode(action), action.customer_id.encode(), action)
