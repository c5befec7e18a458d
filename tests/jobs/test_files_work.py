"""What the worker does with files: looks for viruses, draws first pages, deletes, compares rows and bytes."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from helpdesk import clock as house_clock
from helpdesk import config
from helpdesk.adapters.mail.memory import MemoryMailer
from helpdesk.adapters.pdf.null import NullRenderer
from helpdesk.adapters.scan.memory import MemoryScanner
from helpdesk.adapters.storage import StorageTrouble
from helpdesk.adapters.storage.chosen import storage_from
from helpdesk.adapters.storage.memory import MemoryStorage
from helpdesk.adapters.storage.s3 import S3Storage
from helpdesk.cli.city import papers
from helpdesk.db import begin, db, transaction
from helpdesk.domain import attachments, consultation, file_checks, file_work, intake
from helpdesk.domain.attachments import Upload, key_of
from helpdesk.errors import NotAllowed, NotFound, Refused
from helpdesk.jobs import registry, worker
from helpdesk.jobs.registry import Outside
from helpdesk.models import Attachment, Case, Certificate, Event, FileCheck, Job, JobStatus, Notice, Scan
from helpdesk.rules.policy import SYSTEM
from tests.adapters.test_files import PDF, picture
from tests.cli.shell import run

VIRUS = b"%PDF-1.7 wenqu-test-virus"
SHEET = papers.notice(1).data


def rows() -> list[Attachment]:
    db.session.expire_all()
    return list(db.session.scalars(select(Attachment).order_by(Attachment.id)))


def events(kind: str) -> list[Event]:
    return list(db.session.scalars(select(Event).where(Event.kind == kind)))


def send(make, case: Case, storage, *files: Upload, key: str = "k1") -> None:
    """The company says something with files."""
    link = make.link(case)
    attachments.keep(case, link, key, files, storage)
    consultation.reply(case, link, body="请看。", form_key=key)


def work(storage, scanner=None) -> int:
    db.session.commit()
    db.session.remove()
    done = worker.run_due(Outside(NullRenderer(), storage, MemoryMailer(), scanner=scanner), ("files",))
    begin(read_only=False)
    return done


@pytest.fixture
def case(make):
    return make.case("consulting")


@pytest.fixture
def storage(app):
    return storage_from(app.config)


@pytest.fixture
def guarded(monkeypatch):
    """A desk with a scanner."""
    monkeypatch.setitem(config._in_use, "CLAMD_URL", "tcp://127.0.0.1:9")


# --- viruses ---


def test_until_the_scanner_has_spoken_a_file_does_not_open(browser, make, case, storage, guarded):
    send(make, case, storage, Upload("合同.pdf", PDF), Upload("厂房.jpg", picture()))
    token, row = case.tracking_token, rows()[0].id
    made = attachments.link_token(rows()[1])
    page = browser.get(f"/t/{token}")
    assert page.says("合同.pdf") and page.says("正在查毒")
    assert not [i for i in page.all("img") if "/files/" in (i.get("src") or "")]
    assert browser.get(f"/t/{token}/attachments/{row}", expect=303).location.endswith(f"/t/{token}")
    assert browser.get(f"/t/{token}").says("“合同.pdf”正在查毒，请过一会儿再打开")
    browser.get(f"/files/{made}", expect=404)
    assert work(storage, MemoryScanner()) >= 2
    assert {r.scan for r in rows()} == {Scan.CLEAN}
    page = browser.get(f"/t/{token}")
    assert not page.says("正在查毒") and not page.says("原样保存")
    assert "/files/" in browser.get(f"/t/{token}/attachments/{row}", expect=303).location


def test_what_is_infected_is_deleted_wherever_it_was_sent_and_both_sides_are_told(
    browser, make, case, storage, guarded
):
    other = make.case("consulting", phone="13900139001")
    send(make, case, storage, Upload("合同.pdf", VIRUS), Upload("好.pdf", PDF))
    send(make, other, storage, Upload("另一个名字.pdf", VIRUS))
    token, number, made = case.tracking_token, case.number, attachments.link_token(rows()[0])
    work(storage, MemoryScanner())
    bad, good, again = rows()
    assert (bad.scan, good.scan, again.scan) == (Scan.INFECTED, Scan.CLEAN, Scan.INFECTED)
    assert bad.threat == "Test.Virus" and bad.sha256 == ""
    assert not storage.exists(key_of(hashlib.sha256(VIRUS).hexdigest()))
    assert len(events("file.infected")) == 2
    assert db.session.scalars(select(Notice).where(Notice.event_id == events("file.infected")[0].id)).all()
    page = browser.get(f"/t/{token}")
    assert page.says("合同.pdf") and page.says("查出病毒，已经删除") and page.says("请看。")
    browser.get(f"/t/{token}/attachments/{bad.id}", expect=303)
    browser.get(f"/files/{made}", expect=404)
    staff = browser.get(f"/cases/{number}", as_="chen")
    assert staff.says("一个文件查出病毒，已经删除") and staff.says("好.pdf")


def test_a_scanner_that_is_away_is_asked_again_and_in_the_end_the_reader_decides(browser, make, case, storage, guarded):
    send(make, case, storage, Upload("合同.txt", "合同".encode()))
    token, row = case.tracking_token, rows()[0].id
    work(storage, MemoryScanner(away=True))
    assert rows()[0].scan is Scan.WAITING
    job = db.session.scalars(select(Job).where(Job.name == attachments.SCAN)).one()
    assert (job.status, job.error) == (JobStatus.PENDING, "away")
    tries = registry.JOBS[attachments.SCAN].tries
    db.session.execute(update(Job).where(Job.id == job.id).values(attempts=tries - 1, run_at=house_clock.now()))
    work(storage, MemoryScanner(away=True))
    assert rows()[0].scan is Scan.IMPOSSIBLE
    url = f"/t/{token}/attachments/{row}"
    asked = browser.get(url)
    assert asked.says("这个文件没能查毒") and asked.says("合同.txt")
    assert browser.get(f"/t/{token}").says("没能查毒")
    sure = next(a.get("href") for a in asked.all("a") if "anyway=1" in (a.get("href") or ""))
    assert "/files/" in browser.get(sure, expect=303).location


def test_a_file_too_large_for_the_scanner_is_not_called_clean(make, case, storage, guarded):
    send(make, case, storage, Upload("合同.txt", b"long"))
    work(storage, MemoryScanner(refused="INSTREAM size limit exceeded"))
    assert (rows()[0].scan, rows()[0].threat) == (Scan.IMPOSSIBLE, "INSTREAM size limit exceeded")


def test_without_a_scanner_it_is_said_calmly_and_made_up_for_later(browser, make, case, storage, monkeypatch):
    send(make, case, storage, Upload("合同.txt", b"short"))
    token, row = case.tracking_token, rows()[0].id
    assert browser.get(f"/t/{token}").says("原样保存")
    assert "/files/" in browser.get(f"/t/{token}/attachments/{row}", expect=303).location
    with transaction():
        file_work.ask_to_scan()
    assert work(storage) == 0
    db.session.rollback()
    monkeypatch.setitem(config._in_use, "CLAMD_URL", "tcp://127.0.0.1:9")
    for _ in range(2):
        with transaction():
            file_work.ask_to_scan()
    assert work(storage, MemoryScanner()) == 1
    assert rows()[0].scan is Scan.CLEAN


def test_a_scanner_that_was_taken_away_leaves_nobody_waiting(make, case, storage, guarded):
    send(make, case, storage, Upload("合同.txt", b"short"))
    work(storage, None)
    assert rows()[0].scan is Scan.OFF


# --- first pages ---


def test_a_pdf_gets_its_first_page_and_its_number_of_pages(browser, make, case, storage):
    send(make, case, storage, Upload("通知.pdf", SHEET))
    token = case.tracking_token
    assert not browser.get(f"/t/{token}").says("3 页")
    assert work(storage) == 1
    page = browser.get(f"/t/{token}")
    assert page.says("3 页")
    shown = next(i.get("src") for i in page.all("img") if "/files/" in (i.get("src") or ""))
    drawn = browser.open(shown)
    assert drawn.data.startswith(b"\xff\xd8") and drawn.mimetype == "image/jpeg"


@pytest.mark.parametrize("data", [b"%PDF-1.7\nnothing", SHEET[:700], b"%PDF-1.7\n" + b"[" * 100_000])
def test_a_broken_pdf_has_no_picture_and_still_opens(browser, make, case, storage, data):
    send(make, case, storage, Upload("坏.pdf", data))
    token, row = case.tracking_token, rows()[0].id
    assert work(storage) == 1
    assert (rows()[0].preview, rows()[0].pages) == (None, None)
    to = browser.get(f"/t/{token}/attachments/{row}", expect=303).location
    assert browser.open(to).data == data


# --- deleting ---


def kept_in(storage) -> set[str]:
    return {one.key for head in file_checks.HEADS for one in storage.list(f"attachments/{head}")}


@pytest.fixture(params=["folder", "s3"])
def anywhere(request, app, monkeypatch):
    """The storage of the settings: the folder, or the S3 store."""
    if request.param == "s3":
        url = request.getfixturevalue("s3_url") + f"/{request.node.name.encode().hex()[-24:]}"
        monkeypatch.setitem(app.config, "FILES_URL", url)
    return storage_from(app.config)


def test_deleting_a_cases_files_deletes_bytes_names_and_pictures(app, browser, make, case, anywhere):
    other = make.case("consulting", phone="13900139001")
    send(
        make, case, anywhere, Upload("林女士身份证.jpg", picture()), Upload("通知.pdf", SHEET), Upload("合同.pdf", PDF)
    )
    send(make, other, anywhere, Upload("合同.pdf", PDF))
    attachments.keep(case, make.link(case), "never sent", [Upload("草稿.txt", b"draft")], anywhere)
    number, token = case.number, case.tracking_token
    work(anywhere)
    assert len(kept_in(anywhere)) == 6
    db.session.commit()
    told = run(app, "helpdesk", "forget-files", number)
    assert (told.exit_code, told.output.strip()) == (0, f"4 files of {number} are deleted")
    begin(read_only=False)
    assert kept_in(anywhere) == {key_of(hashlib.sha256(PDF).hexdigest())}, "the other case still mentions it"
    page = browser.get(f"/t/{token}")
    assert page.says("文件已移除") and page.says("请看。") and not page.says("身份证")
    assert page.says("您这件求助的文件已全部删除")
    assert run(app, "helpdesk", "forget-files", number).output.strip() == f"0 files of {number} are deleted"
    missing = run(app, "helpdesk", "forget-files", "SZ-26-99999")
    assert missing.exit_code and "there is no case" in missing.output


def test_only_the_clock_and_the_shell_may_delete_all_files(make, case, cast):
    for who in (cast.wang, cast.chen, cast.feng, cast.zhou, make.link(case)):
        with pytest.raises(NotAllowed):
            attachments.forget(case, who)
    assert attachments.forget(case, SYSTEM) == 0


def test_a_dropped_draft_takes_its_files_along(make, anywhere):
    draft = make.case("draft")
    attachments.keep(draft, make.link(draft), attachments.REQUEST, [Upload("合同.pdf", PDF)], anywhere)
    intake.discard(draft, make.link(draft))
    work(anywhere)
    assert kept_in(anywhere) == set()
    assert rows()[0].name == ""


def test_taking_a_file_away_is_told_without_its_name_and_deletes_at_once(make, case, cast, storage):
    send(make, case, storage, Upload("林女士身份证.jpg", picture()))
    attachments.remove(rows()[0], cast.wang)
    attachments.remove(rows()[0], cast.wang)
    assert [e.facts for e in events("file.removed")] == [{"attachment_id": rows()[0].id}]
    assert work(storage) == 1
    assert kept_in(storage) == set()


def test_bytes_swept_away_between_storing_and_writing_the_row_are_stored_again(make, case, storage):
    ready = attachments.make_ready([Upload("合同.pdf", PDF)], storage)
    storage.delete(key_of(ready[0].sha256))
    attachments.keep_ready(case, make.link(case), "k", ready, storage)
    assert storage.get(key_of(ready[0].sha256)) == PDF


# --- comparing ---


def check(storage) -> FileCheck:
    db.session.commit()
    found = file_checks.look(storage)
    db.session.rollback()
    with transaction():
        row = file_checks.settle(found, storage)
    begin(read_only=False)
    return row


def numbers(row: FileCheck) -> tuple[int, int, int, int]:
    return row.missing, row.damaged, row.orphans, row.kept_back


def test_all_is_well_and_the_health_page_says_so(browser, make, case, storage):
    send(make, case, storage, Upload("厂房.jpg", picture()))
    assert browser.open("/health").json["files"] is None
    assert numbers(check(storage)) == (0, 0, 0, 0)
    said = browser.open("/health").json["files"]
    assert (said["files"], said["missing"], said["damaged"]) == (2, 0, 0)


def test_a_missing_or_damaged_file_never_hides_the_words_and_comes_back(browser, make, case, storage):
    send(make, case, storage, Upload("合同.pdf", PDF), Upload("厂房.jpg", picture()), Upload("说明.txt", b"words"))
    number, row = case.number, rows()[0]
    first, third = key_of(row.sha256), key_of(rows()[2].sha256)
    storage.delete(first)
    storage.delete(key_of(rows()[1].preview))
    storage.put(third, b"other words")
    assert browser.get(f"/cases/{number}/attachments/{row.id}", as_="chen", expect=303).location == f"/cases/{number}"
    assert browser.get(f"/cases/{number}", as_="chen").says("“合同.pdf”暂时打不开")
    assert numbers(check(storage)) == (2, 1, 0, 0)
    page = browser.get(f"/cases/{number}", as_="chen")
    assert page.says("请看。") and page.says("文件暂时打不开") and page.says("厂房.jpg")
    assert rows()[1].preview is None
    storage.put(first, PDF)
    assert numbers(check(storage)) == (0, 1, 0, 0), "what was damaged is looked at every night"
    storage.put(third, b"words")
    assert numbers(check(storage)) == (0, 0, 0, 0)
    assert not browser.get(f"/cases/{number}", as_="chen").says("暂时打不开")


def test_what_nobody_mentions_goes_after_a_day_unless_it_is_most_of_all(make, case):
    storage = MemoryStorage()
    send(make, case, storage, Upload("合同.pdf", PDF))
    stray = [key_of(hashlib.sha256(bytes([n])).hexdigest()) for n in range(30)]
    storage.put(stray[0], b"stray")
    storage.put("attachments/ab/readme", b"somebody's own")
    assert numbers(check(storage)) == (0, 0, 0, 0), "its row may be coming"
    with house_clock.at(house_clock.now() + timedelta(days=1, minutes=1)):
        assert numbers(check(storage)) == (0, 0, 1, 0)
        assert stray[0] not in storage.files and "attachments/ab/readme" in storage.files
    for key in stray:
        storage.put(key, b"stray")
    with house_clock.at(house_clock.now() + timedelta(days=2)):
        assert numbers(check(storage)) == (0, 0, 0, 30)
    assert set(stray) <= storage.files.keys()


def test_certificates_are_looked_for_too(make, storage):
    make.case("closed")
    db.session.commit()
    db.session.remove()
    worker.run_due(Outside(NullRenderer(), storage, MemoryMailer()), ("papers",))
    begin(read_only=False)
    key = db.session.scalars(select(Certificate.pdf_key)).one()
    assert numbers(check(storage)) == (0, 0, 0, 0)
    storage.delete(key)
    assert numbers(check(storage)) == (1, 0, 0, 0)


def test_it_is_done_once_a_night(app, storage):
    for _ in range(3):
        with transaction():
            file_checks.ask_to_check()
    assert work(storage) == 1
    assert file_checks.latest() is not None


def test_the_shell_tells_and_fails_when_something_is_missing(app, make, case, storage):
    send(make, case, storage, Upload("合同.pdf", PDF))
    db.session.commit()
    well = run(app, "helpdesk", "check-files")
    assert (well.exit_code, well.output.strip()) == (0, "1 files, 0 missing, 0 damaged, 0 orphans deleted")
    storage.delete(key_of(rows()[0].sha256))
    db.session.commit()
    ill = run(app, "helpdesk", "check-files")
    assert ill.exit_code and "1 missing" in ill.output


# --- the storage is away ---


class Away(MemoryStorage):
    def put(self, key: str, data: bytes) -> None:
        raise StorageTrouble("connection refused")

    def exists(self, key: str) -> bool:
        raise StorageTrouble("connection refused")


def test_a_storage_that_is_away_is_said_beside_the_field(make, case):
    with pytest.raises(Refused) as caught:
        attachments.keep(case, make.link(case), "k", [Upload("a.pdf", PDF)], Away())
    assert (caught.value.code, caught.value.field) == ("files_unavailable", "files")


def test_a_storage_that_is_away_takes_no_page_along(app, browser, make, case, storage, monkeypatch):
    send(make, case, storage, Upload("合同.pdf", PDF), Upload("厂房.jpg", picture()))
    number, row, made = case.number, rows()[0].id, attachments.link_token(rows()[0])
    monkeypatch.setitem(app.config, "FILES_URL", "s3+http://key:secret@127.0.0.1:9/bucket")
    monkeypatch.setattr("helpdesk.adapters.storage.chosen._s3", lambda url: S3Storage(url, patience=timedelta(0)))
    assert browser.get(f"/cases/{number}", as_="chen").says("请看。")
    browser.get(f"/cases/{number}/attachments/{row}", as_="chen", expect=303)
    assert browser.get(f"/files/{made}", expect=503).says("文件暂时打不开")


def test_certificates_are_drawn_into_the_same_store(app, make, s3_url):
    store = S3Storage(s3_url)
    make.case("closed")
    db.session.commit()
    db.session.remove()
    worker.run_due(Outside(NullRenderer(), store, MemoryMailer()))
    begin(read_only=True)
    paper = db.session.scalars(select(Certificate)).one()
    assert paper.number.encode() in store.get(paper.pdf_key)


def test_a_number_that_was_never_given_is_not_found(make, case):
    for token in ("x", attachments.link_token(Attachment(id=999))):
        with pytest.raises(NotFound):
            attachments.open_by_token(token, MemoryStorage())


def test_the_whole_way_of_a_file_on_either_engine(town, guarded):
    """Kept, said, scanned, drawn, shared, taken away, swept, compared; the locks are PostgreSQL's own."""
    storage, case, other = MemoryStorage(), town.case("consulting"), town.case("consulting", phone="13900139001")
    send(town, case, storage, Upload("通知.pdf", SHEET), Upload("病.pdf", VIRUS))
    send(town, other, storage, Upload("通知.pdf", SHEET))
    work(storage, MemoryScanner())
    first, bad, second = rows()
    assert (first.scan, first.pages, bad.scan, second.pages) == (Scan.CLEAN, 3, Scan.INFECTED, 3)
    assert len(storage.files) == 2, "one document and one small picture for both cases"
    attachments.remove(first, town.cast.wang)
    work(storage, MemoryScanner())
    assert len(storage.files) == 2
    assert attachments.forget(db.session.get_one(Case, other.id), SYSTEM) == 1
    work(storage, MemoryScanner())
    assert storage.files == {}
    assert numbers(check(storage)) == (0, 0, 0, 0)
