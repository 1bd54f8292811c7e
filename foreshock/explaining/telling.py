"""An account of an alert in words, Chinese or English."""

from __future__ import annotations

from collections.abc import Iterator

from foreshock.explaining.account import Account, facts_of, in_order
from foreshock.explaining.scores import Score, adds_up, sum_of
from foreshock.explaining.verdict import verdict
from foreshock.explaining.witness import Derived
from foreshock.explaining.words import head, in_both, in_json, parameter, say
from foreshock.wording.language import Language
from foreshock.wording.terms import term
from models.features import MEANINGS
from models.log_odds import log_odds
from schemas.alerts import Alert

FEATURES_SHOWN = 8
"""Those after the eighth move the odds by little; `--json` has all."""


class Teller:
    """Tells an account in one language.

    Parameters
    ----------
    account
        What is to be told.
    language
        In which language; reasons stand in both, this one first.
    with_texts
        Whether what was said is told too.
    """

    def __init__(self, account: Account, language: Language, *, with_texts: bool) -> None:
        self._account, self._language, self._with_texts = account, language, with_texts

    def lines(self) -> Iterator[str]:
        """Tell all of it."""
        yield from self._head()
        yield from self._verdict()
        if self._account.witness.derived:
            yield from self._transitions()
            yield from self._evidence()
            yield from self._score()
            yield from self._parameters()

    def _say(self, key: str, **values: object) -> str:
        """Give a text with its values."""
        return say(self._language, key, **values)

    def _head(self) -> Iterator[str]:
        """Say which alert it is."""
        witness = self._account.witness
        if not witness.derived:
            return
        newest = witness.derived[-1].alert
        yield head(self._language, newest.alert_id, newest, is_over=witness.is_over)
        yield self._say("whose", customer=newest.customer_key, unit=newest.org_path, policy=newest.policy_ref or "-")
        if taxonomy := self._account.taxonomy:
            name = taxonomy.zh if self._language == "zh" else taxonomy.en
            yield self._say("taxonomy", name=name, branch=taxonomy.branch, pack=taxonomy.pack)

    def _verdict(self) -> Iterator[str]:
        """Say whether it follows from the journal as it was sent, and if not, where and why."""
        account = self._account
        yield from verdict(account.source, account.comparison, account.compared_with, "--alerts", self._language)
        for hint in account.hints:
            yield self._say(
                hint,
                partition=account.witness.partition,
                first_offset=account.first_offset,
                params_hash=account.params_hash,
                snapshots=", ".join(map(str, account.missing_snapshots)),
            )

    def _transitions(self) -> Iterator[str]:
        """Tell who did what, when and why."""
        yield ""
        yield self._say("transitions")
        for derived in self._account.witness.derived:
            alert = derived.alert
            yield self._say(
                "transition",
                sequence=alert.sequence,
                at=f"{alert.at:%Y-%m-%d %H:%M:%S}",
                transition=term("transition", alert.transition, self._language),
                level=term("level", alert.level, self._language),
                who=self._who(derived),
                position="/".join(map(str, alert.position)),
            )
            if self._with_texts and derived.origin.note:
                yield self._say("note", note=derived.origin.note)
            yield from self._reasons(alert)

    def _who(self, derived: Derived) -> str:
        """Say who made a transition."""
        origin = derived.origin
        return self._say(origin.who, event_id=origin.event_id, actor=origin.actor or self._say("nobody"))

    def _reasons(self, alert: Alert) -> Iterator[str]:
        """Say why, in both languages."""
        for reason in alert.reasons:
            yield f"       {in_both(reason, self._language)}"

    def _evidence(self) -> Iterator[str]:
        """List the events that the reasons name."""
        witness = self._account.witness
        named = dict.fromkeys(
            event_id for each in witness.derived for reason in each.alert.reasons for event_id in reason.evidence
        )
        yield ""
        yield self._say("evidence")
        for event in in_order(witness):
            facts = facts_of(event, with_texts=self._with_texts)
            head = [str(facts.pop("event_id")), f"{event.occurred_at:%Y-%m-%d %H:%M:%S}", str(facts.pop("kind"))]
            del facts["occurred_at"]
            yield f"  {'  '.join(head)}  {' '.join(f'{name}={in_json(value)}' for name, value in facts.items())}"
        for event_id in named.keys() - witness.evidence.keys():
            yield self._say("unseen", event_id=event_id)

    def _score(self) -> Iterator[str]:
        """Take the score apart, as of the transition that speaks for the alert."""
        yield ""
        derived = self._account.speaking
        if derived is None or derived.score is None or derived.alert.explanation is None:
            yield self._say("no_score")
            return
        alert, score, explanation = derived.alert, derived.score, derived.alert.explanation
        yield self._say(
            "score",
            sequence=alert.sequence,
            probability_30d=alert.probability_30d,
            probability_7d=alert.probability_7d,
        )
        cold = self._say("cold") if score.cold else self._say("warm", threshold=score.threshold)
        yield self._say("snapshot", snapshot=alert.snapshot, learner=score.learner, horizon=score.horizon, cold=cold)
        yield self._say("base", adds=explanation.base)
        for name, adds in explanation.contributions.items():
            if adds or explanation.usual[name]:
                yield self._say("family", name=name, adds=adds, usual=explanation.usual[name])
        agrees = adds_up(explanation, alert.probability_30d)
        yield self._say(
            "sum_agrees" if agrees else "sum_differs",
            sum=sum_of(explanation),
            log_odds=log_odds(alert.probability_30d),
        )
        yield from self._features(score)

    def _features(self, score: Score) -> Iterator[str]:
        """List the features that move the score most."""
        shown = score.features[:FEATURES_SHOWN]
        key = "features" if score.is_exact else "inexact"
        yield self._say(key, shown=len(shown), count=len(score.features))
        for name, value, adds in shown:
            yield self._say("feature", name=name, value=value, adds=adds, meaning=MEANINGS[name])

    def _parameters(self) -> Iterator[str]:
        """List the parameters that mattered."""
        yield ""
        yield self._say("parameters", params_hash=self._account.params_hash)
        for each in self._account.parameters:
            yield parameter(self._language, each)
