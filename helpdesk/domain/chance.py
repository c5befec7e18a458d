"""Where unguessable letters come from: the operating system, or a seeded source while demo data is being told."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

_source: ContextVar[random.Random | None] = ContextVar("chance_source", default=None)


def choice(letters: Sequence[str]) -> str:
    """One of the letters, chosen by a source nobody can predict."""
    source = _source.get()
    return source.choice(letters) if source else secrets.choice(letters)


def token() -> str:
    """An address part of 160 bits that cannot be guessed."""
    source = _source.get()
    return secrets.token_urlsafe(20) if source is None else f"demo-{source.getrandbits(160):040x}"[:38]


@contextmanager
def seeded(source: random.Random) -> Iterator[None]:
    """Inside the block everything is repeatable. For demo data and tests only."""
    mark = _source.set(source)
    try:
        yield
    finally:
        _source.reset(mark)
