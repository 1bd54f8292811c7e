"""What an upgrade came to, beside what versions promise each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import orjson
from aiokafka import ConsumerRecord

from bench.faults.judge import Verdict, judge
from bench.faults.tape import AlertName, alert_name
from bench.faults.truth import truth_of
from bench.upgrade.play import Played


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is at the broker in the end, beside what today's version alone makes of the same journal."""

    events: int
    """Records on the source topics."""
    customers: int
    """Of whom there is a row."""
    alerts: int
    """Transitions of alerts by the replay."""
    lost: int
    """Events that are not in the journal, and journal lines that nobody could read."""
    dead_letters: int
    """Records and lines that somebody could not read."""
    under_count: int
    """Events that states should count and do not."""
    over_count: int
    """Events that states count and should not."""
    undelivered: int
    """Alerts on the topic that no sink has."""
    contradicted: int
    """Alerts that were told twice under one name with different words."""
    repeated: int
    """Alerts that were told again with the same words, to be dropped by id: at-least-once delivery allows it."""
    rows_unlike: int
    """Rows that differ from the replay's by any byte."""
    alerts_unlike: int
    """Alerts that the replay does not tell so, or tells and that were not told."""
    letters: Mapping[str, int]
    """Dead letters by topic, reason and text."""
    step_back: str
    """What the former version did when it was started once more: `refused` or `went on`."""

    def complaints(self) -> Iterator[str]:
        """Name what every upgrade promises to be nothing and is not."""
        for name in ("lost", "dead_letters", "under_count", "over_count", "undelivered", "contradicted"):
            if value := getattr(self, name):
                yield f"{name.replace('_', ' ')} {value}"

    def plain(self) -> dict[str, Any]:
        """Return it for a file."""
        return {**asdict(self), "kept": not any(self.complaints())}


def outcome_of(played: Played) -> Outcome:
    """Judge what was played."""
    tape, verdict = played.tape, Verdict("upgrade", "", "")
    judge(verdict, tape, truth_of(played.settings, tape.records["journal"]))
    return Outcome(
        events=verdict.fed,
        customers=len({record.key for record in tape.records["risk"]}),
        alerts=verdict.alerts,
        lost=verdict.lost,
        dead_letters=len(tape.records["dead-letters"]),
        under_count=verdict.under_count,
        over_count=verdict.over_count,
        undelivered=len(tape.undelivered(played.alert_files)),
        contradicted=contradicted(tape.records["alerts"]),
        repeated=verdict.alerts_repeated,
        rows_unlike=verdict.rows_wrong,
        alerts_unlike=verdict.alerts_lost + verdict.alerts_wrong + verdict.alerts_unknown,
        letters=_letters(played),
        step_back=played.step_back,
    )


def _letters(played: Played) -> dict[str, int]:
    """Sort dead letters by where they come from and why."""
    found = [orjson.loads(record.value) for record in played.tape.records["dead-letters"]]
    prefix = played.settings.topic_prefix
    return Counter(f"{each['topic'].removeprefix(prefix)}, {each['reason']}: {each['error'][:200]}" for each in found)


def contradicted(alerts: list[ConsumerRecord]) -> int:
    """Count the alerts of which several, with different words, bear one id and sequence."""
    told: dict[AlertName, set[bytes]] = {}
    for record in alerts:
        told.setdefault(alert_name(record.value or b""), set()).add(record.value or b"")
    return sum(len(words) > 1 for words in told.values())
