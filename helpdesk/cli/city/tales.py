"""What happens to one case: a tale is a generator that yields the moment of its next act, then acts.

The teller (`__init__.build`) always runs the tale whose next moment is earliest, so the city's year is told in order
and every number, clock and capacity is what it would have been.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from helpdesk import clock
from helpdesk.adapters.storage import Storage
from helpdesk.cli.city import papers
from helpdesk.cli.city.people import City
from helpdesk.db import db
from helpdesk.domain import assignment, attachments, closure, consultation, intake, transfers, triage, visits
from helpdesk.domain.intake import Contact
from helpdesk.domain.visits import VisitFacts
from helpdesk.errors import Refused
from helpdesk.models import Case, Expert, Meeting, Outcome, Station, Status, Urgency
from helpdesk.rules.credit import GATE, GATE_STATION
from helpdesk.rules.policy import Who

Acts = Iterator[datetime]


@dataclass
class Tale:
    """What a case is about, and how far it goes. `ending` is a state or one of the special ends below."""

    scenario: dict[str, Any]
    company: str
    start: datetime
    ending: str
    chance: random.Random
    city: City
    odd: dict[str, Any]
    expert: str = ""
    long_visits: tuple[int, ...] = ()
    english: bool = False
    keys: int = 0
    case: Case = field(init=False)
    moment: datetime = field(init=False)

    # --- small helpers ---

    def key(self) -> str:
        self.keys += 1
        return f"demo-{self.keys}"

    def later(self, low: float, high: float) -> datetime:
        """The next moment, so many hours on; never at night."""
        self.moment += timedelta(hours=self.chance.uniform(low, high))
        here = clock.local(self.moment)
        if not 8 <= here.hour < 22:
            self.moment = clock.from_local(here.date() + timedelta(days=here.hour >= 22), 9, self.chance.randrange(55))
        return self.moment

    def at_work(self, low: float, high: float) -> datetime:
        """The same, in office hours of a weekday."""
        self.later(low, high)
        here = clock.local(self.moment)
        while here.weekday() > 4 or not 9 <= here.hour < 18:
            step = 1 if here.weekday() > 4 or here.hour >= 18 else 0
            here = clock.local(clock.from_local(here.date() + timedelta(days=step), 9, self.chance.randrange(5, 58)))
        self.moment = here.astimezone(self.start.tzinfo)
        return self.moment

    storage: Storage | None = None

    def attach(self, who: Who, batch: str, *files: attachments.Upload) -> None:
        """Send files with the form of this key."""
        if self.storage is not None:
            attachments.keep(self.case, who, batch, files, self.storage)

    @property
    def place(self) -> int:
        """A number of this tale's own, by which its pictures differ and which of them there are. No chance: drawing one
        would change the whole city."""
        return int(self.start.timestamp()) // 60

    @property
    def link(self) -> Who:
        return intake.requester(self.case)

    @property
    def asker(self) -> Who:
        """The member if the company has one, else the holder of the link."""
        member = self.city.members.get(self.company)
        return member.with_link(self.case.id, self.case.contact_name) if member else self.link

    @property
    def desk(self) -> Who:
        return self.city.desks[self.case.station_id or 0]

    @property
    def helper(self) -> Who:
        return self.city.expert_people[self.case.expert_id or 0]

    # --- the way of a case ---

    def tell(self) -> Acts:
        """The whole tale."""
        self.moment = self.start
        yield self.moment
        self._ask()
        if self.ending == "draft":
            return
        yield self.later(0.05, 0.2)
        self._send()
        if self.ending == "submitted":
            return
        yield from self._desk()
        if not self._is_at(Status.TRIAGED) or self.ending == "triaged":
            return
        if self.ending.startswith("transfer"):
            yield from self._transfer()
            return
        yield from self._find_an_expert()
        if not self._is_at(Status.ACCEPTED):
            return
        if self.ending == "unreachable":
            yield from self._unreachable()
            return
        if self.ending == "accepted":
            return
        yield from self._consult()
        if self._is_at(Status.CONSULTING) and self.ending not in ("consulting", "waiting", "handed_back"):
            yield from self._finish()

    def _is_at(self, status: Status) -> bool:
        return self.case.status is status

    def _ask(self) -> None:
        text = self.scenario["problem_en"] if self.english else self.scenario["problem"]
        wished = self.scenario["category"] if self.chance.random() < 0.55 else None
        member = self.city.members.get(self.company)
        self.case = intake.start(text, category=wished, locale="en" if self.english else "zh_Hans_CN", sent_by=member)

    def _send(self) -> None:
        facts, row = self.city.companies[self.company]
        phone = f"13{self.chance.randrange(10**9):09d}"
        self.case.contact_name = row["salutation"]
        meeting = self.chance.choice([Meeting.ONLINE, Meeting.PHONE, Meeting.ONSITE, Meeting.STATION])
        station = self._near()
        if self.place % 5 == 0:
            shown = papers.notice if self.scenario["category"] in ("policy", "legal") else papers.workshop
            self.attach(self.asker, attachments.REQUEST, shown(self.place))
        intake.submit(
            self.case,
            self.asker,
            company=facts,
            contact=Contact(row["salutation"], phone, None, self.chance.choice(["工作日下午", "上午", None]), meeting),
            consents={"handling": True, "referral": self.chance.random() < 0.6, "example": self.chance.random() < 0.4},
            station_id=station,
        )

    def _near(self) -> int:
        district = self.city.companies[self.company][0].district
        here = [s for s in self.stations if s.district == district]
        shown = next((s for s in here if s.slug == self.shown), None)
        # A company always goes to the same station.
        near = shown or (here[int(self.company[-3:]) % len(here)] if here else intake.station_for(district))
        return near.id

    stations: tuple[Station, ...] = ()
    shown: str = ""

    def _desk(self) -> Acts:
        """Triage, or one of the ends at the desk."""
        yield self.at_work(0.5, 7)
        if self.ending == "rejected":
            one = self.scenario
            triage.reject(self.case, self.desk, ground=one["ground"], reason=f"{one['explanation']}{one['go_to']}")
            if one.get("appeal"):
                yield self.later(5, 30)
                triage.appeal(self.case, self.asker, reason=one["appeal"]["text"])
            return
        if self.ending == "referred":
            triage.refer(self.case, self.desk, office=self.scenario["office"], reason=self.scenario["explanation"])
            return
        triage.triage(
            self.case,
            self.desk,
            category_code=self.scenario["category"],
            topic_code=self.scenario.get("topic"),
            urgency=Urgency(self.scenario.get("urgency", "normal")),
            title=self.scenario["title_en"] if self.english else self.scenario["title"],
        )
        if self.ending == "withdrawn":
            yield self.later(3, 40)
            closure.withdraw(self.case, self.asker, reason=self.chance.choice(self.odd["withdrawals"])["code"])

    def _transfer(self) -> Acts:
        row = self.chance.choice(self.odd["transfers"])
        others = [s for s in self.stations if s.id != self.case.station_id]
        other = next((s for s in others if s.slug == self.shown), None) or self.chance.choice(others)
        yield self.at_work(1, 5)
        transfers.request(self.case, self.desk, to=other, reason=row["reason"])
        if self.ending == "transfer_accepted":
            yield self.at_work(2, 9)
            transfers.accept(self.case, self.city.desks[other.id])
        elif self.ending == "transfer_bounced":
            yield self.at_work(2, 9)
            transfers.bounce(self.case, self.city.desks[other.id], reason=row["bounce"] or "本站没有这方面的专家。")

    def _choose(self) -> tuple[Expert, str] | None:
        """Somebody of the list, and ""; or the tale's own expert, and why they are asked all the same."""
        listed = assignment.candidates(self.case).listed
        if self.expert:
            return self.city.experts[self.expert], "企业点名请过这位老师，电话里已经说好。"
        free = [c for c in listed if c.expert.id not in self.kept]
        if not free:
            return None
        pick = free[min(len(free) - 1, int(self.chance.expovariate(0.8)))]
        return pick.expert, ""

    kept: frozenset[int] = frozenset()

    def _find_an_expert(self) -> Acts:
        """Offers until somebody accepts; about one in nine declines."""
        for attempt in range(4):
            yield self.at_work(0.3, 4)
            chosen = self._choose()
            if chosen is None:
                return
            expert, argued = chosen
            try:
                offer = assignment.offer(self.case, self.desk, to=expert, override=argued)
            except Refused:
                return
            # Whoever is named in the tale is the one who still has to answer.
            if self.ending == "offered" and (attempt or self.expert or not self.scenario.get("decline_reason")):
                return
            person = self.city.expert_people[expert.id]
            declines = not self.expert and attempt < 2 and self.chance.random() < 0.11
            yield self.at_work(0.3, 7)
            if declines or (self.ending == "offered" and not attempt):
                row = self.chance.choice(self.odd["declines"])
                assignment.decline(offer, person, reason=row["code"], note=row["text"])
                continue
            try:
                assignment.accept(offer, person, no_conflict=True)
            except Refused:
                # Somebody else's offer was accepted meanwhile and the hands are full: say no, as a person would.
                assignment.decline(offer, person, reason="no_time", note="手上刚满，抱歉。")
                continue
            return

    def _unreachable(self) -> Acts:
        for note in self.chance.choice(self.odd["unreachable"]):
            yield self.at_work(25, 30)
            consultation.log_attempt(self.case, self.helper, note=note, form_key=self.key())
        yield self.at_work(25, 40)
        closure.close_unreachable(self.case, self.desk)

    def _consult(self) -> Acts:
        """The conversation and the visits, in turns."""
        said = list(self.scenario["messages"])
        if said and said[0]["from"] == "company" and self._is_at(Status.ACCEPTED):
            yield self.at_work(0.4, 5)
            hello = f"{self.case.contact_name}您好，您的问题我看了，先把手上的材料发来，我看完跟您约时间。"
            consultation.reply(self.case, self.helper, body=hello, form_key=self.key())
        half = max(2, len(said) // 2) if self.ending in ("consulting", "waiting", "handed_back") else len(said)
        todo = self._visits()
        for n, line in enumerate(said[:half]):
            yield self.later(0.3, 6) if line["from"] == "company" else self.at_work(0.5, 9)
            self._say(line)
            if n % 2 and todo:
                yield from self._visit(todo.pop(0))
        if self.ending == "waiting":
            yield self.at_work(1, 6)
            row = self.chance.choice(self.odd["information_requests"])
            consultation.ask(self.case, self.helper, question=row["question"], form_key=self.key())
            return
        if self.ending == "handed_back":
            yield self.at_work(3, 9)
            row = self.chance.choice(self.odd["hand_backs"])
            assignment.hand_back(self.case, self.helper, reason=row["code"], note=row["text"])
            return
        while todo and self.ending != "consulting":
            yield from self._visit(todo.pop(0))

    def _say(self, line: dict[str, str]) -> None:
        if line["from"] == "note":
            consultation.note(self.case, self.helper, body=line["text"], form_key=self.key())
            return
        who, key = self.asker if line["from"] == "company" else self.helper, self.key()
        if any(word in line["text"] for word in ("附上", "发您", "发了", "拍")) and self.place % 2 == 0:
            self.attach(who, key, papers.notice(self.place), papers.workshop(self.place))
        consultation.reply(self.case, who, body=line["text"], form_key=key)

    def _visits(self) -> list[dict[str, Any]]:
        rows = list(self.scenario["visits"])
        if self.long_visits:
            base = rows[0]
            rows = [
                {**base, "minutes": m, "summary": rows[n % len(rows)]["summary"]}
                for n, m in enumerate(self.long_visits)
            ]
        return rows

    def _visit(self, row: dict[str, Any]) -> Acts:
        """A visit on the next free working day; the company confirms it mostly within a day."""
        for _ in range(12):
            yield self.at_work(14, 30)
            begins = clock.from_local(clock.local(self.moment).date(), self.chance.choice([9, 10, 14]), 0)
            self.moment = max(self.moment, begins + timedelta(minutes=row["minutes"] + self.chance.randrange(20, 90)))
            yield self.moment
            facts = VisitFacts(
                begins,
                begins + timedelta(minutes=row["minutes"]),
                Meeting(row["mode"]),
                row["place"] or "",
                row["summary"],
                preparation_minutes=0 if self.long_visits else row["preparation_minutes"],
                travel_minutes=row["travel_minutes"],
            )
            key = self.key()
            if row["mode"] in ("onsite", "station") and self.place % 3 == 0:
                first = papers.workshop if row["mode"] == "onsite" else papers.whiteboard
                self.attach(self.helper, key, first(self.place), papers.signed_sheet(self.place))
            try:
                visit = visits.log(self.case, self.helper, facts=facts, form_key=key)
            except Refused:
                continue
            if self.ending not in ("verified", "silent") and self.chance.random() < 0.75:
                yield self.later(0.5, 20)
                visits.confirm(visit, self.asker)
            return

    def _finish(self) -> Acts:
        """The summary, and what the company makes of it."""
        yield self.at_work(2, 20)
        self._summarise()
        if self.ending in ("answered", "silent"):
            return
        if self.ending == "verified":
            yield self.at_work(24 * 7.2, 24 * 9)
            decisions = {visit.id: True for visit in visits.undecided(self.case)}
            closure.verify(self.case, self.desk, decisions=decisions, declared=dict.fromkeys(GATE_STATION, True))
            return
        yield self.later(2, 40)
        for visit in visits.undecided(self.case):
            visits.confirm(visit, self.asker)
        if self.ending == "review":
            said = self.chance.choice(self.odd["reviews"])["said"]
            closure.confirm(self.case, self.asker, outcome=Outcome.SOLVED, score=None, comment=said, paid=True)
            return
        if self.ending == "disputed":
            row = self.chance.choice(self.odd["disputes"])
            closure.dispute(self.case, self.asker, reason=row["reason"])
            yield self.at_work(2, 9)
            consultation.reply(self.case, self.helper, body=row["reply"], form_key=self.key())
            yield self.at_work(20, 50)
            self._summarise()
            yield self.later(3, 30)
        self._confirm()
        if self.ending == "reopened":
            yield self.later(40, 120)
            reason = self.chance.choice(self.odd["disputes"])["reason"]
            closure.reopen(self.case, self.asker, reason=reason)

    def _summarise(self) -> None:
        closure.answer(self.case, self.helper, **self.scenario["answer"], declared=dict.fromkeys(GATE, True))

    def _confirm(self) -> None:
        feedback = self.scenario["feedback"]
        closure.confirm(
            self.case,
            self.asker,
            outcome=Outcome.SOLVED if feedback["score"] > 3 else Outcome.PARTLY,
            score=feedback["score"] if self.chance.random() < 0.92 else None,
            comment=feedback["comment"] or self.chance.choice(self.odd["confirm_comments"]),
            paid=False,
            name_on_paper=self.chance.random() < 0.8,
        )


def forget() -> None:
    """Let go of what the session holds, between batches."""
    db.session.expunge_all()
