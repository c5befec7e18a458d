"""Canned replies: written once by a station or for all of them, filled with the case's own facts when used."""

from __future__ import annotations

import re

from sqlalchemy import or_, select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.errors import Refused
from helpdesk.models import CannedReply, Case, Category
from helpdesk.rules import given, policy
from helpdesk.rules.policy import Who

LONGEST_TITLE, LONGEST = 60, 2000
# What a hole may be called, in both languages, and what it stands for.
HOLES = {
    "称呼": "contact", "contact": "contact", "企业": "company", "company": "company", "编号": "number",
    "number": "number", "专家": "expert", "expert": "expert", "工作站": "station", "station": "station",
    "电话": "phone", "phone": "phone", "我": "me", "me": "me",
}  # fmt: skip
_HOLE = re.compile(r"\{\s*([^{}\s]{1,20})\s*\}")


def listed(by: Who) -> list[CannedReply]:
    """Those this person may change, by title."""
    return list(
        db.session.scalars(
            select(CannedReply)
            .where(policy.which(by, "canned_reply.edit"), CannedReply.retired_at.is_(None))
            .order_by(CannedReply.title, CannedReply.id)
        )
    )


def shared() -> list[CannedReply]:
    """Those of all stations, by title: every station may use them, the corps writes them."""
    query = select(CannedReply).where(CannedReply.station_id.is_(None), CannedReply.retired_at.is_(None))
    return list(db.session.scalars(query.order_by(CannedReply.title, CannedReply.id)))


def for_case(case: Case) -> list[CannedReply]:
    """Those of the case's station and the shared ones: of the case's field first, then those for any field."""
    rows = db.session.scalars(
        select(CannedReply)
        .where(
            CannedReply.retired_at.is_(None),
            or_(CannedReply.station_id == case.station_id, CannedReply.station_id.is_(None)),
            or_(CannedReply.category_code == case.category_code, CannedReply.category_code.is_(None)),
        )
        .order_by(CannedReply.title, CannedReply.id)
    )
    return sorted(rows, key=lambda row: row.category_code is None)


def filled(reply: CannedReply, case: Case, who: Who) -> str:
    """The text with the case's facts in its holes; a fact that is not there yet leaves its hole to be seen."""
    facts = {
        "contact": case.contact_name,
        "company": case.company.name if case.company else "",
        "number": case.number or "",
        "expert": case.expert.name if case.expert else "",
        "station": case.station.zh if case.station else "",
        "phone": case.station.phone if case.station else "",
        "me": who.name,
    }
    return _HOLE.sub(lambda found: facts[HOLES[found[1]]] or found[0], reply.body)


def write(
    by: Who,
    reply: CannedReply | None,
    *,
    title: str,
    body: str,
    category_code: str = "",
    seen: int | None = None,
) -> CannedReply:
    """Write a new one (None) or change one: a coordinator for the own station, the corps for all stations.

    Raises Refused for an empty title or text and for a hole that nothing fills, or when somebody else was quicker.
    """
    title = given.text(title, "title", LONGEST_TITLE)
    body = given.text(body, "body", LONGEST)
    unknown = next((name for name in _HOLE.findall(body) if name not in HOLES), None)
    if unknown is not None:
        raise Refused("unknown_hole", field="body", name=unknown)
    if category_code and db.session.get(Category, category_code) is None:
        raise Refused("category_missing", field="category")
    if reply is None:
        policy.require(by, "canned_replies.list")
        station = by.station_ids[0] if by.station_ids else None
        reply = CannedReply(station_id=station, version=0)
        db.session.add(reply)
    else:
        db.session.refresh(reply, with_for_update=True)
        if seen is not None and seen != reply.version:
            raise Refused("changed_meanwhile", who=reply.written_by)
    reply.title, reply.body, reply.category_code = title, body, category_code or None
    reply.version += 1
    reply.written_by, reply.changed_at = by.name, clock.now()
    db.session.flush()
    return reply


def retire(reply: CannedReply, by: Who) -> None:
    """Offer it no more. Said twice it is once."""
    reply.retired_at = reply.retired_at or clock.now()
    reply.written_by = by.name
    db.session.flush()
