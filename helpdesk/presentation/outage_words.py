"""A mailbox that cannot be read, in words: one sentence for a notice, a letter and a group."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext

from helpdesk.models import Outage
from helpdesk.presentation import filters
from helpdesk.rules import policy
from helpdesk.rules.policy import Who


def title(*, is_over: bool) -> str:
    """What happened, in a few words."""
    return gettext("邮箱恢复了") if is_over else gettext("邮箱读不到了")


def sentence(outage: Outage, *, is_over: bool) -> str:
    """Which mailbox, and since when or until when."""
    when = _stamp(outage.ended_at if is_over and outage.ended_at else outage.since)
    if is_over:
        return gettext("邮箱 %(name)s 从 %(when)s 起又读得到了", name=outage.mailbox, when=when)
    return gettext("邮箱 %(name)s 从 %(when)s 起一直读不到", name=outage.mailbox, when=when)


def facts(outage: Outage, *, is_over: bool) -> list[tuple[str, str]]:
    """What whoever mends it wants to know: what its server said."""
    return [] if is_over else [(gettext("原因"), outage.error or gettext("没有回应"))]


def place(who: Who) -> str:
    """Where this person looks next: the letters that came in, or those that went out."""
    return "incomings.index" if policy.can(who, "incomings.list") else "mails.index"


def _stamp(moment: datetime) -> str:
    return f"{filters.day(moment)} {filters.hour(moment)}"
