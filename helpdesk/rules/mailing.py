"""Which events make a letter, in which group a reader may wish for them, and what holds without a wish.

An event makes letters when it has a subject and tells somebody (`rules/events.py`). What somebody has to know in law or
has to act on, so that nothing is lost for them, cannot be switched off (peers brief, B1 no. 18).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from helpdesk.i18n import N_
from helpdesk.rules.events import BY_KIND


class How(enum.StrEnum):
    """A letter for each, one a day for all, none."""

    NOW = "now"
    DAILY = "daily"
    NEVER = "never"


class Part(enum.StrEnum):
    """As whom somebody is told. Who is several of them for one case is told as the first."""

    OFFERED = "offered"
    MENTIONED = "mentioned"
    EXPERT = "expert"
    COMPANY = "company"
    DESK = "desk"
    FOLLOWER = "follower"
    # Asked to join a company: no event tells it.
    INVITED = "invited"
    # Runs the desk: told that a mailbox cannot be read.
    HOUSE = "house"
    # Complained: no case's event tells it.
    COMPLAINER = "complainer"
    # Is to be commended, or speaks for the station, team or company that is.
    NOMINEE = "nominee"


# Who in `Told.tells` is told as whom.
PARTS = {
    "offered": Part.OFFERED, "mentioned": Part.MENTIONED,
    "expert": Part.EXPERT, "company": Part.COMPANY, "station": Part.DESK,
    "receiver": Part.DESK, "district": Part.DESK, "operator": Part.DESK,
}  # fmt: skip


@dataclass(frozen=True)
class Group:
    """Events that a reader wishes for together.

    `person` holds for experts and companies, `desk` for those who have the queue open all day. A group that is not
    `optional` cannot be switched off, only gathered.
    """

    name: str
    label: str
    says: str
    person: How
    desk: How
    kinds: tuple[str, ...]
    optional: bool = True


def _group(name: str, label: str, says: str, person: How, desk: How, kinds: str, *, optional: bool = True) -> Group:
    return Group(name, label, says, person, desk, tuple(kinds.split()), optional)


GROUPS: tuple[Group, ...] = (
    _group("offers", N_("派单"), N_("有企业想请您帮忙"), How.NOW, How.NOW, "case.offered case.offered_to_several"),
    _group("words", N_("留言与提问"), N_("有人给您留言、补充或提问"), How.NOW, How.DAILY,
           "message.posted message.brought case.asked case.supplied"),
    _group("mentions", N_("提到我"), N_("同事在内部备注里 @ 您"), How.NOW, How.NOW, "note.mentioned"),
    _group("progress", N_("进展"), N_("受理、接单、转站、重开等"), How.NOW, How.DAILY,
           "case.submitted case.repeated series.begun series.changed series.paused series.stopped series.resumed"
           " series.ended case.triaged case.split case.merged case.unmerged case.withdrawn case.resumed case.accepted"
           " case.taken case.handed_back case.declined case.offer_expired case.transferred case.reopened"
           " case.transfer_requested case.transfer_bounced visit.disputed"),
    _group("limits", N_("时限"), N_("快超时和已超时"), How.NOW, How.NOW,
           "case.at_risk case.overdue case.overdue_for_district case.overdue_for_operator"
           " record.warned record.pressing record.missed"),
    _group("papers", N_("办结与证书"), N_("企业确认、证书出具"), How.NOW, How.DAILY, "case.closed certificate.issued"
           " certificate.revoked hours.reversed correction.asked correction.granted correction.refused"),
    # Told by the log of commendations, not by events of a case: see NOMINEE below.
    _group("honours", N_("表彰"), N_("推荐、评审和表彰的结果"), How.NOW, How.NOW, ""),
    _group("musts", N_("要您决定的事"),
           N_("请您确认、不予受理、转介、申诉、核查结论；表彰的公示和异议"), How.NOW, How.NOW,
           "case.answered visit.logged visit.changed case.rejected case.appealed case.appeal_upheld case.referred"
           " case.verified case.disputed case.payment_reported case.review_decided case.closed_unreachable"
           " case.erasure_asked case.erasure_refused",
           optional=False),
)  # fmt: skip

BY_NAME: dict[str, Group] = {group.name: group for group in GROUPS}
GROUP_OF: dict[str, Group] = {kind: group for group in GROUPS for kind in group.kinds}

# What a nominee is told of the log of commendations (`rules/commendation.EVENTS`), and in which group: what the nominee
# may act on, and what the law lets them know, is never switched off.
NOMINEE: dict[str, str] = {
    "nomination.made": "musts",
    "nomination.withdrawn": "honours",
    "nomination.unqualified": "honours",
    "nomination.assessed": "honours",
    "nomination.consent_asked": "musts",
    "nomination.noticed": "musts",
    "nomination.called_off": "honours",
    "nomination.passed_over": "honours",
    "objection.made": "musts",
    "objection.decided": "musts",
    "award.given": "honours",
    "award.revoked": "musts",
}


def makes_letters(kind: str) -> bool:
    """Whether this kind of event is told by mail at all."""
    return kind in GROUP_OF and bool(BY_KIND[kind].tells)


def default(group: Group, part: Part) -> How:
    """What holds for a reader who never said anything."""
    return group.desk if part in (Part.DESK, Part.FOLLOWER) else group.person


def groups_for(parts: frozenset[Part]) -> tuple[Group, ...]:
    """The groups of which somebody who plays these parts is ever told."""
    return tuple(
        group
        for group in GROUPS
        if group.name in NOMINEE.values()
        or any(PARTS[audience] in parts for kind in group.kinds for audience in BY_KIND[kind].tells)
    )


def choices(group: Group) -> tuple[How, ...]:
    """What a reader may wish for."""
    return tuple(How) if group.optional else (How.NOW, How.DAILY)
