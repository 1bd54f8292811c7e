"""Rules between fields, as the published contract writes them; the messages' own validators enforce the same."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import JsonValue

Rule = dict[str, JsonValue]
"""Keywords of JSON Schema that join those of a message."""


def text_or_turns() -> Rule:
    """Write that a call has one text or turns, not both."""
    both: Rule = {"text": {"type": "string"}, "turns": {"type": "array", "minItems": 1}}
    return {"not": {"properties": both, "required": ["text", "turns"]}}


def action_is_complete() -> Rule:
    """Write that a promise says until when, and that a waiver says who and why."""

    def needs(action: str, *fields: str) -> JsonValue:
        return {
            "if": {"properties": {"action": {"const": action}}},
            "then": {"properties": {field: {"type": "string"} for field in fields}, "required": list(fields)},
        }

    return {"allOf": [needs("promise", "due_at"), needs("waived", "actor_ref", "note")]}


def command_names_its_object() -> Rule:
    """Write that a promotion names a learner, and that a rollback carries weights."""

    def needs(command: str, field: str, type_of_field: str) -> JsonValue:
        return {
            "if": {"properties": {"command": {"const": command}}},
            "then": {"properties": {field: {"type": type_of_field}}, "required": [field]},
        }

    return {"allOf": [needs("promote", "learner", "string"), needs("rollback", "weights", "object")]}


def answer_fits_instrument(scales: Iterable[tuple[str, tuple[int, int]]]) -> Rule:
    """Write that an answer is on its instrument's scale, and that an answered survey has one.

    Parameters
    ----------
    scales
        Lowest and highest answer of each instrument; `servqual` is answered by items instead of a score.
    """
    is_answered: Rule = {"const": "answered"}
    rules: list[JsonValue] = []
    for instrument, (low, high) in scales:
        is_asked: Rule = {"const": instrument}
        answer = "items" if instrument == "servqual" else "score"
        there: Rule = {"type": "array", "minItems": 1} if answer == "items" else {"type": "number"}
        rules += [
            {
                "if": {"properties": {"instrument": is_asked}},
                "then": {"properties": {"score": {"minimum": low, "maximum": high}}},
            },
            {
                "if": {"properties": {"instrument": is_asked, "status": is_answered}},
                "then": {"properties": {answer: there}, "required": [answer]},
            },
        ]
    return {"allOf": rules}
