"""Anybody checks a paper, by code or by file; an operator issues one anew; the list of papers that are no more."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from helpdesk.adapters.pdf.null import NullRenderer, one_line_pdf
from helpdesk.adapters.signing import keys
from helpdesk.adapters.signing.pades import PadesSigner
from helpdesk.adapters.storage.folder import FolderStorage
from helpdesk.db import db
from helpdesk.domain import certificates, papers
from helpdesk.errors import NotAllowed, Refused
from helpdesk.models import Certificate, Event, PaperStatus, SigningCertificate


@pytest.fixture
def storage(app) -> FolderStorage:
    return FolderStorage(Path(app.config["FILES_DIR"]))


@pytest.fixture
def signer(tmp_path) -> PadesSigner:
    return PadesSigner(lambda: keys.own(tmp_path / "signing", "问渠"))


@pytest.fixture
def paper(make, signer, storage) -> Certificate:
    """The signed certificate of a case that has just been closed."""
    found = certificates.of_case(make.case("closed").id)[0]
    drawn = papers.draw("certificate", found.id, Named(), signer, storage)
    assert papers.mark_drawn("certificate", found.id, drawn)
    db.session.commit()
    db.session.refresh(found)
    return found


class Named(NullRenderer):
    """A page that holds number and code where the real one has them: in plain metadata."""

    def render(self, facts):
        return one_line_pdf(f"{facts.number} {facts.verification_code}")


def hand_in(browser, data: bytes | None, name: str = "a.pdf", *, expect: int = 200):
    given = {"file": (io.BytesIO(data), name)} if data is not None else {}
    return browser.post("/verify", given, expect=expect)


def again(paper: Certificate) -> Certificate:
    """The row as it now is; every page of the browser ends the test's own session."""
    return db.session.get_one(Certificate, paper.id, populate_existing=True)


def bytes_of(paper: Certificate, storage: FolderStorage) -> bytes:
    return storage.get(paper.pdf_key)


# --- by file ---


def test_the_very_file_is_genuine_and_shows_what_its_holder_has_read(browser, paper, storage):
    said = hand_in(browser, bytes_of(paper, storage))
    for words in ("有效，文件未被改动", paper.number, "陈明远", "1.0 小时", "问渠 证书签名", "数字签名"):
        assert said.says(words), words
    assert not said.says("电子印章")


def test_by_code_the_name_stays_masked(browser, paper):
    said = browser.get(f"/v/{paper.code}")
    assert said.says("陈**") or said.says("陈*")
    assert not said.says("陈明远")
    assert said.response.headers["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize("place", ["head", "middle", "signature", "tail", "longer", "shorter"])
def test_one_changed_byte_anywhere_is_altered(browser, paper, storage, place):
    data = bytearray(bytes_of(paper, storage))
    at = {"head": 12, "middle": data.index(b"Tj ET"), "signature": data.index(b"/Contents <") + 40, "tail": -3}
    if place == "longer":
        data += b"\n"
    elif place == "shorter":
        del data[-1:]
    else:
        data[at[place]] ^= 1
    said = hand_in(browser, bytes(data))
    assert said.says("文件被改动过") and said.says(paper.number)
    assert not said.says("陈明远")


def test_without_its_number_the_signature_tells_that_it_was_altered(browser, paper, storage):
    data = bytes_of(paper, storage).replace(paper.code.encode(), b"0000-0000-0000-0000-0")
    said = hand_in(browser, data)
    assert said.says("文件里有我们的签名，但签名之后内容被改过")


def test_ours_and_whole_but_not_on_record_is_said_to_be_so(browser, paper, signer):
    said = hand_in(browser, signer.sign(one_line_pdf("a draft"), paper.issued_at))
    assert said.says("签名是我们的，但没有登记")


def test_replaced_and_revoked_files_are_true_and_no_more_in_force(browser, paper, storage, cast):
    data = bytes_of(paper, storage)
    successor = certificates.reissue(again(paper), cast.zhou, reason="单位名称写错了")
    db.session.commit()
    said = hand_in(browser, data)
    assert said.says("文件是真的，但已更正") and said.says(successor.number)
    papers.revoke(again(successor), "服务没有发生")
    db.session.commit()
    page = browser.get(f"/v/{successor.code}")
    assert page.says("已作废") and not page.says("服务没有发生")


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"%PDF-1.4 and nothing more", one_line_pdf("WQ-2026-0000001")], ids=list("abcd")
)
def test_what_is_not_ours_is_unknown(browser, paper, data):
    expect = 422 if not data else 200
    said = hand_in(browser, data, expect=expect)
    assert said.says("请选一个 PDF 文件" if not data else "查不到这个文件")


def test_no_file_is_said_beside_the_field(browser):
    assert hand_in(browser, None, expect=422).says("请选一个 PDF 文件")


def test_too_many_files_from_one_address_rest(browser, paper):
    for _ in range(60):
        hand_in(browser, b"x")
    browser.post("/verify", {"file": (io.BytesIO(b"x"), "a.pdf")}, expect=429)


def test_a_file_that_was_checked_is_not_kept(browser, app, paper):
    before = sorted(Path(app.config["FILES_DIR"]).rglob("*"))
    hand_in(browser, one_line_pdf("secret"))
    assert sorted(Path(app.config["FILES_DIR"]).rglob("*")) == before


# --- keys ---


def test_a_new_key_leaves_old_papers_valid(browser, make, paper, tmp_path, storage):
    keys.rotate(tmp_path / "signing", "问渠")
    new = PadesSigner(lambda: keys.own(tmp_path / "signing", "问渠"))
    second = certificates.of_case(make.case("closed").id)[0]
    assert papers.mark_drawn(
        "certificate", second.id, papers.draw("certificate", second.id, NullRenderer(), new, storage)
    )
    db.session.commit()
    second = again(second)
    assert second.signer != paper.signer
    for one in (paper, second):
        assert hand_in(browser, bytes_of(one, storage)).says("有效，文件未被改动")
    pem = browser.open("/verify/keys.pem").data
    assert pem.count(b"BEGIN CERTIFICATE") >= 2
    assert b"PRIVATE" not in pem
    assert db.session.query(SigningCertificate).count() == 2


def test_drawn_twice_is_the_same_file(make, signer, storage):
    found = certificates.of_case(make.case("closed").id)[0]
    first = papers.draw("certificate", found.id, Named(), signer, storage)
    second = papers.draw("certificate", found.id, Named(), signer, storage)
    assert first == second
    assert papers.mark_drawn("certificate", found.id, first)
    assert not papers.mark_drawn("certificate", found.id, second)


# --- issued anew ---


def test_an_operator_issues_a_paper_anew_and_says_why(browser, paper, cast):
    paper.expert.name = "陈明渊"
    db.session.commit()
    url = f"/certificates/{paper.number}/reissue"
    assert browser.get(url, as_="zhou").says("时长以服务时长账为准")
    refused = browser.post(url, {"reason": " "}, as_="zhou", expect=422)
    assert refused.says("请写明原因")
    browser.post(url, {"reason": "姓名写错了"}, as_="zhou", expect=303)
    newest = certificates.of_case(paper.case_id)[0]
    assert newest.facts["expert_name"] == "陈明渊"
    assert newest.minutes == paper.minutes
    paper = again(paper)
    assert (paper.status, paper.superseded_by_id) == (PaperStatus.SUPERSEDED, newest.id)
    assert paper.ended_at is not None
    told = db.session.query(Event).filter_by(kind="certificate.reissued").one()
    assert told.facts["reason"] == "姓名写错了"
    assert browser.get(f"/certificates/{paper.number}", as_="zhou").says(newest.number)
    browser.post(url, {"reason": "再来一次"}, as_="zhou", expect=422)


def test_nobody_else_issues_it_anew_and_nobody_their_own(browser, paper, cast):
    url = f"/certificates/{paper.number}/reissue"
    for person, status in {"chen": 403, "wang": 403, "li": 403, "zhao": 404}.items():
        browser.get(url, as_=person, expect=status)
    with pytest.raises(NotAllowed):
        certificates.reissue(again(paper), cast.chen, reason="我要")
    with pytest.raises(Refused, match="reason_missing"):
        certificates.reissue(again(paper), cast.zhou, reason="  ")


def test_a_revocation_needs_a_valid_paper_and_a_reason(paper):
    with pytest.raises(Refused, match="reason_missing"):
        papers.revoke(paper, " ")
    with pytest.raises(Refused, match="text_too_long"):
        papers.revoke(paper, "长" * 501)
    papers.revoke(paper, "服务没有发生")
    with pytest.raises(Refused, match="paper_not_valid"):
        papers.revoke(paper, "再一次")


# --- the list ---


def test_the_list_of_papers_that_are_no_more_has_numbers_and_no_names(browser, paper, cast):
    assert browser.get("/verify/withdrawn").says("还没有")
    successor = certificates.reissue(again(paper), cast.zhou, reason="单位名称写错了")
    db.session.commit()
    page = browser.get("/verify/withdrawn")
    assert page.says(paper.number) and page.says("已更正")
    assert not page.says("陈明远") and not page.says("单位名称写错了") and not page.says(successor.number)
    rows = browser.open("/verify/withdrawn.csv").data.decode().splitlines()
    assert rows[0] == "number,kind,state,on"
    assert rows[1].startswith(f"{paper.number},certificate,superseded,")


# --- on the command line ---


def run(app, *arguments: str):
    db.session.commit()
    db.session.remove()
    answer = app.test_cli_runner().invoke(args=["helpdesk", *arguments])
    db.session.remove()
    return answer


def test_the_command_says_what_a_file_is(app, paper, storage, tmp_path):
    file = tmp_path / "a.pdf"
    file.write_bytes(bytes_of(paper, storage))
    good = run(app, "verify-paper", str(file))
    assert (good.exit_code, good.output.strip()) == (0, f"valid {paper.number} 陈明远")
    file.write_bytes(file.read_bytes() + b" ")
    bad = run(app, "verify-paper", str(file))
    assert bad.exit_code == 1
    assert bad.output.strip() == f"altered {paper.number}"


def test_the_key_is_shown_and_changed_from_the_command_line(app, monkeypatch, tmp_path):
    monkeypatch.setenv("INSTANCE_DIR", str(tmp_path / "instance"))
    monkeypatch.setitem(app.config, "PDF_ENGINE", "weasyprint")
    shown = run(app, "signing-key").output
    assert "signing with" in shown and "secp256r1" in shown
    assert "RSA 3072" in run(app, "signing-rotate", "--algorithm", "rsa-3072").output
    assert "RSA 3072" in run(app, "signing-key").output
    monkeypatch.setitem(app.config, "SIGNING_KEY", str(tmp_path / "none.p12"))
    refused = run(app, "signing-key")
    assert refused.exit_code == 1 and refused.output.count("\n") == 1
    assert run(app, "signing-rotate").exit_code == 1
