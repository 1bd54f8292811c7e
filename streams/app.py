"""The Faust app of the scoring role, by factory: importing this opens no connection."""

from __future__ import annotations

from typing import Any

from aiokafka import AIOKafkaProducer
from faust import SASLCredentials, SSLCredentials
from faust.types import TP
from faust.types.auth import CredentialsT

from streams.agents import score
from streams.connections import client_options
from streams.core import Core
from streams.guards.app import GuardedApp
from streams.holes import Holes
from streams.lanes import Lanes, LanesObserver
from streams.ledger import Ledger
from streams.rocks import DiskStore
from streams.settings import Settings
from streams.standby import Standby
from streams.stores import MemoryStore, Store
from streams.tables import BatchTable
from streams.topics import CHANGELOG, TABLE


def create_app(
    settings: Settings,
    core: Core[Any, Any],
    outlet: AIOKafkaProducer,
    observer: LanesObserver,
    holes: Holes | None = None,
) -> GuardedApp:
    """Build the app that scores: one topic, one table, one agent, every guard.

    Parameters
    ----------
    settings
        Where the broker is and how patient to be.
    core
        What decides.
    outlet
        Producer for outputs and rows; started by whoever starts the app, before it.
    observer
        Hears what happens.
    holes
        Where journal positions go that were never seen.

    Raises
    ------
    ConfigurationError
        If the folder for rows cannot be used.
    """
    journal_name = settings.topic("journal")
    ledger = Ledger(journal_name)
    app = GuardedApp(settings, ledger, **_faust_options(settings))
    journal = app.topic(
        journal_name,
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
        partitions=settings.partitions,
    )
    app.outlet = outlet
    app.states = BatchTable(
        app,
        row_position=core.row_position,
        epoch=settings.epoch,
        changelog=settings.topic(CHANGELOG),
        store=_store(settings),
        name=TABLE,
        partitions=settings.partitions,
    )
    app.tables.add(app.states)
    app.standby = Standby(settings, app.states, settings.topic(CHANGELOG))

    def moved(tp: TP, offset: int) -> None:
        app.tables.recovery.active_offsets[tp] = offset  # type: ignore[attr-defined]

    app.lanes = Lanes(
        settings,
        core,
        app.states,
        ledger,
        outlet,
        _Journal(app, journal_name),
        observer,
        moved,
        holes or Holes(observer),
    )
    score.register(app, journal, app.lanes)

    @app.timer(settings.commit_interval_seconds)  # type: ignore[untyped-decorator]
    async def commit_settled() -> None:
        """Commit what has settled since Faust's own commits were lowered."""
        if not app.rebalancing:
            await app.consumer.commit_settled()  # type: ignore[attr-defined]

    return app


def _store(settings: Settings) -> Store:
    """Choose where rows are kept."""
    if settings.store == "memory":
        return MemoryStore()
    return DiskStore(settings.store_directory, settings.topic(CHANGELOG), settings.partitions, settings.epoch)


class _Journal:
    """What the consumer knows about the journal."""

    def __init__(self, app: GuardedApp, topic: str) -> None:
        self._app = app
        self._topic = topic

    def highwater(self, partition: int) -> int | None:
        """Return the offset after the last record, as the newest fetch saw it."""
        return self._app.consumer.highwater(TP(self._topic, partition))

    async def earliest(self, partition: int) -> int | None:
        """Return the first offset that still exists."""
        tp = TP(self._topic, partition)
        return (await self._app.consumer.earliest_offsets(tp)).get(tp)


def _faust_options(settings: Settings) -> dict[str, Any]:
    """Translate our settings for Faust; what is set here and why is in docs/explanation/semantics.md."""
    options: dict[str, Any] = {
        "broker": [f"kafka://{server.strip()}" for server in settings.bootstrap_servers.split(",")],
        "store": "memory://",
        "value_serializer": "raw",
        "web_enabled": False,
        "topic_partitions": settings.partitions,
        "topic_replication_factor": settings.replication_factor,
        # Topics are created by `foreshock topics create`, with their own retention, and checked at start.
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        # Who stands by is Faust's to say; reading is `streams.standby`'s.
        "table_standby_replicas": settings.standby_replicas,
        # The embedded broker's idea of the end of a log would fail this check; our own load needs no end.
        "recovery_consistency_check": False,
        "consumer_auto_offset_reset": "earliest",
        "consumer_group_instance_id": f"{settings.instance_id}-score" if settings.instance_id else None,
        "broker_commit_interval": settings.commit_interval_seconds,
        "broker_session_timeout": settings.session_timeout_seconds,
        "broker_heartbeat_interval": settings.heartbeat_seconds,
        "broker_rebalance_timeout": settings.rebalance_timeout_seconds,
        "broker_request_timeout": max(settings.request_timeout_seconds, settings.session_timeout_seconds),
        # Counted in journal records: at most 40 MB of full ones, and 100 ms of work if each has one line only.
        "stream_buffer_maxsize": 512,
        "broker_max_poll_records": 500,
        "stream_wait_empty": True,
        "stream_recovery_delay": 0.0,
    }
    credentials = _credentials(settings)
    return options | ({"broker_credentials": credentials} if credentials else {})


def _credentials(settings: Settings) -> CredentialsT | None:
    """Translate how to log in."""
    options = client_options(settings)
    context = options.get("ssl_context")
    if settings.security_protocol.startswith("SASL"):
        return SASLCredentials(
            username=options["sasl_plain_username"],
            password=options["sasl_plain_password"],
            mechanism=settings.sasl_mechanism,
            ssl_context=context,
        )
    return SSLCredentials(context) if context is not None else None
