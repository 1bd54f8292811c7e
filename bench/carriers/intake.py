"""What carriers without a journal do before the core: check and redact what a source topic holds."""

from __future__ import annotations

from datetime import UTC, datetime

from models.engine import Engine
from models.intake import Prepared
from models.params import load_params
from schemas.catalogue import SOURCE_TOPICS
from streams.settings import Settings
from streams.wiring import intake_of


class SourceIntake:
    """Prepares records of the source topics of one run.

    Parameters
    ----------
    settings
        Of this run.
    """

    def __init__(self, settings: Settings) -> None:
        self._intake = intake_of(settings)
        self._kinds = {settings.topic(name): kind for name, kind in SOURCE_TOPICS.items()}

    def prepare(self, raw: bytes, topic: str, milliseconds: int) -> Prepared:
        """Check and redact one record.

        Parameters
        ----------
        raw
            Its value.
        topic
            Full name of its topic.
        milliseconds
            Its timestamp, since 1970.
        """
        return self._intake.prepare(raw, self._kinds[topic], datetime.fromtimestamp(milliseconds / 1000, UTC))


def engines_of(settings: Settings) -> list[Engine]:
    """Make an engine for each partition of a run."""
    params = load_params(settings.params_file)
    return [Engine(params, partition) for partition in range(settings.partitions)]
