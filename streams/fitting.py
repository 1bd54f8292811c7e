"""Whether parameters, which say how to judge, go with settings, which say where things are and how long they stay."""

from __future__ import annotations

from models.params import Params
from schemas.errors import ConfigurationError
from streams.settings import Settings


def fits(params: Params, settings: Settings) -> None:
    """Refuse parameters that do not go with the settings.

    Raises
    ------
    ConfigurationError
        If the place of a forgotten customer is given up while the journal can still be replayed from before.
    """
    kept_days = settings.journal_retention_hours / 24
    if params.memory.tombstone_after_days <= kept_days:
        raise ConfigurationError(
            f"params.memory.tombstone_after_days ({params.memory.tombstone_after_days:g}) must be longer than the "
            f"journal is kept (FORESHOCK_JOURNAL_RETENTION_HOURS is {kept_days:g} days): a replay would meet a "
            "forgotten customer as a stranger"
        )
