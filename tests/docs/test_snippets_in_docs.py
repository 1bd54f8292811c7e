"""Settings, parameters, mappings and events that a document shows are ones that we read."""

from __future__ import annotations

from pathlib import Path

import pytest

from foreshock.importing.loading import load_mapping
from models.params import Params, load_params
from schemas.codec import EventKind, decode_event
from streams.settings import load_settings
from tests.support.documents import Block, blocks, documents


def shown(language: str, mark: str) -> list[Block]:
    return [
        block for path in documents() for block in blocks(path) if block.language == language and mark in block.text
    ]


def named(block: Block) -> str:
    return f"{block.document}:{block.line}"


@pytest.mark.parametrize("block", shown("toml", "bootstrap_servers"), ids=named)
def test_a_settings_file_is_read(block: Block, tmp_path: Path) -> None:
    (tmp_path / "foreshock.toml").write_text(block.text, encoding="utf-8")

    assert load_settings(tmp_path / "foreshock.toml").partitions == 12


@pytest.mark.parametrize("block", shown("toml", "[params."), ids=named)
def test_parameters_are_read_and_change_something(block: Block, tmp_path: Path) -> None:
    (tmp_path / "params.toml").write_text(block.text, encoding="utf-8")

    assert load_params(tmp_path / "params.toml").digest() != Params().digest()


@pytest.mark.parametrize("document", sorted({block.document for block in shown("toml", "[common]")}))
def test_the_parts_of_a_mapping_are_a_mapping(document: str, tmp_path: Path) -> None:
    parts = [block.text for block in shown("toml", "[") if block.document == document]
    (tmp_path / "mapping.toml").write_text("\n".join(parts), encoding="utf-8")

    assert load_mapping(tmp_path / "mapping.toml")


@pytest.mark.parametrize("block", shown("json", "customer_id"), ids=named)
def test_an_event_is_one_that_a_source_topic_takes(block: Block) -> None:
    kind: EventKind = "action" if '"action"' in block.text else "call"

    assert decode_event(block.text.encode(), kind).customer_id == "C1003"
