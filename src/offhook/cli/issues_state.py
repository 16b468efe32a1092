"""`offhook issues resolve`, `acknowledge`, `ignore` and `reopen`: one command for each state that a person can give an issue."""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import click

from offhook.cli.archive import Shape, console_option, find_issue, opened
from offhook.cli.assembly import Assembly
from offhook.cli.filters import as_json
from offhook.cli.options import Configuration, SettingsCommand, with_settings
from offhook.cli.terminal import one_line, say, write_json
from offhook.errors import OffhookError
from offhook.records import IssueState

_MEANINGS: Final[Mapping[str, tuple[IssueState, str]]] = MappingProxyType(
    {
        "resolve": (IssueState.RESOLVED, "Say that an issue is mended. With its next error it has regressed."),
        "acknowledge": (IssueState.ACKNOWLEDGED, "Say that somebody is at work on an issue."),
        "ignore": (IssueState.IGNORED, "Say that an issue is not to be mended. It stays ignored, however often it happens."),
        "reopen": (IssueState.OPEN, "Say that an issue is to be mended after all."),
    }
)


def _command(name: str) -> click.Command:
    state, meaning = _MEANINGS[name]

    @click.command(
        name,
        cls=SettingsCommand,
        help=f"{meaning}\n\nID may be the beginning of an id, as long as it is the only one that begins so.",
    )
    @click.argument("issue_id", metavar="ID")
    @as_json
    @console_option
    @with_settings("database", "console_host", "console_port")
    @click.pass_obj
    def command(
        assembly: Assembly, /, *, configuration: Configuration, console_url: str | None, issue_id: str, as_json: bool
    ) -> None:
        async def change() -> Shape:
            async with opened(assembly, configuration.settings, console_url) as archive:
                meant = await find_issue(archive, issue_id)
                changed = await archive.set_issue_state(meant["id"], state)
                if changed is None:
                    raise OffhookError(f"There is no issue {issue_id} any more.")
                return changed

        issue = asyncio.run(change())
        if as_json:
            write_json(issue)
        else:
            say(f"{issue['id']} is {issue['state']}: {one_line(issue['title'])}")

    return command


issues_resolve = _command("resolve")
issues_acknowledge = _command("acknowledge")
issues_ignore = _command("ignore")
issues_reopen = _command("reopen")
