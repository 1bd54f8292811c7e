from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from schemas.codec import encode
from schemas.errors import ConfigurationError, UnreadableMessageError
from streams.settings import load_settings
from streams.wiring import intake_of, wire
from tests.support.events import START, call
from tests.support.peers import CHECKOUT


@pytest.mark.parametrize(
    ("setting", "event", "reason"),
    [
        ({"max_event_bytes": 1024}, {"text": "x" * 2000}, "too_large"),
        ({"attributes": "member_level"}, {"attributes": {"birthday": "1990-01-01"}}, "undeclared_attribute"),
        ({"max_future_seconds": 60}, {"day": 1}, "from_the_future"),
    ],
)
def test_what_the_settings_refuse_is_refused(setting: dict[str, Any], event: dict[str, Any], reason: str) -> None:
    refusing, taking = (
        intake_of(load_settings(**setting)),
        intake_of(load_settings(attributes="birthday", clock="event")),
    )
    raw = encode(call(**event))

    assert taking.prepare(raw, "call", START)
    with pytest.raises(UnreadableMessageError) as refused:
        refusing.prepare(raw, "call", START)
    assert refused.value.reason == reason


def test_who_takes_no_events_in_needs_no_pseudonym_key() -> None:
    elsewhere = {"bootstrap_servers": "kafka:9092", "snapshot_key": "a key of the models only"}

    assert wire(load_settings(roles="score,learn,tick,deliver", **elsewhere))
    with pytest.raises(ConfigurationError, match="FORESHOCK_PSEUDONYM_KEY is not set"):
        wire(load_settings(roles="ingest", **elsewhere))


def test_who_neither_scores_nor_learns_needs_no_key_of_the_models(tmp_path: Path) -> None:
    missing = tmp_path / "no-such-key"

    assert wire(load_settings(roles="ingest,group,tick,deliver", snapshot_key_file=missing))
    for role in ("score", "learn"):
        with pytest.raises(ConfigurationError, match="FORESHOCK_SNAPSHOT_KEY_FILE"):
            wire(load_settings(roles=role, snapshot_key_file=missing))


def test_metrics_name_the_units_of_the_organisation_file_down_to_the_depth_of_the_settings() -> None:
    organisation = CHECKOUT / "examples" / "organisation.toml"
    named = wire(load_settings(organisation=organisation, metrics_unit_depth=2)).metrics

    assert named.units.values == ("HQ", "HQ/Guangdong", "other")
    assert wire(load_settings()).metrics.units.values == ("all",)
