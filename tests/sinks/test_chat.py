"""Robots are told in their own form, no more than they bear, and a refusal in a polite answer is heard."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from schemas.alerts import Alert
from schemas.errors import ConfigurationError, SinkError, SinkRefusedError, SinkUnavailableError
from sinks.chat.pace import Pace
from sinks.chat.services import notifier_of
from sinks.chat.sink import ChatSink, Manner
from sinks.chat.texts import DEFAULT_TEXTS, digest_of, load_texts, message_of
from sinks.fanout import RetryPolicy, deliver_patiently
from tests.support.alerts import alert
from tests.support.receivers import Answer, Receiver
from tests.support.robots import ROBOTS, MailServer, point, refs, robot, text_of, texts

Make = Callable[..., ChatSink]


class Clock:
    """Seconds that pass when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 1_000.0
        self.slept: list[float] = []
        self.each_look_seconds = 0.0

    def __call__(self) -> float:
        self.seconds += self.each_look_seconds
        return self.seconds

    async def sleep(self, wait: timedelta, _: SinkError) -> None:
        self.slept.append(wait.total_seconds())
        self.seconds += wait.total_seconds()


@pytest.fixture(params=ROBOTS)
async def receiver(request: pytest.FixtureRequest) -> AsyncIterator[Receiver]:
    async with robot(request.param) as receiver:
        receiver.name = request.param  # type: ignore[attr-defined]
        yield receiver


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(receiver: Receiver, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Make:
    def make(**manner: Any) -> ChatSink:
        name = receiver.name  # type: ignore[attr-defined]
        return ChatSink(name, point(name, receiver, monkeypatch), Manner(**manner), clock)

    return make


def told(receiver: Receiver) -> list[str]:
    return texts(receiver.name, receiver)  # type: ignore[attr-defined]


async def test_a_robot_is_told_why_and_where_but_not_whom(receiver: Receiver, make: Make) -> None:
    await make(language="both").deliver(alert("a", policy_ref="P-1", claim_ref="C-1", org_path="HQ/South"))

    (text,) = told(receiver)
    assert text.splitlines() == [
        "【橙】扬言投诉·新预警",
        "HQ/South",
        "· 客户提到要向监管投诉",
        "编号 a/0",
        "[orange] threatens to complain: new",
        "HQ/South",
        "- Named the regulator",
        "ref a/0",
    ]


@pytest.mark.parametrize(
    "quiet",
    [alert("a", level="yellow"), alert("a", transition="lowered"), alert("a", transition="acknowledged")],
    ids=["level", "lowered", "acknowledged"],
)
async def test_what_people_need_not_hear_is_not_told(receiver: Receiver, make: Make, quiet: Alert) -> None:
    await make().deliver(quiet)

    assert receiver.seen == []


async def test_the_same_transition_is_told_once(receiver: Receiver, make: Make) -> None:
    sink = make()
    for _ in range(2):
        await sink.deliver_together([alert("a"), alert("b")])

    assert refs(told(receiver)) == {("a", 0), ("b", 0)}
    assert len(receiver.taken) == 2


async def test_too_many_become_one_message_the_worst_first(receiver: Receiver, make: Make) -> None:
    sink = make(per_minute=3, language="en")
    await sink.deliver(alert("first"))
    await sink.deliver_together([alert("a"), alert("b", level="red"), alert("c")])

    lines = told(receiver)[1].splitlines()
    assert lines[0] == "Many alerts within a minute, 3 in one message:"
    assert [line.split()[-1] for line in lines[1:]] == ["b/0", "a/0", "c/0"]


async def test_a_slow_robot_is_told_the_rest_in_one_message(receiver: Receiver, make: Make, clock: Clock) -> None:
    sink = make(per_minute=10, language="en")
    clock.each_look_seconds = 8
    await sink.deliver_together([alert(f"a{number}") for number in range(8)])

    assert 1 < len(receiver.taken) < 8
    assert len({ref for text in told(receiver) for ref in re.findall(r"a\d/0", text)}) == 8


async def test_no_minute_has_more_messages_than_allowed(receiver: Receiver, make: Make, clock: Clock) -> None:
    sink = make(per_minute=2)
    for number in range(5):
        # Waiting for the minute to pass uses up no attempt.
        assert await deliver_patiently(sink, alert(f"a{number}"), RetryPolicy(attempts=1), clock.sleep) == 1
        clock.seconds += 1

    assert len(receiver.taken) == 5
    assert [round(seconds) for seconds in clock.slept] == [58, 58]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(429, ("Retry-After: 3",)), SinkUnavailableError),
        (Answer(500), SinkUnavailableError),
        (Answer(closes=True), SinkUnavailableError),
        (Answer(404), SinkRefusedError),
        (Answer(301, ("Location: http://127.0.0.1:9/",)), SinkRefusedError),
    ],
    ids=["429", "500", "closes", "404", "301"],
)
async def test_a_failure_is_told_for_what_it_is(
    receiver: Receiver, make: Make, answer: Answer, error: type[Exception]
) -> None:
    receiver.next.append(answer)
    sink = make()

    with pytest.raises(error):
        await sink.deliver(alert("a"))

    await sink.deliver(alert("a"))
    assert refs(told(receiver)) == {("a", 0)}


POLITE = [
    ("wecom", b'{"errcode":45009,"errmsg":"api freq out of limit"}', SinkUnavailableError),
    ("wecom", b'{"errcode":93000,"errmsg":"invalid webhook url"}', SinkRefusedError),
    ("dingtalk", b'{"errcode":130101,"errmsg":"send too fast"}', SinkUnavailableError),
    ("dingtalk", b'{"errcode":310000,"errmsg":"sign not match"}', SinkRefusedError),
    ("feishu", b'{"code":11232,"msg":"frequency limited"}', SinkUnavailableError),
    ("feishu", b'{"code":19024,"msg":"Key Words Not Found"}', SinkRefusedError),
]


@pytest.mark.parametrize(("name", "body", "error"), POLITE)
async def test_a_robot_that_says_no_with_http_200_does_not_have_the_alert(
    name: str, body: bytes, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with robot(name) as receiver:
        receiver.next.append(Answer(200, body=body))
        sink = ChatSink(name, point(name, receiver, monkeypatch), Manner())

        with pytest.raises(error):
            await sink.deliver(alert("a"))
        await sink.deliver(alert("a"))

        assert refs([text_of(name, receiver.taken[-1])]) == {("a", 0)}


async def test_the_key_of_a_robot_is_never_logged(
    receiver: Receiver, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    receiver.next.append(Answer(500))
    with suppress(SinkUnavailableError):
        await make().deliver(alert("a"))
    (request,) = receiver.seen

    assert request.path.split("=")[-1] not in caplog.text


async def test_mail_has_a_subject_and_the_reasons() -> None:
    async with MailServer() as server:
        await ChatSink("email", server.url, Manner()).deliver(alert("a", org_path="HQ/South"))

        (text,) = server.texts()
        assert text.splitlines()[:3] == ["【橙】扬言投诉·新预警", "HQ/South", "· 客户提到要向监管投诉"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [("450 try later", SinkUnavailableError), ("550 nobody of that name", SinkRefusedError)],
)
async def test_a_mail_server_says_what_can_pass(answer: str, error: type[Exception]) -> None:
    async with MailServer() as server:
        server.next.append(answer)
        sink = ChatSink("email", server.url, Manner())

        with pytest.raises(error, match=answer[:3]):
            await sink.deliver(alert("a"))
        await sink.deliver(alert("a"))

        assert len(server.taken) == 1


async def test_a_mail_server_that_is_gone_can_come_back() -> None:
    async with MailServer() as server:
        url = server.url
    with pytest.raises(SinkUnavailableError):
        await ChatSink("email", url, Manner()).deliver(alert("a"))


@pytest.mark.parametrize("name", [*ROBOTS, "email"])
@pytest.mark.parametrize("url", ["https://somewhere.example/hook", "json://127.0.0.1", "nonsense"])
def test_an_address_of_something_else_is_refused_and_not_shown(name: str, url: str) -> None:
    with pytest.raises(ConfigurationError, match=f"FORESHOCK_{name.upper()}_URL must look like") as raised:
        notifier_of(name, url, Manner().timeout)

    assert url not in str(raised.value)


def test_a_digest_that_is_too_long_counts_what_it_leaves_out() -> None:
    alerts = [alert(f"a{number}") for number in range(300)]
    written = digest_of(load_texts(None, "zh"), alerts, 2_000)

    listed = len(re.findall(r"a\d+/0$", written, re.M))
    assert len(written.encode()) <= 2_000
    assert listed > 20
    assert written.splitlines()[-1] == f"……另有 {300 - listed} 条，见工作台"


def test_a_word_without_a_name_is_shown_as_it_is() -> None:
    unknown = alert("a").model_copy(update={"transition": "handed_over"})

    assert "handed_over" in message_of(load_texts(None, "zh"), unknown)


@pytest.mark.parametrize(
    ("sentence", "told"),
    [('message = "{customer_key}"', "customer_key"), ('messages = "x"', "messages"), ("message = ", "Invalid")],
)
def test_sentences_that_cannot_be_used_are_refused_by_file(tmp_path: Path, sentence: str, told: str) -> None:
    path = tmp_path / "texts.toml"
    path.write_text(re.sub(r"message = .*", lambda _: sentence, DEFAULT_TEXTS.read_text()))

    with pytest.raises(ConfigurationError, match=f"(?s)FORESHOCK_CHAT_TEXTS.*{told}"):
        load_texts(path, "zh")


def test_a_minute_is_any_minute() -> None:
    pace = Pace(2)
    pace.sent(0.0)
    pace.sent(30.0)

    assert (pace.free(59.0), pace.wait(59.0)) == (0, 1.0)
    assert (pace.free(60.0), pace.wait(60.0)) == (1, 0.0)


def test_a_message_says_who_answers_for_it_where_somebody_is_named() -> None:
    both = load_texts(None, "both")
    owned = alert("a", org_path="HQ/South", owner="claims-desk", supervisor="HQ")

    assert "HQ/South，负责 claims-desk（HQ）\n" in message_of(both, owned)
    assert "HQ/South, answered for by claims-desk (HQ)\n" in message_of(both, owned)
    assert "HQ/South\n" in message_of(both, alert("b", org_path="HQ/South"))
    assert "claims-desk" in digest_of(both, [owned], 2_000)


def test_a_companys_own_sentences_need_not_say_who_answers(tmp_path: Path) -> None:
    lines = DEFAULT_TEXTS.read_text("utf-8").replace("{whose}", "").splitlines()
    (own := tmp_path / "texts.toml").write_text(
        "\n".join(line for line in lines if not line.startswith("whose")), "utf-8"
    )

    assert "claims-desk" not in message_of(load_texts(own, "en"), alert("a", owner="claims-desk", supervisor="HQ"))
