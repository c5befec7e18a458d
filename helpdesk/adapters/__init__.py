"""The outside world behind small interfaces: plain values in and out, a real twin and one for tests."""


class Trouble(Exception):
    """The other side cannot now: away, slow, or it asks to come again. The message names no secret."""
