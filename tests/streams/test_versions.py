from __future__ import annotations

import pytest

from schemas.errors import ConfigurationError
from streams.guards import versions
from streams.guards.versions import check_versions


def test_the_guards_run_on_the_versions_they_were_written_for() -> None:
    check_versions()


def test_another_version_is_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "version", lambda name: "0.16.0" if name == "faust-streaming" else "0.7.1")

    with pytest.raises(ConfigurationError, match=r"faust-streaming is 0\.16\.0, must be 0\.15\.3") as raised:
        check_versions()

    assert "tests/streams and tests/broker" in str(raised.value)
    assert "mode-streaming" not in str(raised.value)
