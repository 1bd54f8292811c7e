"""Secrets, from a setting or from the file that a setting names."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from schemas.errors import ConfigurationError


def read_secret(name: str, value: SecretStr | None, file: Path | None) -> str | None:
    """Read a secret from its file, or from its setting; the file wins.

    Parameters
    ----------
    name
        Name of the setting, for the error.
    value
        What the setting has.
    file
        What the setting of the same name with `_file` has.

    Raises
    ------
    ConfigurationError
        If the file cannot be read, or is empty.
    """
    if file is None:
        return value.get_secret_value() if value is not None else None
    try:
        found = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not text"
        raise ConfigurationError(f"FORESHOCK_{name.upper()}_FILE: cannot read {file}: {why}") from error
    if not found:
        # A mount that did not happen looks like this; as a password it would only be called wrong.
        raise ConfigurationError(f"FORESHOCK_{name.upper()}_FILE: {file} is empty")
    return found
