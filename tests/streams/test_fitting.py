from __future__ import annotations

import pytest

from models.forgetting import SETTLED_RECORDS
from models.params import Params
from schemas.errors import ConfigurationError
from streams.fitting import fits
from streams.settings import Settings, load_settings


def test_the_defaults_go_together() -> None:
    fits(Params(), load_settings())


def test_the_place_of_a_forgotten_customer_is_kept_longer_than_the_journal() -> None:
    with pytest.raises(ConfigurationError, match="tombstone_after_days"):
        fits(Params(), load_settings(journal_retention_hours=45 * 24))


def test_no_group_of_records_is_longer_than_what_counts_as_settled() -> None:

    limits = Settings.model_fields["max_waiting_records"].metadata
    assert max(limit.le for limit in limits if hasattr(limit, "le")) < SETTLED_RECORDS
