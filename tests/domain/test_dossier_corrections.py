"""Corrections of trainings and awards, and the files that prove them (办法67 art. 8, 9, 13; rule R05)."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from helpdesk import clock as house_clock
from helpdesk.adapters.storage.memory import MemoryStorage
from helpdesk.db import db
from helpdesk.domain import attachments, dossier_corrections, honours, statements, trainings
from helpdesk.domain.honours import HonourFacts
from helpdesk.domain.trainings import TrainingFacts
from helpdesk.errors import NotAllowed, NotFound, Refused
from helpdesk.models import CorrectionState, HonourState, Side

DECIDED_BY = "UPDATE dossier_corrections SET state = 'refused', reason = 'x', decided_at = asked_at, decided_by_id ="
LESSON = TrainingFacts("上岗培训", "保密与回避", 120, "总队", date(2026, 3, 1))
AWARD = HonourFacts("优秀志愿者", date(2026, 1, 5), "市义工联")


def statement(cast, key):
    day = house_clock.today()
    return statements.draw_up(cast.chen, starts_on=date(2026, 1, 1), ends_on=day, form_key=key).facts


def test_a_training_is_corrected_by_somebody_else_and_the_old_row_stays(town):
    cast = town.cast
    town.case("closed")
    chen = cast.expert("chen")
    row = trainings.record(chen, cast.wang, LESSON)
    for who in (cast.zhao, cast.wu, cast.lin, cast.sun):
        with pytest.raises(NotAllowed):
            dossier_corrections.ask(row, who, says="x", form_key="no")
    with pytest.raises(Refused, match="text_missing"):
        dossier_corrections.ask(row, cast.chen, says=" ", form_key="k")
    asked = dossier_corrections.ask(row, cast.chen, says="其实三小时。", form_key="k")
    assert dossier_corrections.ask(row, cast.chen, says="再来", form_key="k").id == asked.id
    with pytest.raises(Refused, match="dossier_correction_open"):
        dossier_corrections.ask(row, cast.wang, says="x", form_key="k2")
    assert dossier_corrections.waiting(cast.wang) == [asked] and dossier_corrections.waiting(cast.chen) == []
    right = replace(LESSON, minutes=180)
    for who, error in ((cast.chen, NotAllowed), (cast.zhao, NotAllowed), (cast.sun, NotAllowed)):
        with pytest.raises(error):
            dossier_corrections.grant(asked, who, facts=right, reason="x")
    for facts, reason, code in ((right, " ", "reason_missing"), (LESSON, "一样", "nothing_changed"),
                                (replace(right, minutes=0), "x", "minutes_out_of_range")):  # fmt: skip
        with pytest.raises(Refused, match=code):
            dossier_corrections.grant(asked, cast.wang, facts=facts, reason=reason)
    dossier_corrections.grant(asked, cast.wang, facts=right, reason="签到表是三小时")
    assert (asked.state, asked.new_training.minutes, row.struck_reason) == (
        CorrectionState.GRANTED, 180, "签到表是三小时",
    )  # fmt: skip
    assert [t["minutes"] for t in statement(cast, "s")["trainings"]] == [180], "the corrected row only"
    assert len(trainings.of_expert(chen.id)) == 2, "the old one stays"
    with pytest.raises(Refused, match="correction_decided"):
        dossier_corrections.refuse(asked, cast.zhou, reason="x")
    with pytest.raises(Refused, match="dossier_not_standing"):
        dossier_corrections.ask(row, cast.chen, says="x", form_key="again")
    with pytest.raises(DBAPIError, match="ten years"), db.session.begin_nested():
        db.session.execute(text("DELETE FROM dossier_corrections"))


def test_whoever_asked_or_is_concerned_does_not_decide(make, cast):
    row = trainings.record(cast.expert("qian"), cast.zhou, LESSON)
    by_wang = dossier_corrections.ask(row, cast.wang, says="记错了人。", form_key="w")
    for who in (cast.wang, cast.qian):
        with pytest.raises(NotAllowed):
            dossier_corrections.refuse(by_wang, who, reason="x")
    for column in ("asked_by_id", "expert_account_id"):
        with pytest.raises(IntegrityError), db.session.begin_nested():
            db.session.execute(text(f"{DECIDED_BY} {column}"))
    dossier_corrections.grant(by_wang, cast.zhou, facts=None, reason="不是他")
    assert by_wang.new_training_id is None and row.struck_at is not None
    assert [t for t in trainings.of_expert(row.expert_id) if t.struck_at is None] == []


def test_an_award_is_corrected_or_struck_and_its_proof_follows(make, cast):
    make.case("closed")
    chen, storage = cast.expert("chen"), MemoryStorage()
    attachments.keep(chen, cast.chen, "form", [attachments.Upload("证书.txt", "证书".encode())], storage)
    row = honours.ask(chen, cast.chen, AWARD, form_key="form")
    (proof,) = attachments.of_dossier(chen)
    assert (proof.honour_id, proof.side, proof.case_id) == (row.id, Side.EXPERT, None)
    with pytest.raises(Refused, match="dossier_not_standing"):
        dossier_corrections.ask(row, cast.chen, says="x", form_key="early")
    honours.verify(row, cast.wang)
    asked = dossier_corrections.ask(row, cast.chen, says="授予单位写错。", form_key="k")
    dossier_corrections.grant(asked, cast.zhou, facts=replace(AWARD, granted_by="市志愿者联合会"), reason="看了证书")
    assert (row.state, asked.new_honour.state, asked.new_honour.is_own) == (
        HonourState.STRUCK, HonourState.RECORDED, False,
    )  # fmt: skip
    assert [h.by for h in honours.held_by(chen.id)] == ["市志愿者联合会"]
    assert [h["by"] for h in statement(cast, "s")["honours"]] == ["市志愿者联合会"]
    db.session.refresh(proof)
    assert proof.honour_id == asked.new_honour_id
    with pytest.raises(NotFound):
        attachments.find_proof(cast.expert("wu"), proof.id)
    with pytest.raises(IntegrityError), db.session.begin_nested():
        db.session.execute(text("UPDATE attachments SET case_id = 1"))
    again = dossier_corrections.ask(asked.new_honour, cast.chen, says="还不对", form_key="k3")
    assert dossier_corrections.refuse(again, cast.wang, reason="证书就是这样").state is CorrectionState.REFUSED


def test_pages_of_corrections_and_proof(browser, make, cast):
    chen = cast.expert("chen").id
    new = f"/experts/{chen}/trainings/new"
    told = {"name": "上岗培训", "content": "保密", "minutes": "90", "organiser": "总队", "held_on": "2026-03-01"}

    def scan(name):
        return {"files": (io.BytesIO(name.encode()), name)}

    # A refused form keeps the file that came with it.
    wrong = browser.post(new, {**told, "minutes": "x", **scan("证书.txt")}, as_="wang", page=new, expect=422)
    assert wrong.says("证书.txt")
    browser.post(new, {**told, **scan("证书.txt")}, as_="wang", page=new)
    row = trainings.of_expert(chen)[0]
    (proof,) = attachments.of_dossier(cast.expert("chen"))
    assert proof.training_id == row.id
    record, file = f"/experts/{chen}/record", f"/experts/{chen}/files/{proof.id}"
    for login in ("chen", "wang", "zhou"):
        assert browser.get(record, as_=login).says("证书.txt")
        assert "/files/" in browser.get(file, as_=login, expect=303).location
    assert not browser.get(record, as_="sun").says("证书.txt"), "supervision reads the record, not the scans"
    for login, status in (("sun", 404), ("zhao", 403), ("wu", 404), ("lin", 404), (None, 303)):
        browser.get(file, as_=login, expect=status)
    ask = f"/experts/{chen}/trainings/{row.id}/correction"
    assert browser.post(ask, {"says": ""}, as_="chen", page=ask, expect=422).says("请写明哪里不对")
    browser.post(ask, {"says": "其实三小时。"}, as_="chen", page=ask)
    assert browser.get(record, as_="chen").says("等核实更正")
    listed = browser.get("/records", as_="wang")
    url = next(a.get("href") for a in listed.all("a") if (a.get("href") or "").startswith("/dossier-corrections/"))
    assert not browser.get(url, as_="chen").says("确实有误，更正")
    bad = browser.post(f"{url}/grant", {**told, "minutes": "180", "reason": ""}, as_="wang", page=url, expect=422)
    assert bad.says("请写明核实到什么") and 'value="180"' in bad.text
    browser.post(f"{url}/grant", {**told, "minutes": "180", "reason": "签到表"}, as_="wang", page=url)
    shown = browser.get(record, as_="chen")
    assert shown.says("180 分钟") and shown.says("已更正：签到表")
    add = f"/experts/{chen}/trainings/{trainings.of_expert(chen)[0].id}/files"
    assert browser.post(add, {}, as_="chen", page=add, expect=422).says("请先选文件")
    fresh = next(t for t in trainings.of_expert(chen) if t.struck_at is None)
    add = f"/experts/{chen}/trainings/{fresh.id}/files"
    browser.post(add, scan("签到表.txt"), as_="chen", page=add)
    assert browser.get(record, as_="wang").says("签到表.txt")
    other = f"/experts/{chen}/trainings/{fresh.id}/correction"
    browser.post(other, {"says": "没有参加。"}, as_="wang", page=other)
    url = f"/dossier-corrections/{dossier_corrections.of_expert(cast.expert('chen'))[0].id}"
    browser.get(url, as_="wang")
    browser.post(
        f"{url}/decision", {"no-reason": "签到表上有", "decision": "stands"}, as_="wang", page=record, expect=403
    )
    browser.post(f"{url}/decision", {"no-reason": "确实没来", "decision": "never"}, as_="zhou", page=url)
    assert browser.get(record, as_="chen").says("还没有培训记录")
