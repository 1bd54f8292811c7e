"""What robots and mail servers answer, and what that means for an alert.

Apprise says only whether it thinks that a message was sent: it takes HTTP 200 for yes where WeCom, DingTalk and Feishu
answer 200 and say in the body that they did not take the message, and it does not tell what can pass from what cannot.
So its plugins are given `requests` and `smtplib` that look at what comes back.
"""

from __future__ import annotations

import importlib
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import requests

from schemas.errors import SinkError, SinkRefusedError, SinkUnavailableError
from sinks.http import SOON, judge

# The code of an answer in which a robot says what it thinks of a message, and 0 for taken.
_CODES = ("errcode", "code", "StatusCode")

# WeCom: -1 busy, 45009 and 45033 too many. DingTalk: -1 busy, 130101 and 130102 too many, 410100 too fast.
# Feishu: 11232 and 11233 too many, of the system and of the chat. Taken from their documentation of robots.
_PASSING_CODES = frozenset({-1, 45009, 45033, 130101, 130102, 410100, 11232, 11233})

# DingTalk silences a robot that is too fast for ten minutes, the others for the rest of the minute.
_TOO_FAST = timedelta(minutes=1)

_heard: ContextVar[list[SinkError] | None] = ContextVar("heard", default=None)
_service: ContextVar[str] = ContextVar("service", default="chat")


@contextmanager
def listening(service: str) -> Iterator[list[SinkError]]:
    """Collect what goes wrong while a message is sent, the threads that it starts included."""
    heard: list[SinkError] = []
    tokens = _heard.set(heard), _service.set(service)
    try:
        yield heard
    finally:
        _heard.reset(tokens[0])
        _service.reset(tokens[1])


def listen_to(module: str) -> None:
    """Give a plugin of Apprise what looks at answers; a second time changes nothing."""
    plugin = importlib.import_module(module)
    for name, watched in (("requests", _Requests()), ("smtplib", _Smtplib())):
        if hasattr(plugin, name):
            setattr(plugin, name, watched)


def judge_robot(service: str, response: requests.Response) -> None:
    """Raise what a robot's answer means; nothing if it took the message.

    Raises
    ------
    SinkUnavailableError
        If trying again can help.
    SinkRefusedError
        If it cannot: an unknown robot, a wrong signature, a missing keyword.
    """
    code = _code_of(response)
    if code in _PASSING_CODES:
        raise SinkUnavailableError(service, _TOO_FAST if code != -1 else SOON, f"code {code}")
    judge(service, response.status_code, response.headers)
    if code:
        raise SinkRefusedError(service, f"code {code}")


def _code_of(response: requests.Response) -> int:
    """Return what a robot says in the body; 0 if it says nothing."""
    try:
        told = response.json()
    except ValueError:
        return 0
    if not isinstance(told, dict):
        return 0
    found = next((told[name] for name in _CODES if isinstance(told.get(name), int)), 0)
    return int(found)


def _note(error: SinkError) -> None:
    """Remember what went wrong, for whoever listens."""
    heard = _heard.get()
    if heard is not None:
        heard.append(error)


class _Requests:
    """Stands for the module `requests` in a plugin."""

    def __getattr__(self, name: str) -> Any:
        return getattr(requests, name)

    def post(self, url: str, **options: Any) -> requests.Response:
        """Send a POST, and look at the answer."""
        return self.request("POST", url, **options)

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        """Send a request, and look at the answer."""
        service = _service.get()
        if params := options.get("params"):
            # DingTalk's signature comes quoted already, and would be quoted once more on its way.
            options["params"] = {name: unquote(value) if name == "sign" else value for name, value in params.items()}
        try:
            # A robot's key is in the address: it goes nowhere that nobody named.
            response = requests.request(
                method, url, timeout=options.pop("timeout"), **{**options, "allow_redirects": False}
            )
        except requests.RequestException as error:
            _note(SinkUnavailableError(service, SOON, type(error).__name__))
            raise
        try:
            judge_robot(service, response)
        except SinkError as error:
            _note(error)
        return response


class _Smtplib:
    """Stands for the module `smtplib` in a plugin."""

    def __getattr__(self, name: str) -> Any:
        watched = {"SMTP": _WatchedSmtp, "SMTP_SSL": _WatchedSmtpSsl}
        return watched.get(name) or getattr(smtplib, name)


class _Watching:
    """Notes why a step of a conversation with a mail server failed."""

    def connect(self, *given: Any, **options: Any) -> Any:
        """Connect."""
        with _noting_mail():
            return super().connect(*given, **options)  # type: ignore[misc]

    def starttls(self, *given: Any, **options: Any) -> Any:
        """Begin encryption."""
        with _noting_mail():
            return super().starttls(*given, **options)  # type: ignore[misc]

    def login(self, *given: Any, **options: Any) -> Any:
        """Log in."""
        with _noting_mail():
            return super().login(*given, **options)  # type: ignore[misc]

    def sendmail(self, *given: Any, **options: Any) -> Any:
        """Send."""
        with _noting_mail():
            return super().sendmail(*given, **options)  # type: ignore[misc]


class _WatchedSmtp(_Watching, smtplib.SMTP):
    pass


class _WatchedSmtpSsl(_Watching, smtplib.SMTP_SSL):
    pass


@contextmanager
def _noting_mail() -> Iterator[None]:
    """Note what a failure of a mail server means."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        _note(_mail_error([code for code, _ in error.recipients.values()]))
        raise
    except smtplib.SMTPResponseException as error:
        _note(_mail_error([error.smtp_code]))
        raise
    except (OSError, smtplib.SMTPException) as error:
        _note(SinkUnavailableError(_service.get(), SOON, type(error).__name__))
        raise


def _mail_error(codes: list[int]) -> SinkError:
    """Say what SMTP's codes mean: 4xx may pass, 5xx does not (RFC 5321, section 4.2.1)."""
    told = ", ".join(f"SMTP {code}" for code in codes)
    if any(code < 500 for code in codes):
        return SinkUnavailableError(_service.get(), SOON, told)
    return SinkRefusedError(_service.get(), told)
