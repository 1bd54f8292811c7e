"""Webhooks: signed as the specification says, and every failure told for what it is."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from schemas.aggregates import AggregateAlert
from schemas.alerts import Alert
from schemas.errors import ConfigurationError, SinkRefusedError, SinkUnavailableError
from sinks.http import retry_after_of
from sinks.webhook import Endpoint, WebhookSink, key_of
from tests.support.alerts import alert
from tests.support.observations import aggregates, evidence, watermark
from tests.support.ports import free_port
from tests.support.receivers import Answer, Receiver, new_certificate

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
NEXT_SECRET = "whsec_" + base64.b64encode(b"n" * 32).decode()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as receiver:
        yield receiver


def sink_to(url: str, *secrets: str, **changes: object) -> WebhookSink:
    keys = tuple(key_of(secret, "SECRET") for secret in secrets or (SECRET,))
    given: dict[str, object] = {"timeout": timedelta(seconds=0.5)}
    return WebhookSink(Endpoint(url, keys, **given | changes))  # type: ignore[arg-type]


async def deliver(url: str, *alerts: Alert, secrets: tuple[str, ...] = (SECRET,)) -> None:
    sink = sink_to(url, *secrets)
    try:
        for each in alerts:
            await sink.deliver(each)
    finally:
        await sink.close()


async def test_a_receiver_with_the_specifications_own_library_reads_what_we_send(receiver: Receiver) -> None:
    await deliver(receiver.url, alert("a"))

    (request,) = receiver.taken
    told = Webhook(SECRET).verify(request.body, request.headers)
    assert told["type"] == "alert.opened"
    assert told["timestamp"] == "2026-01-05T00:00:00Z"
    assert Alert.model_validate(told["data"]) == alert("a")


async def test_alerts_about_many_are_of_a_type_of_their_own(receiver: Receiver) -> None:
    (told,) = aggregates([watermark(0), *(evidence(name) for name in "abcde"), watermark(2)])
    sink = WebhookSink[AggregateAlert](Endpoint(receiver.url, (key_of(SECRET, "SECRET"),)), "webhook_aggregates")
    try:
        await sink.deliver(told)
    finally:
        await sink.close()

    (request,) = receiver.taken
    assert request.headers["webhook-id"] == f"{told.aggregate_id}/0"
    body = Webhook(SECRET).verify(request.body, request.headers)
    assert body["type"] == "aggregate.opened"
    assert AggregateAlert.model_validate(body["data"]) == told


async def test_a_body_that_was_changed_on_the_way_is_found_out(receiver: Receiver) -> None:
    await deliver(receiver.url, alert("a"))

    (request,) = receiver.taken
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(request.body.replace(b"orange", b"yellow"), request.headers)


async def test_while_a_secret_is_rotated_both_are_good(receiver: Receiver) -> None:
    await deliver(receiver.url, alert("a"), secrets=(NEXT_SECRET, SECRET))

    (request,) = receiver.taken
    for secret in (SECRET, NEXT_SECRET):
        assert Webhook(secret).verify(request.body, request.headers)


async def test_the_id_is_the_same_whenever_it_is_sent(receiver: Receiver) -> None:
    await deliver(receiver.url, alert("a", 3), alert("a", 3), alert("a", 4))

    assert [request.headers["webhook-id"] for request in receiver.taken] == ["a/3", "a/3", "a/4"]


@pytest.mark.parametrize(
    ("answer", "asked"),
    [
        (Answer(429, ("Retry-After: 7",)), timedelta(seconds=7)),
        (Answer(503), timedelta(0)),
        (Answer(500, body=b"a page"), timedelta(0)),
        (Answer(408), timedelta(0)),
        (Answer(closes=True), timedelta(0)),
        (Answer(wait_seconds=5), timedelta(0)),
    ],
    ids=["429", "503", "500", "408", "closes", "hangs"],
)
async def test_what_can_pass_is_tried_again_and_then_taken(
    receiver: Receiver, answer: Answer, asked: timedelta
) -> None:
    receiver.next.append(answer)
    sink = sink_to(receiver.url)

    with pytest.raises(SinkUnavailableError) as raised:
        await sink.deliver(alert("a"))

    assert raised.value.retry_after == asked
    await sink.deliver(alert("a"))
    assert len(receiver.taken) == 1
    await sink.close()


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 410, 413, 501])
async def test_what_cannot_pass_is_refused_and_a_redirect_is_not_followed(receiver: Receiver, status: int) -> None:
    receiver.next.append(Answer(status, (f"Location: {receiver.url}/elsewhere",)))

    with pytest.raises(SinkRefusedError, match=str(status)):
        await deliver(receiver.url, alert("a"))

    assert len(receiver.seen) == 1


async def test_nobody_there_can_pass() -> None:
    with pytest.raises(SinkUnavailableError):
        await deliver(f"http://127.0.0.1:{free_port()}", alert("a"))


async def test_a_slow_answer_in_time_is_an_answer(receiver: Receiver) -> None:
    receiver.next.append(Answer(wait_seconds=0.2))
    await deliver(receiver.url, alert("a"))

    assert len(receiver.taken) == 1


async def test_a_certificate_that_nobody_signed_is_not_trusted_unless_it_is_named(tmp_path: Path) -> None:
    certificate = new_certificate(tmp_path)
    async with Receiver(certificate=certificate) as receiver:
        with pytest.raises(SinkUnavailableError):
            await deliver(receiver.url, alert("a"))
        assert receiver.seen == []

        sink = sink_to(receiver.url, ca_file=tmp_path / "certificate.pem", timeout=timedelta(seconds=5))
        await sink.deliver(alert("a"))
        await sink.close()
        assert len(receiver.taken) == 1


async def test_what_is_larger_than_may_be_sent_is_not_sent(receiver: Receiver) -> None:
    sink = sink_to(receiver.url, max_bytes=1_000)

    with pytest.raises(SinkRefusedError, match="FORESHOCK_WEBHOOK_MAX_BYTES is 1000"):
        await sink.deliver(alert("a", org_path="HQ/" + "x" * 190, explanation=None, params_hash="h" * 600))
    assert receiver.seen == []
    await sink.close()


async def test_a_probe_sends_no_alert(receiver: Receiver) -> None:
    receiver.next.append(Answer(405))
    sink = sink_to(receiver.url)

    assert await sink.probe() == "the receiver answers a HEAD with HTTP 405"
    assert [request.method for request in receiver.seen] == ["HEAD"]
    await sink.close()


@pytest.mark.parametrize("secret", ["whsec_c2hvcnQ=", "password", "whsec_???", ""])
def test_a_secret_that_is_none_is_refused_and_not_shown(secret: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^SECRET must be whsec_") as raised:
        key_of(secret, "SECRET")

    assert not secret or secret not in str(raised.value)


def test_a_date_in_retry_after_is_read() -> None:
    now = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)

    assert retry_after_of("Mon, 05 Jan 2026 08:02:00 GMT", now) == timedelta(minutes=2)
    assert retry_after_of("Mon, 05 Jan 2026 07:00:00 GMT", now) == timedelta(0)


async def test_nothing_of_the_body_is_in_an_error(receiver: Receiver) -> None:
    receiver.next.append(Answer(500, body=json.dumps({"name": "somebody"}).encode()))

    with pytest.raises(SinkUnavailableError) as raised:
        await deliver(receiver.url, alert("a"))

    assert "somebody" not in str(raised.value)
