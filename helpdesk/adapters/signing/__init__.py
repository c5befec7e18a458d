"""Papers signed and checked: bytes in, bytes or a report out. Twins: `pades` (real), `null` (tests, no signature).

What a signature here is: a tamper-evident mark made with the recording organisation's own key (《电子签名法》 art. 13:
any change to signature or content can be found). An official electronic seal needs a key from a licensed authority
(art. 16), which SIGNING_KEY can name; until then nothing calls it a seal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class SignerIdentity:
    """Who signs, without the secret: SHA-256 of the certificate in hexadecimal, its PEM, its algorithm and validity."""

    fingerprint: str
    pem: str
    name: str
    algorithm: str
    valid_from: datetime
    valid_until: datetime


class Signer(Protocol):
    """Signs papers with one key."""

    @property
    def identity(self) -> SignerIdentity | None:
        """Whose signature it is; None when nothing is signed. Raises SigningUnavailable."""
        ...

    def sign(self, pdf: bytes, moment: datetime) -> bytes:
        """The PDF with a signature dated `moment`. The same input gives the same bytes. Raises SigningUnavailable."""
        ...


@dataclass(frozen=True)
class SignatureReport:
    """What a file's own signature says, whoever made it.

    `is_signed`: there is one. `is_intact`: the bytes it covers are those that were signed. `is_whole`: it covers the
    file from its first byte to its last, so that nothing was added afterwards. `fingerprint` names the certificate.
    """

    is_signed: bool = False
    is_intact: bool = False
    is_whole: bool = False
    fingerprint: str = ""

    @property
    def holds(self) -> bool:
        """Signed, and not a byte changed or added since."""
        return self.is_signed and self.is_intact and self.is_whole


class SigningUnavailable(Exception):
    """The key cannot be used; the message is one line saying why and what to do."""
