"""`offhook sinks types` and `offhook sinks kinds`: what can go to sinks, and which sinks there can be."""

import asyncio

import click

from offhook.api.streams_shapes import kind_shape
from offhook.cli.archive import Shape, console_option
from offhook.cli.assembly import Assembly
from offhook.cli.filters import as_json
from offhook.cli.listing import Listing
from offhook.cli.options import Configuration, SettingsCommand, with_settings
from offhook.cli.sinks_office import office
from offhook.cli.terminal import as_written, write_json
from offhook.streams.catalogue import suggestion
from offhook.streams.sinks.table import KINDS

_EXAMPLES = """\b
Examples:
  offhook sinks types
  offhook sinks types --json
"""
_KIND_EXAMPLES = """\b
Examples:
  offhook sinks kinds
  offhook sinks kinds webhook
"""


@click.command("types", cls=SettingsCommand, epilog=_EXAMPLES)
@as_json
@console_option
@with_settings("database", "console_host", "console_port")
@click.pass_obj
def sinks_types(assembly: Assembly, /, *, configuration: Configuration, console_url: str | None, as_json: bool) -> None:
    """List the types of events that can go to a sink, with the versions of their schemas."""

    async def fetch() -> list[Shape]:
        async with office(assembly, configuration.settings, console_url) as at:
            return await at.types()

    types = asyncio.run(fetch())
    if as_json:
        write_json({"types": types})
        return
    listing = Listing("type", "schema", "versions", "what", text="what", leaves=("schema", "versions"))
    for each in types:
        versions = f"1-{each['versions'][-1]}" if len(each["versions"]) > 1 else "1"
        listing.add(each["type"], each["schema_id"], versions, each["description"])
    listing.show()


@click.command("kinds", epilog=_KIND_EXAMPLES)
@click.argument("kind", metavar="[TYPE]", default="")
@as_json
def sinks_kinds(*, kind: str, as_json: bool) -> None:
    """List the types of sinks that there can be, or the keys of one."""
    shapes = {each.name: kind_shape(each) for each in KINDS}
    if kind and kind not in shapes:
        raise click.UsageError(
            f"There is no type of sink called {kind}.{suggestion(kind, shapes)} There are {', '.join(shapes)}."
        )
    if as_json:
        write_json(shapes[kind] if kind else {"kinds": list(shapes.values())})
        return
    if not kind:
        listing = Listing("type", "what", "needs", text="what")
        for each in shapes.values():
            listing.add(each["name"], each["meaning"], f"offhook[{each['extra']}]" if each["extra"] else "")
        listing.show()
        return
    listing = Listing("key", "what", "default", text="what")
    for field in shapes[kind]["fields"]:
        default = "(needed)" if field["required"] else as_written(field["default"])
        listing.add(field["name"] + (" (secret)" if field["secret"] else ""), field["meaning"], default)
    listing.show()
