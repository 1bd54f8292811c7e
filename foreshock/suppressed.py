"""The command `foreshock suppressed`: what nobody was told, why, and how many complained after."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import click

from foreshock import options
from foreshock.alerting.held import Tally, read_suppressions
from foreshock.alerting.shown import ID_SHOWN
from foreshock.alerting.standing import Wanted
from foreshock.alerting.untold import rule_in_words
from foreshock.wording.language import Language
from foreshock.wording.phrases import say
from foreshock.wording.terms import Term, term
from schemas.alerts import CAUSES
from schemas.codec import encode
from schemas.suppressions import RULES, Suppression
from streams.settings import load_settings


@click.command("suppressed")
@click.option("--rule", "rules", multiple=True, type=Term("rule", RULES), help="Only of this rule.")
@click.option("--cause", "causes", multiple=True, type=Term("cause", CAUSES), help="Only of this cause.")
@click.option("--org", "units", multiple=True, metavar="PATH", help="Only of this unit and those below it.")
@click.option("--product-line", metavar="NAME", help="Only of this line of business.")
@click.option("--product", "product_id", metavar="ID", help="Only of this product.")
@click.option("--customer", metavar="KEY", help="Only of this customer key (`foreshock pseudonym` tells it).")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=0), help="How many, the newest.")
@options.language
@click.option("--json", "as_json", is_flag=True, help="JSON Lines.")
def suppressed(
    rules: tuple[str, ...],
    causes: tuple[str, ...],
    units: tuple[str, ...],
    product_line: str | None,
    product_id: str | None,
    customer: str | None,
    limit: int,
    language: Language,
    as_json: bool,
) -> None:
    """List what nobody was told, why, and how many complained after.

    The last line of each rule says how many alerts that it hid ended with a complaint before anybody was told.
    """
    place = Wanted(units)
    meant, tally = asyncio.run(
        _read(
            lambda held: (
                (not rules or held.rule in rules)
                and (not causes or held.cause in causes)
                and (product_line is None or held.product_line == product_line)
                and (product_id is None or held.product_id == product_id)
                and (customer is None or held.customer_key == customer)
                and place.holds_unit(held.org_path)
            )
        )
    )
    meant.sort(key=lambda held: held.at)
    for held in meant[len(meant) - min(limit, len(meant)) :]:
        click.echo(encode(held) if as_json else _in_words(held, language))
    for rule, count in sorted(tally.records.items()):
        figures = {"rule": term("rule", rule, language), "count": count, "complained": tally.complained(rule)}
        click.echo(say(language, "rule_count", **figures), err=True)
    click.echo(say(language, "held_in_all", count=len(meant), complained=tally.complained_in_all), err=True)


async def _read(is_meant: Callable[[Suppression], bool]) -> tuple[list[Suppression], Tally]:
    """Read those that are meant, and count them; of every alert it is known whether its customer complained."""
    meant, tally = list[Suppression](), Tally()
    async for held in read_suppressions(load_settings()):
        if is_meant(held):
            meant.append(held)
        if is_meant(held) or held.rule == "complained_after":
            tally.take(held)
    return meant, tally


def _in_words(held: Suppression, language: Language) -> str:
    """Write a record in one line."""
    return (
        f"{held.at:%Y-%m-%d %H:%M:%S}  {held.alert_id[:ID_SHOWN]}  {rule_in_words(held, language)}  "
        f"{term('transition', held.transition, language)}  {term('level', held.level, language)}  "
        f"{term('cause', held.cause, language)}  {held.org_path}  {held.customer_key}"
    )
