"""What must hold before a server may start with these settings: safe by refusal, with the way out in every sentence."""

import ipaddress
from collections.abc import Iterator
from pathlib import Path

from offhook.errors import SettingsError
from offhook.settings.table import Settings


def check_startable(settings: Settings) -> None:
    """Raises SettingsError that says, all at once, why a server must not or cannot start so."""
    problems = [*_endpoints(settings), *_signature(settings), *_listeners(settings), *_mail(settings), *_files(settings)]
    if problems:
        raise SettingsError("\n".join(problems))


def is_loopback(host: str) -> bool:
    """Whether a listener on this address is reached from this machine alone."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _endpoints(settings: Settings) -> Iterator[str]:
    if not settings.endpoints:
        yield "to: nowhere to deliver to yet: add --to http://localhost:5000/sms (your app's URL), or an [endpoints.sms] table to offhook.toml"


def _signature(settings: Settings) -> Iterator[str]:
    if settings.allow_unsigned:
        if not is_loopback(settings.host):
            way = "add --host 127.0.0.1" if settings.origins["host"].source == "default" else "set host to 127.0.0.1"
            yield (
                f"allow_unsigned: on {settings.host} anybody could send your app forged messages: {way}, "
                "or set TWILIO_AUTH_TOKEN and leave allow_unsigned out"
            )
    elif not settings.accounts:
        yield (
            "auth_token: without your Twilio auth token no signature can be checked: set the environment variable TWILIO_AUTH_TOKEN, "
            "or, to try things out on this machine alone, add --allow-unsigned --host 127.0.0.1"
        )


def _listeners(settings: Settings) -> Iterator[str]:
    if settings.port == settings.console_port != 0:
        yield f"console_port: {settings.console_port} is the port of the webhooks already: choose another, such as {settings.port + 1}"


def _mail(settings: Settings) -> Iterator[str]:
    if settings.smtp_host and not settings.smtp_from and "@" not in (settings.smtp_user or ""):
        yield "smtp_from: mail needs a sender: set it to an address that the mail server lets you use, such as alarms@example.com"
    if bool(settings.smtp_user) != bool(settings.smtp_password):
        given, missing = ("smtp_user", "smtp_password") if settings.smtp_user else ("smtp_password", "smtp_user")
        yield f"{given}: it needs {missing} as well: give both, or neither"
    if settings.smtp_tls == "none" and settings.smtp_password and not is_loopback(settings.smtp_host or ""):
        yield "smtp_tls: with none the password would cross the network in the clear: set it to starttls or tls"


def _files(settings: Settings) -> Iterator[str]:
    for name, path in (("tls_cert", settings.tls_cert), ("tls_key", settings.tls_key), ("ca_file", settings.ca_file)):
        if path and not Path(path).is_file():
            yield f"{name}: there is no file {path}: give the path of a PEM file"
    if Path(settings.database).is_dir():
        yield f"database: {settings.database} is a directory: give the path of a file in it"
    parent = Path(settings.database).parent
    if settings.database != "memory:" and not parent.is_dir():
        yield f"database: there is no directory {parent}: create it, or give another path"
