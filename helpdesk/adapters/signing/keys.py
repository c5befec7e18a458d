"""The signing key: named by SIGNING_KEY, or made once by a development authority in the instance folder.

`python -m helpdesk.adapters.signing.keys` makes what is missing (set-up runs it); `flask helpdesk signing-rotate` makes
a new key under the same authority. An old key is not needed any more once a new one signs: its public certificate stays
in the database, and papers signed with it go on being checked.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from helpdesk import config
from helpdesk.adapters.signing import SignerIdentity, SigningUnavailable

FOLDER = "signing"
AUTHORITY_YEARS, KEY_YEARS = 20, 3
ALGORITHMS = ("ecdsa-p256", "ecdsa-p384", "rsa-3072")
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class SigningKey:
    """A private key, its certificate and the certificates above it."""

    private: PrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def identity(self) -> SignerIdentity:
        """The public part."""
        made = self.certificate
        return SignerIdentity(
            fingerprint=made.fingerprint(hashes.SHA256()).hex(),
            pem=made.public_bytes(serialization.Encoding.PEM).decode("ascii"),
            name=_common_name(made),
            algorithm=_algorithm(self.private),
            valid_from=made.not_valid_before_utc,
            valid_until=made.not_valid_after_utc,
        )


def read(path: Path, password: str) -> SigningKey:
    """The key in a PKCS#12 file, or in a PEM file with key and certificates. Raises SigningUnavailable."""
    try:
        raw = path.read_bytes()
    except OSError as problem:
        raise SigningUnavailable(f"SIGNING_KEY {path} cannot be read: {problem.strerror}") from None
    try:
        key, certificate, others = _from_pem(raw, password) if b"-----BEGIN" in raw else _from_p12(raw, password)
    except (ValueError, TypeError) as problem:
        raise SigningUnavailable(
            f"SIGNING_KEY {path} cannot be opened; is SIGNING_PASSWORD right? ({problem})"
        ) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) or certificate is None:
        raise SigningUnavailable(f"SIGNING_KEY {path} needs an RSA or elliptic-curve key with its certificate")
    if key.public_key() != certificate.public_key():
        raise SigningUnavailable(f"SIGNING_KEY {path}: the certificate belongs to another key")
    return SigningKey(key, certificate, tuple(others))


def own(folder: Path, organisation: str) -> SigningKey:
    """The development authority's current key; made with its authority when there is none yet."""
    current = folder / "signer.p12"
    if not current.exists():
        rotate(folder, organisation, only_when_missing=True)
    return read(current, "")


def rotate(
    folder: Path, organisation: str, *, algorithm: str = "ecdsa-p256", only_when_missing: bool = False
) -> SigningKey:
    """A new key under the development authority, in one step the current one; the authority is made at first."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority = _authority(folder, organisation)
    private = _new_private(algorithm)
    now = datetime.now(UTC).replace(microsecond=0)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_name(f"{organisation} 证书签名", organisation))
        .issuer_name(authority.certificate.subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=365 * KEY_YEARS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(_key_id(private), critical=False)
        .add_extension(_issuer_id(authority), critical=False)
        .sign(authority.private, hashes.SHA256())
    )
    packed = pkcs12.serialize_key_and_certificates(
        b"signer", private, certificate, [authority.certificate], serialization.NoEncryption()
    )
    _put(folder / "signer.p12", packed, over=not only_when_missing)
    return read(folder / "signer.p12", "")


def authority_pem(folder: Path) -> bytes | None:
    """The development authority's certificate, for whoever wants to check with other tools; None without one."""
    path = folder / "authority.pem"
    return _public_part(path.read_bytes()) if path.exists() else None


def folder() -> Path:
    """Where the development authority lives."""
    return config.instance_dir() / FOLDER


def _authority(folder: Path, organisation: str) -> SigningKey:
    path = folder / "authority.pem"
    if not path.exists():
        private = ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC).replace(microsecond=0)
        name = _name(f"{organisation} 自建签名机构（开发用）", organisation)
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + timedelta(days=365 * AUTHORITY_YEARS))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(_key_id(private), critical=False)
            .sign(private, hashes.SHA256())
        )
        secret = private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        _put(path, secret + made.public_bytes(serialization.Encoding.PEM), over=False)
    return read(path, "")


def _put(path: Path, data: bytes, *, over: bool) -> None:
    """Write a secret whole, readable by its owner from the first byte on; of processes that start at once one wins."""
    handle, whole = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    if over:
        Path(whole).replace(path)
        return
    with contextlib.suppress(FileExistsError):
        os.link(whole, path)
    Path(whole).unlink()


def _new_private(algorithm: str) -> PrivateKey:
    if algorithm == "rsa-3072":
        return rsa.generate_private_key(65537, 3072)
    if algorithm in ("ecdsa-p256", "ecdsa-p384"):
        return ec.generate_private_key(ec.SECP256R1() if algorithm == "ecdsa-p256" else ec.SECP384R1())
    raise SigningUnavailable(f"no algorithm {algorithm!r}; choose one of {', '.join(ALGORITHMS)}")


def _from_p12(raw: bytes, password: str) -> tuple[object, x509.Certificate | None, list[x509.Certificate]]:
    return pkcs12.load_key_and_certificates(raw, password.encode() if password else None)


def _from_pem(raw: bytes, password: str) -> tuple[object, x509.Certificate | None, list[x509.Certificate]]:
    key = serialization.load_pem_private_key(raw, password.encode() if password else None)
    first, *others = x509.load_pem_x509_certificates(raw)
    return key, first, others


def _public_part(raw: bytes) -> bytes:
    return x509.load_pem_x509_certificates(raw)[0].public_bytes(serialization.Encoding.PEM)


def _name(common: str, organisation: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, common[:64]),
        ]
    )


def _common_name(certificate: x509.Certificate) -> str:
    found = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else certificate.subject.rfc4514_string()


def _algorithm(private: PrivateKey) -> str:
    if isinstance(private, rsa.RSAPrivateKey):
        return f"RSA {private.key_size}"
    return f"ECDSA {private.curve.name}"


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs,
        content_commitment=signs,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=not signs,
        crl_sign=not signs,
        encipher_only=False,
        decipher_only=False,
    )


def _key_id(private: PrivateKey) -> x509.SubjectKeyIdentifier:
    return x509.SubjectKeyIdentifier.from_public_key(private.public_key())


def _issuer_id(authority: SigningKey) -> x509.AuthorityKeyIdentifier:
    known = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(known)


def main() -> int:
    """Make the development authority and its key when SIGNING_KEY names none; 0, or 1 with one line."""
    settings = config.read_settings()
    try:
        if settings["SIGNING_KEY"]:
            made = read(Path(settings["SIGNING_KEY"]), settings["SIGNING_PASSWORD"])
        else:
            made = own(folder(), settings["SITE_NAME"])
    except SigningUnavailable as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    said = made.identity
    sys.stdout.write(f"{said.name}: {said.algorithm}, until {said.valid_until:%Y-%m-%d}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
