"""The yardstick: nginx, one worker, a static 200 to every POST."""

import shutil
from pathlib import Path

from bench.children import Child, free_port

HINT = "nginx is not installed (Debian: apt-get install nginx-light; macOS: brew install nginx)"
CONFIGURATION = """
daemon off;
worker_processes 1;
pid {directory}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    keepalive_requests 100000000;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        location / {{
            default_type text/xml;
            return 200 "<Response/>";
        }}
    }}
}}
"""


def program() -> str | None:
    """Where nginx is, if it is; Debian keeps it where a user's path does not look."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


def start(directory: Path, core: int | None) -> tuple[Child, int]:
    """A running nginx and its port."""
    found = program()
    assert found is not None
    port = free_port()
    configuration = directory / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(directory=directory, port=port))
    child = Child("nginx", [found, "-p", str(directory), "-c", str(configuration), "-e", "stderr"], directory, core=core)
    child.wait_for_port(port)
    return child, port
