"""A scan that proves a training or an award can be taken away until somebody has decided by it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from helpdesk import clock as house_clock
from helpdesk.adapters.storage.memory import MemoryStorage
from helpdesk.db import db
from helpdesk.domain import attachments, dossier_corrections, honours, proofs, trainings
from helpdesk.domain.attachments import Upload
from helpdesk.domain.honours import HonourFacts
from helpdesk.domain.trainings import TrainingFacts
from helpdesk.errors import NotAllowed, Refused

LESSON = TrainingFacts("上岗培训", "保密与回避", 120, "总队", date(2026, 3, 1))
AWARD = HonourFacts("优秀志愿者", date(2026, 1, 5), "市义工联")


def scan(who, thing, name="证书.txt"):
    """A file of theirs that proves a training or an award."""
    (row,) = attachments.keep(thing.expert, who, name, [Upload(name, name.encode())], MemoryStorage())
    dossier_corrections.add_proof(thing, who, form_key=name)
    return row


def later(hours=1):
    return house_clock.at(house_clock.now() + timedelta(hours=hours))


def test_whoever_sent_it_or_the_expert_takes_it_away(cast):
    chen, lesson = cast.expert("chen"), trainings.record(cast.expert("chen"), cast.zhou, LESSON)
    by_wang, by_chen = scan(cast.wang, lesson, "签到表.txt"), scan(cast.chen, lesson)
    assert proofs.own(chen, cast.wang) == {by_wang.id} and proofs.own(chen, cast.chen) == {by_wang.id, by_chen.id}
    for who, row in ((cast.wang, by_chen), (cast.zhou, by_wang), (cast.zhao, by_wang), (cast.wu, by_chen)):
        with pytest.raises(NotAllowed):
            proofs.remove(row, who)
    proofs.remove(by_wang, cast.wang)
    proofs.remove(by_chen, cast.chen)
    first = by_chen.removed_at
    with later():
        proofs.remove(by_chen, cast.chen)
    assert by_chen.removed_at == first and attachments.of_dossier(chen) == []
    attachments.sweep(MemoryStorage())
    assert (by_wang.sha256, by_chen.sha256) == ("", ""), "the bytes go as well"


def test_once_somebody_verified_by_it_it_stays(cast):
    chen, row = cast.expert("chen"), honours.ask(cast.expert("chen"), cast.chen, AWARD)
    before = scan(cast.chen, row)
    with later():
        honours.verify(row, cast.wang)
    with later(2):
        after = scan(cast.chen, row, "补的.txt")
        assert proofs.evidence(chen) == {before.id}
        with pytest.raises(Refused, match="proof_is_evidence"):
            proofs.remove(before, cast.chen)
        proofs.remove(after, cast.chen)


def test_a_correction_is_decided_by_what_is_there(cast):
    chen = cast.expert("chen")
    wrong, false = (trainings.record(chen, cast.zhou, LESSON) for _ in range(2))
    with_wrong, with_false = scan(cast.chen, wrong, "a.txt"), scan(cast.chen, false, "b.txt")
    asked = dossier_corrections.ask(wrong, cast.chen, says="其实三小时。", form_key="k")
    assert proofs.evidence(chen) == set(), "only asked yet"
    with later():
        facts = TrainingFacts("上岗培训", "保密与回避", 180, "总队", date(2026, 3, 1))
        dossier_corrections.grant(asked, cast.wang, facts=facts, reason="签到表")
        trainings.strike(false, cast.wang, reason="记重了")
    db.session.expire_all()
    assert with_wrong.training_id == asked.new_training_id
    assert proofs.evidence(chen) == {with_wrong.id, with_false.id}
    for row in (with_wrong, with_false):
        with pytest.raises(Refused, match="proof_is_evidence"):
            proofs.remove(row, cast.chen)


def test_the_page_has_the_button_or_says_why_not(browser, cast):
    chen = cast.expert("chen")
    asked = honours.ask(chen, cast.chen, AWARD)
    row, lesson = scan(cast.chen, asked), trainings.record(chen, cast.zhou, LESSON)
    mistaken = scan(cast.chen, lesson, "错的.txt")
    with later():
        honours.verify(asked, cast.wang)
    record, add = f"/experts/{chen.id}/record", f"/experts/{chen.id}/trainings/{lesson.id}/files"
    kept, gone = (f"/proofs/{one.id}/removal" for one in (row, mistaken))
    honour_files = f"/experts/{chen.id}/honours/{asked.id}/files"
    db.session.commit()

    def buttons(url, login):
        return [
            f.get("action") for f in browser.get(url, as_=login).all("form") if "/removal" in (f.get("action") or "")
        ]

    assert buttons(record, "chen") == [gone] and buttons(record, "wang") == []
    assert browser.get(record, as_="chen").says("核实的依据，留着") and not browser.get(record, as_="wang").says("留着")
    assert buttons(add, "chen") == [gone] and buttons(honour_files, "chen") == []
    browser.post(gone, {}, as_="wang", page=record, expect=404)
    assert browser.get(record, as_="chen").says("错的.txt")
    browser.post(gone, {}, as_="chen", page=record)
    assert not browser.get(record, as_="chen").says("错的.txt")
    # A page from before somebody decided: told why, and nothing is lost.
    browser.post(kept, {}, as_="chen", page=record)
    shown = browser.get(record, as_="chen")
    assert shown.says("要留作依据") and shown.says("证书.txt")
