"""Settings: where things are and how the carriers behave, read once at the edge.

Precedence, highest first: keyword arguments, environment (`FORESHOCK_...`), the TOML file that
`FORESHOCK_CONFIG` or `--config` names, defaults. Parameters, which decide *how* customers are judged, live in
`models.params` instead.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from schemas.errors import ConfigurationError
from schemas.signing import derived_key
from streams.secrets import read_secret
from streams.security_rules import is_loopback, security_problem
from streams.sink_settings import SinkSettings

Role = Literal["ingest", "score", "learn", "group", "tick", "deliver"]
ROLES: tuple[Role, ...] = get_args(Role)
"""What a worker can do; each scales by itself."""

OF_A_GENERATION = frozenset({"journal", "score-states-changelog"})
"""Short names of the topics that `foreshock migrate` makes anew, with another number of partitions."""

_DEVELOPMENT_KEY = "foreshock-development-key-not-a-secret"


class Settings(SinkSettings):
    """Everything an operator can set. Each default works with a broker on this machine."""

    model_config = SettingsConfigDict(
        env_prefix="FORESHOCK_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
    )

    # -- broker ---------------------------------------------------------------------------------------------------

    bootstrap_servers: str = Field("127.0.0.1:9092", min_length=3)
    """Kafka brokers to begin with, as `host:port`, separated by commas."""

    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    """How to talk to the brokers."""

    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    """How to log in, when the protocol is `SASL_...`."""

    sasl_username: str | None = None
    """User name at the brokers."""

    sasl_password: SecretStr | None = None
    """Password at the brokers."""

    sasl_password_file: Path | None = None
    """File that holds the password, as mounted secrets do; wins over `sasl_password`."""

    ssl_ca_file: Path | None = None
    """PEM file of the authority that signed the brokers' certificates; without it the system's authorities."""

    ssl_cert_file: Path | None = None
    """PEM file of this worker's own certificate, where the brokers ask for one (mTLS); with it `ssl_key_file`."""

    ssl_key_file: Path | None = None
    """PEM file of the private key of that certificate."""

    ssl_key_password: SecretStr | None = None
    """Password of that key, if it has one."""

    ssl_key_password_file: Path | None = None
    """File that holds that password; wins over `ssl_key_password`."""

    producer_idempotence: bool = True
    """Whether the broker drops what a retry wrote twice. The embedded broker cannot; Apache Kafka can."""

    request_timeout_seconds: float = Field(30.0, ge=1.0, le=300.0)
    """How long one request to the broker may take, in seconds, before the worker gives up and restarts."""

    session_timeout_seconds: float = Field(10.0, ge=1.0, le=300.0)
    """Silence after which the broker takes a worker's partitions away, in seconds.
    It bounds the pause after a crash."""

    heartbeat_seconds: float = Field(2.0, gt=0.0, le=60.0)
    """Time between heartbeats, in seconds; at most a third of the session timeout."""

    rebalance_timeout_seconds: float = Field(60.0, ge=1.0, le=600.0)
    """How long a worker may take to hand over its partitions, in seconds: longer than the slowest record."""

    commit_interval_seconds: float = Field(1.0, gt=0.0, le=60.0)
    """Time between commits of the journal offset, in seconds. After a crash so much is read again."""

    instance_id: str | None = Field(None, min_length=1, max_length=120)
    """Name of this worker that survives its restart (a pod's name); with it a restart causes no rebalance."""

    # -- topics ---------------------------------------------------------------------------------------------------

    topic_prefix: str = Field("foreshock.", pattern=r"^[a-zA-Z0-9._-]{0,60}$")
    """Put before every topic and consumer group, so that installations can share a cluster."""

    partitions: int = Field(4, ge=1, le=1024)
    """Partitions of the journal and of what follows from it: the most workers that can score at once.
    Fixed when the journal is created, because customers are spread over it; `foreshock migrate` makes another one."""

    journal_generation: int = Field(1, ge=1, le=9999)
    """Which journal this is: `foreshock migrate` makes the next one, with another number of partitions, and says what
    to set here. From 2 on the number stands in the names of the journal and of the changelog of states."""

    replication_factor: int = Field(1, ge=1, le=9)
    """Copies of each partition: 1 on one broker, 3 in production."""

    source_retention_hours: int = Field(168, ge=1)
    """How long source topics that we create keep events, in hours."""

    journal_retention_hours: int = Field(720, ge=1)
    """How long the journal keeps messages, in hours: how far back a replay can reach."""

    output_retention_hours: int = Field(720, ge=1)
    """How long alerts, examples and dead letters are kept, in hours."""

    min_compaction_lag_seconds: int = Field(3600, ge=0)
    """Age before compaction may remove a state row, in seconds.
    An hour, so that no stale row of a paused worker outlives the right one."""

    journal_epoch: str = Field("0", pattern=r"^[A-Za-z0-9._-]{1,32}$")
    """Name of this journal's life. Change it when the journal was created anew while the state was kept: offsets
    then start over, and states must not take new messages for old ones."""

    # -- roles and carrying ---------------------------------------------------------------------------------------

    roles: Annotated[tuple[Role, ...], NoDecode] = ROLES
    """What this worker does; in the environment separated by commas, as all lists."""

    max_lines: int = Field(128, ge=1, le=1024)
    """Most messages in one journal record."""

    linger_seconds: float = Field(0.01, ge=0.0, le=1.0)
    """Least time between two portions that ingest writes while events are coming, in seconds, so that a record carries
    more than one. A portion waits only for what is left of it; an event alone and a full record do not wait."""

    fetch_records: int = Field(2000, ge=1, le=50_000)
    """Most events that ingest takes at once."""

    fetch_wait_seconds: float = Field(0.1, ge=0.01, le=5.0)
    """How long the broker may hold a fetch when nothing new is there, in seconds. Longer spares an idle broker
    requests. While records are coming the wait is 20 ms, so it adds to the latency of the first one only."""

    max_event_bytes: int = Field(65_536, ge=1024, le=600_000)
    """Size over which an event is a dead letter, in bytes. A journal line may be longer than its event by what
    redaction adds, up to a third, and must still fit a record."""

    batch_bytes: int = Field(524_288, ge=16_384, le=1_000_000)
    """Size of the batches we send, in bytes; below the broker's `message.max.bytes`."""

    cached_customers: int = Field(5_000, ge=0)
    """Customers per partition whose decoded state is kept beside its bytes: some 8 KB of memory each, and it spares
    10 us of decoding when they are heard of again."""

    max_waiting_records: int = Field(64, ge=1, le=10_000)
    """Journal records per partition that may wait for acknowledgement before reading pauses."""

    store: Literal["memory", "rocksdb"] = "memory"
    """Where a worker keeps the rows of its customers: `memory`, read from Kafka at every start, or `rocksdb`, on a disk
    of its own, for states that are larger than memory (needs the extra `rocksdb`)."""

    store_directory: Path = Path("state")
    """Folder for `rocksdb`; each worker needs one of its own, and may lose it: Kafka has everything in it."""

    standby_replicas: int = Field(0, ge=0, le=8)
    """How many other workers keep the rows of each partition at hand, so that taking over takes less time. Each costs
    as much memory, or disk, as the owner's."""

    attributes: Annotated[tuple[str, ...], NoDecode] = Field((), max_length=32)
    """Names of the company's own fields that events may carry in `attributes`."""

    # -- time -----------------------------------------------------------------------------------------------------

    clock: Literal["wall", "event"] = "wall"
    """What moves timers: `wall` in production, `event` for back-fills and demos faster than life."""

    tick_seconds: float = Field(10.0, gt=0.0, le=3600.0)
    """Time between ticks, in seconds (of the clock above)."""

    allowed_lateness_seconds: float = Field(300.0, ge=0.0)
    """With the `event` clock: how far timers stay behind the newest event, in seconds."""

    max_future_seconds: float = Field(300.0, ge=0.0)
    """With the `wall` clock: how far `occurred_at` may be ahead of this machine's clock, in seconds."""

    # -- secrets and parameters -----------------------------------------------------------------------------------

    pseudonym_key: SecretStr | None = None
    """Secret with which customer ids become keys, at least 16 characters. Changing it changes every key."""

    pseudonym_key_file: Path | None = None
    """File that holds the secret; wins over `pseudonym_key`."""

    snapshot_key: SecretStr | None = None
    """Secret with which model snapshots, their notices and commands about models are signed, at least 16 characters.
    Without it one is derived from the pseudonym key."""

    snapshot_key_file: Path | None = None
    """File that holds that secret; wins over `snapshot_key`."""

    params_file: Path | None = None
    """TOML file with parameters of the core; without it the defaults of `models.params`."""

    organisation: Path | None = None
    """TOML file with the units of the company, their owners, clocks and capacity; without it nobody is supervised."""

    metrics_unit_depth: int = Field(8, ge=1, le=8)
    """How many levels of it the label `unit` of metrics tells apart; a unit further down counts with the one above it.
    Where more than 200 units are left, fewer levels are told apart."""

    pack: str | None = None
    """Whose law sets complaints their clocks: `cn`, `uk`, or the path of a pack of your own; without it none run."""

    start_from: Path | None = None
    """Snapshot of `foreshock train` that the learner goes on from while the topic of snapshots is empty."""

    # -- pages and logs -------------------------------------------------------------------------------------------

    web_host: str = "127.0.0.1"
    """Address of /healthz, /readyz and /metrics. Beyond this machine it needs `web_token_file`, or `web_open`."""

    web_port: int = Field(8088, ge=0, le=65_535)
    """Port of the same; 0 takes a free one."""

    web_token_file: Path | None = None
    """File that holds a token of at least 16 characters; /metrics then answers to `Authorization: Bearer TOKEN` only.
    /healthz and /readyz answer everybody: orchestrators ask them, and they say nothing but how the worker is."""

    web_open: bool = False
    """Whether the pages may be served beyond this machine without a token, because the network lets only the right ones
    in."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """How much is logged."""

    log_format: Literal["text", "json"] = "text"
    """For people or for a log store."""

    # -- faults ---------------------------------------------------------------------------------------------------

    stop_deadline_seconds: float = Field(20.0, gt=0.0, le=600.0)
    """After a request to stop, how long the worker may take, in seconds, before it ends anyway."""

    stuck_after_seconds: float = Field(30.0, ge=1.0, le=3600.0)
    """A part of the worker that has something to do, does not move for so long while the broker answers, and so cannot
    heal, ends the process, in seconds. It is reported after half of it. A rebalance may take as long as its slowest
    member is given, and is reported after all of it."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take arguments, then the environment, and nothing from files that nobody named."""
        return init_settings, env_settings

    @field_validator("roles", "sinks", "attributes", "alertmanager_urls", "chat_transitions", mode="before")
    @classmethod
    def _split_list(cls, value: Any) -> Any:
        """Accept `ingest,score` beside a real list."""
        return tuple(filter(None, (part.strip() for part in value.split(",")))) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _consistent(self) -> Settings:
        """Refuse combinations that cannot work."""
        if not self.roles:
            raise ValueError(f"roles: name at least one of {', '.join(ROLES)}")
        if self.heartbeat_seconds * 3 > self.session_timeout_seconds:
            raise ValueError(
                f"heartbeat_seconds ({self.heartbeat_seconds:g}) must be at most a third of "
                f"session_timeout_seconds ({self.session_timeout_seconds:g})"
            )
        if problem := security_problem(self):
            raise ValueError(problem)
        return self

    def topic(self, name: str) -> str:
        """Return the full name of a topic or group, from its short one."""
        numbered = self.journal_generation > 1 and name in OF_A_GENERATION
        return f"{self.topic_prefix}{name}.{self.journal_generation}" if numbered else f"{self.topic_prefix}{name}"

    @property
    def epoch(self) -> str:
        """Name of the journal's life, of which each generation has its own: offsets of another one mean nothing."""
        generation = self.journal_generation
        return self.journal_epoch if generation == 1 else f"{self.journal_epoch}.{generation}"

    @property
    def on_loopback(self) -> bool:
        """Whether every broker is on this machine."""
        return all(is_loopback(_host_of(server.strip())) for server in self.bootstrap_servers.split(","))

    def pseudonym_secret(self) -> bytes:
        """Return the secret for pseudonyms.

        Raises
        ------
        ConfigurationError
            If there is none and the broker is not on this machine, or it is too short.
        """
        secret = read_secret("pseudonym_key", self.pseudonym_key, self.pseudonym_key_file)
        if secret is None and self.on_loopback:
            return _DEVELOPMENT_KEY.encode()
        if secret is None:
            raise ConfigurationError(
                "FORESHOCK_PSEUDONYM_KEY is not set: give a secret of at least 16 characters, or its file in "
                "FORESHOCK_PSEUDONYM_KEY_FILE (the built-in development key works with a broker on this machine only)"
            )
        if len(secret) < 16:
            raise ConfigurationError(f"FORESHOCK_PSEUDONYM_KEY has {len(secret)} characters, at least 16 are needed")
        return secret.encode()

    def snapshot_secret(self) -> bytes:
        """Return the key that models are signed with.

        Raises
        ------
        ConfigurationError
            If it is too short, or there is none and no pseudonym key to derive it from.
        """
        secret = read_secret("snapshot_key", self.snapshot_key, self.snapshot_key_file)
        if secret is None:
            return derived_key(self.pseudonym_secret())
        if len(secret) < 16:
            raise ConfigurationError(f"FORESHOCK_SNAPSHOT_KEY has {len(secret)} characters, at least 16 are needed")
        return secret.encode()

    def key_password_secret(self) -> str | None:
        """Return the password of the private key, if there is one."""
        return read_secret("ssl_key_password", self.ssl_key_password, self.ssl_key_password_file)

    def web_secret(self) -> str | None:
        """Return the token that the pages ask for, if there is one.

        Raises
        ------
        ConfigurationError
            If its file cannot be read, or it is too short.
        """
        token = read_secret("web_token", None, self.web_token_file)
        if token is not None and len(token) < 16:
            raise ConfigurationError(
                f"FORESHOCK_WEB_TOKEN_FILE: the token has {len(token)} characters, at least 16 are needed; make one "
                "with `openssl rand -hex 32`"
            )
        return token

    def sasl_secret(self) -> str | None:
        """Return the password at the brokers, if there is one."""
        return read_secret("sasl_password", self.sasl_password, self.sasl_password_file)


def load_settings(config: Path | None = None, **overrides: Any) -> Settings:
    """Read the settings from all their sources.

    Parameters
    ----------
    config
        TOML file; without it the one that `FORESHOCK_CONFIG` names, if any.
    **overrides
        Values that win over everything else, such as options of a command; `None` means not given.

    Raises
    ------
    ConfigurationError
        Naming each setting that cannot be used, and what it should be.
    """
    named = config or (Path(os.environ["FORESHOCK_CONFIG"]) if os.environ.get("FORESHOCK_CONFIG") else None)
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**{**_below_environment(_read_toml(named)), **given})
    except ValidationError as error:
        raise ConfigurationError(_explain(error, named)) from None
    except ValueError as error:  # pydantic-settings: a variable that should be JSON and is not
        raise ConfigurationError(f"settings: {error}") from None


def _host_of(server: str) -> str:
    """Return the host of `host:port`, or of `host` alone."""
    host, _, port = server.rpartition(":")
    return host or port


def _read_toml(path: Path | None) -> Mapping[str, Any]:
    """Read the file of settings."""
    if path is None:
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"settings file {path}: {error.strerror}; check FORESHOCK_CONFIG") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"settings file {path} is not TOML: {error}") from error


def _below_environment(values: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what the environment says too: it wins over the file."""
    return {name: value for name, value in values.items() if f"FORESHOCK_{name.upper()}" not in os.environ}


def _explain(error: ValidationError, config: Path | None) -> str:
    """Say per setting what is wrong, where it can be set, and what it is for."""
    told = []
    for problem in error.errors(include_url=False, include_input=False):
        name = ".".join(map(str, problem["loc"][:1]))
        field = Settings.model_fields.get(name)
        if field is not None:
            told.append(f"FORESHOCK_{name.upper()}: {problem['msg']}. {' '.join((field.description or '').split())}")
        elif problem["type"] == "extra_forbidden":
            told.append(f"{name}: there is no such setting (in {config or 'the arguments'})")
        else:
            told.append(problem["msg"].removeprefix("Value error, "))
    return "settings cannot be used:\n" + "\n".join(f"  - {line}" for line in told)
