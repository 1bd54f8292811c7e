from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import peers as peers_module
from tests.support.peers import CHECKOUT, Peer, find_peers, required_peers, summary_lines

FOUND = Peer("prometheus", "/usr/bin/prometheus", "install it")
MISSING = Peer("kafka", None, "fetch it")
PEERS = {peer.name: peer for peer in (FOUND, MISSING)}

SUITE = """
import pytest

@pytest.mark.realdata
def test_on_real_data(): ...

def test_on_nothing(): ...
"""


def test_a_broker_named_by_the_environment_is_the_kafka_peer() -> None:
    peers = find_peers({"FORESHOCK_TEST_BOOTSTRAP": "127.0.0.1:29092"})

    assert peers["kafka"].where == "the broker at 127.0.0.1:29092"


def test_a_broker_that_is_named_is_no_node_that_a_test_may_stop(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(peers_module, "KAFKA_LIBS", tmp_path)
    found = find_peers({"FORESHOCK_TEST_BOOTSTRAP": "127.0.0.1:29092"})

    assert not found["kafka"].is_missing
    assert found["kafka_node"].is_missing


def test_a_folder_that_does_not_exist_is_no_real_data(tmp_path: Path) -> None:
    here = find_peers({"FORESHOCK_REAL_DATA": str(tmp_path)})["realdata"]
    gone = find_peers({"FORESHOCK_REAL_DATA": str(tmp_path / "gone")})["realdata"]

    assert here.where == str(tmp_path)
    assert gone.is_missing


def test_a_requirement_for_an_unknown_peer_is_refused() -> None:
    with pytest.raises(ValueError, match=r"names \['kafak'\]"):
        required_peers(PEERS, {"FORESHOCK_TEST_REQUIRE": "prometheus,kafak"})


def test_the_summary_tells_found_missing_and_required_apart() -> None:
    optional = summary_lines(PEERS.values(), required=set())
    required = summary_lines(PEERS.values(), required={"kafka"})

    assert optional[0] == "found    prometheus    /usr/bin/prometheus"
    assert optional[1] == "missing  kafka         its tests were skipped: fetch it"
    assert required[1] == "MISSING  kafka         required, so this run fails: fetch it"


@pytest.mark.parametrize(
    ("required", "test", "closing", "exit_code"),
    [
        ("", "", "1 passed, 1 skipped", 0),
        ("realdata", "", "1 passed, 1 error", 1),
        # No test asked for the peer, and still the run may not pass without it.
        ("realdata", "test_on_nothing", "1 passed, 1 deselected", 1),
        ("", "test_on_nothing", "1 passed, 1 deselected", 0),
    ],
)
def test_a_missing_peer_skips_its_tests_and_fails_them_where_it_is_required(
    tmp_path: Path, required: str, test: str, closing: str, exit_code: int
) -> None:
    done = run_of_suite(tmp_path, required, "-k", test)

    assert re.search(rf"= {closing} in ", done.stdout.splitlines()[-1]), done.stdout + done.stderr
    assert done.returncode == exit_code
    assert ("MISSING" if required else "missing") + "  realdata" in done.stdout


@pytest.mark.parametrize(
    ("required", "test", "closing", "exit_code"),
    [
        ("", "", "1 passed, 1 skipped", 0),
        ("realdata", "", "1 passed, 1 error", 1),
        ("realdata", "test_on_nothing", "1 passed", 1),
    ],
)
def test_several_processes_say_the_same_of_a_missing_peer(
    tmp_path: Path, required: str, test: str, closing: str, exit_code: int
) -> None:
    done = run_of_suite(tmp_path, required, "-k", test, "-n", "2", "--dist", "loadfile")

    assert re.search(rf"= {closing} in ", done.stdout.splitlines()[-1]), done.stdout + done.stderr
    assert done.returncode == exit_code
    assert done.stdout.count(("MISSING" if required else "missing") + "  realdata") == 1


def run_of_suite(folder: Path, required: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the suite with our `conftest`, where there is no real data."""
    suite = folder / "test_suite.py"
    suite.write_text(SUITE)
    environ = {"FORESHOCK_REAL_DATA": str(folder / "gone"), "FORESHOCK_TEST_REQUIRE": required}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "tests.conftest"]
    return subprocess.run(
        [*command, f"--rootdir={folder}", f"-c{CHECKOUT / 'pyproject.toml'}", suite, *options],
        cwd=CHECKOUT,
        env=os.environ | environ,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
