"""A table of PostgreSQL: a row for each event, with the columns id, type, time and body.

A batch is one transaction, and an id that is there already is passed over: nothing is missing and nothing there twice. The session asks
for `synchronous_commit = on`, whatever the server's default is: what is committed is on its disk.
"""

import datetime as dt
import ssl
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import certifi

from offhook.settings import kinds
from offhook.streams.model import Event, Fault, SinkClient, SinkField, SinkKind, SinkParts
from offhook.streams.sinks import config, fields
from offhook.streams.sinks.broker import BrokerClient, FaultError, Tally
from offhook.streams.sinks.faults import failed, late, refused, throttled, unreachable
from offhook.streams.sinks.reach import Server, read_server, tls_context

if TYPE_CHECKING:
    from psycopg import AsyncConnection, sql

_PORTS: Final = {"postgresql": 5432, "postgres": 5432}
_NAME: Final = r"[A-Za-z_][A-Za-z0-9_$]{0,62}"

_FIELDS = (
    SinkField("url", "where PostgreSQL is: postgresql://host:5432/database", read_server(_PORTS)),
    SinkField(
        "table",
        "the table, with its schema where that is not the user's own; made if there is none",
        kinds.text(rf"{_NAME}(\.{_NAME})?", "write a name such as events or schema.events").read,
        default="offhook_events",
        required=False,
    ),
    SinkField("username", "who signs in", config.text),
    fields.PASSWORD,
    SinkField(
        "tls",
        "whether the server must show a certificate that is trusted and its own; false: encrypted where it can be, unverified",
        config.switch,
        default=False,
        required=False,
    ),
    SinkField("ca_file", "certificates (PEM) to trust instead of the system's", config.text, default="", required=False),
    fields.TIMEOUT,
)

# The classes of PostgreSQL's errors (its manual, appendix A), and single ones that mean something else.
_CLASSES: Final[Mapping[str, Fault]] = {
    "08": unreachable("The connection to PostgreSQL broke."),
    "22": refused("PostgreSQL cannot store the event: a value does not fit its column."),
    "23": refused("The table turned the event down: one of its constraints forbids it."),
    "25": failed("PostgreSQL takes no writes here: it may be a standby."),
    "28": refused("PostgreSQL does not let us in: user name or password are wrong."),
    "3D": refused("There is no such database."),
    "3F": refused("There is no such schema."),
    "40": failed("PostgreSQL has rolled the transaction back."),
    "42": refused("The table is not as it must be: it needs the columns id (unique), type, time and body."),
    "53": throttled("PostgreSQL has no disk, memory or connections left."),
    "54": refused("The event is larger than PostgreSQL takes."),
    "55": failed("The table is locked."),
    "57": failed("PostgreSQL is starting or shutting down."),
}
_STATES: Final[Mapping[str, Fault]] = {
    "42501": refused("This user may not write to the table, or not make it."),
    "42P01": refused("There is no such table, and it could not be made."),
    "42P10": refused("The table's column id must be unique: make it the primary key."),
    "57014": late("PostgreSQL has not come to an end in time."),
}
# While a connection is made the library knows no state, only the server's sentence.
_SENTENCES: Final = (
    ("authentication failed", _CLASSES["28"]),
    ("no password supplied", _CLASSES["28"]),
    ("no pg_hba.conf entry", refused("PostgreSQL lets nobody in from here by this user name (pg_hba.conf).")),
    ("not permitted to log in", _CLASSES["28"]),
    ("permission denied for database", _CLASSES["28"]),
    ("database", _CLASSES["3D"]),
    ("role", _CLASSES["28"]),
)


class _Settings(NamedTuple):
    database: str
    table: tuple[str, ...]
    username: str
    password: str
    tls: bool
    ca_file: str
    within: float


class PostgresBroker:
    """Events into one table."""

    def __init__(self, settings: _Settings) -> None:
        self._settings = settings
        self._statements = _statements()

    async def connect(self, server: Server, address: str) -> "AsyncConnection":
        """A session. Nothing of the environment's is read that would change where it goes or who signs in."""
        from psycopg import AsyncConnection

        settings = self._settings
        line = await AsyncConnection.connect(
            host=server.host,
            hostaddr=address,
            port=server.port,
            dbname=settings.database,
            user=settings.username,
            password=settings.password,
            passfile="/dev/null/none",
            sslmode="verify-full" if settings.tls else "prefer",
            sslrootcert=settings.ca_file or _authorities(),
            gssencmode="disable",
            application_name="offhook",
            autocommit=True,
            options=f"-c synchronous_commit=on -c statement_timeout={int(settings.within * 1000)}",
        )
        try:
            await self._find_table(line)
        except BaseException:
            await line.close()
            raise
        return line

    async def send(self, line: "AsyncConnection", events: Sequence[Event], tally: Tally) -> None:
        """All of them, or none."""
        rows = [(event.id, event.type, dt.datetime.fromtimestamp(event.time, dt.UTC), event.body.decode()) for event in events]
        try:
            async with line.transaction(), line.cursor() as cursor:
                await cursor.executemany(self._ready("insert"), rows)
        except Exception as error:
            if fault := self.fault_of(error):
                raise FaultError(fault, whole=True) from None
            raise
        tally.taken = len(events)

    async def close(self, line: "AsyncConnection") -> None:
        """Without a farewell."""
        await line.close()

    def fault_of(self, error: Exception) -> Fault | None:
        """By its state, where it has one."""
        import psycopg

        if not isinstance(error, psycopg.Error):
            return None
        state = error.sqlstate
        if state is None:
            return _by_words(str(error))
        return _STATES.get(state) or _CLASSES.get(state[:2]) or failed(f"PostgreSQL answered with an error ({state}).")

    async def _find_table(self, line: "AsyncConnection") -> None:
        """The table as it is; made where there is none."""
        from psycopg import sql

        name = sql.Identifier(*self._settings.table).as_string(line)
        async with line.cursor() as cursor:
            await cursor.execute(sql.SQL(self._statements["find_table"]).format(name=sql.Literal(name)))
            found = await cursor.fetchone()
            if found is None or found[0] is None:
                await cursor.execute(self._ready("make_table"))

    def _ready(self, name: str) -> "sql.Composed":
        from psycopg import sql

        return sql.SQL(self._statements[name]).format(table=sql.Identifier(*self._settings.table))


def _by_words(said: str) -> Fault:
    if "FATAL" in said:
        if "too many" in said or "remaining connection slots" in said:
            return _CLASSES["53"]
        if "starting up" in said or "shutting down" in said or "recovery" in said or "not yet accepting" in said:
            return _CLASSES["57"]
        for words, fault in _SENTENCES:
            if words in said:
                return fault
    if "no password supplied" in said:
        return _CLASSES["28"]
    if "certificate" in said or "SSL" in said:
        return unreachable("TLS with PostgreSQL failed: it has none, or a certificate that is not trusted or not its own.")
    return unreachable("The connection to PostgreSQL broke, or none came about.")


def _authorities() -> str:
    """Where the system's certificates are."""
    return ssl.get_default_verify_paths().cafile or certifi.where()


def _statements() -> Mapping[str, Any]:
    """The statements of `postgres.sql` by their names."""
    text = files(__package__).joinpath("postgres.sql").read_text(encoding="utf-8")
    pieces = (piece.partition("\n") for piece in text.split("-- name: ")[1:])
    return {name.strip(): statement.strip() for name, _, statement in pieces}


def _make(configuration: Mapping[str, Any], parts: SinkParts) -> SinkClient:
    fields.library("psycopg", "postgres")
    values = config.read_all(_FIELDS, configuration)
    server: Server = values["url"]
    if not server.path or "/" in server.path:
        raise ValueError(f"url: write the database: postgresql://{server}/name")
    tls_context(values["ca_file"])
    settings = _Settings(
        database=server.path,
        table=tuple(values["table"].split(".")),
        username=values["username"],
        password=fields.secret(values, "password", parts),
        tls=values["tls"],
        ca_file=values["ca_file"],
        within=values["timeout"],
    )
    return BrokerClient(PostgresBroker(settings), [server], values["timeout"])


KIND = SinkKind("postgres", "a table of PostgreSQL", _FIELDS, _make, batch=250, extra="postgres")
