"""The parts people play in a walk, a sentence each; by address and field, so they are the same in any language."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.models import Case, Certificate, Offer, OfferStatus
from helpdesk.rules.credit import GATE
from tests.cast import SOUTHLIGHT
from tests.journeys.desk import Desk
from tests.journeys.seat import Seat

PROBLEM = "我们做光电模组，想申报专精特新，研发费用不知道怎么归集，想请人看看材料。"


def number_of(desk: Desk, link: str) -> str:
    """The number of the case behind a private link."""
    with desk.reading():
        found = select(Case.number).where(Case.tracking_token == link.removeprefix("/t/"))
        return str(db.session.scalars(found).one())


def offer_of(desk: Desk, number: str) -> int:
    """The pending offer of a case."""
    with desk.reading():
        waiting = select(Offer.id).join(Case).where(Case.number == number, Offer.status == OfferStatus.PENDING)
        return db.session.scalars(waiting).one()


def paper_of(desk: Desk, number: str) -> Certificate:
    """The one certificate of a case."""
    with desk.reading():
        return db.session.scalars(select(Certificate).join(Case).where(Case.number == number)).one()


def code_of(desk: Desk, number: str) -> str:
    """The tracking code of a case, as it stands on the receipt."""
    with desk.reading():
        return str(db.session.scalars(select(Case.tracking_code).where(Case.number == number)).one())


def ask(sme: Seat, *, problem: str = PROBLEM, phone: str = "139 0013-9000", name: str = "林女士") -> str:
    """Somebody without an account asks, in four pages; returns the path of the private link."""
    sme.open("/").follow("/requests/new")
    sme.write("problem", problem).submit("/requests/new")
    sme.write("name", SOUTHLIGHT.name).write("credit_code", SOUTHLIGHT.credit_code.lower())
    sme.pick("district", SOUTHLIGHT.district).page.locator("main select[name=industry]").select_option(index=3)
    sme.write("employees", "28").write("revenue_wan", "９００").submit("/company")
    sme.write("name", name).write("phone", phone).choose("meeting", "online").choose("handling")
    sme.submit("/contact").submit("/submission")
    assert sme.path.endswith("/receipt"), sme.path
    return sme.path.removesuffix("/receipt")


def accept(chen: Seat, offer_id: int) -> Seat:
    """The expert opens the offer, declares no conflict, takes it."""
    chen.open(f"/offers/{offer_id}")
    return chen.choose("no_conflict").submit("/acceptance")


def decline(chen: Seat, offer_id: int, reason: str, note: str = "") -> Seat:
    """Not this time, and why."""
    chen.open(f"/offers/{offer_id}").follow(f"/offers/{offer_id}/refusal")
    return chen.choose("reason", reason).write("note", note).submit("/refusal")


def say(chen: Seat, number: str, words: str) -> Seat:
    """A reply that the company reads."""
    if not chen.path.startswith(f"/cases/{number}?") and chen.path != f"/cases/{number}":
        chen.open(f"/cases/{number}")
    return chen.write("body", words).submit("/messages")


def note(chen: Seat, number: str, words: str) -> Seat:
    """A note that the company never reads."""
    chen.press(chen.page.locator("#composer a[href*='to=note']").first)
    return chen.write("body", words).submit("/notes")


def log_visit(chen: Seat, number: str, *, ended: datetime, minutes: int = 90, summary: str, **more: str) -> Seat:
    """A visit that ended at this moment."""
    begins, ends = clock.local(ended - timedelta(minutes=minutes)), clock.local(ended)
    chen.open(f"/cases/{number}").follow(f"/cases/{number}/visits/new")
    chen.write("day", f"{begins:%Y-%m-%d}").write("starts", f"{begins:%H:%M}").write("ends", f"{ends:%H:%M}")
    chen.choose("mode", "online").write("summary", summary)
    if more:
        chen.tap(chen.page.locator("main details summary").first)
    for name, value in more.items():
        chen.write(name, value)
    return chen.submit("/visits/new")


def summarise(chen: Seat, number: str, result: str) -> Seat:
    """The summary in three short boxes, and every sentence of the gate."""
    chen.open(f"/cases/{number}").follow(f"/cases/{number}/answer")
    chen.write("problem", "研发费用不知道怎么归集。").write("advice", "按项目建辅助账，人员工时每周记。")
    chen.write("result", result)
    for name in GATE:
        chen.choose(name)
    return chen.submit("/answer")


def ask_company(chen: Seat, number: str, question: str) -> Seat:
    """Something is missing; the clocks stand still until the company answers."""
    chen.open(f"/cases/{number}/inquiry")
    return chen.write("question", question).submit("/inquiry")


def answer_back(sme: Seat, link: str, words: str) -> Seat:
    """The company says something on its own page."""
    if sme.path.partition("?")[0] != link:
        sme.open(link)
    return sme.write("body", words).submit("/messages")


def confirm(sme: Seat, link: str, *, score: str, comment: str, outcome: str = "solved", paid: str = "no") -> Seat:
    """Solved, every time right, nothing paid, and how it was."""
    sme.open(link).follow("/confirmation")
    sme.choose("outcome", outcome).choose("paid", paid).choose("score", score).write("comment", comment)
    for right in sme.page.locator("main [name^='visit-'][value=right]").all():
        right.check(force=True)
    return sme.submit("/confirmation")


def download(seat: Seat, number: str) -> bytes:
    """The paper as a file."""
    seat.open(f"/certificates/{number}")
    with seat.page.expect_download() as coming:
        seat.link(f"/certificates/{number}.pdf").click(no_wait_after=True)
    assert coming.value.suggested_filename == f"{number}.pdf"
    return Path(coming.value.path()).read_bytes()
