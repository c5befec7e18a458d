"""Random steps by random people at random times: whatever they try, the house's invariants hold.

No illegal state; ledger minutes are confirmed minutes, also after corrections and reversals; exactly one valid
certificate for each closed case and expert with hours, activities count when somebody else verified them; the expert's page and what a commendation weighs say what the
ledger says, also after two experts turned out to be one person; nobody confirmed their own hours; the event log replays
to the current state.
"""

from __future__ import annotations

import itertools
import random
import secrets
import shutil
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from helpdesk import clock as house_clock
from helpdesk import create_app, models
from helpdesk.db import begin, db
from helpdesk.domain import (
    activities,
    assignment,
    certificates,
    closure,
    consultation,
    corrections,
    evidence,
    expert_merges,
    hours,
    intake,
    life,
    record,
    transfers,
    triage,
    visits,
)
from helpdesk.domain.activities import ActivityFacts, Attendance
from helpdesk.domain.visits import VisitFacts
from helpdesk.errors import NotAllowed, Refused
from helpdesk.models import (
    COUNTS,
    Activity,
    ActivityKind,
    ActivityState,
    Case,
    Certificate,
    Correction,
    CorrectionState,
    Event,
    HoursEntry,
    Meeting,
    Offer,
    Outcome,
    PaperStatus,
    Status,
    Subject,
    Visit,
    VisitStatus,
)
from helpdesk.rules import lifecycle, policy
from helpdesk.rules.credit import GATE, GATE_STATION
from tests import conftest
from tests.cast import LOGINS, LONGGANG, OTHER, SOUTHLIGHT, Cast
from tests.make import Make, keys

EXPERTS = ("chen", "wu", "zheng", "qian")
PEOPLE = (*LOGINS, "link")
walks, sides = itertools.count(), itertools.count()


class Office:
    """A small office with two companies, two stations, four experts and time that passes."""

    seen: Counter[str] = Counter()
    places: tuple[Path, Path]

    def __init__(self, database: Path, folder: Path, chance: random.Random) -> None:
        self.chance, self.folder = chance, folder
        self.side = random.Random(next(sides))
        path = self.folder / f"office-{next(keys)}.db"
        shutil.copy(database, path)
        self.path = path
        self.app = create_app(conftest.settings(self.folder, f"sqlite:///{path}"))
        self.context = self.app.app_context()
        self.context.push()
        self.moment = conftest.NOW
        self.time = house_clock.at(self.moment)
        self.time.__enter__()
        begin(read_only=False)
        self.cast = Cast()
        self.make = Make(self.cast)
        self.taken: list[str] = []
        self.experts = {name: self.cast.expert(name) for name in EXPERTS}
        # Which expert the person behind an account is; two accounts may turn out to be one person's.
        self.own = {self.cast.account(name).id: expert.id for name, expert in self.experts.items()}

    def teardown(self) -> None:
        db.session.rollback()
        db.session.remove()
        db.engine.dispose()
        self.time.__exit__(None, None, None)
        self.context.pop()
        self.path.unlink(missing_ok=True)

    # --- what people do ---

    def walk(self, tries: int) -> None:
        """So many tries, minutes or days apart; the invariants are asked again and again."""
        self.make.case("submitted")
        self.make.case("submitted", company=OTHER, phone="13900139000")
        self.make.case("closed", phone="13900139001")
        for n in range(tries):
            self.time_passes(self.chance.choices([5, 40, 1440, 9 * 1440], [60, 30, 10, 2])[0])
            if self.chance.random() < 0.04:
                self.another_request(self.chance.random() < 0.3)
            self.one_try(self.chance)
            if n % 4 == 0:
                self.one_try_at_an_activity()
            if n % 8 == 0:
                self.check()
        self.check()
        self.two_experts_are_one()
        self.check()

    def check(self) -> None:
        self.events_replay_to_the_state()
        self.activities_count_when_verified_by_others()
        self.the_ledger_is_the_confirmed_minutes()
        self.one_valid_certificate_for_each_case_and_expert_with_hours()
        self.the_expert_reads_what_the_ledger_says()
        self.nobody_confirmed_their_own_hours()
        self.numbers_have_no_gaps()

    def time_passes(self, minutes: int) -> None:
        self.moment += timedelta(minutes=minutes)
        self.time.__exit__(None, None, None)
        self.time = house_clock.at(self.moment)
        self.time.__enter__()
        assignment.expire_due()
        assignment.return_uncontacted()

    def another_request(self, longgang: bool) -> None:
        try:
            with db.session.begin_nested():
                self.make.case(
                    "submitted",
                    company=OTHER if longgang else SOUTHLIGHT,
                    phone="13900139000" if longgang else "13800138000",
                )
        except Refused as refusal:
            assert refusal.code == "too_many_open_cases"

    def one_try(self, chance: random.Random) -> None:
        case = chance.choice(db.session.scalars(select(Case).order_by(Case.id)).all())
        verbs = VERBS
        fitting = chance.random() < 0.9
        if fitting:
            names = {row.name for row in lifecycle.steps_from(case.status)} | {
                "reply",
                "visit",
                "confirm_visit",
                "void",
                *(RECORDS if self.is_settled(case) else ()),
            }
            verbs = tuple(v for v in VERBS if v[0] in names)
        weights = [WEIGHTS.get(v[0], 1.0) for v in verbs]
        name, people, act = chance.choices(verbs, weights)[0]
        who = chance.choice(people) if fitting else chance.choice(PEOPLE)
        coin = chance.random() < 0.7
        person = self.person(who, case)
        before = (case.status, case.version)
        try:
            with db.session.begin_nested():
                act(self, case, person, coin)
        except (Refused, NotAllowed):
            db.session.expire_all()
            assert (case.status, case.version) == before, f"{name} was refused but left a trace"
        else:
            self.taken.append(f"{name} by {who}")
            Office.seen[name] += 1

    def one_try_at_an_activity(self) -> None:
        name, people, act = self.side.choices(AT_ACTIVITIES, [3, 4, 1, 2, 0.5])[0]
        who = self.side.choice(people)
        try:
            with db.session.begin_nested():
                act(self, None, self.cast.__getattr__(who), self.side.random() < 0.7)
        except (Refused, NotAllowed):
            db.session.expire_all()
        else:
            Office.seen[name] += 1

    def two_experts_are_one(self) -> None:
        """Somebody was registered twice. Refused when the two were at two places at once or one confirmed the other."""
        one, other = self.chance.sample(list(self.experts.values()), 2)
        before = hours.totals(one.id).minutes + hours.totals(other.id).minutes
        try:
            with db.session.begin_nested():
                expert_merges.merge(one, self.cast.zhou, survivor=other, named=other.name, reason="登记了两次")
        except Refused as refusal:
            db.session.expire_all()
            assert refusal.code in ("merge_overlaps", "own_hours"), refusal.code
            Office.seen["merge_experts refused"] += 1
        else:
            assert (hours.totals(one.id).minutes, hours.totals(other.id).minutes) == (0, before)
            self.own = {account: other.id if expert == one.id else expert for account, expert in self.own.items()}
            Office.seen["merge_experts"] += before > 0

    def is_settled(self, case: Case) -> bool:
        return db.session.scalar(select(HoursEntry.id).where(HoursEntry.case_id == case.id).limit(1)) is not None

    def person(self, who: str, case: Case) -> policy.Who:
        if who == "link":
            return intake.requester(case)
        if who == "expert":
            return next(
                (w for w in map(self.cast.__getattr__, EXPERTS) if w.expert_id == case.expert_id),
                self.cast.wu,
            )
        if who == "offered":
            offer = assignment.pending_offer(case)
            ids = {self.cast.__getattr__(n).expert_id: n for n in EXPERTS}
            return self.cast.__getattr__(ids[offer.expert_id]) if offer else self.cast.chen
        if who == "desk":
            return self.make.desk(case)
        return self.cast.__getattr__(who)

    # --- what must hold, always ---

    def events_replay_to_the_state(self) -> None:
        for case in db.session.scalars(select(Case)):
            assert life.replay(record.timeline(case)) is case.status
            count = db.session.scalar(select(func.count()).select_from(Event).where(Event.case_id == case.id))
            assert count == case.event_count

    def the_ledger_is_the_confirmed_minutes(self) -> None:
        settled = select(Case.id).where(Case.status.in_((Status.CLOSED, Status.WITHDRAWN)))
        confirmed = db.session.scalar(
            select(func.coalesce(func.sum(Visit.counted_minutes), 0)).where(
                Visit.status.in_(COUNTS), Visit.case_id.in_(settled)
            )
        )
        of_settled = db.session.scalar(
            select(func.coalesce(func.sum(HoursEntry.minutes), 0)).where(HoursEntry.case_id.in_(settled))
        )
        assert of_settled == confirmed
        per_visit = db.session.execute(
            select(Visit.status, Visit.counted_minutes, func.sum(HoursEntry.minutes))
            .join(HoursEntry, HoursEntry.visit_id == Visit.id)
            .group_by(Visit.id)
        )
        for status, counted, minutes in per_visit:
            assert minutes == (counted if status in COUNTS else 0), status
        assert hours.first_bad_row() is None

    def one_valid_certificate_for_each_case_and_expert_with_hours(self) -> None:
        earned = db.session.execute(
            select(HoursEntry.case_id, HoursEntry.expert_id, func.sum(HoursEntry.minutes))
            .where(HoursEntry.case_id.is_not(None))
            .group_by(HoursEntry.case_id, HoursEntry.expert_id)
            .having(func.sum(HoursEntry.minutes) != 0)
        ).all()
        valid = db.session.execute(
            select(Certificate.case_id, Certificate.expert_id, Certificate.minutes).where(
                Certificate.status == PaperStatus.VALID
            )
        ).all()
        assert sorted(map(tuple, valid)) == sorted(map(tuple, earned))

    def the_expert_reads_what_the_ledger_says(self) -> None:
        """Ledger, valid certificates with verified activities, the hours page, stars and commendations reckon with one
        number."""
        ids = [expert.id for expert in self.experts.values()]
        weighed = evidence.facts(Subject.EXPERT, date(2000, 1, 1), house_clock.today(), ids)
        for expert in self.experts.values():
            ledger = sum(db.session.scalars(select(HoursEntry.minutes).where(HoursEntry.expert_id == expert.id)))
            papers = sum(
                db.session.scalars(
                    select(Certificate.minutes).where(
                        Certificate.expert_id == expert.id, Certificate.status == PaperStatus.VALID
                    )
                )
            )
            attended = sum(
                db.session.scalars(
                    select(Visit.counted_minutes)
                    .join(Activity, Activity.id == Visit.activity_id)
                    .where(Visit.expert_id == expert.id, Visit.status == VisitStatus.VERIFIED)
                    .where(Activity.state == ActivityState.VERIFIED)
                )
            )
            assert ledger == papers + attended == hours.totals(expert.id).minutes == hours.progress(expert).minutes
            assert ledger == weighed[expert.id]["minutes"] == weighed[expert.id]["total_minutes"]

    def activities_count_when_verified_by_others(self) -> None:
        """Each standing time at an activity is a line of the ledger, and each line one of an activity somebody else
        than its recorder verified."""
        for visit in db.session.scalars(select(Visit).where(Visit.activity_id.is_not(None))):
            counts = visit.status is VisitStatus.VERIFIED
            assert hours.minutes_of_visit(visit.id) == (visit.counted_minutes if counts else 0)
            assert not counts or visit.activity.state is ActivityState.VERIFIED
        for activity in db.session.scalars(select(Activity)):
            assert activity.verified_by_id != activity.recorded_by_id
            for visit in activities.of(activity):
                assert self.own.get(activity.recorded_by_id) != visit.expert_id

    def nobody_confirmed_their_own_hours(self) -> None:
        for visit in db.session.scalars(select(Visit).where(Visit.decided_by_id.is_not(None))):
            assert self.own.get(visit.decided_by_id) != visit.expert_id
        for entry in db.session.scalars(select(HoursEntry)):
            assert self.own.get(entry.recorded_by_id) != entry.expert_id

    def numbers_have_no_gaps(self) -> None:
        numbers = [n for n in db.session.scalars(select(Case.number)) if n]
        for series in {n[:6] for n in numbers}:
            own = sorted(n for n in numbers if n.startswith(series))
            assert own == [f"{series}{n:05d}" for n in range(1, len(own) + 1)]
        raised = db.session.scalar(select(func.sum(models.Counter.n)).where(models.Counter.key.like("case-%"))) or 0
        assert raised == len(numbers)


def _visit(office: Office, case: Case, who: policy.Who, coin: bool) -> object:
    end = office.moment - timedelta(minutes=5)
    return visits.log(
        case,
        who,
        facts=VisitFacts(
            end - timedelta(minutes=50 if coin else 20), end, Meeting.PHONE, "", "谈了", preparation_minutes=40
        ),
        form_key=next(keys),
    )


def _decide_visits(office: Office, case: Case, who: policy.Who, coin: bool) -> None:
    if not visits.undecided(case):
        raise Refused("visit_decided")
    for visit in visits.undecided(case):
        if coin:
            visits.confirm(visit, who)
        else:
            visits.dispute(visit, who, reason="不对")


def _void(office: Office, case: Case, who: policy.Who, coin: bool) -> None:
    for visit in visits.undecided(case)[:1]:
        if coin:
            visits.verify(visit, who)
        else:
            visits.void(visit, who, reason="核实后不计")


def _verify(office: Office, case: Case, who: policy.Who, coin: bool) -> None:
    decisions = {visit.id: coin for visit in visits.undecided(case)}
    closure.verify(case, who, decisions=decisions, declared=dict.fromkeys(GATE_STATION, True), reason="核实")


def _answer(office: Office, case: Case, who: policy.Who, coin: bool) -> None:
    closure.answer(case, who, problem="问", advice="议", result="果", declared=dict.fromkeys(GATE, True))


def _confirm(office: Office, case: Case, who: policy.Who, coin: bool) -> None:
    closure.confirm(
        case, who, outcome=Outcome.SOLVED if coin else Outcome.PARTLY, score=4 if coin else None, comment="", paid=False
    )


def _offer(office: Office, case: Case, who: policy.Who, coin: bool) -> None:
    assignment.offer(case, who, to=office.cast.expert("chen" if coin else "qian"))


def _merge(office: Office, case: Case, who: policy.Who, coin: bool) -> None:
    others = db.session.scalars(select(Case).where(Case.company_id == case.company_id, Case.id != case.id)).all()
    triage.merge(case, who, into=others[0] if others else None)


def _request_transfer(office: Office, case: Case, who: policy.Who, coin: bool) -> None:
    transfers.request(case, who, to=office.cast.station(LONGGANG) if coin else office.cast.station(), reason="就近")


def _attempts(office: Office, case: Case, who: policy.Who, coin: bool) -> None:
    consultation.log_attempt(case, who, note="没人接", form_key=secrets.token_hex(8))
    if coin:
        closure.close_unreachable(case, who)


def _visit_of(office: Office, case: Case) -> Visit:
    found = visits.of(case)
    if not found:
        raise Refused("nothing_settled")
    return office.chance.choice(found)


def _ask_correction(office: Office, case: Case, who: policy.Who, coin: bool) -> None:
    corrections.ask(_visit_of(office, case), who, says="时间记错了", form_key=next(keys))


def _decide_correction(office: Office, case: Case, who: policy.Who, coin: bool) -> None:
    row = db.session.scalar(
        select(Correction).where(Correction.case_id == case.id, Correction.state == CorrectionState.OPEN).limit(1)
    )
    if row is None:
        raise Refused("correction_decided")
    if not coin:
        corrections.refuse(row, who, reason="核实无误")
        return
    visit = row.visit
    shorter = timedelta(minutes=office.chance.randrange(1, 10))
    facts = VisitFacts(visit.starts_at + shorter, visit.ends_at, visit.mode, visit.place, visit.summary)
    corrections.grant(row, who, facts=facts, reason="看了通话记录")


def _reissue(office: Office, case: Case, who: policy.Who, coin: bool) -> None:
    papers = certificates.of_case(case.id)
    if not papers:
        raise Refused("paper_not_valid")
    certificates.reissue(office.chance.choice(papers), who, reason="名字写错了")


def _record_activity(office: Office, case: object, who: policy.Who, coin: bool) -> None:
    names = office.side.sample(EXPERTS, 2 if coin else 1)
    end = office.moment - timedelta(minutes=office.side.randrange(1, 3000))
    starts = end - timedelta(minutes=50)
    facts = ActivityFacts(
        ActivityKind.TALK, "policy", "讲座", "讲了", starts, end, Meeting.ONSITE, "报告厅", "南山站", "某某", 3, 9
    )
    served = [Attendance(office.cast.expert(name).id, starts, end, "主讲") for name in names]
    if who.station_ids and coin:
        waits = select(Activity).where(Activity.state.in_(activities.OPEN)).order_by(Activity.id).limit(1)
        row = db.session.scalar(waits)
        if row is not None:
            activities.change(row, who, facts=facts, experts=served)
            return
    activities.record(office.cast.station(), who, facts=facts, experts=served, form_key=next(keys))


def _some_activity(office: Office, *states: ActivityState) -> Activity:
    rows = db.session.scalars(select(Activity).where(Activity.state.in_(states)).order_by(Activity.id)).all()
    if not rows:
        raise Refused("activity_decided")
    return office.side.choice(rows)


def _decide_activity(office: Office, case: Case, who: policy.Who, coin: bool) -> None:
    row = _some_activity(office, ActivityState.RECORDED, ActivityState.RETURNED)
    if office.side.random() < 0.8:
        activities.verify(row, who, score=5)
    elif coin:
        activities.give_back(row, who, reason="签到少一人")
    else:
        activities.withdraw(row, who, reason="记重了")


def _settled_visit(office: Office) -> Visit:
    found = activities.settled(_some_activity(office, ActivityState.VERIFIED))
    return office.side.choice(found)


def _ask_about_activity(office: Office, case: Case, who: policy.Who, coin: bool) -> None:
    corrections.ask(_settled_visit(office), who, says="时间记错了", form_key=next(keys))


def _decide_about_activity(office: Office, case: Case, who: policy.Who, coin: bool) -> None:
    waits = Correction.case_id.is_(None), Correction.state == CorrectionState.OPEN
    row = db.session.scalar(select(Correction).where(*waits).limit(1))
    if row is None:
        raise Refused("correction_decided")
    if not coin:
        corrections.refuse(row, who, reason="核实无误")
        return
    visit = row.visit
    shorter = timedelta(minutes=office.side.randrange(1, 10))
    facts = VisitFacts(visit.starts_at + shorter, visit.ends_at, visit.mode, visit.place, visit.summary)
    corrections.grant(row, who, facts=facts, reason="看了签到表")


VERBS: tuple[tuple[str, tuple[str, ...], Any], ...] = (
    ("triage", ("desk",), lambda o, c, w, coin: triage.triage(c, w, category_code="policy" if coin else "finance")),
    ("reject", ("desk",), lambda o, c, w, coin: triage.reject(c, w, ground="secret_privacy", reason="涉密")),
    ("refer", ("desk",), lambda o, c, w, coin: triage.refer(c, w, office="12345")),
    ("appeal", ("link", "lin"), lambda o, c, w, coin: triage.appeal(c, w, reason="不服")),
    ("uphold_appeal", ("li",), lambda o, c, w, coin: triage.uphold_appeal(c, w, reason="成立")),
    ("merge", ("desk",), _merge),
    ("unmerge", ("desk",), lambda o, c, w, coin: triage.unmerge(c, w)),
    ("offer", ("desk", "desk", "qian"), _offer),
    ("accept", ("offered",), lambda o, c, w, coin: assignment.accept(_pending(c), w, no_conflict=True)),
    ("decline", ("offered",), lambda o, c, w, coin: assignment.decline(_pending(c), w, reason="no_time")),
    ("recall", ("desk",), lambda o, c, w, coin: assignment.recall(c, w, reason="换人")),
    ("take", ("desk",), lambda o, c, w, coin: assignment.take_for_station(c, w)),
    ("hand_back", ("expert", "desk"), lambda o, c, w, coin: assignment.hand_back(c, w, reason="no_time")),
    ("reply", ("expert", "expert", "link", "desk"), lambda o, c, w, coin: consultation.reply(c, w, body="话", form_key=next(keys))),
    ("ask", ("expert", "desk"), lambda o, c, w, coin: consultation.ask(c, w, question="还差什么", form_key=next(keys))),
    ("visit", ("expert",), _visit),
    ("confirm_visit", ("link", "lin"), _decide_visits),
    ("void", ("desk", "qian"), _void),
    ("answer", ("expert", "desk"), _answer),
    ("confirm", ("link", "lin"), _confirm),
    ("dispute", ("link",), lambda o, c, w, coin: closure.dispute(c, w, reason="没解决")),
    ("report_payment", ("link",), lambda o, c, w, coin: closure.report_payment(c, w)),
    ("decide_review", ("zhou", "li"), lambda o, c, w, coin: closure.decide_review(c, w, upheld=coin, reason="查过")),
    ("verify", ("desk", "qian"), _verify),
    ("close_unreachable", ("desk", "expert"), _attempts),
    ("withdraw", ("link",), lambda o, c, w, coin: closure.withdraw(c, w, reason="other")),
    ("resume", ("link",), lambda o, c, w, coin: closure.resume(c, w)),
    ("reopen", ("link", "desk", "zhou"), lambda o, c, w, coin: closure.reopen(c, w, reason="还有问题")),
    ("request_transfer", ("desk",), _request_transfer),
    ("accept_transfer", ("zhao",), lambda o, c, w, coin: transfers.accept(c, w)),
    ("bounce_transfer", ("zhao",), lambda o, c, w, coin: transfers.bounce(c, w, reason="不归我们")),
    ("cancel_transfer", ("desk",), lambda o, c, w, coin: transfers.cancel(c, w)),
    ("ask_correction", ("link", "expert", "chen", "qian"), _ask_correction),
    ("decide_correction", ("desk", "zhou", "qian"), _decide_correction),
    ("reverse", ("zhou", "desk"), lambda o, c, w, coin: hours.reverse(_visit_of(o, c), w, reason="没有发生")),
    ("reissue", ("zhou", "desk", "chen"), _reissue),
)  # fmt: skip

# Beside the cases, with a chance of its own, so that the walks through cases stay what they are.
AT_ACTIVITIES: tuple[tuple[str, tuple[str, ...], Any], ...] = (
    ("record_activity", ("wang", "qian", "zhao"), _record_activity),
    ("decide_activity", ("wang", "qian", "li", "zhou", "zhao"), _decide_activity),
    ("ask_about_activity", EXPERTS, _ask_about_activity),
    ("decide_about_activity", ("wang", "qian", "zhou"), _decide_about_activity),
    ("reverse_at_activity", ("zhou", "wang"), lambda o, c, w, coin: activities.reverse(_settled_visit(o), w, reason="没有来")),
)  # fmt: skip


# What may be done to a record whatever state its case is in.
RECORDS = ("ask_correction", "decide_correction", "reverse", "reissue")

# The way forward is tried more often than the ways out, so that walks get far.
WEIGHTS = {"triage": 6, "offer": 8, "accept": 8, "reply": 3, "visit": 4, "answer": 6, "confirm_visit": 3,
           "withdraw": 0.3, "refer": 0.3, "reject": 0.6, "merge": 0.4, "void": 0.5, "take": 0.4, "hand_back": 0.5,
           "resume": 4, "unmerge": 4, "appeal": 3, "uphold_appeal": 4, "close_unreachable": 3, "verify": 4, "decide_review": 20, "confirm": 4, "report_payment": 2,
           "reverse": 0.3, "decide_correction": 4, "ask_correction": 4}  # fmt: skip


def _pending(case: Case) -> Offer:
    found = assignment.pending_offer(case)
    if found is None:
        raise Refused("offer_gone")
    return found


@given(seed=st.integers(0, 10**9))
@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
def _walk(seed: int) -> None:
    office = Office(*Office.places, random.Random(seed * 7919 + next(walks)))
    try:
        office.walk(260)
    finally:
        office.teardown()


def test_random_people_cannot_break_the_house(template_database, tmp_path):
    Office.places = (template_database, tmp_path)
    _walk()
    # Walks that never closed, transferred or reopened anything would prove little.
    assert not [
        name for name in (*(name for name, _, _ in (*VERBS, *AT_ACTIVITIES)), "merge_experts") if not Office.seen[name]
    ], Office.seen
