"""The whole of Offhook as its users start it: `offhook serve`, embedded SQLite, one process."""

from pathlib import Path
from urllib.parse import urlsplit

from bench.children import Child
from bench.drive import get, get_json
from bench.messages import TOKEN

PATH = "/sms"
UNDELIVERED = ("waiting", "delivering")
SLOW_COMMIT = "0.025"
"""Seconds, as the metric's buckets have them: of a commit that takes longer, whoever waits for it is late."""


class Serve:
    """A running `offhook serve`: in ack mode in front of one app, or as a configuration file says."""

    def __init__(
        self, directory: Path, app: str | None, *, core: int | None, database: Path | None = None, config: Path | None = None
    ) -> None:
        where = {"--config": str(config)} if config else {"--to": str(app), "--answer": "ack"}
        flags = {
            **where,
            "--host": "127.0.0.1",
            "--port": "0",
            "--console-port": "0",
            "--database": str(database or directory / "offhook.db"),
            "--twilio-api-url": "http://127.0.0.1:9",  # nothing here may ever reach the real one
        }
        self.key = Path(f"{flags['--database']}.console-key")
        words = [word for pair in flags.items() for word in pair]
        self.child = Child.python("offhook", "serve", *words, directory=directory, core=core, env={"TWILIO_AUTH_TOKEN": TOKEN})
        ready = self.child.json()
        self.port = port_of(ready["intake"])
        self.console_port = port_of(ready["console"])
        self.login = str(ready["login"]).partition("token=")[2]

    def states(self) -> dict[str, int]:
        """How many webhooks there are in each state, by the console's API."""
        counts = get_json(self.console_port, "/api/endpoints")["endpoints"][0]["counts"]
        return {str(state): int(count) for state, count in counts.items()}

    def slow_commits(self) -> int:
        """How many transactions of the journal's have taken longer than 25 ms."""
        login = {"Authorization": f"Bearer {self.key.read_text().strip()}"}
        rows = get(self.console_port, "/metrics", login).decode().splitlines()
        counts = dict(row.rsplit(" ", 1) for row in rows if row.startswith("offhook_journal_commit_seconds"))
        within = counts[f'offhook_journal_commit_seconds_bucket{{le="{SLOW_COMMIT}"}}']
        return int(float(counts["offhook_journal_commit_seconds_count"]) - float(within))


def port_of(url: str) -> int:
    """The port of an address such as `http://127.0.0.1:8080`."""
    port = urlsplit(url).port
    assert port is not None
    return port
