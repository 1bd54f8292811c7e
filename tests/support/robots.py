"""Stand-ins for chat robots and a mail server: they check what they are told, and remember it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import importlib
import json
import re
from collections import deque
from collections.abc import Iterator
from email import message_from_bytes, policy
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sinks.chat.services import SERVICES
from tests.support.listening import Listening
from tests.support.receivers import Answer, Receiver, Request

DINGTALK_SECRET = "SEC" + "0" * 61
_TAKEN = {
    "wecom": Answer(200, body=b'{"errcode":0,"errmsg":"ok"}'),
    "dingtalk": Answer(200, body=b'{"errcode":0,"errmsg":"ok"}'),
    "feishu": Answer(200, body=b'{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}'),
    "slack": Answer(200, body=b"ok"),
}
# The examples of the services' own documentation: nobody's keys.
_ADDRESSES = {
    "wecom": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa",
    "dingtalk": f"dingtalk://{DINGTALK_SECRET}@{'d' * 64}",
    "feishu": "https://open.feishu.cn/open-apis/bot/v2/hook/0fe2a1b4-1111-2222-3333-444455556666",
    "slack": "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
}
_PATHS = {
    "wecom": "/wecom?key={key}",
    "dingtalk": "/dingtalk?access_token={token}",
    "feishu": "/feishu/{token}/",
    "slack": "/slack",
}
ROBOTS = tuple(_ADDRESSES)
"""Services that speak HTTP."""


def robot(name: str) -> Receiver:
    """A receiver that answers as this robot does when all is well."""
    return Receiver(_TAKEN[name])


def point(name: str, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make Apprise tell the stand-in instead of the service; returns the robot's address as people set it."""
    plugin = getattr(importlib.import_module(SERVICES[name].module), SERVICES[name].plugin)
    attribute = "webhook_url" if name == "slack" else "notify_url"
    monkeypatch.setattr(plugin, attribute, receiver.url + _PATHS[name])
    return _ADDRESSES[name]


def text_of(name: str, request: Request) -> str:
    """Check that a request is as the service documents it, and return what it says."""
    body = json.loads(request.body)
    assert request.headers["content-type"].startswith("application/json")
    query = parse_qs(urlsplit(request.path).query)
    match name:
        case "wecom":
            assert query["key"] == ["693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"]
            assert body["msgtype"] == "text"
            assert len(body["text"]["content"].encode()) <= 2_048
            return str(body["text"]["content"])
        case "dingtalk":
            assert query["access_token"] == ["d" * 64]
            _check_dingtalk_signature(query)
            assert body["msgtype"] == "text"
            return str(body["text"]["content"])
        case "feishu":
            assert request.path == "/feishu/0fe2a1b4-1111-2222-3333-444455556666/"
            assert body["msg_type"] == "text"
            return str(body["content"]["text"])
        case _:
            return str(_slack_text(body))


def texts(name: str, receiver: Receiver) -> list[str]:
    """What the robot was told, and took."""
    return [text_of(name, request) for request in receiver.taken]


def refs(told: list[str]) -> set[tuple[str, int]]:
    """The references of transitions in messages."""
    return {(found[0], int(found[1])) for text in told for found in re.findall(r"(\w+)/(\d+)$", text, re.M)}


def _check_dingtalk_signature(query: dict[str, list[str]]) -> None:
    (moment,) = query["timestamp"]
    signed = f"{moment}\n{DINGTALK_SECRET}".encode()
    wanted = base64.b64encode(hmac.new(DINGTALK_SECRET.encode(), signed, hashlib.sha256).digest()).decode()
    assert query["sign"] == [wanted], (query["sign"], wanted)


def _slack_text(body: dict[str, Any]) -> str:
    if body.get("text"):
        return str(body["text"])
    (attachment,) = body["attachments"]
    return str(attachment["text"])


class MailServer(Listening):
    """Takes mail on loopback, or answers as it is told."""

    def __init__(self) -> None:
        self.next: deque[str] = deque()
        """Answers to `RCPT TO`, one per recipient."""
        self.taken: list[bytes] = []
        super().__init__()

    @property
    def url(self) -> str:
        """Its address as people set it."""
        return f"mailto://127.0.0.1:{self.port}?from=foreshock@insurer.example&to=duty@insurer.example&mode=insecure"

    async def start(self) -> None:
        """Listen, after a stop on the same port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def texts(self) -> list[str]:
        """Subject and body of every mail."""
        return list(self._texts())

    def _texts(self) -> Iterator[str]:
        for raw in self.taken:
            mail = message_from_bytes(raw, policy=policy.default)
            body = mail.get_body(("plain",))
            assert body is not None
            yield f"{mail['Subject']}\n{body.get_content()}".replace("\r\n", "\n")

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())

        say("220 mail")
        while line := (await reader.readline()).decode().strip():
            match line.upper().split(" ")[0].split(":")[0]:
                case "RCPT":
                    say(self.next.popleft() if self.next else "250 ok")
                case "DATA":
                    say("354 go on")
                    content = await reader.readuntil(b"\r\n.\r\n")
                    self.taken.append(content.removesuffix(b".\r\n"))
                    say("250 taken")
                case "QUIT":
                    say("221 bye")
                    break
                case _:
                    say("250 ok")
        writer.close()
