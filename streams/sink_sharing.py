"""What the sinks of one worker share: the names of places, who answers there, and every robot's minute."""

from __future__ import annotations

from models.organisation import Organisation
from sinks.chat.pace import Pace
from sinks.metrics.units import Units
from sinks.places import Post, UnitOf, first_steps
from streams.sink_settings import ChatName


class Shared:
    """Given to every sink that is made for a worker.

    Parameters
    ----------
    organisation
        The company's units and who answers for them; empty where no file names any.
    units
        The units that metrics tell apart.
    """

    def __init__(self, organisation: Organisation | None = None, units: Units | None = None) -> None:
        self._organisation = organisation or Organisation()
        self._units = units or Units()
        self._paces: dict[ChatName, Pace] = {}

    def unit_of(self, depth: int) -> UnitOf:
        """Return how a place is named in labels at Alertmanager.

        As in metrics, so that the two can be joined. Metrics name no unit where no file does; then it is the first
        `depth` steps of the path, as events write it.
        """
        if self._organisation.units:
            return self._units.of
        return lambda org_path: first_steps(org_path, depth)

    def post_of(self, org_path: str) -> Post | None:
        """Say who answers for a place, if the organisation names anybody."""
        chain = self._organisation.chain(org_path)
        return Post(chain[0].owner, chain[0].path) if chain else None

    def pace_of(self, robot: ChatName, per_minute: int) -> Pace:
        """Return where a robot's messages are counted: one place for all sinks that tell it."""
        return self._paces.setdefault(robot, Pace(per_minute))
