"""Robots are told what many customers have in common, and both feeds of a robot share its minute."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from schemas.aggregates import AggregateAlert
from schemas.alerts import Alert
from schemas.errors import ConfigurationError, SinkError
from sinks.chat.pace import Pace
from sinks.chat.sink import ChatSink, Manner
from sinks.chat.texts import DEFAULT_TEXTS, digest_of, load_texts, message_of
from sinks.fanout import RetryPolicy, deliver_all
from sinks.places import Post
from tests.support.alerts import alert
from tests.support.destinations import severe
from tests.support.receivers import Answer, Receiver
from tests.support.robots import ROBOTS, MailServer, point, refs, robot, texts

POSTS = {"HQ/South": Post("claims-desk", "HQ")}


@pytest.fixture
async def group() -> AsyncIterator[Receiver]:
    async with robot("wecom") as receiver:
        yield receiver


@pytest.mark.parametrize("service", ROBOTS)
async def test_a_robot_is_told_what_many_have_in_common_and_who_answers(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with robot(service) as receiver:
        manner = Manner(language="both", post_of=POSTS.get)
        sink = ChatSink[AggregateAlert](service, point(service, receiver, monkeypatch), manner)
        await sink.deliver(severe("s"))

        (text,) = texts(service, receiver)
    assert text.splitlines() == [
        "【橙】群体预警（机构）：理赔停滞·新预警",
        "HQ/South，负责 claims-desk（HQ）",
        "· 五位客户理赔停滞",
        "编号 s/0",
        "[orange] many customers of one unit, claim stalled: new",
        "HQ/South, answered for by claims-desk (HQ)",
        "- Five claims stand",
        "ref s/0",
    ]


async def test_mail_about_many_has_a_subject() -> None:
    async with MailServer() as server:
        await ChatSink[AggregateAlert]("email", server.url, Manner(language="en")).deliver(severe("s"))

        (text,) = server.texts()
    assert text.splitlines()[0] == "[orange] many customers of one unit, claim stalled: new"


async def test_no_household_and_no_member_is_named(group: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    sink = ChatSink[AggregateAlert]("wecom", point("wecom", group, monkeypatch), Manner(language="both"))
    await sink.deliver(severe("s", by="household", key="h_secret", members=("m_secret",), usual=None, chance=None))

    (text,) = texts("wecom", group)
    assert "家庭" in text
    assert "secret" not in text


@pytest.mark.parametrize(
    ("changes", "is_told"),
    [
        ({"transition": "opened"}, True),
        ({"transition": "raised"}, True),
        ({"transition": "grown"}, True),
        ({"transition": "lowered"}, False),
        ({"transition": "expired"}, False),
        ({"level": "yellow"}, False),
    ],
)
async def test_the_same_settings_say_what_is_told_of_one_and_of_many(
    changes: dict[str, Any], is_told: bool, group: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = ChatSink[AggregateAlert]("wecom", point("wecom", group, monkeypatch), Manner())
    await sink.deliver(severe("s", 1, **changes))

    assert bool(group.taken) == is_told


async def test_who_asks_for_no_rises_is_not_told_of_growth(group: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    manner = Manner(transitions=frozenset({"opened", "expired"}))
    sink = ChatSink[AggregateAlert]("wecom", point("wecom", group, monkeypatch), manner)
    for sequence, transition in enumerate(["opened", "raised", "grown", "expired"]):
        await sink.deliver(severe("s", sequence, transition=transition))

    assert refs(texts("wecom", group)) == {("s", 0), ("s", 3)}


def test_a_digest_about_many_says_how_many_customers_each_has() -> None:
    told = digest_of(load_texts(None, "en"), [severe("s", customers=12), severe("t", by="product")], 2_000, POSTS.get)

    assert told.splitlines() == [
        "Many alerts about many customers within a minute, 2 in one message:",
        "[orange] unit, claim stalled: new, 12 customers HQ/South, answered for by claims-desk (HQ) s/0",
        "[orange] product, claim stalled: new, 5 customers HQ/South, answered for by claims-desk (HQ) t/0",
    ]


def test_a_digest_about_many_that_is_too_long_counts_what_it_leaves_out() -> None:
    written = digest_of(load_texts(None, "zh"), [severe(f"s{number}") for number in range(300)], 2_000)

    listed = len(re.findall(r"s\d+/0$", written, re.M))
    assert len(written.encode()) <= 2_000
    assert written.splitlines()[-1] == f"……另有 {300 - listed} 条，见工作台"


def test_sentences_of_before_go_on_working_and_can_say_their_own_of_many(tmp_path: Path) -> None:
    before = re.sub(r"\[(zh|en)\.aggregate.*?(?=\n\[(zh|en)\]|\Z)", "", DEFAULT_TEXTS.read_text("utf-8"), flags=re.S)
    (own := tmp_path / "texts.toml").write_text(before, "utf-8")
    assert "aggregate]" not in before
    usual = {language: message_of(load_texts(None, language), severe("s")) for language in ("zh", "en")}

    assert {language: message_of(load_texts(own, language), severe("s")) for language in ("zh", "en")} == usual

    own.write_text(DEFAULT_TEXTS.read_text("utf-8").replace("群体预警（{kind}）", "批量{kind}"), "utf-8")
    assert message_of(load_texts(own, "zh"), severe("s")).startswith("【橙】批量机构：理赔停滞")


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ("，{customers} 位客户", "{key}", "key"),
        ("{reasons}\\n编号", "{members}", "members"),
        ("kind]", "kinds]", "kinds"),
    ],
)
def test_sentences_about_many_that_cannot_be_used_are_refused_by_file(
    tmp_path: Path, was: str, becomes: str, told: str
) -> None:
    path = tmp_path / "texts.toml"
    about_one, table, about_many = DEFAULT_TEXTS.read_text("utf-8").partition("[zh.aggregate]")
    path.write_text(about_one + table + about_many.replace(was, becomes), "utf-8")

    with pytest.raises(ConfigurationError, match=f"(?s)FORESHOCK_CHAT_TEXTS.*{told}"):
        load_texts(path, "zh")


async def test_no_minute_has_more_messages_than_allowed_over_both_feeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both tell at once a robot that takes its time, each with more than the minute has room for."""
    sent_at: list[float] = []
    now = [1_000.0]

    class Noting(Pace):
        def sent(self, moment: float) -> None:
            sent_at.append(moment)
            super().sent(moment)

    async def sleep(wait: timedelta, _: SinkError) -> None:
        now[0] += wait.total_seconds()
        await asyncio.sleep(0)

    async with robot("wecom") as group:
        group.usual = Answer(200, body=group.usual.body, wait_seconds=0.02)
        url, pace = point("wecom", group, monkeypatch), Noting(5)
        one = ChatSink[Alert]("wecom", url, Manner(per_minute=5), lambda: now[0], pace=pace)
        many = ChatSink[AggregateAlert](
            "wecom", url, Manner(per_minute=5), lambda: now[0], name="wecom_aggregates", pace=pace
        )
        for portion in range(3):
            singles = [alert(f"a{portion}{number}") for number in range(4)]
            aggregates = [severe(f"s{portion}{number}") for number in range(4)]
            await asyncio.gather(
                deliver_all(one, singles, RetryPolicy(attempts=1), sleep),
                deliver_all(many, aggregates, RetryPolicy(attempts=1), sleep),
            )
            now[0] += 7
        told = texts("wecom", group)

    everything = {(f"{kind}{portion}{number}", 0) for kind in "as" for portion in range(3) for number in range(4)}
    assert refs(told) == everything
    assert len(told) == len(sent_at)
    for moment in sent_at:
        assert sum(moment - 60 < each <= moment for each in sent_at) <= 5


async def test_two_robots_have_a_minute_each(monkeypatch: pytest.MonkeyPatch, group: Receiver) -> None:
    url = point("wecom", group, monkeypatch)
    sinks = [ChatSink[Alert]("wecom", url, Manner(per_minute=2)) for _ in range(2)]
    for sink in sinks:
        for number in range(2):
            await sink.deliver(alert(f"a{number}"))

    assert len(group.taken) == 4
