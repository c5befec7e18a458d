"""Sealing a few words at rest with a key derived from the site's own: identity numbers, keys of other services.

Fernet (AES-128-CBC and HMAC-SHA256) of `cryptography`. A seal opens only for the purpose it was made for. Several
secrets may be given, newest first: all of them open, the first one seals, so that a key can be changed in two steps.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class SealBroken(Exception):
    """These bytes were not sealed with one of the keys, for this purpose; or somebody changed them."""


class Cipher:
    """Seals and opens text for one purpose."""

    def __init__(self, secrets: Sequence[str], purpose: str) -> None:
        if not secrets or not all(secrets):
            raise ValueError("a cipher needs a secret")
        self._fernet = MultiFernet([Fernet(_key(secret, purpose)) for secret in secrets])

    def seal(self, text: str) -> str:
        """The text sealed: ASCII, different each time."""
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def open(self, sealed: str) -> str:
        """What was sealed. Raises SealBroken."""
        try:
            return self._fernet.decrypt(sealed.encode("ascii", "replace")).decode()
        except InvalidToken:
            raise SealBroken from None

    def again(self, sealed: str) -> str:
        """The same sealed with the newest key. Raises SealBroken."""
        try:
            return self._fernet.rotate(sealed.encode("ascii", "replace")).decode("ascii")
        except InvalidToken:
            raise SealBroken from None


def _key(secret: str, purpose: str) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(f"helpdesk.seal.{purpose}\0{secret}".encode()).digest())
