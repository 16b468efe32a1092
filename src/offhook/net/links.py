"""Certificates taken apart and put in order. Pure."""

import warnings
from collections.abc import Sequence
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from offhook.net.chains import Link

_SMALLEST_RSA = 2048
_OLD_HASHES = frozenset({"md5", "sha1"})
Links = tuple[Link, ...]


class _Read(NamedTuple):
    certificate: x509.Certificate
    link: Link


def read(sent: Sequence[bytes]) -> tuple[Links, Links]:
    """The path from the first of these (DER) towards a root, and the strays. What cannot be read is left out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a certificate that breaks the rules is the peer's affair
        return _ordered([each for each in map(_read, sent) if each is not None])


def _ordered(found: list[_Read]) -> tuple[Links, Links]:
    if not found:
        return (), ()
    path, rest = [found[0]], found[1:]
    while not path[-1].link.self_signed:
        above = next((each for each in rest if _issued(each.certificate, path[-1].certificate)), None)
        if above is None:
            break
        path.append(above)
        rest.remove(above)
    return tuple(each.link for each in path), tuple(each.link for each in rest)


def _read(der: bytes) -> _Read | None:
    try:
        certificate = x509.load_der_x509_certificate(der)
        return _Read(certificate, _link(certificate))
    except (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return None


def _link(certificate: x509.Certificate) -> Link:
    key = certificate.public_key()
    return Link(
        subject=_name(certificate.subject),
        issuer=_name(certificate.issuer),
        names=_names(certificate),
        not_before=certificate.not_valid_before_utc.timestamp(),
        not_after=certificate.not_valid_after_utc.timestamp(),
        self_signed=certificate.subject == certificate.issuer,
        key=_key(key),
        weakness=_weakness(certificate, key),
        issuer_urls=_issuer_urls(certificate),
    )


def _issued(above: x509.Certificate, below: x509.Certificate) -> bool:
    if above.subject != below.issuer:
        return False
    try:
        below.verify_directly_issued_by(above)
    except InvalidSignature:
        return False
    except (ValueError, TypeError, UnsupportedAlgorithm):
        pass  # a signature of a kind that is not known here: the names have to do
    return True


def _name(name: x509.Name) -> str:
    """The common name, or the organisation, or all of it."""
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        found = name.get_attributes_for_oid(kind)
        if found:
            return str(found[0].value)
    return name.rfc4514_string()


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    """The hosts that it is for; where it lists none, its common name, as OpenSSL reads it."""
    try:
        listed = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return tuple(str(each.value) for each in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME))
    addresses = listed.get_values_for_type(x509.IPAddress)
    return (*listed.get_values_for_type(x509.DNSName), *map(str, addresses))


def _issuer_urls(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        described = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return ()
    found = (each for each in described if each.access_method == AuthorityInformationAccessOID.CA_ISSUERS)
    locations = (each.access_location for each in found)
    return tuple(each.value for each in locations if isinstance(each, x509.UniformResourceIdentifier))


def _key(key: object) -> str:
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.curve.name}"
    return f"DSA {key.key_size}" if isinstance(key, dsa.DSAPublicKey) else type(key).__name__.removesuffix("PublicKey")


def _weakness(certificate: x509.Certificate, key: object) -> str:
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < _SMALLEST_RSA:
        return f"its RSA key has {key.key_size} bits, {_SMALLEST_RSA} is the least"
    hashed = certificate.signature_hash_algorithm
    if hashed is not None and hashed.name in _OLD_HASHES and certificate.subject != certificate.issuer:
        return f"it is signed with {hashed.name.upper()}, which is broken"
    return ""
