"""The Faust app with every guard in place."""

from __future__ import annotations

from typing import Any, ClassVar

import faust
from aiokafka import AIOKafkaProducer
from faust.tables.manager import TableManager
from faust.transport.drivers.aiokafka import Transport
from faust.types import TP
from faust.types.transports import ConsumerT, TransportT

from streams.guards.changelog_load import LoadedChangelog
from streams.guards.delivery import EagerDelivery
from streams.guards.fetching import BriefFetches
from streams.guards.resume import DeferredResume
from streams.guards.revocation import SettledRevocation
from streams.guards.seek import SeekToBeginning
from streams.guards.versions import check_versions
from streams.lanes import Lanes
from streams.ledger import Ledger
from streams.settings import Settings
from streams.standby import Standby
from streams.tables import BatchTable


class GuardedConsumer(SettledRevocation, SeekToBeginning, EagerDelivery, BriefFetches):
    """Faust's consumer with the guards around commits, revocation, seeking, delivery and fetching."""


class GuardedRecovery(LoadedChangelog, DeferredResume):
    """Faust's recovery with the guards around its beginning and its end."""


class GuardedTableManager(TableManager):
    """Faust's table manager with our recovery."""

    @property
    def recovery(self) -> GuardedRecovery:
        """Recovery service, made on first use."""
        if self._recovery is None:
            self._recovery = GuardedRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery  # type: ignore[return-value]


class GuardedTransport(Transport):
    """Faust's transport with our consumer."""

    Consumer: ClassVar[type[ConsumerT]] = GuardedConsumer


class GuardedApp(faust.App):
    """A Faust app that loses nothing.

    `lanes`, `states`, `standby` and `outlet` are given by `streams.app.create_app` before the app starts.

    Parameters
    ----------
    settings
        Where the broker is and how patient to be.
    ledger
        How far the journal is settled.
    **options
        Passed on to `faust.App`.

    Raises
    ------
    ConfigurationError
        If Faust is of another version than the one that the guards know.
    """

    settings: Settings
    ledger: Ledger
    lanes: Lanes
    """One lane per journal partition that this worker owns."""
    states: BatchTable
    """Rows of customers."""
    standby: Standby
    """Keeps rows of other workers' partitions at hand."""
    outlet: AIOKafkaProducer
    """Through which outputs and rows leave."""

    def __init__(self, settings: Settings, ledger: Ledger, **options: Any) -> None:
        check_versions()
        self.settings = settings
        self.ledger = ledger
        super().__init__(settings.topic("score"), TableManager=GuardedTableManager, **options)

    has_settled = False
    """Whether the group has said which partitions are ours, and their state is here."""
    rebalances = 0
    """How often the group has begun to share partitions out."""

    def on_rebalance_start(self) -> None:
        """Note that partitions may move."""
        self.has_settled = False
        self.rebalances += 1
        super().on_rebalance_start()

    def on_rebalance_end(self) -> None:
        """Note that recovery is done and records flow, or that there are no partitions for us."""
        super().on_rebalance_end()
        self.has_settled = True

    def journal_partitions(self) -> set[TP]:
        """Return the partitions of the journal that are ours."""
        return {tp for tp in self.consumer.assignment() if tp.topic == self.ledger.topic}

    def _create_directories(self) -> None:
        """Make no folders: what is kept on a disk is `streams.rocks`' own."""

    def _new_transport(self) -> TransportT:
        """Use our transport, and so our consumer."""
        return GuardedTransport(self.conf.broker_consumer, self)
