from __future__ import annotations

from pathlib import Path
from typing import Any

from foreshock.checks.findings import Status
from foreshock.checks.of_sinks import check_sinks
from streams.settings import load_settings
from tests.support.destinations import SECRET
from tests.support.ports import free_port
from tests.support.receivers import Answer, Receiver


async def found(**changes: Any) -> dict[str, tuple[Status, str]]:
    return {each.check: (each.status, each.detail) for each in await check_sinks(load_settings(**changes))}


async def test_destinations_that_answer_are_ok_and_get_nothing(tmp_path: Path) -> None:
    async with Receiver(Answer(405)) as crm, Receiver(Answer(200)) as manager:
        findings = await found(
            sinks="log,webhook,alertmanager",
            webhook_url=crm.url,
            webhook_secret=SECRET,
            alertmanager_urls=manager.url,
        )

        assert {check: status for check, (status, _) in findings.items()} == {
            "sink log": "ok",
            "sink webhook": "ok",
            "sink alertmanager": "ok",
        }
        assert crm.taken == manager.taken == []


async def test_a_destination_that_does_not_answer_is_a_warning_because_it_can_come_back() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    findings = await found(sinks="alertmanager,webhook", alertmanager_urls=url, webhook_url=url, webhook_secret=SECRET)

    assert [status for status, _ in findings.values()] == ["warning", "warning"]


async def test_what_keeps_a_worker_from_starting_has_failed(tmp_path: Path) -> None:
    findings = await found(sinks="webhook,database,slack", database_url=f"sqlite:///{tmp_path / 'empty.db'}")

    assert {status for status, _ in findings.values()} == {"failed"}
    assert "FORESHOCK_WEBHOOK_URL" in findings["sink webhook"][1]
    assert "foreshock database upgrade" in findings["sink database"][1]
    assert "FORESHOCK_SLACK_URL" in findings["sink slack"][1]


async def test_a_mail_server_that_listens_is_reached(tmp_path: Path) -> None:
    async with Receiver() as server:
        address = f"mailto://127.0.0.1:{server.port}?from=a@insurer.example&to=b@insurer.example"
        findings = await found(sinks="email", email_url=address)
    gone = await found(sinks="email", email_url=address)

    assert findings["sink email"][0] == "ok"
    assert gone["sink email"][0] == "warning"
