"""`offhook config check`: what the settings come to, and where each one came from."""

import os
from collections.abc import Iterator, Sequence
from typing import Any

import click
from rich.table import Table

from offhook.alarms.configured import alarms_of, check_tellable, keys_of, oddities
from offhook.api.alarm_words import watches
from offhook.cli.options import Configuration, SettingsCommand, with_settings
from offhook.cli.terminal import as_written, counted, out, plain, print_table, say, write_json
from offhook.delivery import overrides
from offhook.net.configured import check_callable
from offhook.records import Endpoint
from offhook.settings import SETTINGS, Settings, check_startable, spell, without_credentials

_EXAMPLES = """\b
Examples:
  offhook config check
  offhook config check --config /etc/offhook.toml --port 9000
"""


@click.command("check", cls=SettingsCommand, epilog=_EXAMPLES)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@with_settings()
def config_check(*, configuration: Configuration, as_json: bool) -> None:
    """Show the settings that `offhook serve` would start with, and where each comes from. Exit code 2 when it would not start."""
    settings = configuration.settings
    odd = [*_odd_overrides(settings), *oddities(settings, os.environ)]
    if as_json:
        _write_json(settings, odd)
    else:
        _write_tables(settings)
    for each in odd:
        say(each, "yellow")
    check_startable(settings)
    check_callable(settings.endpoints)
    check_tellable(settings)
    say("These settings can be used.", "green")


def _odd_overrides(settings: Settings) -> Iterator[str]:
    """What stands in the fragments of the endpoints' URLs and is not used."""
    for endpoint in settings.endpoints:
        for url in filter(None, (endpoint.app_url, endpoint.fallback_url)):
            for problem in overrides.parse(url.partition("#")[2]).problems:
                code = f" (Twilio: {problem.code})" if problem.code else ""
                what = f"#{problem.key}={problem.value}: {problem.message}{code}; used instead: {problem.used}"
                yield f"endpoint {endpoint.name}: {what}"


def _write_json(settings: Settings, odd: Sequence[str]) -> None:
    write_json(
        {
            "settings": {name: {"value": shown, "source": source} for name, (shown, source) in settings.origins.items()},
            "endpoints": [_endpoint(endpoint) for endpoint in settings.endpoints],
            "accounts": [{"sid": account.sid, "auth_tokens": len(account.auth_tokens)} for account in settings.accounts],
            "shared_keys": [{"key_id": key.key_id, "algorithm": key.algorithm} for key in settings.shared_keys],
            "alarms": [{"name": alarm.name, **keys_of(alarm)} for alarm in alarms_of(settings)],
            "warnings": [*settings.warnings, *odd],
        }
    )


def _write_tables(settings: Settings) -> None:
    console = out()
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("setting", "value", "source"):
        table.add_column(name, no_wrap=name == "setting", overflow="fold")
    for setting in SETTINGS:
        shown, source = settings.origins[setting.name]
        table.add_row(setting.name, plain(shown), plain(source), style="dim" if source == "default" else "")
    print_table(table)
    for endpoint in settings.endpoints:
        described = _endpoint(endpoint)
        console.print(f"\nendpoint {described.pop('name')}")
        for key, value in described.items():
            console.print(f"  {key:<18} {plain(as_written(value))}", soft_wrap=True)
    for account in settings.accounts:
        console.print(f"\naccount {account.sid or '(any)'}: {counted(len(account.auth_tokens), 'auth token')} [secret]")
    for shared in settings.shared_keys:
        console.print(f"\nshared key {plain(shared.key_id)}: {shared.algorithm} [secret]")
    for alarm in alarms_of(settings):
        console.print(f"\nalarm {plain(alarm.name)}: fires when {plain(watches(alarm))}", soft_wrap=True)
        for key, value in keys_of(alarm).items():
            console.print(f"  {key:<18} {plain(_listed(value))}", soft_wrap=True)


def _listed(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else as_written(value)


def _endpoint(endpoint: Endpoint) -> dict[str, Any]:
    """One endpoint as its table in the file would say it."""
    if not endpoint.app_url:
        return {
            "name": endpoint.name,
            "provider": endpoint.provider,
            "what": "Twilio's Error Webhook and alarms: Offhook reads them itself, nothing is handed on",
            "acknowledge_with": endpoint.acknowledge_with,
        }
    return {
        "name": endpoint.name,
        "provider": endpoint.provider,
        "to": without_credentials(endpoint.app_url),
        "fallback": endpoint.fallback_url and without_credentials(endpoint.fallback_url),
        "answer": endpoint.answer.value,
        "hold": spell(endpoint.hold),
        "fallback_twiml": endpoint.fallback_twiml,
        "acknowledge_with": endpoint.acknowledge_with,
        "concurrency": endpoint.concurrency,
        "verify_tls": endpoint.verify_tls,
        "schedule": ",".join(map(spell, endpoint.schedule)),
        "give_up_after": spell(endpoint.give_up_after),
        "reply_within": spell(endpoint.reply_within),
    }
