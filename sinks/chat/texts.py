"""What robots say: sentences from a data file, in Chinese, English or both, and nothing that names a customer."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from schemas.alerts import Alert
from schemas.errors import ConfigurationError

ChatLanguage = Literal["zh", "en", "both"]
"""Language of messages; `both` is Chinese, then English."""

DEFAULT_TEXTS = Path(__file__).with_name("texts.toml")
"""The sentences that come with Foreshock."""


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

    def try_out(self) -> None:
        """Fill every sentence once.

        Raises
        ------
        LookupError or ValueError
            If one has a place that nothing fills.
        """
        words = dict.fromkeys(("level", "cause", "transition", "org_path", "whose", "ref"), "")
        self.whose.format(owner="", supervisor="")
        self.message.format(reasons="", **words)
        self.line.format(**words)
        self.reason.format(text="")
        self.digest.format(count=0, lines="")
        self.more.format(count=0)


def load_texts(path: Path | None, language: ChatLanguage) -> dict[str, Texts]:
    """Read the sentences.

    Parameters
    ----------
    path
        TOML file as `sinks/chat/texts.toml`; without it that one.
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
        found = tomllib.loads(where.read_text(encoding="utf-8"))
        wanted = ("zh", "en") if language == "both" else (language,)
        texts = {name: Texts.model_validate(found.get(name, {})) for name in wanted}
        for each in texts.values():
            each.try_out()
    except (OSError, tomllib.TOMLDecodeError, ValidationError, LookupError, ValueError) as error:
        raise ConfigurationError(
            f"FORESHOCK_CHAT_TEXTS: cannot use {where}: {error}; begin with a copy of {DEFAULT_TEXTS}"
        ) from error
    return texts


def message_of(texts: dict[str, Texts], alert: Alert) -> str:
    """Write the message of one transition."""
    return "\n".join(
        each.message.format(
            reasons="\n".join(each.reason.format(text=getattr(reason.text, name)) for reason in alert.reasons),
            **_words(each, alert),
        )
        for name, each in texts.items()
    )


def digest_of(texts: dict[str, Texts], alerts: Sequence[Alert], limit: int) -> str:
    """Write one message about many transitions.

    Parameters
    ----------
    texts
        The sentences.
    alerts
        What it is about, the worst first where not all fit.
    limit
        Most bytes of UTF-8; what does not fit is counted.
    """
    share = limit // len(texts)
    return "\n".join(_digest(each, alerts, share) for each in texts.values())


def ref_of(alert: Alert) -> str:
    """Return what names a transition to people: the begin of the alert's id, and its number."""
    return f"{alert.alert_id[:8]}/{alert.sequence}"


def _digest(texts: Texts, alerts: Sequence[Alert], limit: int) -> str:
    """Write a digest in one language."""
    lines = [texts.line.format(**_words(texts, alert)) for alert in alerts]
    for shown in range(len(lines), -1, -1):
        rest = [texts.more.format(count=len(lines) - shown)] if shown < len(lines) else []
        text = texts.digest.format(count=len(lines), lines="\n".join(lines[:shown] + rest))
        if len(text.encode()) <= limit:
            return text
    return texts.more.format(count=len(lines))


def _words(texts: Texts, alert: Alert) -> dict[str, str]:
    """Name what an alert is about; a word that has no name here is shown as it is."""
    return {
        "level": texts.level.get(alert.level, alert.level),
        "cause": texts.cause.get(alert.cause, alert.cause),
        "transition": texts.transition.get(alert.transition, alert.transition),
        "org_path": alert.org_path,
        "whose": _whose(texts, alert),
        "ref": ref_of(alert),
    }


def _whose(texts: Texts, alert: Alert) -> str:
    """Say who answers for an alert; nothing where the organisation names nobody."""
    if alert.owner is None:
        return ""
    return texts.whose.format(owner=alert.owner, supervisor=alert.supervisor or alert.org_path)
