"""Who gives a command that others will read of."""

from __future__ import annotations

import getpass

from schemas.errors import ConfigurationError


def author_of(named: str | None) -> str:
    """Say who acts: the name given, or the user of this machine.

    Raises
    ------
    ConfigurationError
        If nobody was named and the machine knows no user.
    """
    if named is not None:
        return named
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError) as error:
        raise ConfigurationError("who are you? This machine knows no user name: give --by NAME") from error
