"""An account of an alert about many in words, Chinese or English."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from foreshock.aggregating.account import Account
from foreshock.aggregating.shown import in_common
from foreshock.alerting.shown import moved_in_words
from foreshock.explaining.verdict import verdict
from foreshock.explaining.words import head, in_both, parameter, say
from foreshock.wording.language import Language
from foreshock.wording.terms import term


class Teller:
    """Tells an account in one language.

    Parameters
    ----------
    account
        What is to be told.
    language
        In which language; reasons stand in both, this one first.
    """

    def __init__(self, account: Account, language: Language) -> None:
        self._account, self._language = account, language
        self._say = partial(say, language)

    def lines(self) -> Iterator[str]:
        """Tell all of it."""
        yield from self._head()
        yield from self._verdict()
        if self._account.derived:
            yield from self._transitions()
            yield from self._counted()
            yield from self._parameters()

    def _head(self) -> Iterator[str]:
        """Say which alert it is."""
        if not self._account.derived:
            return
        newest = self._account.derived[-1].alert
        yield head(self._language, newest.aggregate_id, newest, is_over=newest.transition == "expired")
        yield self._say("in_common", what=in_common(newest, self._language), unit=newest.org_path)

    def _verdict(self) -> Iterator[str]:
        """Say whether it follows from the journal as it was sent, and if not, where and why."""
        account = self._account
        yield from verdict(account.source, account.comparison, account.compared_with, "--aggregates", self._language)
        gone = ", ".join(f"{partition} ({first})" for partition, first in sorted(account.gone.items()))
        for hint in account.hints:
            yield self._say(hint, gone=gone, params_hash=account.params_hash)

    def _transitions(self) -> Iterator[str]:
        """Tell what happened, when and why."""
        yield ""
        yield self._say("transitions")
        for derived in self._account.derived:
            alert = derived.alert
            yield self._say(
                "moved",
                sequence=alert.sequence,
                at=f"{alert.at:%Y-%m-%d %H:%M:%S}",
                transition=term("transition", alert.transition, self._language),
                level=term("level", alert.level, self._language),
                customers=alert.customers,
                severe=alert.severe,
            )
            for reason in alert.reasons:
                yield f"       {in_both(reason, self._language)}"

    def _counted(self) -> Iterator[str]:
        """List the customers that counted as people last heard of more, each with the alert that says why."""
        speaking = self._account.speaking
        if speaking is None:
            return
        yield ""
        alert = speaking.alert
        yield self._say("counted", sequence=alert.sequence, customers=len(speaking.counted), days=alert.days)
        for each in speaking.counted:
            moved = moved_in_words(each.transition, each.level, each.cause, self._language)
            yield f"  {each.clock:%Y-%m-%d %H:%M:%S}  {moved}  {each.customer_key}  {each.alert_id}  {each.org_path}"

    def _parameters(self) -> Iterator[str]:
        """List the parameters that mattered."""
        yield ""
        yield self._say("parameters", params_hash=self._account.params_hash)
        for each in self._account.parameters:
            yield parameter(self._language, each)
