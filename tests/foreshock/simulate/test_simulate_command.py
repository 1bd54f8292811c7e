"""The command `foreshock simulate`."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from foreshock.simulate.command import simulate
from schemas.codec import decode_event
from tests.support.ports import free_port


def run(*arguments: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(simulate, list(arguments))


def test_a_file_has_one_readable_event_per_line_and_the_truth_counts_them(tmp_path: Path) -> None:
    events, truth = tmp_path / "events.jsonl", tmp_path / "truth.jsonl"

    result = run("--customers", "200", "--days", "10", "--clean", "--output", str(events), "--truth", str(truth))

    assert result.exit_code == 0, result.output
    kinds = [decode_event(line).kind for line in events.read_bytes().splitlines()]
    known = [json.loads(line) for line in truth.read_text().splitlines()]
    assert known[-1]["events"] == {kind: kinds.count(kind) for kind in set(kinds)}
    assert {line["truth"] for line in known} <= {"grievance", "complaint", "counts"}


def test_the_same_options_give_the_same_bytes_packed_or_not(tmp_path: Path) -> None:
    plain, packed = tmp_path / "plain.jsonl", tmp_path / "packed.jsonl.gz"
    options = ("--customers", "100", "--days", "5", "--seed", "3", "--output")

    assert run(*options, str(plain)).exit_code == run(*options, str(packed)).exit_code == 0
    assert plain.read_bytes() == gzip.decompress(packed.read_bytes()) != b""


def test_events_go_to_standard_output_and_progress_does_not() -> None:
    result = run("--customers", "100", "--days", "3", "--clean", "--output", "-")

    assert result.exit_code == 0
    lines = result.stdout_bytes.splitlines()
    assert lines
    assert all(line.startswith(b'{"kind":') for line in lines)
    assert f"{len(lines)} records" in result.stderr


def test_a_rate_can_be_changed(tmp_path: Path) -> None:
    truth = tmp_path / "truth.jsonl"

    run(
        *("--customers", "300", "--days", "20", "--output", str(tmp_path / "events"), "--truth", str(truth)),
        *("--rate", "complaining_share=1", "--rate", "silent_share=0", "--rate", "grumbling_share=0"),
    )

    fates = json.loads(truth.read_text().splitlines()[-1])["fates"]
    assert fates["complaining"] > 0 == fates["silent"] == fates["grumbling"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "either --output FILE or --bootstrap"),
        (("--output", "x", "--bootstrap", "y:1"), "either --output FILE or --bootstrap"),
        (("--output", "-", "--rate", "kindness=1"), "contacts_per_day"),
        (("--output", "-", "--rate", "peak=high"), "no number"),
        (("--output", "-", "--rate", "peak=9"), "peak must be in"),
        (("--output", "-", "--for", "soon"), "say 60s"),
        (("--output", "-", "--start", "yesterday"), "yesterday"),
    ],
)
def test_a_wrong_option_is_refused_with_what_to_say_instead(arguments: tuple[str, ...], said: str) -> None:
    result = run(*arguments)

    assert result.exit_code == 2
    assert said in " ".join(result.stderr.replace("│", " ").split())


def test_a_limit_on_the_clock_ends_a_paced_run(tmp_path: Path) -> None:
    began = time.monotonic()

    result = run("--customers", "100", "--speed", "60", "--for", "0.3s", "--output", str(tmp_path / "events"))

    assert result.exit_code == 0
    assert time.monotonic() - began < 3


def test_a_broker_that_is_not_there_is_named() -> None:
    unused_port = free_port()

    result = run("--bootstrap", f"127.0.0.1:{unused_port}", "--for", "5s")

    assert result.exit_code != 0
    assert f"127.0.0.1:{unused_port}" in str(result.exception)


def test_ctrl_c_leaves_whole_lines_and_the_truth(tmp_path: Path) -> None:
    events, truth = tmp_path / "events.jsonl", tmp_path / "truth.jsonl"
    command = "from foreshock.simulate.command import simulate; simulate()"
    options = ("--customers", "2000", "--days", "3650", "--clean", "--output", str(events), "--truth", str(truth))
    process = subprocess.Popen([sys.executable, "-c", command, *options], stderr=subprocess.DEVNULL)
    try:
        while not events.exists() or events.stat().st_size < 10_000:
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)

        assert process.wait(90) == 130
    finally:
        process.kill()
    assert all(decode_event(line) for line in events.read_bytes().splitlines())
    assert json.loads(truth.read_text().splitlines()[-1])["truth"] == "counts"
