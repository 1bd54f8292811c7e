"""The published contracts: valid, complete, and not stale."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import jsonschema
import orjson
import pytest
from click.testing import CliRunner

from foreshock.cli import main
from schemas.catalogue import SOURCE_TOPICS, TOPICS
from schemas.contracts import asyncapi, documents, json_schema

OFFICIAL = Path(__file__).parent / "fixtures" / "asyncapi-3.0.0.json.gz"


def resolve(document: dict[str, Any], reference: str) -> Any:
    found: Any = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def test_the_committed_contracts_match_the_code() -> None:
    result = CliRunner().invoke(main, ["schema", "--check"])

    assert result.exit_code == 0, result.output


def test_stale_missing_and_left_over_files_are_named(tmp_path: Path) -> None:
    run = CliRunner()
    assert run.invoke(main, ["schema", "--output", str(tmp_path)]).exit_code == 0
    (tmp_path / "schemas" / "calls.schema.json").write_text("{}")
    (tmp_path / "asyncapi.json").unlink()
    (tmp_path / "schemas" / "gone.schema.json").write_text("{}")

    checked = run.invoke(main, ["schema", "--check", "--output", str(tmp_path)])

    assert checked.exit_code == 1
    assert "calls.schema.json is stale or missing" in checked.output
    assert "asyncapi.json is stale or missing" in checked.output
    assert "gone.schema.json is left over" in checked.output
    assert run.invoke(main, ["schema", "--output", str(tmp_path)]).exit_code == 0
    assert run.invoke(main, ["schema", "--check", "--output", str(tmp_path)]).exit_code == 0


def test_the_same_code_gives_the_same_bytes() -> None:
    assert documents() == documents()


def test_the_asyncapi_document_is_valid_by_the_official_schema() -> None:
    official = orjson.loads(gzip.decompress(OFFICIAL.read_bytes()))

    errors = list(jsonschema.Draft7Validator(official).iter_errors(asyncapi()))

    assert errors == []


def test_every_topic_is_a_channel_with_its_key_its_schema_and_an_operation() -> None:
    document, files = asyncapi(), documents()
    operations = document["operations"].values()

    assert document["channels"].keys() == TOPICS.keys()
    for name, channel in document["channels"].items():
        message = resolve(document, channel["messages"][name]["$ref"])
        assert channel["address"] == f"foreshock.{name}"
        assert message["bindings"]["kafka"]["key"]["description"] == TOPICS[name].key
        assert message["payload"]["schema"]["$ref"].removeprefix("./") in files
        assert any(resolve(document, operation["channel"]["$ref"]) is channel for operation in operations)


def test_foreshock_receives_what_insurers_send_and_sends_the_rest() -> None:
    operations = asyncapi()["operations"]
    received = {name for name, operation in operations.items() if operation["action"] == "receive"}

    assert {f"receive{name.capitalize()}" for name in SOURCE_TOPICS} <= received
    assert not any(f"send{name.capitalize()}" in operations for name in SOURCE_TOPICS)
    assert {"sendAlerts", "sendRisk", "sendDeadLetters"} <= operations.keys()


@pytest.mark.parametrize("name", TOPICS)
def test_every_schema_is_valid_and_explains_every_field(name: str) -> None:
    schema = json_schema(TOPICS[name])

    jsonschema.Draft202012Validator.check_schema(schema)
    for part in (schema, *schema.get("$defs", {}).values()):
        for field, described in part.get("properties", {}).items():
            assert described.get("description") or field == "kind", f"{part['title']}.{field}"


def test_a_producer_may_write_words_that_we_do_not_know() -> None:
    validator = jsonschema.Draft202012Validator(json_schema(TOPICS["calls"]))

    validator.validate(
        {"event_id": "e", "occurred_at": "2026-03-02T09:00:00Z", "customer_id": "C", "channel": "pigeon"}
    )


def test_rules_between_fields_are_in_the_contract() -> None:
    envelope = {"event_id": "e", "occurred_at": "2026-03-02T09:00:00Z", "customer_id": "C"}

    def allowed(topic: str, **fields: object) -> bool:
        return jsonschema.Draft202012Validator(json_schema(TOPICS[topic])).is_valid({**envelope, **fields})

    assert allowed("calls", text="a")
    assert not allowed("calls", text="a", turns=[{"text": "b"}])
    assert not allowed("actions", action="promise")
    assert allowed("actions", action="promise", due_at="2026-03-03T09:00:00Z")
    assert allowed("surveys", instrument="nps", score=0)
    assert not allowed("surveys", instrument="csat", score=0)
    assert not allowed("surveys", instrument="csat")
    assert allowed("surveys", instrument="csat", status="sent")
    assert not allowed("surveys", instrument="servqual", score=5)
