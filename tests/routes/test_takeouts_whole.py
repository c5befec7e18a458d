"""Complaints, proof of trainings and honours, and what waits from a table are in a copy too (PIPL art. 45)."""

from __future__ import annotations

from datetime import date, timedelta

from helpdesk import clock as house_clock
from helpdesk.db import begin, db
from helpdesk.domain import attachments, complaints, honours
from helpdesk.domain.attachments import Upload
from helpdesk.domain.complaints import Said
from helpdesk.domain.honours import HonourFacts
from helpdesk.models import ComplaintAbout, ComplaintOutcome, Scan, Throttle
from tests.routes.test_takeouts import ask, content, everything, opened, storage
from tests.tables import imported


def complain(who, says, key, *, about=ComplaintAbout.SERVICE, **more):
    return complaints.make(who, Said(about, says), form_key=key, **more)


def rest():
    begin(read_only=False)
    db.session.query(Throttle).delete()
    db.session.commit()


def test_a_company_takes_its_complaints_with_their_answers(browser, make, cast):
    case = make.case("closed", sent_by=cast.lin)
    row = complain(make.link(case), "约好的时间没有来。", "link", case=case)
    with house_clock.at(row.due_at + timedelta(hours=1)):
        assert complaints.watch() == 1
    complaints.look(row, cast.li)
    complaints.answer(row, cast.li, outcome=ComplaintOutcome.UPHELD, reason="确实没来。", done="已换专家。")
    complain(cast.lin, "证书一直没有出。", "account", about=ComplaintAbout.PAPER)
    complain(cast.he, "同事自己的投诉。", "he")
    complain(cast.chen, "专家说企业不讲理。", "expert")
    number, token = row.number, row.token
    link, company = f"/t/{case.tracking_token}/data", f"/me/companies/{cast.company().id}/data"
    db.session.commit()

    whole = opened(ask(browser, link))
    (told,) = content(whole)["complaints"]
    assert (told["number"], told["says"], told["outcome"]) == (number, "约好的时间没有来。", "upheld")
    assert [step["act"] for step in told["steps"]] == ["received", "looking", "answered"], "the warning is the desk's"
    assert told["steps"][-1]["reason"] == "确实没来。" and told["steps"][-1]["done"] == "已换专家。"
    shown = whole.read("index.html").decode()
    assert "确实没来。" in shown and "已换专家。" in shown
    words = everything(whole)
    for hidden in (token, cast.li.name, cast.sun.name, "证书一直没有出", "同事自己", "不讲理"):
        assert hidden not in words, hidden

    said = {}
    for login in ("lin", "he", "jiang"):
        whole = opened(ask(browser, company, login))
        said[login] = [each["says"] for each in content(whole)["complaints"]]
        assert "不讲理" not in everything(whole)
    # What a colleague complained of by themselves is theirs; who only reads the requests reads no complaints.
    assert said == {
        "lin": ["约好的时间没有来。", "证书一直没有出。"],
        "he": ["约好的时间没有来。", "同事自己的投诉。"],
        "jiang": [],
    }
    rest()
    assert content(opened(ask(browser, company, "lin", year="2026")))["complaints"]


def test_an_expert_takes_complaints_proof_and_what_waits(app, browser, make, cast):
    chen, case = cast.expert("chen"), make.case("consulting")
    complain(make.link(case), "企业投诉这位专家。", "about", case=case)
    complain(cast.chen, "时长记少了。", "own", about=ComplaintAbout.RECORD)
    facts = HonourFacts("优秀志愿者", date(2026, 1, 5), "市义工联")
    uploads = [Upload(name, name.encode()) for name in ("证书.txt", "带毒.txt", "删了.txt")]
    attachments.keep(chen, cast.chen, "form", uploads, storage())
    honours.ask(chen, cast.chen, facts, form_key="form")
    good, infected, gone = attachments.of_dossier(chen)
    infected.scan, infected.threat, infected.scanned_at = Scan.INFECTED, "eicar", house_clock.now()
    infected.sha256, gone.removed_at = "", house_clock.now()
    digest = good.sha256
    imported(cast.wang, "五星志愿者")
    url = f"/experts/{chen.id}/data"
    db.session.commit()

    whole = opened(ask(browser, url, "chen", page="/me/data"))
    told = content(whole)
    assert [row["says"] for row in told["complaints"]] == ["时长记少了。"]
    assert [(row["name"], row["kind"], row["status"]) for row in told["waiting_entries"]] == [
        ("五星志愿者", "honours", "pending")
    ]
    (honour,) = told["honours"]
    assert [(file["name"], file["path"]) for file in honour["proofs"]] == [
        ("证书.txt", "proofs/证书.txt"), ("带毒.txt", None),
    ]  # fmt: skip
    assert whole.read("proofs/证书.txt").decode() == "证书.txt"
    words = everything(whole)
    assert "五星志愿者" in whole.read("index.html").decode() and "删了" not in words and "企业投诉" not in words
    rest()

    whole = opened(ask(browser, url, "chen", page="/me/data", files=None))
    proof = content(whole)["honours"][0]["proofs"][0]
    assert (proof["path"], proof["bytes"], proof["sha256"]) == (None, len("证书.txt".encode()), digest)
    shown = whole.read("index.html").decode()
    assert digest in shown and "10 B" in shown and not [n for n in whole.namelist() if n.startswith("proofs/")]


def test_proof_counts_towards_what_is_too_much(browser, cast, monkeypatch):
    chen = cast.expert("chen")
    attachments.keep(chen, cast.chen, "form", [Upload("证书.txt", "证书".encode())], storage())
    honours.ask(chen, cast.chen, HonourFacts("优秀志愿者", date(2026, 1, 5), "市义工联"), form_key="form")
    db.session.commit()
    monkeypatch.setattr("helpdesk.domain.takeouts.MOST_BYTES", 5)
    url = f"/experts/{chen.id}/data"
    ask(browser, url, "chen", page="/me/data", expect=422)
    rest()
    opened(ask(browser, url, "chen", page="/me/data", files=None))
