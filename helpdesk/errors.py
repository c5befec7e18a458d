"""The three ways an office says no. Routes turn them into 404, 403 and 422; nothing else may reach a user."""

from __future__ import annotations


class HelpdeskError(Exception):
    """Base of every refusal that has a meaning for the person who asked."""


class NotFound(HelpdeskError):
    """There is no such thing, or this person may not know that there is."""


class NotAllowed(HelpdeskError):
    """The thing is visible to this person, but this act is not theirs."""


class Refused(HelpdeskError):
    """A rule of the house says no: a code and the facts.

    The words live in `presentation.words.REFUSALS`, so form, page, log and API agree. `field` names the form
    field the sentence belongs beside, if there is one.
    """

    def __init__(self, code: str, *, field: str | None = None, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.facts = facts

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value!r}" for name, value in sorted(self.facts.items()))
        return f"{self.code}({facts})"


class Stale(Refused):
    """Somebody else was quicker: who, and what they did (on a case, `event` and `status` say it). Answered with 409;
    nothing is lost."""

    def __init__(self, code: str = "stale", **facts: object) -> None:
        super().__init__(code, field=None, **facts)


class TooMany(HelpdeskError):
    """Too many tries in a time window; `wait_minutes` until the next one is allowed."""

    def __init__(self, wait_minutes: int) -> None:
        super().__init__(f"wait {wait_minutes} minutes")
        self.wait_minutes = wait_minutes
