"""How cases belong together. A link says something and moves nothing; a split makes a case of its own."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import intake, life, record
from helpdesk.errors import NotFound, Refused
from helpdesk.models import Case, CaseLink, Channel, LinkKind
from helpdesk.rules import policy
from helpdesk.rules.identifiers import read_case_number
from helpdesk.rules.policy import Who


@dataclass(frozen=True)
class Related:
    """Another case, and what it is to this one: `kind`, read forwards or backwards."""

    link: CaseLink
    case: Case
    forwards: bool


def of(case: Case, by: Who) -> list[Related]:
    """The cases this one belongs together with, of those the person may read. One query."""
    rows = db.session.scalars(
        select(CaseLink)
        .where(or_(CaseLink.case_id == case.id, CaseLink.other_id == case.id))
        .options(joinedload(CaseLink.case), joinedload(CaseLink.other))
        .order_by(CaseLink.id)
    ).all()
    found = [
        Related(row, row.other if row.case_id == case.id else row.case, forwards=row.case_id == case.id) for row in rows
    ]
    ids = [related.case.id for related in found]
    readable = set(db.session.scalars(select(Case.id).where(Case.id.in_(ids), policy.which(by, "case.read"))))
    return [related for related in found if related.case.id in readable]


def link(case: Case, by: Who, *, other: Case | None, kind: LinkKind) -> CaseLink:
    """Say that a case follows another, or is part of it. Raises Refused for none, itself, or one linked already."""
    policy.require(by, "case.triage", case)
    if other is None:
        raise Refused("link_target_missing", field="target")
    if other.id == case.id:
        raise Refused("link_to_itself", field="target")
    pairs = or_(
        (CaseLink.case_id == case.id) & (CaseLink.other_id == other.id),
        (CaseLink.case_id == other.id) & (CaseLink.other_id == case.id),
    )
    if db.session.scalar(select(CaseLink.id).where(pairs)):
        raise Refused("linked_already", field="target")
    return join(case, other, by, kind)


def join(case: Case, other: Case, by: Who, kind: LinkKind) -> CaseLink:
    """Write the link; whoever calls has asked whether it may be."""
    row = CaseLink(kind=kind, case_id=case.id, other_id=other.id, made_by=by.name, made_at=clock.now())
    db.session.add(row)
    db.session.flush()
    return row


def unlink(case: Case, by: Who, link_id: int) -> None:
    """Take a link back. What was split stays split: that is how the case came about."""
    policy.require(by, "case.triage", case)
    row = db.session.get(CaseLink, link_id)
    if row is None or case.id not in (row.case_id, row.other_id):
        raise NotFound("link")
    if row.kind is LinkKind.SPLIT:
        raise Refused("split_stays")
    db.session.delete(row)
    db.session.flush()


def by_number(by: Who, number: str) -> Case | None:
    """The case of this number, if the person may read it."""
    return db.session.scalar(
        select(Case).where(Case.number == (read_case_number(number) or ""), policy.which(by, "case.read"))
    )


def split(case: Case, by: Who, *, problem: str, rest: str, seen: int | None = None) -> Case:
    """One request that holds two problems becomes two cases of the same company, contact and consents.

    `problem` is what the new case is about, `rest` what stays. The new one begins at the same station's door with a
    promise of its own. Raises Refused when either would be empty.
    """
    if not problem.strip():
        raise Refused("split_empty", field="problem")
    if not rest.strip():
        raise Refused("split_all", field="rest")
    record.hold(case)
    new = intake.start(problem, category=None, locale=case.locale)
    new.contact_account_id, new.channel = case.contact_account_id, Channel.STATION
    intake.submit_beside(new, case)
    intake.take_over_consents(new, case)
    life.take(
        case,
        "split",
        by,
        seen=seen,
        asked={"problem": problem},
        sets={"problem": rest.strip()},
        other=new.number,
        before=case.problem,
    )
    join(new, case, by, LinkKind.SPLIT)
    return new
