"""An insurer with simulated staff: what a worker tells is heard and answered while the world is fed to it."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from foreshock.demonstration.fed import Fed
from foreshock.demonstration.found import Found
from foreshock.demonstration.patience import PatientClock
from foreshock.demonstration.staff import LiveStaff
from foreshock.demonstration.watching import watch
from foreshock.simulate.feed import feed
from foreshock.simulate.world import World
from models.pseudonym import Pseudonymiser
from streams.settings import Settings
from streams.topics import plan_topics

SPEED = 200_000.0
"""Times life's speed, as in the demo."""


class StaffedInsurer:
    """Feeds a world to a worker, and lets staff answer, as the demo does.

    Parameters
    ----------
    settings
        Of the worker; its topics must be there.
    world
        What is fed.
    seed
        Where the chance of the staff comes from.
    """

    def __init__(self, settings: Settings, world: World, seed: int) -> None:
        key_of = Pseudonymiser(settings.pseudonym_secret()).key_of
        customers = {key_of("default", each.customer_id): each for each in world.population.customers}
        self._settings, self._world = settings, world
        self._staff = LiveStaff(seed, world, customers)
        self.fed = Fed()
        self.found = Found(on_alert=self._staff.hear)

    @property
    def behind(self) -> int:
        """Distinct events that were fed and are in no row yet."""
        return max(0, self.fed.events - self.found.customers.events)

    async def live(self) -> None:
        """Feed until the world ends; the insurer waits for a worker that is far behind."""
        settings, readers = self._settings, self.found.readers()
        partitions = {plan.short: plan.partitions for plan in plan_topics(settings) if plan.short in readers}
        watching = asyncio.create_task(watch(settings, self.found, partitions), name="watching")
        feeding = asyncio.create_task(
            feed(
                self._world,
                settings.bootstrap_servers,
                settings.topic_prefix,
                SPEED,
                asyncio.Event(),
                self.fed.take,
                PatientClock(lambda: self.behind),
                self._staff.answers,
            ),
            name="feeding",
        )
        try:
            await asyncio.wait((watching, feeding), return_when=asyncio.FIRST_COMPLETED)
            if watching.done():
                watching.result()
            await feeding
        finally:
            for task in (feeding, watching):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def has_applied(self, events: int, timeout_seconds: float = 120.0) -> None:
        """Wait until so many events are in rows."""
        deadline = time.monotonic() + timeout_seconds
        while self.found.customers.events < events:
            assert time.monotonic() < deadline, f"only {self.found.customers.events} events are in rows"
            await asyncio.sleep(0.1)
