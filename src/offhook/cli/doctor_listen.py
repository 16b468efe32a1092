"""`offhook doctor --listen`: does anything arrive at this host."""

import asyncio
import contextlib
import errno
import ipaddress
import signal
import sys
import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple, NoReturn, TypeVar

import click
import msgspec

from offhook.cli.options import Configuration
from offhook.cli.terminal import one_line, say, write_json
from offhook.doctor.arrivals import Tally, meaning, shape, steps
from offhook.doctor.listening import Listening, Means
from offhook.errors import OffhookError
from offhook.intake.certificate import Certificate
from offhook.intake.configured import tls_files
from offhook.providers.base import Provider
from offhook.settings import Settings
from offhook.settings.starting import is_loopback

LISTEN_SETTINGS: Final = ("public_url", "trusted_proxies", "tls_cert", "tls_key")
_F = TypeVar("_F", bound=Callable[..., Any])


class Place(NamedTuple):
    """Where to listen; a host of None means all addresses."""

    host: str | None
    port: int


def listen_options(function: _F) -> _F:
    """Add the option that says where to listen."""
    return click.option(
        "--listen",
        type=_place,
        metavar="[HOST]:PORT",
        help="Take what comes to that port of this host, instead of asking a URL, and say whether anything arrives.",
    )(function)


def _place(text: str) -> Place:
    """Read `:8080`, `8080`, `127.0.0.1:8080`, `[::1]:8080`. Raises click.BadParameter."""
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not port.isascii() or not port.isdigit() or int(port) > 65535 or (":" in host and not text.startswith("[")):
        raise click.BadParameter(f"{text!r} is not a place to listen at: write :8080, 127.0.0.1:8080 or [::1]:8080")
    return Place(host or None, int(port))


def listen(context: click.Context, configuration: Configuration, given: dict[str, Any]) -> NoReturn:
    """Listen until Ctrl-C or the end of the time, say what came, and end: 0 when a good request came, else 1."""
    # What settings of a server allow on loopback is no answer to the question whether Twilio's requests arrive.
    settings = msgspec.structs.replace(configuration.settings, allow_unsigned=False)
    place: Place = given["listen"]
    means = _means(settings, context.obj.provider(settings))
    tally = Tally(
        checked=means.checks, served=means.context is not None, loopback=place.host is not None and is_loopback(place.host)
    )
    listening = Listening(means, _teller(sys.stderr if given["as_json"] else sys.stdout), tally)
    began = time.monotonic()
    listened = asyncio.run(_listen(listening, place, given["over"]))
    if given["as_json"]:
        write_json(shape(tally, listened, time.monotonic() - began))
    else:
        _write(tally)
    context.exit(0 if tally.good else 1)


def _means(settings: Settings, provider: Provider) -> Means:
    files = tls_files(settings)
    context = Certificate(files).context if files else None
    if context is not None:  # nobody renews it while this listens, and Python complains of every name that is not ASCII
        context.sni_callback = None
    return Means(
        provider=provider,
        context=context,
        checks=bool(settings.accounts or settings.shared_keys),
    )


async def _listen(listening: Listening, place: Place, duration: float | None) -> tuple[str, ...]:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        listened = await _start(listening, place)
    except OSError as error:
        raise OffhookError(f"Cannot listen at {_shown(place)}: {_way_out(error, place)}.") from error
    say(f"Listening at {' and '.join(listened)}. Send a text to the number; Ctrl-C ends this.")
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(duration):
            await stop.wait()
    await listening.stop()
    return listened


async def _start(listening: Listening, place: Place) -> tuple[str, ...]:
    try:
        return await listening.start(place.host, place.port)
    except OSError as error:
        if place.host is not None or error.errno not in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:
            raise
        return await listening.start("0.0.0.0", place.port)  # noqa: S104 - a host without IPv6: all of its addresses are these


def _way_out(error: OSError, place: Place) -> str:
    ways = {
        errno.EADDRINUSE: "another program uses this port: stop it for the moment (it may be the app), or choose another port",
        errno.EADDRNOTAVAIL: f"{place.host} is no address of this machine: leave it out to listen at all of them",
        errno.EACCES: "this user may not use this port: choose one above 1023, or run it as root for the moment",
    }
    return ways.get(error.errno or 0, error.strerror or str(error))


def _shown(place: Place) -> str:
    host = place.host or ""
    with contextlib.suppress(ValueError):
        host = f"[{host}]" if ipaddress.ip_address(host).version == 6 else host
    return f"{host}:{place.port}"


def _teller(stream: Any) -> Callable[[str], None]:
    """Writes a line with the time of day, and nothing that could steer a terminal."""

    def tell(words: str) -> None:
        with contextlib.suppress(BrokenPipeError):
            stream.write(f"{time.strftime('%H:%M:%S')} {one_line(words)}\n")
            stream.flush()

    return tell


def _write(tally: Tally) -> None:
    sys.stdout.write("\n")
    for sentence in meaning(tally):
        sys.stdout.write(one_line(sentence) + "\n")
    for number, step in enumerate(steps(tally), 1):
        sys.stdout.write(f"{number}. {one_line(step)}\n")
