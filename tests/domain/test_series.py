"""What comes again: its days, that a case is made exactly once, what stands against it, and how it ends."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from helpdesk import clock as house_clock
from helpdesk import config
from helpdesk.adapters.mail.memory import MemoryMailer
from helpdesk.adapters.pdf.null import NullRenderer
from helpdesk.adapters.storage.memory import MemoryStorage
from helpdesk.db import begin, db, transaction
from helpdesk.domain import accounts, closure, erasures, intake, keeping, links, record, series
from helpdesk.domain.series import Plan, day_of
from helpdesk.errors import NotAllowed, Refused
from helpdesk.jobs import registry, worker
from helpdesk.jobs.registry import Outside
from helpdesk.models import (
    Case,
    Channel,
    Event,
    Grant,
    LinkKind,
    Mail,
    News,
    Notice,
    Series,
    SeriesCase,
    SeriesState,
    SeriesUnit,
    SeriesWhy,
    Status,
    Urgency,
)
from helpdesk.presentation import news_words
from helpdesk.rules import lifecycle, policy
from helpdesk.rules.keeping import GONE
from tests.conftest import NOW
from tests.domain.test_two_at_once import office  # noqa: F401

TODAY = date(2026, 11, 18)  # a Wednesday
WEEK, MONTH = SeriesUnit.WEEK, SeriesUnit.MONTH


def plan(**more) -> Plan:
    values = {
        "every": 3,
        "unit": MONTH,
        "first_on": TODAY + timedelta(days=1),
        "title": "季度报税",
        "problem": "请帮着看报表。",
    }
    return Plan(**(values | more))


@pytest.fixture
def closed(make):
    return make.case("closed", email="lin@southlight.example")


def go(**later) -> None:
    """The hourly round and the worker, so much later."""
    db.session.commit()
    db.session.remove()
    with house_clock.at(house_clock.now() + timedelta(**later)):
        with transaction():
            series.ask_for_due()
        db.session.remove()
        worker.run_due(Outside(NullRenderer(), MemoryStorage(), MemoryMailer()), ("papers",))
    begin(read_only=False)


def made() -> list[Case]:
    return list(db.session.scalars(select(Case).join(SeriesCase, SeriesCase.case_id == Case.id).order_by(Case.id)))


def kinds(case: Case) -> list[str]:
    return list(db.session.scalars(select(Event.kind).where(Event.case_id == case.id).order_by(Event.seq)))


def only() -> Series:
    return db.session.scalars(select(Series)).one()


# --- days ---


@pytest.mark.parametrize(
    ("first", "unit", "every", "days"),
    [
        (date(2026, 1, 31), MONTH, 1, ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]),
        (date(2027, 11, 30), MONTH, 3, ["2027-11-30", "2028-02-29", "2028-05-30"]),
        (date(2026, 11, 18), WEEK, 2, ["2026-11-18", "2026-12-02", "2026-12-16"]),
        (date(2026, 12, 15), MONTH, 12, ["2026-12-15", "2027-12-15"]),
    ],
)
def test_a_day_is_reckoned_from_the_first_one(first, unit, every, days):
    assert [day_of(first, unit, every, n).isoformat() for n in range(len(days))] == days


def test_a_day_that_is_not_worked_moves_to_the_next_one_that_is(closed, cast):
    row = series.begin(closed, cast.wang, plan(first_on=date(2026, 11, 21), every=1, unit=WEEK))
    assert series.working_day(row, row.next_on) == date(2026, 11, 23), "a Saturday"
    go(days=3)
    assert made() == []
    go(days=5)
    (one,) = db.session.scalars(select(SeriesCase)).all()
    assert one.day == date(2026, 11, 21), "the day as planned"
    assert only().next_on == date(2026, 11, 28)


def test_a_holiday_is_no_working_day(closed, cast):
    row = series.begin(closed, cast.wang, plan())
    assert series.working_day(row, date(2026, 10, 1)) == date(2026, 10, 8)


# --- the case that is made ---


def test_the_next_case_is_like_one_the_station_would_send(closed, cast, make):
    intake.give_consent(closed, "referral")
    series.begin(closed, cast.wang, plan(urgency=Urgency.URGENT))
    go(days=1)
    (new,) = made()
    old = db.session.get_one(Case, closed.id)
    assert (new.title, new.problem, new.urgency) == ("季度报税", "请帮着看报表。", Urgency.URGENT)
    assert (new.status, new.channel, new.number is not None) == (Status.SUBMITTED, Channel.STATION, True)
    for name in ("company_id", "district", "station_id", "contact_name", "contact_phone", "contact_email", "meeting"):
        assert getattr(new, name) == getattr(old, name), name
    assert new.wished_category == old.category_code
    assert new.due_at is not None, "its promise runs"
    assert intake.consented(new, "handling") and intake.consented(new, "referral")
    (related,) = links.of(new, cast.wang)
    assert (related.link.kind, related.case.id, related.forwards) == (LinkKind.FOLLOWS, closed.id, True)
    assert kinds(new) == ["case.repeated"] and "series.begun" in kinds(closed)
    (event,) = record.timeline(new)
    assert event.facts["previous"] == old.number
    assert db.session.scalar(
        select(Notice.id).where(Notice.event_id == event.id, Notice.account_id == cast.account("wang").id)
    )
    assert db.session.scalar(select(Mail.id).where(Mail.event_id == event.id, Mail.address == "lin@southlight.example"))


def test_the_second_follows_the_first_and_not_the_beginning(closed, cast):
    series.begin(closed, cast.wang, plan(every=1, unit=WEEK))
    go(days=1)
    go(days=8)
    first, second = made()
    assert [r.case.id for r in links.of(second, cast.wang)] == [first.id]
    assert only().last_case_id == second.id and only().made == 2


def test_it_is_made_once_however_often_somebody_looks(closed, cast):
    row = series.begin(closed, cast.wang, plan())
    payload = {"series_id": row.id, "day": row.next_on.isoformat()}
    for _ in range(3):
        go(days=1)
    with house_clock.at(NOW + timedelta(days=1)):
        assert series.make(payload) is None
    assert len(made()) == 1


def test_the_database_knows_one_case_for_a_day(closed, cast, make):
    row = series.begin(closed, cast.wang, plan())
    other, third = make.case(phone="13800000051"), make.case(phone="13800000052")
    for case in (other, third):
        db.session.add(SeriesCase(series_id=row.id, day=TODAY, case_id=case.id, made_at=house_clock.now()))
    with pytest.raises(IntegrityError):
        db.session.flush()


def test_two_workers_at_once_make_one(office):  # noqa: F811
    from tests.cast import Cast
    from tests.make import Make

    begin(read_only=False)
    make = Make(Cast())
    row = series.begin(make.case("closed"), make.cast.wang, plan(first_on=TODAY))
    payload = {"series_id": row.id, "day": TODAY.isoformat()}
    db.session.commit()
    db.session.remove()
    gate, results = threading.Barrier(2), [None, None]

    def run(n: int) -> None:
        with office.app_context(), house_clock.at(NOW):
            gate.wait()
            try:
                with transaction():
                    case = series.make(payload)
                    results[n] = case.id if case is not None else 0
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    begin(read_only=False)
    assert sorted(bool(r) for r in results) == [False, True]
    assert len(made()) == 1 and only().made == 1


def test_a_worker_killed_before_the_end_leaves_nothing_and_the_next_one_makes_it(closed, cast, monkeypatch):
    row = series.begin(closed, cast.wang, plan(first_on=TODAY))
    payload = {"series_id": row.id, "day": TODAY.isoformat()}
    db.session.commit()
    before = db.session.scalars(select(Case.id)).all()
    db.session.remove()

    class Killed(BaseException):
        """The process is gone."""

    def die(*_args, **_more):
        raise Killed

    monkeypatch.setattr(series, "_set_next", die)
    with pytest.raises(Killed), transaction():
        series.make(payload)
    db.session.remove()
    begin(read_only=False)
    assert db.session.scalars(select(Case.id)).all() == before and made() == []
    monkeypatch.undo()
    go()
    assert len(made()) == 1


def test_days_that_passed_while_no_worker_ran_make_one_case(closed, cast):
    series.begin(closed, cast.wang, plan(every=1, unit=WEEK))
    go(days=40)
    assert len(made()) == 1
    assert only().next_on > TODAY + timedelta(days=40)


def test_the_clock_asks_once_an_hour():
    (row,) = [row for row in registry.SCHEDULE if row.name == "series.ask"]
    assert (row.seconds, row.verb) == (3600, series.ask_for_due)


# --- how it ends ---


def test_it_ends_after_so_many(closed, cast):
    series.begin(closed, cast.wang, plan(every=1, unit=WEEK, most=2))
    for days in (1, 8, 15, 22):
        go(days=days)
    assert len(made()) == 2
    assert (only().state, only().why, only().next_on) == (SeriesState.ENDED, SeriesWhy.OVER, None)
    assert "series.over" in kinds(made()[-1])


def test_it_ends_after_the_last_day(closed, cast):
    series.begin(closed, cast.wang, plan(every=1, unit=WEEK, last_on=TODAY + timedelta(days=10)))
    for days in (1, 8, 15, 22):
        go(days=days)
    assert len(made()) == 2 and only().state is SeriesState.ENDED


def test_paused_makes_none_and_resumed_goes_on_without_what_was_missed(closed, cast):
    row = series.begin(closed, cast.wang, plan(every=1, unit=WEEK))
    series.pause(row, cast.wang)
    series.pause(row, cast.wang)
    assert kinds(closed).count("series.paused") == 1
    go(days=9)
    assert made() == []
    with house_clock.at(NOW + timedelta(days=9)):
        series.resume(only(), cast.zhou)
        assert only().next_on == TODAY + timedelta(days=15)
    go(days=15)
    assert len(made()) == 1


def test_the_station_ends_it_with_a_reason(closed, cast):
    row = series.begin(closed, cast.wang, plan())
    with pytest.raises(Refused, match="reason_missing"):
        series.end(row, cast.wang, reason=" ")
    series.end(row, cast.wang, reason="项目结束了")
    for verb in (
        series.pause,
        series.resume,
        lambda r, w: series.end(r, w, reason="x"),
        lambda r, w: series.change(r, w, plan()),
    ):
        with pytest.raises(Refused, match="series_ended"):
            verb(row, cast.wang)
    go(days=2)
    assert made() == [] and only().reason == "项目结束了"
    series.begin(db.session.get_one(Case, closed.id), cast.wang, plan())


def test_the_company_ends_it_by_link_as_handler_but_not_as_viewer(closed, cast, make):
    series.begin(closed, cast.wang, plan())
    for who in (cast.jiang, cast.bai, policy.ANYBODY, cast.wang, cast.zhou):
        with pytest.raises(NotAllowed):
            series.end_as_company(closed, who, reason="")
    series.end_as_company(closed, make.link(closed), reason="")
    series.end_as_company(closed, make.link(closed), reason="")
    assert (only().state, only().why) == (SeriesState.ENDED, SeriesWhy.COMPANY)
    assert kinds(closed).count("series.ended") == 1
    series.begin(closed, cast.wang, plan())
    series.end_as_company(closed, cast.lin, reason="自己会了")


def test_the_company_ends_it_from_a_later_case_too(closed, cast, make):
    series.begin(closed, cast.wang, plan())
    go(days=1)
    (new,) = made()
    series.end_as_company(new, make.link(new), reason="")
    assert only().state is SeriesState.ENDED


# --- who may, and what cannot be ---


def test_only_the_own_station_and_the_operator_may(closed, cast):
    for who in (cast.zhao, cast.chen, cast.lin, cast.li, cast.sun, cast.feng, policy.ANYBODY):
        with pytest.raises(NotAllowed):
            series.begin(closed, who, plan())
    row = series.begin(closed, cast.zhou, plan())
    for verb in (lambda w: series.change(row, w, plan()), lambda w: series.pause(row, w),
                 lambda w: series.resume(row, w), lambda w: series.end(row, w, reason="x")):  # fmt: skip
        for who in (cast.zhao, cast.chen, cast.lin, cast.li, cast.sun):
            with pytest.raises(NotAllowed):
                verb(who)
    assert series.listed(cast.wang) == series.listed(cast.zhou) == [row]
    assert series.listed(cast.zhao) == series.listed(cast.lin) == []


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"every": 0}, "series_every_small"),
        ({"every": 13}, "series_every_months"),
        ({"every": 53, "unit": WEEK}, "series_every_weeks"),
        ({"first_on": TODAY - timedelta(days=1)}, "day_is_past"),
        ({"first_on": TODAY + timedelta(days=900)}, "series_too_far"),
        ({"last_on": TODAY}, "series_last_before_first"),
        ({"last_on": TODAY + timedelta(days=90), "most": 3}, "series_two_ends"),
        ({"most": 0}, "series_most_small"),
        ({"most": 201}, "series_most_large"),
        ({"title": " "}, "text_missing"),
        ({"title": "长" * 121}, "text_too_long"),
        ({"problem": ""}, "text_missing"),
        ({"problem": "长" * 5001}, "text_too_long"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(closed, cast, more, code):
    with pytest.raises(Refused, match=code):
        series.begin(closed, cast.wang, plan(**more))
    assert db.session.scalars(select(Series)).all() == []


def test_without_a_contact_who_consented_nothing_comes_again(closed, cast, make):
    intake.withdraw_consent(closed, "handling")
    with pytest.raises(Refused, match="series_no_consent"):
        series.begin(closed, cast.wang, plan())
    gone = make.case("submitted", phone="13800000061")
    closure.withdraw(gone, make.link(gone), reason="solved")
    with pytest.raises(Refused, match="series_wrong_case"):
        series.begin(gone, cast.wang, plan())


def test_one_case_comes_again_in_one_way(closed, cast):
    series.begin(closed, cast.wang, plan())
    with pytest.raises(Refused, match="series_exists"):
        series.begin(closed, cast.wang, plan())
    go(days=1)
    with pytest.raises(Refused, match="series_exists"):
        series.begin(made()[0], cast.wang, plan())


def test_a_change_counts_from_the_next_case_on(closed, cast):
    row = series.begin(closed, cast.wang, plan())
    go(days=1)
    row = only()
    with house_clock.at(NOW + timedelta(days=1)):
        with pytest.raises(Refused, match="series_day_taken"):
            series.change(row, cast.wang, plan())
        with pytest.raises(Refused, match="changed_meanwhile"):
            series.change(row, cast.wang, plan(first_on=TODAY + timedelta(days=5)), seen=row.version - 1)
        with pytest.raises(Refused, match="series_most_made"):
            series.change(row, cast.wang, plan(first_on=TODAY + timedelta(days=5), most=1))
        series.change(row, cast.wang, plan(first_on=TODAY + timedelta(days=5), every=1, unit=WEEK, title="改过的"))
    go(days=5)
    assert [case.title for case in made()] == ["季度报税", "改过的"]
    assert only().next_on == TODAY + timedelta(days=12)


# --- what stands against it ---


def stopped(why: SeriesWhy) -> None:
    assert made() == []
    assert (only().state, only().why) == (SeriesState.PAUSED, why)


def test_it_stops_itself_when_the_consent_is_taken_back(closed, cast):
    series.begin(closed, cast.wang, plan())
    intake.withdraw_consent(closed, "handling")
    go(days=1)
    stopped(SeriesWhy.NO_CONSENT)
    event = record.timeline(db.session.get_one(Case, closed.id))[-1]
    assert (event.kind, event.facts) == ("series.stopped", {"cause": "no_consent"})
    assert db.session.scalar(
        select(Notice.id).where(Notice.event_id == event.id, Notice.account_id == cast.account("wang").id)
    )
    with pytest.raises(Refused, match="series_no_consent"):
        series.resume(only(), cast.wang)
    intake.give_consent(closed, "handling")
    series.resume(only(), cast.wang)
    assert only().state is SeriesState.RUNNING


def test_it_stops_itself_when_too_much_is_open(closed, cast, make):
    series.begin(closed, cast.wang, plan())
    for _ in range(lifecycle.MAX_OPEN_CASES):
        make.case("submitted")
    go(days=1)
    stopped(SeriesWhy.TOO_MANY)


def test_it_stops_itself_while_an_erasure_is_asked_for(closed, cast, make):
    series.begin(closed, cast.wang, plan())
    erasures.ask_for_case(closed, make.link(closed))
    go(days=1)
    stopped(SeriesWhy.ERASURE)


def test_it_stops_itself_when_the_contact_has_left_the_company(make, cast):
    case = make.case("closed", sent_by=cast.he)
    series.begin(case, cast.wang, plan())
    for grant in db.session.scalars(select(Grant).where(Grant.account_id == cast.account("he").id)).all():
        accounts.end_grant(grant)
    go(days=1)
    stopped(SeriesWhy.CONTACT_LEFT)


def test_it_goes_with_its_company_when_that_is_erased(closed, cast, make):
    series.begin(closed, cast.wang, plan(title="机密标题", problem="机密的事"))
    wish = erasures.ask_for_company(cast.company(), cast.lin)
    erasures.decide(wish, cast.zhou, granted=True, reason="好")
    erasures.carry_out({"erasure_id": wish.id, "portion": 0})
    db.session.expire_all()
    row = only()
    assert (row.title, row.problem, row.state, row.why) == (GONE, GONE, SeriesState.PAUSED, SeriesWhy.ANONYMISED)
    go(days=1)
    stopped(SeriesWhy.ANONYMISED)
    for verb in (lambda: series.resume(only(), cast.wang), lambda: series.change(only(), cast.wang, plan())):
        with pytest.raises(Refused, match="anonymised"):
            verb()
    series.end(only(), cast.wang, reason="企业删除了资料")


def test_its_words_go_with_its_newest_case_when_the_term_is_over(closed, cast, make):
    series.begin(closed, cast.wang, plan(title="机密标题", problem="机密的事"))
    series.end_as_company(closed, make.link(closed), reason="机密的原因")
    with house_clock.at(NOW + timedelta(days=365 * 4)):
        assert keeping.anonymise(closed, policy.SYSTEM)
    db.session.expire_all()
    row = only()
    assert (row.title, row.problem, row.reason, row.changed_by) == (GONE, GONE, GONE, GONE)
    assert row.state is SeriesState.ENDED
    facts = [e.facts for e in record.timeline(db.session.get_one(Case, closed.id)) if e.kind == "series.ended"]
    assert facts == [{"reason": GONE}]


def test_an_old_case_of_a_series_that_goes_on_may_go_alone(closed, cast):
    series.begin(closed, cast.wang, plan(every=12))
    go(days=1)
    old = db.session.get_one(Case, closed.id)
    with house_clock.at(NOW + timedelta(days=365 * 4)):
        assert keeping.anonymise(old, policy.SYSTEM)
    db.session.expire_all()
    assert (only().title, only().state) == ("季度报税", SeriesState.RUNNING)


def test_a_company_without_mail_gets_a_text(make, cast, monkeypatch):
    monkeypatch.setitem(config._in_use, "SMS_URL", "nosuch://{phone}")
    series.begin(make.case("closed", phone="13800000077"), cast.wang, plan())
    go(days=1)
    news = db.session.scalars(select(News).where(News.case_id == made()[0].id, News.phone.is_not(None))).one()
    assert "定期回访" in news_words.text_of([news]) and made()[0].number in news_words.text_of([news])
