"""Public notice, objections, awards, the honour roll: what people decide, and what the public sees of it."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import joinedload

from helpdesk import clock
from helpdesk.db import db, only_row
from helpdesk.domain import commendation_log, cycles, nominations, numbers, papers, schemes
from helpdesk.errors import NotFound, Refused, Stale
from helpdesk.models import (
    Award,
    Cycle,
    CycleState,
    ExpertStatus,
    Nomination,
    NominationState,
    Objection,
    PaperStatus,
    SchemeKind,
)
from helpdesk.rules import commendation, given, policy
from helpdesk.rules.policy import Who

LONGEST_OBJECTION = 2000
# So many of one notice by one contact; a person has said it all by then.
MOST_OBJECTIONS = 3


def obstacle(nomination: Nomination) -> Refused | None:
    """Why this nominee cannot be awarded now; None when a person may decide to. The order is that of the work."""
    cycle = nomination.cycle
    if cycle.state is not CycleState.REVIEW:
        return Refused("cycle_not_in_review")
    needs_notice = cycle.version.notice_days > 0
    if nomination.state is NominationState.PASSED and needs_notice:
        return Refused("award_no_consent" if not cycles.may_be_named(nomination) else "award_no_notice")
    if nomination.state is not (NominationState.NOTICE if needs_notice else NominationState.PASSED):
        return Refused("award_not_passed")
    if nomination.noticed_until is not None and clock.today() <= nomination.noticed_until:
        return Refused("award_notice_runs", day=nomination.noticed_until)
    if open_objections(nomination):
        return Refused("award_objection_open")
    if nomination.expert is not None and nomination.expert.status is ExpertStatus.LEFT:
        return Refused("nominee_left", name=nomination.expert.name)
    held = schemes.held_levels(cycle.scheme).get(nomination.subject[1], 0)
    if held >= nomination.level and (cycle.version.once_only or cycle.scheme.kind is SchemeKind.STARS):
        return Refused("award_held_already")
    if nominations.fallen(nomination, nominations.facts_now(nomination)):
        return Refused("award_evidence_fell")
    return None


def award(nomination: Nomination, by: Who, *, reason: str = "") -> Award:
    """A person awards; the rules only say who may be awarded (PIPL art. 24; rule R14). Of two at once one awards, the
    other is told who did. Raises Refused with what stands in the way."""
    policy.require(by, "nomination.award", nomination)
    db.session.refresh(nomination, with_for_update={"of": Nomination})
    if nomination.state is NominationState.AWARDED:
        first = db.session.scalars(select(Award).where(Award.nomination_id == nomination.id)).one()
        raise Stale("award_given_already", who=first.awarded_by)
    nominations.require_no_conflict(nomination, by)
    trouble = obstacle(nomination)
    if trouble is not None:
        raise trouble
    nomination.state = NominationState.AWARDED
    row = Award(
        number=numbers.award_number(),
        code=papers.free_code(),
        status=PaperStatus.VALID,
        facts=_facts(nomination),
        issued_at=clock.now(),
        nomination_id=nomination.id,
        scheme_id=nomination.cycle.scheme_id,
        level=nomination.level,
        awarded_on=clock.today(),
        awarded_by_id=by.account_id,
        awarded_by=by.name,
        reason=reason.strip(),
    )
    db.session.add(row)
    db.session.flush()
    papers.draw_later(row)
    commendation_log.note("award.given", by, nomination, level=nomination.level)
    return row


def _facts(nomination: Nomination) -> dict[str, Any]:
    """Everything the paper says, frozen on the day it is given."""
    cycle, scheme = nomination.cycle, nomination.cycle.scheme
    version = cycle.version
    level = commendation.read(version.criteria).level(nomination.level)
    is_title = scheme.kind is SchemeKind.TITLE or level is None
    others = nomination.expert or nomination.company or nomination.team
    name = nomination.station.zh if nomination.station else others.name if others else ""
    said = {
        "title_zh": scheme.zh if is_title or level is None else f"{scheme.zh}·{level.zh}",
        "title_en": scheme.en if is_title or level is None else f"{scheme.en}, {level.en}",
        "cycle_name": cycle.name,
        "basis": version.basis,
        "period_from": cycle.period_from.isoformat(),
        "period_to": cycle.period_to.isoformat(),
        "noticed_from": nomination.noticed_from.isoformat() if nomination.noticed_from else None,
        "noticed_until": nomination.noticed_until.isoformat() if nomination.noticed_until else None,
        "minutes": nomination.facts.get("minutes"),
        "issuer_name": version.approver,
        "issued_on": clock.today().isoformat(),
    }
    digest = hashlib.sha256(json.dumps([nomination.facts, nomination.checked], sort_keys=True).encode()).hexdigest()
    return {**said, "expert_name" if nomination.expert else "recipient_name": name, "digest": digest}


def by_number(number: str) -> Award | None:
    """The award with this number."""
    return db.session.scalar(select(Award).where(Award.number == number))


def revoke(row: Award, by: Who, *, reason: str) -> Award:
    """Take an award back, for good and in public: the roll says so."""
    policy.require(by, "award.revoke", row)
    reason = given.reason(reason)
    gone = db.session.execute(
        update(Award)
        .where(Award.id == row.id, Award.status == PaperStatus.VALID)
        .values(status=PaperStatus.REVOKED, ended_at=clock.now(), revoked_by=by.name, revoked_reason=reason)
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(row)
    if not only_row(gone):
        raise Stale("award_revoked_already", who=row.revoked_by or "")
    commendation_log.note("award.revoked", by, row.nomination, reason=reason)
    return row


def of_nomination(nomination: Nomination) -> Award | None:
    """The award given, if any."""
    return db.session.scalar(select(Award).where(Award.nomination_id == nomination.id))


# --- objections ---


def open_objections(nomination: Nomination) -> int:
    """How many were not answered yet."""
    rows = select(func.count()).select_from(Objection).where(Objection.nomination_id == nomination.id)
    return int(db.session.scalar(rows.where(Objection.decision.is_(None))) or 0)


def objection_counts(ids: Collection[int]) -> dict[int, int]:
    """How many objections each of these nominations got."""
    rows = select(Objection.nomination_id, func.count()).where(Objection.nomination_id.in_(ids))
    return {key: int(n) for key, n in db.session.execute(rows.group_by(Objection.nomination_id))}


def objections_of(nomination: Nomination) -> list[Objection]:
    """What was said against, oldest first."""
    rows = select(Objection).where(Objection.nomination_id == nomination.id).order_by(Objection.id)
    return list(db.session.scalars(rows))


def object_(nomination: Nomination, by: Who, *, name: str, contact: str, text: str, form_key: str) -> Objection:
    """Anybody says what speaks against an award while its notice runs; sent twice it is one objection."""
    before = db.session.scalar(
        select(Objection).where(Objection.nomination_id == nomination.id, Objection.form_key == form_key)
    )
    if before is not None:
        return before
    db.session.refresh(nomination, with_for_update={"of": Nomination})
    if not is_running(nomination):
        raise Refused("notice_over")
    if not name.strip():
        raise Refused("objector_name", field="name")
    if not contact.strip():
        raise Refused("objector_contact", field="contact")
    if not text.strip():
        raise Refused("text_missing", field="text")
    rows = select(func.count()).select_from(Objection).where(Objection.nomination_id == nomination.id)
    if int(db.session.scalar(rows.where(Objection.contact == contact.strip())) or 0) >= MOST_OBJECTIONS:
        raise Refused("objections_enough", field="contact", limit=MOST_OBJECTIONS)
    row = Objection(
        nomination_id=nomination.id,
        token=secrets.token_urlsafe(24),
        name=name.strip()[:80],
        contact=contact.strip()[:120],
        account_id=by.account_id,
        text=text.strip()[:LONGEST_OBJECTION],
        form_key=form_key,
        at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    commendation_log.note("objection.made", by, nomination)
    return row


def objection_by_token(token: str) -> Objection:
    """The objection of a link; NotFound for an unknown one."""
    row = db.session.scalar(select(Objection).where(Objection.token == token[:60]))
    if row is None:
        raise NotFound("objection")
    return row


def decide(row: Objection, by: Who, *, upheld: bool, reply: str) -> Objection:
    """Answer an objection with a decision. Upheld, the nominee is not awarded in this cycle."""
    policy.require(by, "objection.decide", row)
    nominations.require_no_conflict(row.nomination, by)
    if not reply.strip():
        raise Refused("reply_missing", field="reply")
    done = db.session.execute(
        update(Objection)
        .where(Objection.id == row.id, Objection.decision.is_(None))
        .values(
            decision="upheld" if upheld else "dismissed",
            reply=reply.strip(),
            decided_at=clock.now(),
            decided_by=by.name,
            decided_by_id=by.account_id,
        )
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(row)
    if not only_row(done):
        raise Stale("commendation_stale", who=row.decided_by or "")
    commendation_log.note("objection.decided", by, row.nomination, decision=row.decision, reply=row.reply)
    if upheld:
        nomination = row.nomination
        db.session.refresh(nomination, with_for_update={"of": Nomination})
        if nomination.state is NominationState.NOTICE:
            nomination.state = NominationState.DECLINED
            db.session.flush()
    return row


def answer(row: Objection, by: Who, *, text: str) -> Objection:
    """The nominee says what they have to say, once, until it is decided. Raises Refused when it is, or was said."""
    policy.require(by, "nomination.answer", row.nomination)
    if not text.strip():
        raise Refused("text_missing", field="answer")
    said = db.session.execute(
        update(Objection)
        .where(Objection.id == row.id, Objection.decision.is_(None), Objection.answered_at.is_(None))
        .values(answer=text.strip()[:LONGEST_OBJECTION], answered_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(row)
    if not only_row(said):
        raise Refused("objection_answered" if row.decision is None else "objection_decided")
    commendation_log.note("objection.answered", by, row.nomination)
    return row


# --- what the public sees ---


def is_running(nomination: Nomination) -> bool:
    """Whether the notice of this nominee is to be seen today."""
    return (
        nomination.state is NominationState.NOTICE
        and nomination.cycle.state is CycleState.REVIEW
        and nomination.noticed_until is not None
        and clock.today() <= nomination.noticed_until
    )


def notices() -> list[Nomination]:
    """Everybody in public notice today, by cycle and level."""
    rows = (
        select(Nomination)
        .join(Cycle)
        .where(Nomination.state == NominationState.NOTICE, Cycle.state == CycleState.REVIEW)
        .where(Nomination.noticed_until >= clock.today())
        .options(*nominations.whole())
        .order_by(Nomination.cycle_id, Nomination.level.desc(), Nomination.score_hundredths.desc(), Nomination.id)
    )
    return list(db.session.scalars(rows))


def notice(nomination_id: int) -> Nomination:
    """One nominee in public notice; NotFound when there is no such notice today."""
    row = db.session.get(Nomination, nomination_id) if nomination_id < 2**31 else None
    if row is None or not is_running(row):
        raise NotFound("notice")
    return row


def years() -> list[int]:
    """Years in which something was awarded, newest first."""
    first, last = db.session.execute(select(func.min(Award.awarded_on), func.max(Award.awarded_on))).one()
    return list(range(last.year, first.year - 1, -1)) if first else []


def roll(year: int) -> list[Award]:
    """The awards of a year, the newest scheme first; revoked ones too, because the roll says so. Who did not agree
    to be named is left out by the page."""
    rows = (
        select(Award)
        .where(Award.awarded_on.between(date(year, 1, 1), date(year, 12, 31)))
        .options(
            joinedload(Award.scheme),
            joinedload(Award.nomination).joinedload(Nomination.expert),
            joinedload(Award.nomination).joinedload(Nomination.station),
            joinedload(Award.nomination).joinedload(Nomination.company),
            joinedload(Award.nomination).joinedload(Nomination.team),
            joinedload(Award.nomination).joinedload(Nomination.cycle).joinedload(Cycle.version),
        )
        .order_by(Award.scheme_id, Award.level.desc(), Award.id)
    )
    return list(db.session.scalars(rows))
