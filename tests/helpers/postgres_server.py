"""A real PostgreSQL: its own cluster in a folder of its own, with a password for everybody who comes."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from tests.helpers.node import needed
from tests.helpers.processes import wait_until
from tests.helpers.servers import Server

NOBODY = 65534
CONFIGURATION = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
shared_buffers = 16MB
fsync = on
{more}
"""


class PostgresServer(Server):
    """With the superuser app, whose password is `right-password`, and the database postgres."""

    name = "postgres"

    def __init__(self, folder, *, more="", papers=None, **options):
        self._more, self._papers = more, papers
        # The server does not run as root, and who it then runs as may not look into root's own folders.
        self._home = Path(tempfile.mkdtemp(prefix="offhook-postgres-"))
        self.data = self._home / "data"
        super().__init__(folder, **options)

    def prepare(self):
        secret = self._home / "secret"
        secret.write_text("right-password")
        if self._papers:
            self._more += "".join(self._kept(each, Path(getattr(self._papers, each))) for each in ("chain", "key"))
        if os.getuid() == 0:
            for each in (secret.parent, *secret.parent.iterdir()):
                os.chown(each, NOBODY, NOBODY)
        command = [
            "initdb",
            "-D",
            str(self.data),
            "-U",
            "app",
            "--pwfile",
            str(secret),
            "--auth=scram-sha-256",
            "-E",
            "UTF8",
            "-N",
        ]
        made = subprocess.run(self._as_nobody(*command, "--locale=C"), capture_output=True, text=True, timeout=120, check=False)
        assert made.returncode == 0, made.stderr
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(CONFIGURATION.format(port=self.port, more=self._more))

    def _kept(self, role, file):
        """A file of the server's certificate, put where the server may read it, and nobody else."""
        copy = self._home / file.name
        copy.write_bytes(file.read_bytes())
        copy.chmod(0o600)
        return f"ssl = on\n{'ssl_cert_file' if role == 'chain' else 'ssl_key_file'} = '{copy}'\n"

    def command(self):
        return self._as_nobody("postgres", "-D", str(self.data))

    def environment(self):
        return {"LC_ALL": "C"}

    def answers(self):
        import psycopg

        try:
            psycopg.connect(self.dsn, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def kill(self):
        """SIGKILL for the server and all that it has started, as when a machine loses its power."""
        pid = self._child.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        super().kill()
        for child in map(int, children):
            if Path(f"/proc/{child}").exists():
                os.kill(child, signal.SIGKILL)
        wait_until(lambda: not any(Path(f"/proc/{child}/exe").exists() for child in children))

    def __exit__(self, *_):
        try:
            self._child.process.send_signal(signal.SIGINT)  # a fast shutdown: it waits for no client
            self.stop()
        finally:
            shutil.rmtree(self._home, ignore_errors=True)

    @property
    def url(self):
        return f"postgresql://127.0.0.1:{self.port}/postgres"

    @property
    def dsn(self):
        return f"host=127.0.0.1 port={self.port} dbname=postgres user=app password=right-password"

    def ask(self, statement):
        """The rows of one statement; it may have none."""
        import psycopg

        with psycopg.connect(self.dsn, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def ids(self, table="events"):
        return [row[0] for row in self.ask(f"SELECT id FROM {table} ORDER BY number")]

    def _as_nobody(self, program, *arguments):
        command = [str(_binaries() / program), *arguments]
        if os.getuid() != 0:
            return command
        return [needed("setpriv"), f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--", *command]


def _binaries():
    """Where PostgreSQL's programs are: where Debian puts them, else in the path."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    return (debian[-1] if debian else Path(needed("postgres"))).parent
