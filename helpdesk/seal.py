"""Sealing a few words at rest with a key made of the site's own: identity numbers, keys of other services.

Fernet (AES-128-CBC and HMAC-SHA256) of `cryptography`. A seal opens only for the purpose it was made for. SECRET_KEY
seals; SECRET_KEY_OLD opens as well, so that the site's key can be changed in two steps (`flask helpdesk reseal`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from helpdesk import config


class SealBroken(Exception):
    """These bytes were not sealed with one of the keys, for this purpose; or somebody changed them."""


class Cipher:
    """Seals and opens text for one purpose. Of the secrets, newest first, all open and the first one seals."""

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


def cipher(purpose: str) -> Cipher:
    """The site's cipher for one purpose, with the keys of its settings."""
    return _cipher(str(config.setting("SECRET_KEY")), str(config.setting("SECRET_KEY_OLD")), purpose)


@lru_cache(maxsize=8)
def _cipher(key: str, old: str, purpose: str) -> Cipher:
    return Cipher([each for each in (key, old) if each], purpose)


def _key(secret: str, purpose: str) -> bytes:
    return base64.urlsafe_b64encode(hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).digest())
