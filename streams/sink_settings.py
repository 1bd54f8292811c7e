"""Settings of the sinks: which there are, and where each sends alerts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from schemas.alerts import Level, Transition
from schemas.errors import ConfigurationError
from streams.secrets import read_secret

ChatName = Literal["wecom", "dingtalk", "feishu", "slack", "email"]
SinkName = Literal["log", "jsonl", "webhook", "alertmanager", "database", ChatName]


class SinkSettings(BaseSettings):
    """The part of the settings that is about sinks."""

    model_config = SettingsConfigDict(use_attribute_docstrings=True)

    sinks: Annotated[tuple[SinkName, ...], NoDecode] = ("log",)
    """Where alerts go, beside their topic. Each sink reads at its own pace."""

    sink_attempts: int = Field(8, ge=1, le=100)
    """How often an unavailable sink is tried before the alert becomes a dead letter."""

    sink_backoff_seconds: float = Field(0.5, gt=0.0, le=600.0)
    """Wait after the first failed delivery, in seconds; it doubles each time, up to a minute."""

    sink_timeout_seconds: float = Field(10.0, ge=0.1, le=120.0)
    """How long a destination that speaks HTTP or SMTP may take to answer, in seconds."""

    jsonl_path: Path = Path("alerts.jsonl")
    """File of the sink `jsonl`."""

    # -- webhook --------------------------------------------------------------------------------------------------

    webhook_url: str | None = Field(None, pattern=r"^https?://[^\s]+$")
    """Address that the sink `webhook` posts to; with `http://` alerts can be read on the way."""

    webhook_secret: SecretStr | None = None
    """Secret that requests are signed with: `whsec_` and the base64 of 24 to 64 random bytes."""

    webhook_secret_file: Path | None = None
    """File that holds it; wins over `webhook_secret`."""

    webhook_previous_secret: SecretStr | None = None
    """The secret before, while receivers change over: requests then carry a signature with each."""

    webhook_previous_secret_file: Path | None = None
    """File that holds it; wins over `webhook_previous_secret`."""

    webhook_max_bytes: int = Field(65_536, ge=1024, le=1_000_000)
    """Largest request body, in bytes; a larger alert becomes a dead letter."""

    webhook_ca_file: Path | None = None
    """PEM file of the authorities that signed the receiver's certificate; without it the system's authorities."""

    # -- alertmanager ---------------------------------------------------------------------------------------------

    alertmanager_urls: Annotated[tuple[str, ...], NoDecode] = ()
    """Base addresses of all members of the Alertmanager cluster, such as `http://alertmanager:9093`."""

    alertmanager_level: Level = "orange"
    """Lowest level that fires at Alertmanager."""

    alertmanager_unit_depth: int = Field(2, ge=1, le=8)
    """How many steps of an event's path become the label `unit` where no organisation's file names units; where one
    does, the label is as in metrics."""

    alertmanager_repeat_seconds: float = Field(60.0, ge=1.0, le=3600.0)
    """How often Alertmanager is reminded of what is open, in seconds: so long it may lack alerts after its restart."""

    alertmanager_hold_hours: float = Field(24.0, ge=0.1, le=720.0)
    """How long an alert goes on firing while no worker reminds Alertmanager, in hours."""

    alertmanager_look_back_hours: float = Field(168.0, ge=1.0, le=8760.0)
    """How far back the topic of alerts is read, after a restart, for what is still open, in hours."""

    alertmanager_ca_file: Path | None = None
    """PEM file of the authorities that signed Alertmanager's certificate; without it the system's authorities."""

    # -- database -------------------------------------------------------------------------------------------------

    database_url: SecretStr | None = None
    """Database of the sink `database`: `sqlite:///FILE`, or `postgresql://USER:PASSWORD@HOST/NAME` in production;
    without it `sqlite:///foreshock.db`."""

    database_url_file: Path | None = None
    """File that holds it; wins over `database_url`."""

    database_risk_step: float = Field(0.05, gt=0.0, le=1.0)
    """Change of a customer's probability that is worth a row in the history of risk."""

    # -- chat -----------------------------------------------------------------------------------------------------

    chat_level: Level = "orange"
    """Lowest level that chat robots and mail tell."""

    chat_transitions: Annotated[tuple[Transition, ...], NoDecode] = (
        "opened",
        "raised",
        "told",
        "escalated",
        "woken",
        "lapsed",
        "reopened",
        "complained",
    )
    """Which transitions they tell."""

    chat_language: Literal["zh", "en", "both"] = "zh"
    """Language of their messages."""

    chat_texts: Path | None = None
    """TOML file with their sentences; without it those that come with Foreshock."""

    chat_per_minute: int = Field(10, ge=2, le=100)
    """Most messages a robot sends in a minute; what is more becomes one message. WeCom and DingTalk allow 20."""

    wecom_url: SecretStr | None = None
    """Address of the WeCom group robot, as WeCom shows it; it holds the robot's key."""

    wecom_url_file: Path | None = None
    """File that holds it; wins over `wecom_url`."""

    dingtalk_url: SecretStr | None = None
    """Address of the DingTalk robot, as DingTalk shows it; `dingtalk://SECRET@TOKEN` for one that wants signatures."""

    dingtalk_url_file: Path | None = None
    """File that holds it; wins over `dingtalk_url`."""

    feishu_url: SecretStr | None = None
    """Address of the Feishu robot, as Feishu shows it. Protect it by a keyword or by addresses, not by signatures."""

    feishu_url_file: Path | None = None
    """File that holds it; wins over `feishu_url`."""

    slack_url: SecretStr | None = None
    """Incoming webhook of Slack."""

    slack_url_file: Path | None = None
    """File that holds it; wins over `slack_url`."""

    email_url: SecretStr | None = None
    """Mail server and addresses: `mailtos://USER:PASSWORD@HOST:465?from=ADDRESS&to=ADDRESS,ADDRESS`."""

    email_url_file: Path | None = None
    """File that holds it; wins over `email_url`."""

    def needed(self, name: str, what_for: str) -> str:
        """Return a secret that a sink cannot do without.

        Parameters
        ----------
        name
            Of the setting.
        what_for
            Which sink, for the error.

        Raises
        ------
        ConfigurationError
            If it is not set, or its file cannot be read.
        """
        found = self.secret(name)
        if not found:
            raise ConfigurationError(
                f"FORESHOCK_SINKS names {what_for}, which needs FORESHOCK_{name.upper()}, or a file with it in "
                f"FORESHOCK_{name.upper()}_FILE. {_about(name)}"
            )
        return found

    def database_address(self) -> str:
        """Return where the database is."""
        return self.secret("database_url") or "sqlite:///foreshock.db"

    def secret(self, name: str) -> str | None:
        """Return a secret if it is set, in its setting or in its file."""
        return read_secret(name, getattr(self, name), getattr(self, f"{name}_file"))


def _about(name: str) -> str:
    """Say what a setting is."""
    return " ".join((SinkSettings.model_fields[name].description or "").split())
