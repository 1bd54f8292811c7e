"""The services that can be told, and how an address of each is read."""

from __future__ import annotations

import importlib
import logging
import re
import socket
import warnings
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import requests
from apprise import NotifyFormat
from apprise.exception import AppriseImproperlyConfigured

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

    schemes: tuple[str, ...]
    """What stands before `://` where Apprise writes its address."""

    shape: str
    """What its address looks like, for errors."""

    origin: str = ""
    """Where it is on the internet, to see whether it can be reached."""

    native: str = ""
    """Pattern of the address that the robot itself shows, with the group `token`; where Apprise does not read it."""


# The limits are those of the services, less what a frame around the text needs.
SERVICES: dict[str, Service] = {
    "wecom": Service(
        "apprise.plugins.wecombot",
        "NotifyWeComBot",
        2_000,
        ("wecombot",),
        "wecombot://KEY or https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=KEY",
        "https://qyapi.weixin.qq.com",
    ),
    "dingtalk": Service(
        "apprise.plugins.dingtalk",
        "NotifyDingTalk",
        18_000,
        ("dingtalk",),
        "dingtalk://SECRET@TOKEN or https://oapi.dingtalk.com/robot/send?access_token=TOKEN",
        "https://oapi.dingtalk.com",
        r"https://oapi\.dingtalk\.com/robot/send\?access_token=(?P<token>\w+)",
    ),
    "feishu": Service(
        "apprise.plugins.feishu",
        "NotifyFeishu",
        18_000,
        ("feishu",),
        "feishu://TOKEN or https://open.feishu.cn/open-apis/bot/v2/hook/TOKEN",
        "https://open.feishu.cn",
        r"https://open\.feishu\.cn/open-apis/bot/v2/hook/(?P<token>[\w-]+)/?",
    ),
    "slack": Service(
        "apprise.plugins.slack",
        "NotifySlack",
        30_000,
        ("slack",),
        "https://hooks.slack.com/services/T.../B.../...",
        "https://hooks.slack.com",
    ),
    "email": Service(
        "apprise.plugins.email",
        "NotifyEmail",
        100_000,
        ("mailto", "mailtos"),
        "mailtos://USER:PASSWORD@HOST:465?from=ADDRESS&to=ADDRESS,ADDRESS",
    ),
}
"""Every service, by the name of its sink."""

_SMTP = "apprise.plugins.email.smtp"

# Both write addresses, and with them the keys of robots, when they log everything; what failed we say ourselves.
for _talker in ("apprise", "urllib3"):
    logging.getLogger(_talker).setLevel(logging.CRITICAL)


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
    # By its class, not by `Apprise.instantiate`: that imports the plugins of all hundred services.
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # its mail imports what Python 3.13 no longer has, if it can
        plugin_class = getattr(importlib.import_module(service.module), service.plugin)
    found = _parsed(service, plugin_class, url)
    try:
        plugin = plugin_class(**found) if found else None
    except (AppriseImproperlyConfigured, TypeError):
        plugin = None
    if plugin is None:
        raise ConfigurationError(f"FORESHOCK_{name.upper()}_URL must look like {service.shape}")
    listen_to(_SMTP if name == "email" else service.module)
    plugin.notify_format = NotifyFormat.TEXT
    plugin.request_rate_per_sec = 0  # seconds between two messages, in truth; our own pace decides
    plugin.socket_connect_timeout = plugin.socket_read_timeout = timeout.total_seconds()
    return plugin


def _parsed(service: Service, plugin_class: Any, url: str) -> dict[str, Any] | None:
    """Read an address, as Apprise or as the robot itself writes it; `None` if it is of something else."""
    if match := re.fullmatch(service.native, url) if service.native else None:
        url = f"{service.schemes[0]}://{match['token']}"
    if url.partition("://")[0] in service.schemes:
        parsed: dict[str, Any] | None = plugin_class.parse_url(url)
        return parsed
    native: dict[str, Any] | None = plugin_class.parse_native_url(url)
    return native


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
