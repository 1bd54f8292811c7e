"""Which secrets a worker reads, found out by offering it all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import get_args

import pytest
from pydantic import SecretStr

from streams.connections import client_options
from streams.settings import Settings, load_settings
from streams.worker import Worker
from tests.support.certificates import Authority

MOUNTED = "/run/secrets/"
"""Below here compose and Kubernetes put secrets."""
OF_THE_BROKERS = {"sasl_password", "ssl_key_password"}
"""Offered only where the settings log in: otherwise they refuse to be used."""
_PUBLIC = {"ca.pem"}
_LIKE = {
    "database-url": "sqlite:///no-such-folder/x.db",
    "wecom-url": "wecombot://0a1b2c3d-0000-4000-8000-000000000000",
    "dingtalk-url": "dingtalk://" + "a1" * 20,
    "feishu-url": "feishu://" + "a1" * 16,
    "slack-url": "https://hooks.slack.com/services/T1234567A/B1234567A/" + "a1" * 12,
    "email-url": "mailtos://user:password@mail.example:465?from=a@mail.example&to=b@mail.example",
}
"""What a secret must look like, where it is more than so many letters."""


def secret_settings() -> set[str]:
    """Names of the settings that are secrets and can come from a file."""
    fields = Settings.model_fields
    secret = {name for name, field in fields.items() if SecretStr in get_args(field.annotation)}
    return {name for name in secret if f"{name}_file" in fields} | {"web_token"}


def file_of(name: str) -> str:
    """Return the name of a secret's file: `web-token` for the setting `web_token_file`."""
    return name.replace("_", "-")


def secrets_read(environment: Mapping[str, str], words: Sequence[str], folder: Path) -> set[str]:
    """Make what a command line makes before it connects, and return the files of secrets that it opened.

    Parameters
    ----------
    environment
        Its variables; paths below `MOUNTED` are found in `folder`. Every other secret setting is given, too.
    words
        The command line of `foreshock`, such as `["worker", "--roles", "score"]`.
    folder
        An empty one, for the files.
    """
    told = {
        name: f"{folder}/{Path(value).name}" if value.startswith(MOUNTED) else value
        for name, value in environment.items()
    }
    for name in secret_settings() - OF_THE_BROKERS:
        told.setdefault(f"FORESHOCK_{name.upper()}_FILE", str(folder / file_of(name)))
    for path in (Path(value) for value in told.values() if value.startswith(f"{folder}/")):
        if path.name not in _PUBLIC:
            path.write_text(_LIKE.get(path.name, "whsec_" + "MfKQ9r8G" * 5 + "MfKQ"))
    if any(value.endswith("/ca.pem") for value in told.values()):
        Authority(folder / "authority").cert.rename(folder / "ca.pem")
    opened: set[str] = set()
    read_text = Path.read_text

    def watched(path: Path, encoding: str | None = None, errors: str | None = None) -> str:
        if path.parent == folder:
            opened.add(path.name)
        return read_text(path, encoding, errors)

    with pytest.MonkeyPatch.context() as patched:
        for name, value in told.items():
            patched.setenv(name, value)
        patched.setattr(Path, "read_text", watched)
        _make(words)
    return opened


def _make(words: Sequence[str]) -> None:
    """Do what a command does with its settings before it connects."""
    if words[0] == "database":
        load_settings().database_address()
        return
    settings = load_settings(roles=words[words.index("--roles") + 1]) if "--roles" in words else load_settings()
    if words[0] == "worker":
        Worker(settings)
    client_options(settings)
