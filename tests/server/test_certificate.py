"""The certificate that ``--share`` makes and keeps."""

import datetime
import ssl
import stat

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from atomtug.core.errors import InputError
from atomtug.server.certificate import kept_certificate, own_names, write_secret

NOW = datetime.datetime(2026, 11, 27, 9, 0, tzinfo=datetime.UTC)
NAMES = own_names(["192.168.1.5", "2001:db8::5"])


def test_it_is_made_once_and_kept_with_a_key_that_only_its_owner_reads(tmp_path):
    made = kept_certificate(tmp_path / "share", NAMES, NOW)
    kept = kept_certificate(tmp_path / "share", NAMES, NOW + datetime.timedelta(days=300))
    assert (made.is_new, kept.is_new) == (True, False)
    assert kept.fingerprint == made.fingerprint
    assert stat.S_IMODE(made.key.stat().st_mode) == 0o600
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(made.certificate, made.key)


def test_it_is_for_the_names_and_addresses_of_this_machine_and_for_nothing_else(tmp_path):
    made = kept_certificate(tmp_path, NAMES, NOW)
    certificate = x509.load_pem_x509_certificate(made.certificate.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "localhost" in names.get_values_for_type(x509.DNSName)
    addresses = {str(address) for address in names.get_values_for_type(x509.IPAddress)}
    assert addresses == {"127.0.0.1", "::1", "192.168.1.5", "2001:db8::5"}
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


@pytest.mark.parametrize(
    ("names", "days", "harm"),
    [
        ([*NAMES, "10.0.0.7"], 0, None),
        (NAMES, 340, None),
        (NAMES, 0, lambda folder: (folder / "key.pem").unlink()),
        (NAMES, 0, lambda folder: (folder / "certificate.pem").write_text("nothing of the kind")),
        (NAMES, 0, lambda folder: swap_key(folder)),
        (NAMES, 0, lambda folder: strip_names(folder)),
    ],
    ids=["another address", "ends soon", "no key", "damaged", "another's key", "no names"],
)
def test_it_is_made_anew_where_it_would_not_do(tmp_path, names, days, harm):
    first = kept_certificate(tmp_path, NAMES, NOW)
    if harm is not None:
        harm(tmp_path)
    second = kept_certificate(tmp_path, names, NOW + datetime.timedelta(days=days))
    assert second.is_new
    assert second.fingerprint != first.fingerprint
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(second.certificate, second.key)


def swap_key(folder):
    other = kept_certificate(folder / "other", NAMES, NOW)
    (folder / "key.pem").write_bytes(other.key.read_bytes())


def strip_names(folder):
    """A certificate for the same key, placed by hand, without a list of names."""
    key = serialization.load_pem_private_key((folder / "key.pem").read_bytes(), password=None)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "by hand")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(NOW)
        .not_valid_after(NOW + datetime.timedelta(days=390))
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def test_an_address_that_is_gone_asks_nobody_to_trust_again(tmp_path):
    kept_certificate(tmp_path, NAMES, NOW)
    assert not kept_certificate(tmp_path, NAMES[:-1], NOW).is_new


def test_a_folder_that_can_not_be_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="--tls-cert"):
        write_secret(tmp_path / "file" / "token", "secret")
