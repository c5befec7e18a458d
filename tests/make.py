"""`make.case(to="consulting")`: the smallest valid thing in the state a test needs, reached through the verbs."""

from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from typing import Any

from sqlalchemy import func, select

from helpdesk import clock
from helpdesk.adapters.letterbox import letter as reader
from helpdesk.adapters.storage import Storage
from helpdesk.db import db
from helpdesk.domain import activities, articles, assignment, closure, consultation, incoming, intake, triage, visits
from helpdesk.domain.activities import ActivityFacts, Attendance
from helpdesk.domain.companies import CompanyFacts
from helpdesk.domain.intake import Contact
from helpdesk.domain.visits import VisitFacts
from helpdesk.models import Activity, ActivityKind, Article, Case, Incoming, Meeting, Offer, Outcome, Visit
from helpdesk.rules.credit import GATE
from helpdesk.rules.policy import Who
from tests.cast import SOUTHLIGHT, Cast

PATH = ("draft", "submitted", "triaged", "offered", "accepted", "consulting", "answered", "closed")
keys = (f"key-{n}" for n in itertools.count())


class Make:
    """Builds cases for tests."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast

    def case(
        self,
        to: str = "submitted",
        *,
        expert: str = "chen",
        category: str = "policy",
        company: CompanyFacts = SOUTHLIGHT,
        phone: str = "13800138000",
        problem: str = "我们想申报专精特新，不知道研发费用怎么归集，想请人看看材料。",
        sent_by: Who | None = None,
        email: str | None = None,
    ) -> Case:
        """A case in a state of the straight way; the coordinator is Wang, or Zhao for a Longgang company."""
        case = intake.start(problem, category=None, locale="zh_Hans_CN", sent_by=sent_by)
        steps = PATH[1 : PATH.index(to) + 1]
        for step in steps:
            getattr(self, f"_{step}")(case, expert=expert, category=category, company=company, phone=phone, email=email)
        return case

    def article(
        self,
        title: str = "研发费用怎么归集",
        body: str = "按项目建**辅助账**，人员工时每月签字。",
        *,
        category: str = "policy",
        by: str = "wang",
        published: bool = True,
        review_on: date | None = None,
        title_en: str = "",
        body_en: str = "",
    ) -> Article:
        """An article of Nanshan's, published unless it shall stay a draft."""
        person = getattr(self.cast, by)
        words = articles.Words(title, body, title_en, body_en)
        article = articles.write(person, None, words, category_code=category)
        if published:
            day = review_on or clock.today() + timedelta(days=180)
            articles.publish(article, person, no_names=True, holds=True, review_on=day)
        return article

    def link(self, case: Case) -> Who:
        """Whoever holds the tracking link of the case."""
        return intake.requester(case)

    def desk(self, case: Case) -> Who:
        """The coordinator of the case's station."""
        return self.cast.wang if case.station_id == self.cast.station().id else self.cast.zhao

    def _submitted(self, case: Case, *, company: CompanyFacts, phone: str, email: str | None, **_: Any) -> None:
        case.contact_name = "林女士"
        intake.submit(
            case,
            intake.requester(case),
            company=company,
            contact=Contact("林女士", phone, email, None, Meeting.ONLINE),
            consents={"handling": True},
        )

    def _triaged(self, case: Case, *, category: str, **_: Any) -> None:
        triage.triage(case, self.desk(case), category_code=category)

    def _offered(self, case: Case, *, expert: str, **_: Any) -> None:
        assignment.offer(case, self.desk(case), to=self.cast.expert(expert), override="电话里说好了")

    def _accepted(self, case: Case, *, expert: str, **_: Any) -> None:
        assignment.accept(self.offer(case), getattr(self.cast, expert), no_conflict=True)

    def _consulting(self, case: Case, *, expert: str, **_: Any) -> None:
        consultation.reply(case, getattr(self.cast, expert), body="您好，我来帮您看。", form_key=next(keys))

    def _answered(self, case: Case, *, expert: str, **_: Any) -> None:
        self.visit(case, by=expert)
        self.answer(case, by=expert)

    def _closed(self, case: Case, **_: Any) -> None:
        for visit in visits.undecided(case):
            visits.confirm(visit, self.link(case))
        self.confirm(case)

    def letter(self, case: Case, storage: Storage) -> Incoming:
        """A stranger's letter with a file that names the case and waits at its station."""
        letter = EmailMessage()
        letter["From"], letter["Subject"] = "x@else.example", case.number
        letter.set_content("hello")
        letter.add_attachment("one line", filename="a.txt")
        raw = letter.as_bytes()
        row, _ = incoming.keep(raw, storage, source="pipe")
        return incoming.place(row.id, reader.read(raw), storage)

    def offer(self, case: Case) -> Offer:
        """The pending offer of a case."""
        found = assignment.pending_offer(case)
        assert found is not None
        return found

    def visit(
        self, case: Case, *, by: str = "chen", start: datetime | None = None, minutes: int = 60, **facts: Any
    ) -> Visit:
        """A visit that has just ended, or that ended when this expert's earliest one so far began."""
        person = getattr(self.cast, by)
        of_cases = Visit.expert_id == person.expert_id, Visit.case_id.is_not(None)
        earliest = db.session.scalar(select(func.min(Visit.starts_at)).where(*of_cases))
        begins = start or (earliest or clock.now()) - timedelta(minutes=minutes)
        values = {"mode": Meeting.ONLINE, "place": "", "summary": "看了材料，讲了归集口径。", **facts}
        return visits.log(
            case,
            person,
            facts=VisitFacts(starts_at=begins, ends_at=begins + timedelta(minutes=minutes), **values),
            form_key=next(keys),
        )

    def activity(
        self,
        *experts: str,
        by: str = "wang",
        verified_by: str = "",
        end: datetime | None = None,
        minutes: int = 120,
        title: str = "专精特新申报集中辅导",
        companies: int = 24,
    ) -> Activity:
        """An activity of the Nanshan station that ended yesterday; the experts served all of it."""
        ends = end or clock.now() - timedelta(days=1)
        starts = ends - timedelta(minutes=minutes)
        facts = ActivityFacts(
            ActivityKind.CLINIC, "policy", title, "讲了认定条件，逐家看了材料。", starts, ends, Meeting.ONSITE,
            "科技园 B2 报告厅", "南山工作站", "王岚", companies, 41,
        )  # fmt: skip
        served = [Attendance(self.cast.expert(name).id, starts, ends, "主讲并答疑") for name in experts or ("chen",)]
        row = activities.record(
            self.cast.station(), getattr(self.cast, by), facts=facts, experts=served, form_key=next(keys)
        )
        if verified_by:
            activities.verify(row, getattr(self.cast, verified_by), score=5)
        return row

    def answer(self, case: Case, *, by: str = "chen") -> None:
        """The summary, with every part of the gate declared."""
        closure.answer(
            case,
            getattr(self.cast, by),
            problem="研发费用归集不清。",
            advice="按项目建辅助账。",
            result="帮助企业理清研发费用归集口径",
            declared=dict.fromkeys(GATE, True),
        )

    def confirm(self, case: Case, *, by: Who | None = None, score: int | None = 5, **facts: Any) -> None:
        """The company confirms, and says that nothing was paid."""
        values = {"outcome": Outcome.SOLVED, "comment": "讲得明白", "paid": False, "name_on_paper": True, **facts}
        closure.confirm(case, by or self.link(case), score=score, **values)
