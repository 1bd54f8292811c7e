"""The services that can be told, and how an address of each is read."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import requests
from apprise import Apprise

from schemas.errors import ConfigurationError, SinkUnavailableError
from sinks.chat.answers import listen_to
from sinks.http import SOON


@dataclass(frozen=True, slots=True)
class Service:
    """One kind of robot."""

    module: str
    """Where Apprise has it."""

    plugin: str
    """Its class there."""

    limit: int
    """Most bytes of a text."""

    shape: str
    """What its address looks like, for errors."""

    origin: str = ""
    """Where it is on the internet, to see whether it can be reached."""

    native: str = ""
    """Pattern of the address that the robot itself shows, with the group `token`; where Apprise does not read it."""

    scheme: str = ""
    """What Apprise calls it, for such an address."""


# The limits are those of the services, less what a frame around the text needs.
SERVICES: dict[str, Service] = {
    "wecom": Service(
        "apprise.plugins.wecombot",
        "NotifyWeComBot",
        2_000,
        "wecombot://KEY or https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=KEY",
        "https://qyapi.weixin.qq.com",
    ),
    "dingtalk": Service(
        "apprise.plugins.dingtalk",
        "NotifyDingTalk",
        18_000,
        "dingtalk://SECRET@TOKEN or https://oapi.dingtalk.com/robot/send?access_token=TOKEN",
        "https://oapi.dingtalk.com",
        r"https://oapi\.dingtalk\.com/robot/send\?access_token=(?P<token>\w+)",
        "dingtalk",
    ),
    "feishu": Service(
        "apprise.plugins.feishu",
        "NotifyFeishu",
        18_000,
        "feishu://TOKEN or https://open.feishu.cn/open-apis/bot/v2/hook/TOKEN",
        "https://open.feishu.cn",
        r"https://open\.feishu\.cn/open-apis/bot/v2/hook/(?P<token>[\w-]+)/?",
        "feishu",
    ),
    "slack": Service(
        "apprise.plugins.slack",
        "NotifySlack",
        30_000,
        "https://hooks.slack.com/services/T.../B.../...",
        "https://hooks.slack.com",
    ),
    "email": Service(
        "apprise.plugins.email",
        "NotifyEmail",
        100_000,
        "mailtos://USER:PASSWORD@HOST:465?from=ADDRESS&to=ADDRESS,ADDRESS",
    ),
}
"""Every service, by the name of its sink."""

_SMTP = "apprise.plugins.email.smtp"


def notifier_of(name: str, url: str, timeout: timedelta) -> Any:
    """Make what sends to one robot.

    Parameters
    ----------
    name
        One of `SERVICES`.
    url
        Its address; holds the robot's key.
    timeout
        How long it may take to connect, and then to answer.

    Raises
    ------
    ConfigurationError
        If the address is none of this service; it is not shown.
    """
    service = SERVICES[name]
    found = re.fullmatch(service.native, url) if service.native else None
    plugin = Apprise.instantiate(f"{service.scheme}://{found['token']}" if found else url, suppress_exceptions=True)
    if plugin is None or type(plugin).__name__ != service.plugin:
        raise ConfigurationError(f"FORESHOCK_{name.upper()}_URL must look like {service.shape}")
    listen_to(_SMTP if name == "email" else service.module)
    plugin.socket_connect_timeout = plugin.socket_read_timeout = timeout.total_seconds()
    return plugin


def reach(name: str, notifier: Any) -> str:
    """See whether a service answers, without telling it anything; returns where.

    Raises
    ------
    SinkUnavailableError
        If it does not.
    """
    try:
        if name == "email":
            where = (notifier.smtp_host, notifier.port)
            socket.create_connection(where, notifier.socket_connect_timeout).close()
            return f"{where[0]}:{where[1]}"
        requests.head(SERVICES[name].origin, timeout=notifier.request_timeout, allow_redirects=False)
    except OSError as error:  # those of `requests` too
        raise SinkUnavailableError(name, SOON, type(error).__name__) from error
    return SERVICES[name].origin
