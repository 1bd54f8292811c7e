"""The composition root: settings in, core, sinks and metrics out. No Faust, no connection."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from prometheus_client import CollectorRegistry

from models.aggregates.grouper import Grouper
from models.engine import Engine, step
from models.intake import Intake
from models.learner import Learner
from models.params import Params, load_params
from models.partition import engine_key, snapshot_key
from models.pseudonym import Pseudonymiser
from models.risk import Scorer
from models.rows import decode_row, encode_row, row_position
from models.state import CustomerState
from models.text.cold_start import cold_start_of
from schemas.aggregates import AggregateAlert
from schemas.alerts import Risk
from schemas.snapshots import Snapshot
from schemas.suppressions import Suppression
from schemas.types import Position
from sinks.abilities import Receiver
from sinks.base import Sink
from sinks.metrics.units import Units
from sinks.prometheus import Metrics
from streams.authenticity import guarded
from streams.core import Core
from streams.fitting import fits
from streams.settings import Settings
from streams.sink_sharing import Shared
from streams.sink_wiring import make_aggregate_sinks, make_risk_sinks, make_sink, make_suppression_sinks
from streams.tables import CustomerStates


@dataclass(frozen=True, slots=True)
class Parts:
    """What a worker is made of, besides its connections."""

    core: Core[Any, Any]
    """What decides, per journal partition."""

    new_learner: Callable[[Snapshot | None], Learner]
    """Makes a learner that goes on from a snapshot, or begins."""

    new_grouper: Callable[[], Grouper]
    """Makes what counts for aggregates, before its rows are read."""

    intake: Intake
    """Checks and prepares events."""

    sinks: tuple[Sink, ...]
    """Where alerts go."""

    metrics: Metrics
    """What is counted."""

    registry: CollectorRegistry
    """Where metrics are registered."""

    risk_sinks: tuple[Receiver[Risk], ...] = ()
    """Where beliefs about customers go."""

    suppression_sinks: tuple[Receiver[Suppression], ...] = ()
    """Where goes what nobody was told."""

    aggregate_sinks: tuple[Receiver[AggregateAlert], ...] = ()
    """Where alerts about many customers go."""


def wire(settings: Settings) -> Parts:
    """Build everything that the settings and parameters describe.

    Raises
    ------
    ConfigurationError
        If the parameters, a secret that these roles need, or the settings of a sink are not usable.
    """
    params = load_params(settings.params_file, settings.organisation, settings.pack)
    fits(params, settings)
    cold_start_of(params.learning.cold_text)  # kept from here on; partitions that come later find it loaded
    registry = CollectorRegistry()
    delivers = "deliver" in settings.roles  # no other role needs the secrets of sinks
    units = units_of(params, settings.metrics_unit_depth)
    shared = Shared(params.organisation, units)
    return Parts(
        core=core_of(params, settings.epoch, _model_secret(settings), settings.partitions),
        new_learner=learner_of(params),
        new_grouper=lambda: Grouper(params.aggregates),
        intake=intake_of(settings),
        sinks=tuple(make_sink(name, settings, shared) for name in settings.sinks) if delivers else (),
        metrics=Metrics(registry, units),
        registry=registry,
        risk_sinks=make_risk_sinks(settings) if delivers else (),
        suppression_sinks=make_suppression_sinks(settings) if delivers else (),
        aggregate_sinks=make_aggregate_sinks(settings, shared) if delivers else (),
    )


def core_of(params: Params, epoch: str, key: bytes, partitions: int = 1) -> Core[Engine, CustomerState]:
    """Put the functions of `models` where carrying expects them.

    Parameters
    ----------
    params
        How to decide.
    epoch
        Name of the journal's life.
    key
        What models and commands about them must be signed with.
    partitions
        How many partitions the journal has.
    """

    def open_engine(partition: int, own: Mapping[bytes, bytes], states: CustomerStates[CustomerState]) -> Engine:
        engine = Engine(params, partition, epoch, partitions)
        engine.restore(
            states.acknowledged_rows(),
            own.get(engine_key(partition).encode()),
            own.get(snapshot_key(partition).encode()),
        )
        return engine

    def pass_over(engine: Engine, position: Position) -> None:
        engine.position = max(engine.position, position)

    return Core(
        open_engine=open_engine,
        position=lambda engine: engine.position,
        pass_over=pass_over,
        step=guarded(step, key),
        risk_of=lambda engine, key, state: None if state.forgotten_at else engine.risk_of(key, state),
        own_rows=lambda engine: {key.encode(): row for key, row in engine.partition_rows().items()},
        customers_by_stage=lambda engine: tuple(engine.customers_by_stage),
        census=lambda engine: engine.census,
        scoring_with=lambda engine: (engine.scorer.number, engine.is_pinned),
        encode_row=encode_row,
        decode_row=decode_row,
        row_position=row_position,
    )


def units_of(params: Params, depth: int) -> Units:
    """Name the units that metrics tell apart: those of the organisation, down to a level."""
    return Units((unit.path for unit in params.organisation.units), depth)


def learner_of(params: Params) -> Callable[[Snapshot | None], Learner]:
    """Return what makes a learner with these parameters."""

    def new_learner(snapshot: Snapshot | None) -> Learner:
        if snapshot is None:
            return Learner(params)
        Scorer(snapshot.weights, params)  # what nobody could score with is not gone on from
        return Learner.resume(snapshot, params)

    return new_learner


def intake_of(settings: Settings) -> Intake:
    """Build what checks and prepares events, for every entrance alike."""
    return Intake(
        pseudonymiser=Pseudonymiser(_customer_secret(settings)),
        partitions=settings.partitions,
        attributes=frozenset(settings.attributes),
        # With the event clock, arrival says nothing about when something happened.
        max_ahead=timedelta(seconds=settings.max_future_seconds) if settings.clock == "wall" else None,
        max_bytes=settings.max_event_bytes,
    )


def _customer_secret(settings: Settings) -> bytes:
    """Return the secret that makes keys of customer ids.

    Only `ingest` meets customer ids. Whoever does not play it need not hold the secret, and gets one that nobody has.
    """
    return settings.pseudonym_secret() if "ingest" in settings.roles else secrets.token_bytes(32)


def _model_secret(settings: Settings) -> bytes:
    """Return the secret that models and commands about them are signed with.

    `score` obeys them and `learn` signs them. Whoever plays neither need not hold it, and gets one that nobody has.
    """
    return settings.snapshot_secret() if {"score", "learn"} & set(settings.roles) else secrets.token_bytes(32)
