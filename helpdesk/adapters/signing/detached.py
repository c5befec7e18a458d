"""A signature beside what it signs, for records that move as data: ECDSA or RSA over SHA-256, with its certificate.

Made with the key that signs papers. What it proves is that not a byte changed since, and whose key it was; whether that
key belongs to the organisation that it names is for people to find out, who compare its fingerprint.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from helpdesk.adapters.signing import keys

if TYPE_CHECKING:
    from helpdesk.adapters.signing.keys import SigningKey

ECDSA, RSA = "ecdsa-sha256", "rsa-pss-sha256"
LONGEST_PEM = 20_000


class BadSignature(Exception):
    """Why a signature does not hold: `missing`, `certificate` (unreadable), `expired`, or `altered`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class SignedBy:
    """Whose key it was: what the certificate says, and the SHA-256 that two people can compare by telephone."""

    name: str
    fingerprint: str


def key_from(settings: Mapping[str, Any]) -> SigningKey:
    """The deployment's key: the one SIGNING_KEY names, else the development authority's. Raises SigningUnavailable."""
    if settings["SIGNING_KEY"]:
        return keys.read(Path(settings["SIGNING_KEY"]), settings["SIGNING_PASSWORD"])
    return keys.own(keys.folder(), settings["SITE_NAME"])


def sign(key: SigningKey, data: bytes) -> dict[str, str]:
    """The signature of these bytes, ready to lie beside them as JSON."""
    private = key.private
    if isinstance(private, ec.EllipticCurvePrivateKey):
        name, value = ECDSA, private.sign(data, ec.ECDSA(hashes.SHA256()))
    else:
        name, value = RSA, private.sign(data, _pss(), hashes.SHA256())
    pem = key.certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")
    return {"algorithm": name, "certificate": pem, "value": base64.b64encode(value).decode("ascii")}


def check(data: bytes, signature: Any, moment: datetime) -> SignedBy:
    """Who signed these bytes at `moment`. Raises BadSignature."""
    certificate, algorithm, value = _parts(signature)
    if moment > certificate.not_valid_after_utc:
        raise BadSignature("expired")
    public = certificate.public_key()
    try:
        if isinstance(public, ec.EllipticCurvePublicKey) and algorithm == ECDSA:
            public.verify(value, data, ec.ECDSA(hashes.SHA256()))
        elif isinstance(public, rsa.RSAPublicKey) and algorithm == RSA:
            public.verify(value, data, _pss(), hashes.SHA256())
        else:
            raise BadSignature("certificate")
    except InvalidSignature:
        raise BadSignature("altered") from None
    named = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    name = str(named[0].value) if named else certificate.subject.rfc4514_string()
    return SignedBy(name[:120], certificate.fingerprint(hashes.SHA256()).hex())


def _parts(signature: Any) -> tuple[x509.Certificate, str, bytes]:
    if not isinstance(signature, dict) or not all(isinstance(signature.get(name), str) for name in PARTS):
        raise BadSignature("missing")
    pem = signature["certificate"]
    try:
        if len(pem) > LONGEST_PEM:
            raise ValueError("too long")
        certificate = x509.load_pem_x509_certificate(pem.encode("ascii"))
    except (ValueError, UnicodeEncodeError):
        raise BadSignature("certificate") from None
    try:
        value = base64.b64decode(signature["value"], validate=True)
    except (binascii.Error, ValueError):
        raise BadSignature("altered") from None
    return certificate, signature["algorithm"], value


PARTS = ("algorithm", "certificate", "value")


def _pss() -> padding.PSS:
    return padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
