"""Service records of the demo city: training, an award to verify, a correction that waits and one that was granted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from flask import current_app
from sqlalchemy import select

from helpdesk import clock
from helpdesk.adapters.storage.chosen import storage_from
from helpdesk.cli.city import papers
from helpdesk.db import db
from helpdesk.domain import (
    attachments,
    complaints,
    corrections,
    dossier_corrections,
    expert_persons,
    honours,
    intake,
    record_terms,
    trainings,
)
from helpdesk.domain.expert_persons import PersonFacts
from helpdesk.domain.honours import HonourFacts
from helpdesk.domain.trainings import TrainingFacts
from helpdesk.domain.visits import VisitFacts
from helpdesk.models import (
    Account,
    Case,
    ComplaintAbout,
    ComplaintOutcome,
    Expert,
    Grant,
    IdentityKind,
    Role,
    Sex,
    Station,
    Status,
    Visit,
    VisitStatus,
)
from helpdesk.rules import policy
from helpdesk.rules.policy import Who

COURSES = (
    ("专家志愿者上岗培训", "服务流程、保密、回避和不收费的规定", 180, 200),
    ("专精特新政策解读", "今年的认定口径和常见退回原因", 120, 60),
)


def tell(expert: Expert, who: Who, operator: Who) -> None:
    """The demo expert's record: what they wrote, what others recorded, what waits for the desk."""
    today = clock.today()
    for name, content, minutes, days in COURSES:
        held = today - timedelta(days=days)
        trainings.record(expert, operator, TrainingFacts(name, content, minutes, "总队培训部", held))
    honours.record(expert, operator, HonourFacts("年度服务之星", today - timedelta(days=30), "问渠专家志愿者总队"))
    note = "证书编号 2026-118，市义工联网站公示过"
    proof = "city-proof"
    attachments.keep(expert, who, proof, [papers.notice(1)], storage_from(current_app.config))
    honours.ask(expert, who, HonourFacts("优秀志愿者", today - timedelta(days=90), "市义工联", note), form_key=proof)
    facts = PersonFacts(
        Sex.FEMALE, date(1979, 5, 12), "宝安区福永街道", "0755-0000 0000", "研发费用归集、专精特新申报",
        ("政策", "财税"), IdentityKind.PASSPORT, "E00000001",
    )  # fmt: skip
    expert_persons.write(expert, who, facts, consent=True, identity_consent=True, national_consent=True)
    wrong, early = trainings.of_expert(expert.id)[:2]
    seen = dossier_corrections.ask(early, who, says="签到是前一天，上岗培训早一天。", form_key="city-dossier-decided")
    right = replace(trainings.facts_of(early), held_on=early.held_on - timedelta(days=1))
    dossier_corrections.grant(seen, operator, facts=right, reason="签到表上是前一天，改过来了。")
    dossier_corrections.ask(wrong, who, says="当天下午还有答疑，一共三个小时。", form_key="city-dossier")
    _correct(expert, who, operator)
    _complain(expert, who)
    record_terms.go_round()


def _complain(expert: Expert, who: Who) -> None:
    """One complaint by the expert that waits, one by a company that its district answered."""
    about = ComplaintAbout
    says = "六月那次上门记成了线上，说了两回，站点一直没有改。"
    complaints.make(who, complaints.Said(about.RECORD, says), form_key="city-complaint-expert")
    served = db.session.scalar(
        select(Case)
        .join(Station, Station.id == Case.station_id)
        .where(Case.status == Status.CLOSED, Station.district == expert.station.district, Case.handler_id.is_(None))
        .order_by(Case.id.desc())
        .limit(1)
    )
    if served is None:
        return
    said = complaints.Said(about.SERVICE, "第一次约好上午十点，专家十一点才打来电话，事先没有说。")
    row = complaints.make(intake.requester(served), said, form_key="city-complaint-company", case=served)
    reviewer = db.session.scalar(
        select(Account)
        .join(Grant)
        .where(Grant.role == Role.DISTRICT, Grant.district == row.district, Grant.ended_at.is_(None))
        .order_by(Account.id)
    )
    if reviewer is not None:
        complaints.answer(
            row, policy.who_is(reviewer), outcome=ComplaintOutcome.UPHELD,
            reason="看了通话记录，确实晚了一小时，事先没有告知。",
            done="已提醒专家：约好的时间有变，提前一天告知企业。",
        )  # fmt: skip


def _correct(expert: Expert, who: Who, operator: Who) -> None:
    """Of the expert's settled visits one left something out, and one was written down too short."""
    settled = db.session.scalars(
        select(Visit)
        .join(Case, Case.id == Visit.case_id)
        .where(Visit.expert_id == expert.id, Visit.status == VisitStatus.CONFIRMED, Case.status == Status.CLOSED)
        .order_by(Visit.id)
        .limit(2)
    ).all()
    if len(settled) < 2:
        return
    told, short = settled
    asked = corrections.ask(told, who, says="只写了讲解，当天还一起改了申报书，内容漏了。", form_key="city-content")
    right = VisitFacts(
        told.starts_at, told.ends_at, told.mode, told.place, f"{told.summary}当天还一起改了申报书。",
        told.contact_minutes, told.preparation_minutes, told.travel_minutes, told.long_day_reason or "当天分几次服务",
    )  # fmt: skip
    corrections.grant(asked, operator, facts=right, reason="看了修改留痕，情况属实")
    corrections.ask(
        short, who, says="走的时候又答疑了半小时，没有记进去。", wished_minutes=short.contact_minutes + 30,
        form_key="city-short",
    )  # fmt: skip
