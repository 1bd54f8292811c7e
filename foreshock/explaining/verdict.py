"""Whether what was sent follows from the journal, in words."""

from __future__ import annotations

from collections.abc import Iterator

from foreshock.explaining.comparing import Comparison, Difference
from foreshock.explaining.words import in_json, say
from foreshock.wording.language import Language


def verdict(
    source: str, comparison: Comparison | None, where: str | None, option: str, language: Language
) -> Iterator[str]:
    """Say whether it follows from the journal as it was sent, and if not, where it differs.

    Parameters
    ----------
    source
        What it was derived from.
    comparison
        How that compares with what was sent; None if nothing was found to compare with.
    where
        Where what was sent was looked for; None if nobody said where.
    option
        Of the command, that says where.
    language
        To tell it in.
    """
    yield say(language, "source", source=source)
    if comparison is None:
        why = say(language, "nowhere", option=option) if where is None else say(language, "no_record", where=where)
        yield say(language, "not_compared", why=why)
        return
    count = len(comparison.differences)
    yield say(language, "differs" if count else "same", count=count, same=comparison.same, where=where)
    if comparison.forgotten:
        yield say(language, "forgotten", count=comparison.forgotten, where=where)
    for difference in comparison.differences:
        yield from _difference(difference, language)


def _difference(difference: Difference, language: Language) -> Iterator[str]:
    """Say where one transition differs."""
    if difference.kind != "differs":
        yield say(language, difference.kind, sequence=difference.sequence)
    elif not difference.fields:
        yield say(language, "bytes_only", sequence=difference.sequence)
    for path, recorded, derived in difference.fields:
        sides = {"recorded": in_json(recorded), "derived": in_json(derived)}
        yield say(language, "difference", sequence=difference.sequence, path=path, **sides)
