"""Sinks from settings. A sink that lacks a setting refuses to be made, and says which one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from schemas.aggregates import AggregateAlert
from schemas.alerts import Alert, Risk
from schemas.errors import ConfigurationError
from schemas.suppressions import Suppression
from sinks.abilities import Receiver
from sinks.alertmanager import Alertmanagers, AlertmanagerSink
from sinks.base import Sink
from sinks.firing import AggregatePortrait, AlertPortrait
from sinks.jsonl import JsonlSink
from sinks.log import LogSink
from sinks.webhook import Endpoint, WebhookSink, key_of
from streams.sink_settings import ChatName, SinkName, SinkSettings
from streams.sink_sharing import Shared

if TYPE_CHECKING:
    from sinks.chat.sink import ChatSink


def make_sink(name: SinkName, settings: SinkSettings, shared: Shared | None = None) -> Sink:
    """Make one sink; no connection is opened.

    Parameters
    ----------
    name
        Which.
    settings
        Where it sends alerts.
    shared
        What it shares with others; without it nothing.

    Raises
    ------
    ConfigurationError
        If it lacks a setting or an extra; says which, and what to do.
    """
    return _SINKS[name](settings, shared or Shared())


def make_risk_sinks(settings: SinkSettings) -> tuple[Receiver[Risk], ...]:
    """Make the sinks that take beliefs about customers: the history that the database keeps."""
    if "database" not in settings.sinks:
        return ()
    with _extra("database", "database"):
        from sinks.database.sink import RiskHistorySink
    return (RiskHistorySink(settings.database_address(), settings.database_risk_step),)


def make_suppression_sinks(settings: SinkSettings) -> tuple[Receiver[Suppression], ...]:
    """Make the sinks that take what nobody was told: the database's table of it."""
    if "database" not in settings.sinks:
        return ()
    with _extra("database", "database"):
        from sinks.database.sink import SuppressionsSink
    return (SuppressionsSink(settings.database_address()),)


def make_aggregate_sinks(settings: SinkSettings, shared: Shared | None = None) -> tuple[Receiver[AggregateAlert], ...]:
    """Make the sinks that take alerts about many customers: every destination that can hears of them too."""
    shared = shared or Shared()
    return tuple(_AGGREGATE_SINKS[name](settings, shared) for name in settings.sinks if name in _AGGREGATE_SINKS)


def _database_aggregates(settings: SinkSettings, _: Shared) -> Receiver[AggregateAlert]:
    with _extra("database", "database"):
        from sinks.database.sink import AggregatesSink
    return AggregatesSink(settings.database_address())


def _webhook_aggregates(settings: SinkSettings, _: Shared) -> Receiver[AggregateAlert]:
    return WebhookSink[AggregateAlert](_endpoint(settings), "webhook_aggregates")


def _webhook(settings: SinkSettings, _: Shared) -> Sink:
    return WebhookSink[Alert](_endpoint(settings))


def _endpoint(settings: SinkSettings) -> Endpoint:
    """Say where the webhook's receiver is."""
    if settings.webhook_url is None:
        raise ConfigurationError(
            "FORESHOCK_SINKS names webhook, which needs FORESHOCK_WEBHOOK_URL: the address that alerts are posted to"
        )
    keys = [key_of(settings.needed("webhook_secret", "webhook"), "FORESHOCK_WEBHOOK_SECRET")]
    if previous := settings.secret("webhook_previous_secret"):
        keys.append(key_of(previous, "FORESHOCK_WEBHOOK_PREVIOUS_SECRET"))
    return Endpoint(
        url=settings.webhook_url,
        keys=tuple(keys),
        timeout=_timeout(settings),
        max_bytes=settings.webhook_max_bytes,
        ca_file=settings.webhook_ca_file,
    )


def _alertmanager(settings: SinkSettings, shared: Shared) -> Sink:
    return AlertmanagerSink(_alertmanagers(settings), AlertPortrait(shared.unit_of(settings.alertmanager_unit_depth)))


def _alertmanager_aggregates(settings: SinkSettings, shared: Shared) -> Receiver[AggregateAlert]:
    portrait = AggregatePortrait(shared.unit_of(settings.alertmanager_unit_depth), shared.post_of)
    return AlertmanagerSink(_alertmanagers(settings), portrait, "alertmanager_aggregates")


def _alertmanagers(settings: SinkSettings) -> Alertmanagers:
    """Say which Alertmanagers are told, and how."""
    if not settings.alertmanager_urls:
        raise ConfigurationError(
            "FORESHOCK_SINKS names alertmanager, which needs FORESHOCK_ALERTMANAGER_URLS: the base address of every "
            "member of the cluster, such as http://alertmanager:9093"
        )
    if wrong := [url for url in settings.alertmanager_urls if not url.startswith(("http://", "https://"))]:
        raise ConfigurationError(f"FORESHOCK_ALERTMANAGER_URLS: {wrong[0]} must begin with http:// or https://")
    return Alertmanagers(
        urls=tuple(url.rstrip("/") for url in settings.alertmanager_urls),
        level=settings.alertmanager_level,
        repeat_every=timedelta(seconds=settings.alertmanager_repeat_seconds),
        hold=timedelta(hours=settings.alertmanager_hold_hours),
        look_back=timedelta(hours=settings.alertmanager_look_back_hours),
        timeout=_timeout(settings),
        ca_file=settings.alertmanager_ca_file,
    )


def _database(settings: SinkSettings, _: Shared) -> Sink:
    with _extra("database", "database"):
        from sinks.database.sink import DatabaseSink
    return DatabaseSink(settings.database_address())


def _chat(name: ChatName) -> Callable[[SinkSettings, Shared], Sink]:
    """Return what makes the sink of one robot."""
    return lambda settings, shared: _robot(name, name, settings, shared)


def _chat_aggregates(name: ChatName) -> Callable[[SinkSettings, Shared], Receiver[AggregateAlert]]:
    """Return what makes the sink by which one robot tells alerts about many."""
    return lambda settings, shared: _robot(name, f"{name}_aggregates", settings, shared)


def _robot(service: ChatName, name: str, settings: SinkSettings, shared: Shared) -> ChatSink[Any]:
    """Make a sink that tells a robot; all of one worker that tell it together keep to its pace."""
    url = settings.needed(f"{service}_url", service)
    with _extra("chat", service):
        from sinks.chat.sink import ChatSink, Manner
    manner = Manner(
        level=settings.chat_level,
        transitions=frozenset(settings.chat_transitions),
        language=settings.chat_language,
        texts=settings.chat_texts,
        per_minute=settings.chat_per_minute,
        timeout=_timeout(settings),
        post_of=shared.post_of,
    )
    pace = shared.pace_of(service, settings.chat_per_minute)
    return ChatSink(service, url, manner, name=name, pace=pace)


def _timeout(settings: SinkSettings) -> timedelta:
    """Return how long a destination may take."""
    return timedelta(seconds=settings.sink_timeout_seconds)


@contextmanager
def _extra(extra: str, sink: str) -> Iterator[None]:
    """Say which extra to install where a library is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"FORESHOCK_SINKS names {sink}, which needs {error.name}: install the extra `{extra}`, as "
            f"`pip install -e '.[{extra}]'` does"
        ) from error


_SINKS: dict[SinkName, Callable[[SinkSettings, Shared], Sink]] = {
    "log": lambda *_: LogSink(),
    "jsonl": lambda settings, _: JsonlSink(settings.jsonl_path),
    "webhook": _webhook,
    "alertmanager": _alertmanager,
    "database": _database,
    "wecom": _chat("wecom"),
    "dingtalk": _chat("dingtalk"),
    "feishu": _chat("feishu"),
    "slack": _chat("slack"),
    "email": _chat("email"),
}

_AGGREGATE_SINKS: dict[SinkName, Callable[[SinkSettings, Shared], Receiver[AggregateAlert]]] = {
    "webhook": _webhook_aggregates,
    "alertmanager": _alertmanager_aggregates,
    "database": _database_aggregates,
    "wecom": _chat_aggregates("wecom"),
    "dingtalk": _chat_aggregates("dingtalk"),
    "feishu": _chat_aggregates("feishu"),
    "slack": _chat_aggregates("slack"),
    "email": _chat_aggregates("email"),
}
