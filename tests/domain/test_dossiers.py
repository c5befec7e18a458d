"""Personal data, training and awards (办法67 art. 5, 6, 8, 9; rules R05, R16)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from helpdesk import clock as house_clock
from helpdesk.db import db
from helpdesk.domain import expert_persons, honours, trainings
from helpdesk.domain.expert_persons import PersonFacts
from helpdesk.domain.honours import HonourFacts
from helpdesk.domain.trainings import TrainingFacts
from helpdesk.errors import NotAllowed, Refused
from helpdesk.models import Access, ExpertPerson, HonourState, IdentityKind, Sex
from helpdesk.rules.identifiers import identity_number
from helpdesk.seal import Cipher, SealBroken

# An invented number whose check character fits; 440309 is Longhua, which lists of districts often miss.
NUMBER = "44030919900307001" + next(
    c for c in "0123456789X" if identity_number("44030919900307001" + c, is_resident=True)
)


def test_a_seal_opens_with_its_key_and_purpose_only():
    cipher = Cipher(["one"], "identity")
    sealed = cipher.seal("号码 1")
    assert "号码" not in sealed and cipher.open(sealed) == "号码 1" and cipher.seal("号码 1") != sealed
    for other in (Cipher(["two"], "identity"), Cipher(["one"], "robot")):
        with pytest.raises(SealBroken):
            other.open(sealed)
    with pytest.raises(SealBroken):
        cipher.open(sealed[:-3] + "abc")
    changed = Cipher(["two", "one"], "identity")
    assert changed.open(sealed) == "号码 1"
    assert Cipher(["two"], "identity").open(changed.again(sealed)) == "号码 1"
    with pytest.raises(ValueError, match="secret"):
        Cipher([""], "identity")


@pytest.mark.parametrize(
    ("number", "good"),
    [
        (NUMBER, True),
        (NUMBER[:-1] + ("1" if NUMBER[-1] != "1" else "2"), False),
        ("440309199013070019", False),
        ("1", False),
    ],
)
def test_numbers_of_residents_have_a_date_and_a_check_character(number, good):
    assert (identity_number(number, is_resident=True) is not None) is good
    assert identity_number("h1234 5678", is_resident=False) == "H12345678"


def facts(**changed):
    return PersonFacts(**{"sex": Sex.MALE, "residence": "南山区粤海街道", "service_kinds": ("法律",), **changed})


def test_the_expert_writes_their_own_data_with_consent(make, cast):
    chen = cast.expert("chen")
    with pytest.raises(Refused, match="person_consent"):
        expert_persons.write(chen, cast.chen, facts(), consent=False, identity_consent=False)
    for login in ("wang", "zhou", "wu"):
        with pytest.raises(NotAllowed):
            expert_persons.write(chen, getattr(cast, login), facts(), consent=True, identity_consent=False)
    row = expert_persons.write(chen, cast.chen, facts(), consent=True, identity_consent=False)
    assert (row.sex, row.residence, row.service_kinds, row.identity_sealed) == (
        "male",
        "南山区粤海街道",
        ["法律"],
        None,
    )


def test_the_identity_number_is_sealed_masked_and_every_look_noted(town):
    cast = town.cast
    chen = cast.expert("chen")
    given = facts(identity=NUMBER, identity_kind=IdentityKind.RESIDENT)
    with pytest.raises(Refused, match="identity_consent"):
        expert_persons.write(chen, cast.chen, given, consent=True, identity_consent=False)
    with pytest.raises(Refused, match="identity_wrong"):
        expert_persons.write(chen, cast.chen, facts(identity="123"), consent=True, identity_consent=True)
    row = expert_persons.write(chen, cast.chen, given, consent=True, identity_consent=True)
    stored = db.session.execute(text("SELECT * FROM expert_persons")).mappings().one()
    assert NUMBER not in repr(dict(stored)) and row.identity_tail == NUMBER[-4:]
    with pytest.raises(NotAllowed):
        expert_persons.unseal(chen, cast.wang)
    assert expert_persons.unseal(chen, cast.zhou) == NUMBER
    look = db.session.scalars(db.select(Access)).one()
    assert (look.account_id, look.what) == (cast.zhou.account_id, f"identity:{chen.id}")
    expert_persons.write(chen, cast.chen, facts(), consent=True, identity_consent=False)
    assert row.identity_sealed is not None, "an empty box keeps what there is"
    expert_persons.forget_identity(chen, cast.chen)
    assert (row.identity_sealed, row.identity_tail, row.identity_consent_at) == (None, None, None)
    with pytest.raises(IntegrityError):
        db.session.execute(text("UPDATE expert_persons SET identity_sealed = 'x', identity_tail = '1'"))


def training(**changed):
    values = {
        "name": "上岗培训",
        "content": "保密与回避",
        "minutes": 120,
        "organiser": "总队",
        "held_on": date(2026, 3, 1),
    }
    return TrainingFacts(**{**values, **changed})


def test_training_is_recorded_by_somebody_else(make, cast):
    chen, qian = cast.expert("chen"), cast.expert("qian")
    row = trainings.record(chen, cast.wang, training())
    assert (row.minutes, row.recorded_by) == (120, "王岚")
    for who, error in ((cast.chen, Refused), (cast.zhao, NotAllowed), (cast.lin, NotAllowed)):
        with pytest.raises(error):
            trainings.record(chen, who, training())
    with pytest.raises(Refused, match="own_hours"):
        trainings.record(qian, cast.qian, training())
    for changed, code in (
        ({"name": " "}, "text_missing"),
        ({"minutes": 0}, "minutes_out_of_range"),
        ({"held_on": house_clock.today() + timedelta(days=1)}, "day_in_future"),
    ):
        with pytest.raises(Refused, match=code):
            trainings.record(chen, cast.wang, training(**changed))
    with pytest.raises(Refused, match="reason_missing"):
        trainings.strike(row, cast.wang, reason="")
    trainings.strike(row, cast.zhou, reason="记错了人")
    assert trainings.of_expert(chen.id)[0].struck_reason == "记错了人"
    with pytest.raises(Refused, match="training_struck"):
        trainings.strike(row, cast.wang, reason="再来")
    with pytest.raises(IntegrityError):
        db.session.execute(text("UPDATE trainings SET recorded_by_id = expert_account_id"))


def honour(**changed):
    return HonourFacts(**{"name": "优秀志愿者", "granted_on": date(2026, 1, 5), "granted_by": "市义工联", **changed})


def test_outside_awards_are_verified_by_somebody_else(make, cast):
    chen, qian = cast.expert("chen"), cast.expert("qian")
    asked = honours.ask(chen, cast.chen, honour(note="证书 12 号"))
    assert asked.state is HonourState.ASKED and honours.waiting(cast.wang) == [asked]
    assert honours.waiting(cast.zhao) == [] and honours.waiting(cast.chen) == []
    own = honours.ask(qian, cast.qian, honour())
    assert own not in honours.waiting(cast.qian)
    with pytest.raises((Refused, NotAllowed)):
        honours.verify(own, cast.qian)
    with pytest.raises(Refused, match="reason_missing"):
        honours.refuse(own, cast.wang, reason="")
    honours.refuse(own, cast.wang, reason="查不到")
    honours.verify(asked, cast.wang)
    assert (asked.state, asked.decided_by) == (HonourState.RECORDED, "王岚")
    with pytest.raises(Refused, match="honour_decided"):
        honours.refuse(asked, cast.zhou, reason="x")
    assert honours.record(chen, cast.zhou, honour(granted_by="总队")).is_own
    with pytest.raises(Refused, match="own_hours"):
        honours.record(qian, cast.qian, honour())
    with pytest.raises(IntegrityError):
        db.session.execute(text("UPDATE honours SET decided_by_id = expert_account_id"))


def test_pages_of_the_dossier(browser, make, cast):
    chen = cast.expert("chen").id
    page = browser.get(f"/experts/{chen}/record", as_="chen")
    assert page.says("还没有填") and page.says("还没有培训记录")
    url = f"/experts/{chen}/person"
    wrong = browser.post(url, {"sex": "male", "born_on": "x", "identity": "123"}, as_="chen", page=url, expect=422)
    assert wrong.says("请填出生日期") and 'value="123"' in wrong.text
    given = {"sex": "male", "born_on": "1990-03-07", "skills": "合同", "service_kinds": "法律、财税", "consent": "y",
             "identity_kind": "resident", "identity": NUMBER, "identity_consent": "y"}  # fmt: skip
    browser.post(url, given, as_="chen", page=url)
    page = browser.get(f"/experts/{chen}/record", as_="wang")
    assert page.says(f"****{NUMBER[-4:]}") and NUMBER not in page.text
    browser.get(f"/experts/{chen}/record", as_="zhao", expect=403)
    assert NUMBER not in browser.get(url, as_="chen").text
    shown = browser.post(f"/experts/{chen}/identity", as_="zhou", page=f"/experts/{chen}/record", expect=200)
    assert shown.says(NUMBER)
    assert browser.get("/accesses", as_="feng").says("完整证件号码")
    new = f"/experts/{chen}/trainings/new"
    assert browser.post(new, {"minutes": "abc"}, as_="wang", page=new, expect=422).says("请填整数分钟")
    told = {"name": "上岗培训", "content": "保密", "minutes": "90", "organiser": "总队", "held_on": "2026-03-01"}
    browser.post(new, told, as_="wang", page=new)
    assert browser.get(f"/experts/{chen}/record", as_="chen").says("90 分钟")
    strike = f"/experts/{chen}/trainings/{trainings.of_expert(chen)[0].id}/strike"
    browser.post(strike, {"reason": "记错"}, as_="wang", page=strike)
    assert browser.get(f"/experts/{chen}/record", as_="chen").says("已作废：记错")
    ask = f"/experts/{chen}/honours/application"
    browser.post(ask, {"name": "优秀", "granted_by": "市里", "granted_on": "2026-01-01"}, as_="chen", page=ask)
    listed = browser.get("/records", as_="wang")
    link = next(a.get("href") for a in listed.all("a") if (a.get("href") or "").startswith("/honours/"))
    browser.post(link, {"decision": "false"}, as_="wang", page=link, expect=422)
    browser.post(link, {"decision": "true"}, as_="wang", page=link)
    assert browser.get(f"/experts/{chen}/record", as_="chen").says("已记录")
    new = f"/experts/{chen}/honours/new"
    browser.post(new, {"name": "十佳", "granted_by": "总队", "granted_on": "2026-01-01"}, as_="zhou", page=new)
    browser.post(f"/experts/{chen}/identity/removal", as_="chen", page=f"/experts/{chen}/record")
    assert db.session.get_one(ExpertPerson, chen).identity_sealed is None


def test_giving_it_to_the_national_system_is_a_consent_of_its_own(browser, make, cast):
    chen = cast.expert("chen")
    row = expert_persons.write(chen, cast.chen, facts(), consent=True, identity_consent=False)
    assert row.national_consent_at is None and not expert_persons.agreed_to_older(row)
    first = expert_persons.write(
        chen, cast.chen, facts(), consent=True, identity_consent=False, national_consent=True
    ).national_consent_at
    assert first is not None
    # As of a migrated row: agreed to words that named no receiver.
    row.wording, row.national_consent_at = "2026-11", None
    number = chen.id
    db.session.commit()
    url, record = f"/experts/{number}/person", f"/experts/{number}/record"
    page = browser.get(url, as_="chen")
    assert page.says("说明更新了") and page.says("民政部管理的全国志愿服务信息系统") and page.says("接收方")
    assert not page.form(url).get("consent") and not page.form(url).get("national_consent")
    assert browser.get(record, as_="chen").says("说明更新了") and not browser.get(record, as_="wang").says("说明更新了")
    given = {"sex": "male", "consent": "y", "national_consent": "y"}
    browser.post(url, given, as_="chen", page=url)
    page = browser.get(url, as_="chen")
    assert not page.says("说明更新了") and page.form(url)["consent"] and page.form(url)["national_consent"]
    assert browser.get(record, as_="chen").says("2026 年 11 月 18 日同意")
    browser.post(url, {"sex": "male", "consent": "y", "national_consent": None}, as_="chen", page=url)
    assert browser.get(record, as_="chen").says("没有同意")
    told = browser.get("/privacy")
    assert told.says("版本 2026-12") and told.says("全国志愿服务信息系统") and told.says("敏感个人信息")
