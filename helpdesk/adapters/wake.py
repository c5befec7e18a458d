"""A bell that wakes workers: rows are the truth, so a ring that is lost costs half a second and nothing else."""

from __future__ import annotations

import threading
from typing import Protocol

CHANNEL = "helpdesk:wake"


class Bell(Protocol):
    """Ring it after a commit that left work; wait on it between two looks at the rows."""

    def ring(self) -> None:
        """Wake whoever waits; never raises."""
        ...

    def wait(self, seconds: float, stop: threading.Event) -> None:
        """Return at a ring, at a stop, or after so many seconds."""
        ...


class NoBell:
    """The embedded default: workers look twice a second."""

    def ring(self) -> None:
        return

    def wait(self, seconds: float, stop: threading.Event) -> None:
        stop.wait(seconds)


class RedisBell:
    """A ring through Redis, for several hosts. Redis away is the same as no bell."""

    def __init__(self, url: str) -> None:
        import redis

        self._redis = redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=2)
        self._failure = redis.RedisError

    def ring(self) -> None:
        try:
            self._redis.pipeline().lpush(CHANNEL, "1").ltrim(CHANNEL, 0, 9).expire(CHANNEL, 60).execute()
        except self._failure:
            return

    def wait(self, seconds: float, stop: threading.Event) -> None:
        try:
            # Redis counts in whole seconds at least where it is old; a short wait is enough either way.
            self._redis.blpop([CHANNEL], timeout=seconds)
        except self._failure:
            stop.wait(seconds)


def bell_from(url: str) -> Bell:
    """The bell a setting asks for; an empty address means none."""
    return RedisBell(url) if url else NoBell()
