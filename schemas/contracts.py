"""The published contracts: one JSON Schema per topic, and one AsyncAPI document for all of them."""

from __future__ import annotations

from typing import Any, get_args

import orjson
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

from schemas.catalogue import SOURCE_TOPICS, TOPICS, TopicContract
from schemas.events import SCHEMA_VERSION

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ASYNCAPI_VERSION = "3.0.0"

JsonObject = dict[str, Any]

_SCHEMA_FORMAT = "application/schema+json;version=draft-2020-12"
_INSIDE = frozenset({"journal", "examples", "snapshots"})
"""Topics that one part of Foreshock writes and another reads."""

_DESCRIPTION = """\
Insurers write calls, claims, surveys and complaints; people and CRM systems write actions.
Foreshock reads them, and writes risk and alerts, with what it needs for itself on topics of its own.

Addresses have the default prefix `foreshock.`; an installation may choose another.
Delivery is at least once: drop what you have seen by `ce_id` (for alerts: `alert_id` and `sequence`)."""


def documents() -> dict[str, bytes]:
    """Write every contract.

    Returns
    -------
    dict of str to bytes
        One entry per file, by its path below the folder of references: `asyncapi.json` and
        `schemas/<topic>.schema.json`. The same code gives the same bytes.
    """
    written = {_schema_file(topic.name): json_schema(topic) for topic in TOPICS.values()}
    return {path: _pretty(document) for path, document in {"asyncapi.json": asyncapi(), **written}.items()}


def json_schema(topic: TopicContract) -> JsonObject:
    """Describe one message of a topic as JSON Schema, draft 2020-12.

    Topics that others write are described as Foreshock reads them: an unknown word where a set is lenient passes, and
    `kind` may be missing. Topics that Foreshock writes are described as it writes them.

    Parameters
    ----------
    topic
        An entry of `schemas.catalogue.TOPICS`. Of a topic whose records are many lines, one line is described.
    """
    mode: JsonSchemaMode = "validation" if topic.name in SOURCE_TOPICS else "serialization"
    described = topic.adapter().json_schema(mode=mode, schema_generator=_Quiet)
    if mode == "serialization":
        for part in (described, *described.get("$defs", {}).values()):
            _require_kind(part)
    return {
        "$schema": DIALECT,
        "$id": f"urn:foreshock:{topic.name}:v{SCHEMA_VERSION}",
        "title": topic.name,
        **described,
    }


def asyncapi() -> JsonObject:
    """Describe all topics, who writes and reads them, and their headers, as one AsyncAPI document."""
    topics = list(TOPICS.values())
    return {
        "asyncapi": ASYNCAPI_VERSION,
        "id": "urn:foreshock",
        "info": {
            "title": "Foreshock",
            "version": f"{SCHEMA_VERSION}.0.0",
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "kafka": {
                "host": "{bootstrap_servers}",
                "protocol": "kafka",
                "description": "Apache Kafka, or what speaks its protocol.",
                "variables": {
                    "bootstrap_servers": {
                        "default": "127.0.0.1:9092",
                        "description": "As FORESHOCK_BOOTSTRAP_SERVERS.",
                    }
                },
            }
        },
        "channels": {topic.name: _channel(topic) for topic in topics},
        "operations": dict(operation for topic in topics for operation in _operations(topic)),
        "components": {"messages": {topic.name: _message(topic) for topic in topics}},
    }


class _Quiet(GenerateJsonSchema):
    """JSON Schema without titles that only repeat the name of a field."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Say no: `Event Id` tells nothing beside `event_id`."""
        return False


def _require_kind(described: JsonObject) -> None:
    """Say that `kind` is there: the serialiser always writes it, though it has a default."""
    if "kind" in described.get("properties", {}):
        described["required"] = ["kind", *(name for name in described.get("required", []) if name != "kind")]


def _channel(topic: TopicContract) -> JsonObject:
    """Describe a topic as a channel."""
    return {
        "address": f"foreshock.{topic.name}",
        "description": topic.about,
        "servers": [{"$ref": "#/servers/kafka"}],
        "messages": {topic.name: {"$ref": f"#/components/messages/{topic.name}"}},
    }


def _operations(topic: TopicContract) -> list[tuple[str, JsonObject]]:
    """Tell what Foreshock does with a topic: receive what others write, send what it writes."""
    received = topic.name in SOURCE_TOPICS or topic.name in _INSIDE
    sent = topic.name not in SOURCE_TOPICS
    told = (("receive", received, f"Written by {topic.written_by}."), ("send", sent, f"By {topic.written_by}."))
    return [
        (
            f"{action}{''.join(word.capitalize() for word in topic.name.split('-'))}",
            {
                "action": action,
                "channel": {"$ref": f"#/channels/{topic.name}"},
                "summary": topic.about,
                "description": who,
                "messages": [{"$ref": f"#/channels/{topic.name}/messages/{topic.name}"}],
            },
        )
        for action, happens, who in told
        if happens
    ]


def _message(topic: TopicContract) -> JsonObject:
    """Describe what a record holds."""
    described: JsonObject = {
        "name": topic.name,
        "summary": topic.about,
        "contentType": "application/x-ndjson" if topic.lines else "application/json",
        "payload": {"schemaFormat": _SCHEMA_FORMAT, "schema": {"$ref": f"./{_schema_file(topic.name)}"}},
        "bindings": {
            "kafka": {"key": {"type": "string", "description": topic.key}, "bindingVersion": "0.5.0"},
        },
    }
    if topic.lines:
        described["description"] = "Each line is one message of this schema."
    else:
        described["headers"] = _cloud_event_headers(topic)
    return described


def _cloud_event_headers(topic: TopicContract) -> JsonObject:
    """Describe the headers of CloudEvents in binary mode; what insurers write is read without them too."""
    ce_type = {
        "type": "string",
        "enum": _cloud_event_types(topic),
        "description": "Type and version of the message.",
    }
    described: JsonObject = {
        "type": "object",
        "description": "CloudEvents 1.0, binary content mode.",
        "properties": {
            "ce_specversion": {"type": "string", "const": "1.0"},
            "ce_id": {"type": "string", "description": "Unique per source; the same when a message is sent again."},
            "ce_type": ce_type,
            "ce_source": {"type": "string", "description": "Who wrote it, such as `foreshock/score`."},
            "ce_time": {"type": "string", "format": "date-time", "description": "When what it tells happened."},
            "content-type": {"type": "string", "const": "application/json"},
        },
    }
    if topic.name not in SOURCE_TOPICS:
        described["required"] = list(described["properties"])
    return described


def _cloud_event_types(topic: TopicContract) -> list[str]:
    """Give every `ce_type` on a topic, as `schemas.cloudevents` writes it."""
    if topic.name in ("examples", "observations"):
        union = get_args(topic.message)[0]
        kinds = [f"{topic.name.removesuffix('s')}.{member.model_fields['kind'].default}" for member in get_args(union)]
    else:
        kinds = [SOURCE_TOPICS.get(topic.name) or topic.name.removesuffix("s")]
    return [f"foreshock.{kind}.v{SCHEMA_VERSION}" for kind in kinds]


def _schema_file(topic: str) -> str:
    """Name the file of a topic's schema."""
    return f"schemas/{topic}.schema.json"


def _pretty(document: JsonObject) -> bytes:
    """Write a document for people and for diffs."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
