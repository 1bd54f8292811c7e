"""Rules between fields, as the published contract writes them; the messages' own validators enforce the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import JsonValue

Rule = dict[str, JsonValue]
"""Keywords of JSON Schema that join those of a message."""


def text_or_turns() -> Rule:
    """Write that a call has one text or turns, not both."""
    both: Rule = {"text": {"type": "string"}, "turns": {"type": "array", "minItems": 1}}
    return {"not": {"properties": both, "required": ["text", "turns"]}}


def action_names_its_object(needs: Mapping[str, tuple[str, ...]]) -> Rule:
    """Write what an action needs: a promise until when, an assignment to whom, a waiver by whom and why.

    Parameters
    ----------
    needs
        Action to the fields that it needs, which are strings.
    """
    return {"allOf": [_needs("action", action, fields, "string") for action, fields in needs.items()]}


def command_names_its_object() -> Rule:
    """Write that a promotion names a learner, and that a rollback carries weights."""
    return {
        "allOf": [
            _needs("command", "promote", ("learner",), "string"),
            _needs("command", "rollback", ("weights",), "object"),
        ]
    }


def silence_has_an_end() -> Rule:
    """Write that a silence which is set says until when."""
    return {"allOf": [_needs("command", "set", ("until",), "string")]}


def _needs(name: str, word: str, fields: Iterable[str], type_of_fields: str) -> JsonValue:
    """Write that fields are there, and not empty, where another one has this word."""
    there: Rule = {"type": type_of_fields, "minLength": 1}
    return {
        "if": {"properties": {name: {"const": word}}, "required": [name]},
        "then": {"properties": dict.fromkeys(fields, there), "required": [*fields]},
    }


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
