"""Which settings about security belong together; half of a combination refuses to start."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streams.settings import Settings


def is_loopback(host: str) -> bool:
    """Whether nothing but this machine can be meant: a name that only begins so may be anybody's."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return False


def security_problem(settings: Settings) -> str:
    """Name the setting that is missing or does nothing, and what to do; empty where everything fits."""
    return _login(settings) or _tls(settings) or _pages(settings)


def _login(settings: Settings) -> str:
    """Look at user name and password."""
    protocol = settings.security_protocol
    wants_login = protocol.startswith("SASL")
    has_password = settings.sasl_password is not None or settings.sasl_password_file is not None
    if wants_login and settings.sasl_username is None:
        return f"sasl_username: {protocol} needs a user name and a password: set FORESHOCK_SASL_USERNAME"
    if wants_login and not has_password:
        return (
            f"sasl_password: {protocol} needs a password: set FORESHOCK_SASL_PASSWORD_FILE or FORESHOCK_SASL_PASSWORD"
        )
    if not wants_login and settings.sasl_username is not None:
        return f"sasl_username: {protocol} does not log in: {_switch('SASL_SSL')}, or unset FORESHOCK_SASL_USERNAME"
    if not wants_login and has_password:
        return f"sasl_password: {protocol} does not log in: {_switch('SASL_SSL')}, or unset the password"
    return ""


def _tls(settings: Settings) -> str:
    """Look at certificates."""
    protocol = settings.security_protocol
    files = ("ssl_ca_file", "ssl_cert_file", "ssl_key_file")
    if not protocol.endswith("SSL"):
        for name in files:
            if getattr(settings, name) is not None:
                switch = _switch("SASL_SSL" if protocol.startswith("SASL") else "SSL")
                return f"{name}: {protocol} does not encrypt: {switch}, or unset FORESHOCK_{name.upper()}"
    if settings.ssl_cert_file is not None and settings.ssl_key_file is None:
        return "ssl_key_file: a certificate needs its private key: set FORESHOCK_SSL_KEY_FILE"
    if settings.ssl_key_file is not None and settings.ssl_cert_file is None:
        return "ssl_cert_file: a private key needs its certificate: set FORESHOCK_SSL_CERT_FILE"
    has_password = settings.ssl_key_password is not None or settings.ssl_key_password_file is not None
    if has_password and settings.ssl_key_file is None:
        return "ssl_key_password: there is no key that it opens: set FORESHOCK_SSL_KEY_FILE, or unset it"
    return ""


def _pages(settings: Settings) -> str:
    """Look at who can reach the pages."""
    if is_loopback(settings.web_host) or settings.web_token_file is not None or settings.web_open:
        return ""
    return (
        f"web_host: {settings.web_host} can be reached from other machines: set FORESHOCK_WEB_TOKEN_FILE, so that "
        "/metrics asks for a token, or FORESHOCK_WEB_OPEN=true if the network lets only the right ones in"
    )


def _switch(protocol: str) -> str:
    return f"set FORESHOCK_SECURITY_PROTOCOL={protocol}"
