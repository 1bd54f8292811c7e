"""A worker that starts from a model which `foreshock train` made of a history."""

from __future__ import annotations

import asyncio
import gzip
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from foreshock.cli import main
from foreshock.simulate.feed import feed
from models.features import FAMILIES
from models.params import load_params
from schemas.alerts import Risk
from schemas.codec import decode_as
from schemas.errors import ConfigurationError
from schemas.signing import is_authentic
from schemas.snapshots import Snapshot
from sinks.prometheus import Metrics
from streams.agents.learn import run_learn
from streams.broker import EmbeddedBroker
from streams.connections import new_producer
from streams.settings import Settings, load_settings
from streams.snapshots import newest_snapshot
from streams.wiring import learner_of
from tests.support.journal import read_topic
from tests.support.outcomes import settled
from tests.support.parity import START_AT, assert_agreement, prepared, worker_of, world

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PARAMS = "[params.learning]\nsnapshot_examples = 40\n[params.policy]\ncold_positives = 10\n"
RATES = ("--rate", "complaining_share=0.31", "--rate", "silent_share=0.46")


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty days of a made-up insurer with many complaints."""
    file = tmp_path_factory.mktemp("history") / "events.jsonl.gz"
    arguments = ["simulate", "--customers", "250", "--days", "60", "--seed", "3", *RATES, "--output", str(file)]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    return file


@pytest.fixture(autouse=True)
def params(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "params.toml"
    file.write_text(PARAMS, encoding="utf-8")
    monkeypatch.setenv("FORESHOCK_PARAMS_FILE", str(file))
    return file


def train(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["train", *map(str, arguments)])


def model_in(file: Path) -> Snapshot:
    raw = file.read_bytes()
    return decode_as(Snapshot, gzip.decompress(raw) if file.suffix == ".gz" else raw)


async def test_a_worker_that_starts_from_a_trained_model_is_warm_from_the_first_event(
    embedded_broker: EmbeddedBroker, history: Path, tmp_path: Path
) -> None:
    file = tmp_path / "model.json.gz"
    trained = train(history, "--output", file)
    assert trained.exit_code == 0, trained.output
    number = model_in(file).weights.number
    settings = await prepared(embedded_broker, tmp_path, PARAMS)

    with worker_of(settings, tmp_path, "learn", FORESHOCK_START_FROM=str(file)) as learner:
        await learner.has_said("learner_took_up")
        with worker_of(settings, tmp_path, "ingest,score"):
            live = world(seed=6, start_at=START_AT + timedelta(days=60), days=25)
            fed = await feed(live, settings.bootstrap_servers, settings.topic_prefix, None, asyncio.Event())
            await settled(settings, fed)
        learner.kill()
        learner.start()
        await learner.has_said("learner_took_up", times=2)

    risks = [decode_as(Risk, record.value) for record in await read_topic(settings, "risk") if record.value]
    assert risks
    assert not any(risk.cold for risk in risks)
    assert min(risk.snapshot for risk in risks) >= number
    assert learner.said().count("learner_started_from_file") == 1
    newest = await newest_snapshot(settings)
    assert newest is not None
    assert newest.weights.number > number
    assert newest.weights.examples_seen > model_in(file).weights.examples_seen
    await assert_agreement(settings, tmp_path)


async def test_a_learner_refuses_a_file_that_was_changed_or_signed_elsewhere(
    embedded_broker: EmbeddedBroker, history: Path, tmp_path: Path
) -> None:
    file = tmp_path / "model.json"
    assert train(history, "--output", file).exit_code == 0
    forged = tmp_path / "forged.json"
    forged.write_bytes(file.read_bytes().replace(b'"examples_seen":', b'"examples_seen":1', 1))
    settings = await prepared(embedded_broker, tmp_path, PARAMS)

    for changes, told in (
        ({"start_from": forged}, "was changed, or signed with another key"),
        ({"start_from": file, "snapshot_key": SecretStr("another key, long enough")}, "FORESHOCK_SNAPSHOT_KEY"),
        ({"start_from": history}, "no snapshot of this version"),
        ({"start_from": tmp_path / "nothing.json"}, "cannot read"),
    ):
        with pytest.raises(ConfigurationError, match=told):
            await learn_until_it_ends(settings.model_copy(update=changes))
    assert await newest_snapshot(settings) is None


async def learn_until_it_ends(settings: Settings) -> None:
    """Run a learner that will not begin."""
    outlet = new_producer(settings)
    await outlet.start()
    try:
        async with asyncio.timeout(150):
            await run_learn(
                settings, learner_of(load_params(None)), outlet, Metrics(CollectorRegistry()), asyncio.Event()
            )
    finally:
        await outlet.stop()


def test_the_same_history_gives_the_same_bytes(history: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.json.gz", tmp_path / "second.json.gz"
    for file in (first, second):
        assert train(history, "--output", file).exit_code == 0

    assert first.read_bytes() == second.read_bytes()
    snapshot = model_in(first)
    assert is_authentic(snapshot, load_settings().snapshot_secret())
    assert (snapshot.learned, snapshot.examples_offset) == ((), -1)


def test_the_report_tells_what_was_learned_and_from_how_much(history: Path, tmp_path: Path) -> None:
    told = " ".join(train(history, "--output", tmp_path / "model.json").output.split())

    for part in ("complaint", "labels matured", "censored", "odds x", "snapshot", "FORESHOCK_START_FROM"):
        assert part in told
    assert "warning" in told


def test_events_out_of_order_are_learned_from_in_the_order_of_their_time(history: Path, tmp_path: Path) -> None:
    lines = gzip.decompress(history.read_bytes()).splitlines(keepends=True)
    jumbled = tmp_path / "jumbled.jsonl"
    jumbled.write_bytes(b"".join(lines[1::2] + lines[::2]))
    ordered = tmp_path / "ordered.jsonl"
    ordered.write_bytes(b"".join(lines))
    results = []
    for file in (jumbled, ordered):
        assert train(file, "--output", tmp_path / "model.json").exit_code == 0
        results.append(model_in(tmp_path / "model.json").weights)

    assert results[0].at == results[1].at
    assert abs(results[0].examples_seen - results[1].examples_seen) <= 5


def test_an_export_is_learned_from_through_its_mapping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = ["类型,客户号,时间,分公司,内容"]
    for customer in range(40):
        for day in (1, 3, 6):
            rows.append(f"来电,k{customer},2026-03-{day:02} 09:{customer:02},深圳,怎么还没有人处理")
        if customer % 2:
            rows.append(f"投诉,k{customer},2026-03-09 10:{customer:02},深圳,没有人处理")
        rows.append(f"来电,k{customer},2026-04-20 09:{customer:02},深圳,问一下保单")
    export, mapping = tmp_path / "export.csv", tmp_path / "mapping.toml"
    export.write_text("\n".join(rows) + "\n", encoding="utf-8")
    mapping.write_text(
        """
[common]
customer_id = { column = "客户号" }
occurred_at = { column = "时间", format = "%Y-%m-%d %H:%M", zone = "Asia/Shanghai" }
org_path = { template = "HQ/{分公司}" }

[[event]]
kind = "call"
when = { "类型" = "来电" }
channel = { value = "hotline" }
text = { column = "内容" }

[[event]]
kind = "complaint"
when = { "类型" = "投诉" }
""",
        encoding="utf-8",
    )
    done = train(export, "--mapping", mapping, "--output", tmp_path / "model.json")

    assert done.exit_code == 0, done.output
    assert "180 rows" in done.output
    assert model_in(tmp_path / "model.json").weights.positives_seen > 0


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "the files hold no event"),
        (b'{"kind":"call"}\n', "that can be read"),
        (
            orjson.dumps(
                {"kind": "call", "event_id": "e1", "customer_id": "k1", "occurred_at": "2026-03-01T09:00:00Z"}
            ),
            "nothing to learn from",
        ),
    ],
)
def test_a_history_that_teaches_nothing_is_refused(tmp_path: Path, content: bytes, told: str) -> None:
    file = tmp_path / "events.jsonl"
    file.write_bytes(content)
    done = train(file, "--output", tmp_path / "model.json")

    assert done.exit_code in (1, 2)
    assert told in done.output
    assert not (tmp_path / "model.json").exists()


@pytest.mark.parametrize("pack", [None, "cn"])
def test_what_statutory_clocks_say_is_learned_from_history_where_a_pack_is_in_force(
    pack: str | None, history: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if pack is not None:
        monkeypatch.setenv("FORESHOCK_PACK", pack)
    done = train(history, "--output", tmp_path / "model.json", "--quiet")
    assert done.exit_code == 0, done.output

    (line,) = model_in(tmp_path / "model.json").weights.lines
    learned = [risk.dense[FAMILIES["clocks"]] for risk in (line.risk_7d, line.risk_30d)]

    starts_at = pytest.approx((0.6, 0.0, 0.0))
    assert all((weights == starts_at) is (pack is None) for weights in learned), learned
