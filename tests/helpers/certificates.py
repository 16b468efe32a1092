"""Certificates of every kind, and the contexts that serve them."""

import datetime as dt
import os
import ssl
import warnings
from dataclasses import dataclass
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from offhook.records import ClientCertificate

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)
MISSING = "http://authority.example/middle.crt"


@dataclass(frozen=True)
class Pair:
    """A certificate with those that are sent behind it, and its key; all PEM."""

    chain: bytes
    key: bytes

    def files(self, folder, name):
        """Written into a folder: the paths of chain and key."""
        paths = folder / f"{name}.pem", folder / f"{name}.key"
        for path, content in zip(paths, (self.chain, self.key), strict=True):
            path.write_bytes(content)
        return paths


class House:
    """A root that callers trust, an authority between, another root that nobody knows; and what they issue."""

    def __init__(self, host="localhost"):
        self.host = host
        self.root = trustme.CA(organization_name="Test Root")
        self.middle = trustme.CA(parent_cert=self.root, organization_name="Test Middle")
        self.stranger = trustme.CA(organization_name="Test Stranger")

    def good(self, *names, by=None, **options):
        """Issued by the authority between, which is sent along."""
        made = (by or self.middle).issue_cert(*(names or (self.host,)), **options)
        return Pair(b"".join(each.bytes() for each in made.cert_chain_pems), made.private_key_pem.bytes())

    def expired(self, *names):
        return self.good(*names, not_before=NOW - 90 * DAY, not_after=NOW - 3 * DAY)

    def early(self):
        return self.good(not_before=NOW + 5 * DAY, not_after=NOW + 90 * DAY)

    def ending(self):
        return self.good(not_after=NOW + 6.5 * DAY)

    def self_signed(self):
        return self.made(None)

    def incomplete(self):
        """What the authority between has issued, without that authority's own certificate; it says where that is."""
        return self.made(self.middle, x509.AuthorityInformationAccess([_issuers(MISSING)]))

    def unknown(self):
        """Complete up to a root that nobody knows."""
        pair = self.good(by=self.stranger)
        return Pair(pair.chain + self.stranger.cert_pem.bytes(), pair.key)

    def weak(self):
        return self.made(self.root, bits=1024)

    def made(self, issuer, *extensions, bits=2048):
        """A certificate made by hand, alone."""
        key = rsa.generate_private_key(65537, bits)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.host)])
        above = x509.load_pem_x509_certificate(issuer.cert_pem.bytes()) if issuer else None
        signer = serialization.load_pem_private_key(issuer.private_key_pem.bytes(), None) if issuer else key
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(above.subject if above else name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - DAY)
            .not_valid_after(NOW + 60 * DAY)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(self.host)]), critical=False)
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=False)
        pem = builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        return Pair(pem, private)


def _issuers(url):
    return x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(url))


def serving(pair, folder, *, least=None, most=None, ciphers=""):
    """A server's context; old versions and weak keys are served as well where they are asked for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # Debian's Python serves older ones as well
    context.set_ciphers(ciphers or "DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        if least is not None:
            context.minimum_version = least
        if most is not None:
            context.maximum_version = most
    context.load_cert_chain(*pair.files(folder, f"served-{id(context)}"))
    return context


class Guarded:
    """A server that lets in only those whom its own authority has issued a certificate, and says who it was."""

    def __init__(self, folder):
        self.authority = trustme.CA(organization_name="Test Authority")
        self.folder = folder
        self.ca_file = str(folder / "ca.pem")
        self.authority.cert_pem.write_to_path(self.ca_file)
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=self.ca_file)
        self.context.verify_mode = ssl.CERT_REQUIRED
        self.authority.issue_cert("127.0.0.1").configure_cert(self.context)

    def certificate(self, name, *, by=None):
        chain, key = self.pair(name, by=by).files(self.folder, name)
        return ClientCertificate(chain=str(chain), key=str(key))

    def renew(self, certificate, name):
        pair = self.pair(name)
        for path, content in ((certificate.chain, pair.chain), (certificate.key, pair.key)):
            Path(path).write_bytes(content)
            os.utime(path, ns=(1, 1))

    def pair(self, name, *, by=None):
        made = (by or self.authority).issue_cert(common_name=name)
        return Pair(b"".join(each.bytes() for each in made.cert_chain_pems), made.private_key_pem.bytes())
