"""A real nginx in front of an app: its own configuration and folder, a free port, stopped by its process id."""

from tests.helpers.node import needed
from tests.helpers.processes import Child, free_port, listens, wait_until

_CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  {servers}
}}
"""
_TLS_SERVER = """
  server {{
    listen 127.0.0.1:{port} ssl;
    server_name {name};
    ssl_certificate {chain};
    ssl_certificate_key {key};
    {more}
    location / {{
      proxy_pass http://127.0.0.1:{upstream};
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
    }}
  }}
"""


class Nginx(Child):
    """TLS on a port of its own with this certificate (trustme's), passed on to the app at `upstream`."""

    def __init__(self, folder, upstream, certificate, *, name="localhost", more=""):
        self.port = free_port()
        folder.mkdir(exist_ok=True)
        chain, key = folder / "chain.pem", folder / "key.pem"
        chain.write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
        key.write_bytes(certificate.private_key_pem.bytes())
        server = _TLS_SERVER.format(port=self.port, name=name, chain=chain, key=key, upstream=upstream, more=more)
        configuration = folder / "nginx.conf"
        configuration.write_text(_CONFIGURATION.format(folder=folder, servers=server))
        super().__init__([needed("nginx"), "-p", str(folder), "-c", str(configuration)], folder / "nginx.log")
        wait_until(lambda: listens(self.port) or self.process.poll() is not None)
        assert self.process.poll() is None, self.log.read_text()
