"""What robots say: sentences from a data file, in Chinese, English or both, and nothing that names a customer."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from schemas.aggregates import AggregateAlert
from schemas.alerts import Alert
from schemas.errors import ConfigurationError
from sinks.places import Post, PostOf, nobody

ChatLanguage = Literal["zh", "en", "both"]
"""Language of messages; `both` is Chinese, then English."""

DEFAULT_TEXTS = Path(__file__).with_name("texts.toml")
"""The sentences that come with Foreshock."""


class AggregateTexts(BaseModel):
    """The sentences about many customers, where they differ from those about one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    message: str
    digest: str
    line: str
    kind: dict[str, str]
    transition: dict[str, str]


class Texts(BaseModel):
    """The sentences of one language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    message: str
    reason: str
    whose: str = ""
    digest: str
    line: str
    more: str
    level: dict[str, str]
    cause: dict[str, str]
    transition: dict[str, str]
    aggregate: AggregateTexts

    def try_out(self) -> None:
        """Fill every sentence once.

        Raises
        ------
        LookupError or ValueError
            If one has a place that nothing fills.
        """
        words = dict.fromkeys(("level", "cause", "transition", "org_path", "whose", "ref"), "")
        self.whose.format(owner="", supervisor="")
        self.reason.format(text="")
        self.more.format(count=0)
        for texts, more in ((self, {}), (self.aggregate, {"kind": "", "customers": 0})):
            texts.message.format(reasons="", **words, **more)
            texts.line.format(**words, **more)
            texts.digest.format(count=0, lines="")


def load_texts(path: Path | None, language: ChatLanguage) -> dict[str, Texts]:
    """Read the sentences.

    Parameters
    ----------
    path
        TOML file as `sinks/chat/texts.toml`; without it that one. One that says nothing of alerts about many says of
        them what that one does.
    language
        Which are wanted.

    Returns
    -------
    dict
        One entry per language, in the order in which a message has them.

    Raises
    ------
    ConfigurationError
        If the file cannot be read, lacks something, or has a place that nothing fills.
    """
    where = path or DEFAULT_TEXTS
    try:
        found, usual = (tomllib.loads(each.read_text(encoding="utf-8")) for each in (where, DEFAULT_TEXTS))
        wanted = ("zh", "en") if language == "both" else (language,)
        texts = {
            name: Texts.model_validate({"aggregate": usual[name]["aggregate"]} | found.get(name, {})) for name in wanted
        }
        for each in texts.values():
            each.try_out()
    except (OSError, tomllib.TOMLDecodeError, ValidationError, LookupError, ValueError) as error:
        raise ConfigurationError(
            f"FORESHOCK_CHAT_TEXTS: cannot use {where}: {error}; begin with a copy of {DEFAULT_TEXTS}"
        ) from error
    return texts


def message_of(texts: dict[str, Texts], alert: Alert | AggregateAlert, post_of: PostOf = nobody) -> str:
    """Write the message of one transition.

    Parameters
    ----------
    texts
        The sentences.
    alert
        What it is about.
    post_of
        Who answers for a place; alerts about one customer say it themselves.
    """
    return "\n".join(
        _sentences(each, alert).message.format(
            reasons="\n".join(each.reason.format(text=getattr(reason.text, name)) for reason in alert.reasons),
            **_words(each, alert, post_of),
        )
        for name, each in texts.items()
    )


def digest_of(
    texts: dict[str, Texts], alerts: Sequence[Alert | AggregateAlert], limit: int, post_of: PostOf = nobody
) -> str:
    """Write one message about many transitions.

    Parameters
    ----------
    texts
        The sentences.
    alerts
        What it is about, the worst first where not all fit; all about one customer each, or all about many.
    limit
        Most bytes of UTF-8; what does not fit is counted.
    post_of
        Who answers for a place.
    """
    share = limit // len(texts)
    return "\n".join(_digest(each, alerts, share, post_of) for each in texts.values())


def ref_of(alert: Alert | AggregateAlert) -> str:
    """Return what names a transition to people: the begin of the alert's id, and its number."""
    alert_id, _, number = alert.identity.rpartition("/")
    return f"{alert_id[:8]}/{number}"


def _digest(texts: Texts, alerts: Sequence[Alert | AggregateAlert], limit: int, post_of: PostOf) -> str:
    """Write a digest in one language."""
    sentences = _sentences(texts, alerts[0])
    lines = [sentences.line.format(**_words(texts, alert, post_of)) for alert in alerts]
    for shown in range(len(lines), -1, -1):
        rest = [texts.more.format(count=len(lines) - shown)] if shown < len(lines) else []
        text = sentences.digest.format(count=len(lines), lines="\n".join(lines[:shown] + rest))
        if len(text.encode()) <= limit:
            return text
    return texts.more.format(count=len(lines))


def _sentences(texts: Texts, alert: Alert | AggregateAlert) -> Texts | AggregateTexts:
    """Choose the sentences for one kind of alert."""
    return texts.aggregate if isinstance(alert, AggregateAlert) else texts


def _words(texts: Texts, alert: Alert | AggregateAlert, post_of: PostOf) -> dict[str, str]:
    """Name what an alert is about; a word that has no name here is shown as it is."""
    transitions = _sentences(texts, alert).transition
    words = {
        "level": texts.level.get(alert.level, alert.level),
        "cause": texts.cause.get(alert.cause, alert.cause),
        "transition": transitions.get(alert.transition, alert.transition),
        "org_path": alert.org_path,
        "whose": _whose(texts, _post(alert, post_of)),
        "ref": ref_of(alert),
    }
    if isinstance(alert, AggregateAlert):
        words |= {"kind": texts.aggregate.kind.get(alert.by, alert.by), "customers": str(alert.customers)}
    return words


def _post(alert: Alert | AggregateAlert, post_of: PostOf) -> Post | None:
    """Say who answers for an alert."""
    if isinstance(alert, AggregateAlert):
        return post_of(alert.org_path)
    return None if alert.owner is None else Post(alert.owner, alert.supervisor or alert.org_path)


def _whose(texts: Texts, post: Post | None) -> str:
    """Say who answers; nothing where the organisation names nobody."""
    return "" if post is None else texts.whose.format(**post._asdict())
