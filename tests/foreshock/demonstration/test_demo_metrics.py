from __future__ import annotations

from foreshock.demonstration.metrics import WorkerMetrics, fetch
from foreshock.demonstration.patience import TOO_FAR_BEHIND, PatientClock
from foreshock.demonstration.tempo import Tempo
from tests.support.ports import free_port

TEXT = """
# TYPE foreshock_skipped_positions_total counter
foreshock_skipped_positions_total{{group="score"}} {skipped}
# TYPE foreshock_messages_noted_total counter
foreshock_messages_noted_total{{fact="late"}} {late}
# TYPE foreshock_alert_latency_seconds histogram
foreshock_alert_latency_seconds_bucket{{le="0.1"}} 90.0
foreshock_alert_latency_seconds_bucket{{le="0.5"}} {within}
foreshock_alert_latency_seconds_bucket{{le="+Inf"}} 100.0
foreshock_alert_latency_seconds_count 100.0
foreshock_alert_latency_seconds_sum 9.0
"""


def read(*told: dict[str, float]) -> WorkerMetrics:
    metrics = WorkerMetrics()
    for figures in told:
        metrics.take(TEXT.format(**{"skipped": 0.0, "late": 0.0, "within": 100.0} | figures))
    return metrics


def test_counters_go_on_after_the_worker_was_started_again() -> None:
    metrics = read({"late": 5.0}, {"late": 8.0}, {"late": 2.0}, {"late": 3.0})

    assert metrics.count("foreshock_messages_noted_total", "late") == 11
    assert metrics.count("foreshock_skipped_positions_total", "score") == 0


def test_what_is_not_shown_is_not_even_parsed() -> None:
    metrics = WorkerMetrics()

    metrics.take(TEXT.format(skipped=0.0, late=5.0, within=100.0) + 'foreshock_events_total{kind="call"} many\n')

    assert metrics.count("foreshock_messages_noted_total", "late") == 5


def test_a_share_of_latencies_lies_below_a_bound() -> None:
    metrics = read({})

    assert metrics.quantile("foreshock_alert_latency_seconds", 0.9) == 0.1
    assert metrics.quantile("foreshock_alert_latency_seconds", 0.95) == 0.5


def test_there_is_no_bound_above_the_last_bucket_nor_without_observations() -> None:
    assert read({"within": 93.0}).quantile("foreshock_alert_latency_seconds", 0.95) is None
    assert WorkerMetrics().quantile("foreshock_alert_latency_seconds", 0.95) is None


async def test_a_worker_that_does_not_listen_says_nothing() -> None:
    assert await fetch(free_port(), "/metrics") is None


def test_time_stands_still_for_the_insurer_while_the_worker_is_too_far_behind() -> None:
    behind, now = [0], [100.0]
    clock = PatientClock(lambda: behind[0], lambda: now[0])

    now[0] = 110.0
    assert clock() == 10.0
    behind[0], now[0] = TOO_FAR_BEHIND + 1, 120.0
    assert clock() == 10.0
    behind[0], now[0] = TOO_FAR_BEHIND, 125.0
    assert clock() == 15.0


def test_the_tempo_is_that_of_the_last_seconds() -> None:
    tempo = Tempo()
    for second, count in enumerate((0, 100, 100, 100, 400)):
        tempo.count(float(second), count)

    assert tempo.per_second == 100.0
    assert list(tempo.history) == [0.0, 100.0, 50.0, 33.333333333333336, 100.0]
