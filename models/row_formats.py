"""Rows of earlier formats: each format is brought to the next one, so that a worker reads what any earlier one wrote.

A format changes when a row of before would be read wrongly: a field that was added, moved or given another meaning. The
change is one function here, and a row of the old format in `tests/models/fixtures`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from models.packing import packed_buckets, packed_numbers
from schemas.errors import ConfigurationError

ROW_FORMAT = 6
"""First item of every row."""

_FIELDS_1 = [
    "epoch",
    "offset",
    "line",
    "tenant",
    "org_path",
    "policy_ref",
    "claim_ref",
    "drivers",
    "events",
    "seen_at",
    "clock",
    "stage",
    "stage_at",
    "fast",
    "slow",
    "spoke_at",
    "conversation",
    "conversation_ref",
    "conversation_at",
    "needed",
    "dissatisfaction",
    "handover",
    "needs_person",
    "heat",
    "heat_at",
    "contacts",
    "friction",
    "wait_seconds",
    "bad_contact_at",
    "claims",
    "refused_at",
    "promises",
    "missed",
    "missed_at",
    "feedback_at",
    "rating",
    "rated_at",
    "survey_sent_at",
    "ignored_at",
    "grumbled_at",
    "threat_at",
    "complained_at",
    "complaints",
    "complaint_open",
    "escalated",
    "contacted_at",
    "channel",
    "language",
    "cases",
    "cases_seen",
    "own",
    "tallies",
    "tallies_at",
    "asked_at",
    "categories",
    "score_7d",
    "score_30d",
    "learner",
    "shadow",
    "scored_at",
    "base",
    "contributions",
    "usual",
    "probability_7d",
    "probability_30d",
    "snapshot",
    "cold",
    "evidence",
    "alerts",
    "alerts_opened",
    "alerted_at",
    "spent",
    "born",
    "cool_downs",
    "predictions",
    "ids_since",
    "ids",
    "ids_before",
]
"""What the items of a customer's row of format 1 were, in their order."""

_FIELDS_2 = [
    "epoch",
    "offset",
    "line",
    "due",
    "stage",
    "ruled_by",
    "tenant",
    "org_path",
    "policy_ref",
    "claim_ref",
    "drivers",
    "events",
    "seen_at",
    "clock",
    "stage_at",
    "fast",
    "slow",
    "spoke_at",
    "conversation",
    "conversation_ref",
    "conversation_at",
    "needed",
    "dissatisfaction",
    "handover",
    "needs_person",
    "heat",
    "heat_at",
    "contacts",
    "friction",
    "wait_seconds",
    "bad_contact_at",
    "claims",
    "refused_at",
    "promises",
    "missed",
    "missed_at",
    "feedback_at",
    "rating",
    "rated_at",
    "survey_sent_at",
    "ignored_at",
    "grumbled_at",
    "threat_at",
    "complained_at",
    "complaints",
    "complaint_open",
    "escalated",
    "contacted_at",
    "channel",
    "language",
    "cases",
    "cases_seen",
    "own",
    "tallies",
    "tallies_at",
    "asked_at",
    "categories",
    "score_7d",
    "score_30d",
    "learner",
    "shadow",
    "scored_at",
    "base",
    "contributions",
    "usual",
    "probability_7d",
    "probability_30d",
    "snapshot",
    "cold",
    "evidence",
    "alerts",
    "alerts_opened",
    "alerted_at",
    "spent",
    "lives",
    "cool_downs",
    "predictions",
    "ids_since",
    "ids",
    "ids_before",
    "left_at",
    "forgotten_at",
]
"""The same of format 2, written out: a format stays as it was. Rows of today's are read by the dataclass."""

_FORGOTTEN_2 = [
    "epoch",
    "offset",
    "line",
    "due",
    "stage",
    "ruled_by",
    "forgotten_at",
    "alerts_opened",
    "lives",
    "spent",
]
"""The same of a forgotten customer."""

_AFTER = _FIELDS_2.index("feedback_at") + 1
_FIELDS_3 = [*_FIELDS_2[:_AFTER], "feedback", *_FIELDS_2[_AFTER:], "room", "clocks"]
"""The same of format 3. Of a forgotten customer it had what today's has."""

_BEFORE = _FIELDS_3.index("drivers")
_FIELDS_4 = [*_FIELDS_3[:_BEFORE], "product_line", "product_id", "household_ref", *_FIELDS_3[_BEFORE:]]
"""The same of formats 4 and 5."""

_FIELDS = {1: (_FIELDS_1,), 2: (_FIELDS_2, _FORGOTTEN_2), 3: (_FIELDS_3,), 4: (_FIELDS_4,), 5: (_FIELDS_4,)}
"""Format to the rows that it has."""

Named = dict[str, Any]


class NewerRowError(ConfigurationError):
    """A row was written by a later version of Foreshock, which alone can read it."""

    remedy = "Run the version that wrote it, or a later one."

    def __init__(self, found: object) -> None:
        super().__init__(
            f"a row of state has format {found!r}, and this version reads up to {ROW_FORMAT}: a later version of "
            "Foreshock has written it. Run that version or a later one; to go back to this one, choose another "
            "FORESHOCK_TOPIC_PREFIX and replay the journal"
        )


def check_format(found: object) -> None:
    """Refuse rows that a later version has written.

    Raises
    ------
    NewerRowError
        If the format is not one that is known here.
    """
    if not isinstance(found, int) or not 1 <= found <= ROW_FORMAT:
        raise NewerRowError(found)


def upgraded(items: list[Any]) -> Named:
    """Bring the items of a customer's row of an earlier format to today's fields.

    Parameters
    ----------
    items
        The whole row, its format first.

    Returns
    -------
    dict
        Field to value; what is not named has its default.

    Raises
    ------
    NewerRowError
        If the format is a later one.
    """
    check_format(items[0])
    fields = next((each for each in _FIELDS[items[0]] if len(each) == len(items) - 1), _FIELDS[items[0]][0])
    named: Named = dict(zip(fields, items[1:], strict=True))
    for before in range(items[0], ROW_FORMAT):
        named = _STEPS[before](named)
    return named


def _to_2(named: Named) -> Named:
    """Keep every beginning and end of a customer, where format 1 kept the first beginning; pack what waits."""
    born = named.pop("born")
    return named | {
        "lives": [born] if born[0] >= 0 else [],
        "categories": packed_buckets(named["categories"]),
        "predictions": [[*rest, packed_numbers(dense), "", hashed] for *rest, dense, hashed in named["predictions"]],
    }


def _to_3(named: Named) -> Named:
    """Say how far people are with an alert, where format 2 said whether somebody had taken it.

    Since when, and which evidence was taken into account, is not known: the row's last moment stands for both.
    """
    at, alerts = named.get("clock", 0.0), named.get("alerts") or ()
    return named | {"alerts": [[*alert, at, 1, at] if taken else [*alert, at] for *alert, taken in alerts]}


def _to_4(named: Named) -> Named:
    """Leave what format 3 did not say empty: the next event says it."""
    return named


def _to_5(named: Named) -> Named:
    """Put what statutory clocks add between the other numbers and the circumstances, which stand last: nothing yet."""
    parts = {name: named.get(name) or () for name in ("contributions", "usual")}
    return named | {name: [*adds[:-1], 0.0, adds[-1]] if adds else adds for name, adds in parts.items()}


def _to_6(named: Named) -> Named:
    """Say the levels of open alerts at the beginning; one that says nothing else is known to people."""
    known = [alert for alert in named.get("alerts") or () if len(alert) <= _TOLD_5 or alert[_TOLD_5]]
    return named | {"told_levels": "".join(str(alert[_LEVEL_5]) for alert in known)}


_LEVEL_5, _TOLD_5 = 2, 15
"""Where an alert of format 5 has its level, and whether people know of it."""

_STEPS: Mapping[int, Callable[[Named], Named]] = {1: _to_2, 2: _to_3, 3: _to_4, 4: _to_5, 5: _to_6}
"""Format to what brings a row of it to the next."""
