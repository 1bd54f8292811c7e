"""The one version of Faust that the guards were written for and tested with."""

from __future__ import annotations

from importlib.metadata import version

from schemas.errors import ConfigurationError

PINNED = {"faust-streaming": "0.15.3", "mode-streaming": "0.7.1", "aiokafka": "0.14.0"}
"""Distribution and the version whose inside the guards know."""


def check_versions() -> None:
    """Refuse to run on another version: a guard that no longer fits loses messages in silence.

    Raises
    ------
    ConfigurationError
        Naming each package that differs, and what to do.
    """
    wrong = [
        f"{name} is {found}, must be {pinned}" for name, pinned in PINNED.items() if (found := version(name)) != pinned
    ]
    if wrong:
        raise ConfigurationError(
            f"the guards around Faust do not fit: {'; '.join(wrong)}. Install the locked requirements "
            "(`make setup`); to move to another version, run tests/streams and tests/broker with it first"
        )
