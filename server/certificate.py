"""A certificate of this machine's own, for HTTPS without an authority: made where none fits, and kept."""

import datetime
import ipaddress
import os
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from atomtug.core.errors import InputError
from atomtug.core.files import replacing

VALID = datetime.timedelta(days=365)
"""How long a new certificate lasts. Apple's systems take none of more than 825 days."""
RENEWED = datetime.timedelta(days=30)
"""So long before its end a certificate is replaced."""
CLOCKS = datetime.timedelta(days=1)
"""So far may a client's clock be behind this machine's."""
CERTIFICATE, KEY = "certificate.pem", "key.pem"


@dataclass(frozen=True)
class OwnCertificate:
    """A certificate that is kept.

    Args:
        certificate: PEM file, which clients other than browsers can be told to trust
        key: PEM file, which only its owner can read
        fingerprint: SHA-256 of the certificate as browsers show it, ``AB:CD:...``
        is_new: whether it was made just now, so that browsers that trusted the last one ask again
    """

    certificate: Path
    key: Path
    fingerprint: str
    is_new: bool


def own_names(addresses: Iterable[str]) -> list[str]:
    """What clients may call this machine: localhost, its host name with and without ``.local``, and its addresses."""
    host = socket.gethostname().lower()
    short = host.partition(".")[0]
    named = [name for name in (host, short, f"{short}.local") if _is_host_name(name)]
    return list(dict.fromkeys(["localhost", *named, "127.0.0.1", "::1", *addresses]))


def kept_certificate(folder: Path, names: Sequence[str], now: datetime.datetime) -> OwnCertificate:
    """The certificate in ``folder``; a new one where there is none, it ends soon, or a name is missing in it.

    Args:
        folder: where certificate and key are kept; made where it is missing
        names: host names and IP addresses that clients may use
        now: with a time zone

    Raises:
        InputError: the folder can't be written to
    """
    certificate_file, key_file = folder / CERTIFICATE, folder / KEY
    kept = _read_pair(certificate_file, key_file)
    fits = kept is not None and kept.not_valid_after_utc - now > RENEWED and set(names) <= _names_in(kept)
    if kept is None or not fits:
        kept, key = _make(names, now)
        write_secret(key_file, key.decode())
        write_secret(certificate_file, kept.public_bytes(serialization.Encoding.PEM).decode())
    fingerprint = kept.fingerprint(hashes.SHA256()).hex(":").upper()
    return OwnCertificate(certificate_file, key_file, fingerprint, not fits)


def write_secret(path: Path, text: str) -> None:
    """Write a file that nobody but its owner can read.

    Raises:
        InputError: it can't be written
    """
    try:
        with replacing(path) as draft:
            draft.unlink(missing_ok=True)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
    except OSError as error:
        raise InputError(
            f"{path} can't be written ({error.strerror}): --share keeps its certificate and tokens there. Make the "
            "folder writable, or give --tls-cert, --tls-key and the token files yourself."
        ) from error


def _make(names: Sequence[str], now: datetime.datetime) -> tuple[x509.Certificate, bytes]:
    """A self-signed certificate that is no authority, and its key in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Atomtug on this machine")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCKS)
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate, secret


def _read_pair(certificate_file: Path, key_file: Path) -> x509.Certificate | None:
    """The certificate; None where a file is missing or damaged, or the key is another's."""
    try:
        certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
        certificate.verify_directly_issued_by(certificate)
    except (OSError, ValueError, TypeError, InvalidSignature):
        return None
    return certificate if key.public_key() == certificate.public_key() else None


def _names_in(certificate: x509.Certificate) -> set[str]:
    """The names and addresses that a certificate is for; none where it was made elsewhere and has no such list."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    return {str(name.value) for name in found}


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _is_host_name(name: str) -> bool:
    """Whether a certificate can have it: letters, digits, hyphens and dots."""
    return name.isascii() and name.replace("-", "a").replace(".", "a").isalnum()
