"""The parts people play in a walk, a sentence each; by address and field, so they are the same in any language."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.models import Case, Certificate, Offer, OfferStatus
from helpdesk.rules.credit import GATE, GATE_STATION
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


# --- the desk ---


def triage(wang: Seat, number: str, *, category: str) -> Seat:
    """In the queue's pane: the field, and on to the experts."""
    wang.open(f"/queue/{number}?view=new")
    return wang.choose("category", category).submit("/triage")


def open_offer(wang: Seat, number: str) -> Seat:
    """The list of experts, each with reasons, and who was left out."""
    return wang.open(f"/cases/{number}/offers")


def offer(wang: Seat, number: str, *, to: str, note: str = "") -> Seat:
    """Ask one of the experts, with a word."""
    open_offer(wang, number)
    if note:
        wang.write("note", note)
    return wang.press(wang.page.locator("main button[name=expert_id]", has_text=to).first)


def offer_in_pane(wang: Seat, number: str, *, to: str) -> Seat:
    """Ask the ranked expert of this name right in the queue."""
    if number not in wang.path:
        wang.open(f"/queue/{number}?view=triaged")
    row = wang.page.locator("#experts li", has_text=to).first
    return wang.press(row.locator("button[type=submit]").first)


def undo_merge(wang: Seat, number: str) -> Seat:
    """On its own again."""
    return wang.open(f"/cases/{number}/merge/undoing").submit("/undoing")


def receive(seat: Seat, number: str, *, accept: bool, reason: str = "") -> Seat:
    """Another station's case: take it over, or send it back."""
    seat.open(f"/cases/{number}/transfer/decision").write("reason", reason)
    return seat.submit("/decision", value="accept" if accept else "bounce")


def uphold(li: Seat, number: str, reason: str) -> Seat:
    """The district says that the company is right."""
    return li.open(f"/cases/{number}/appeal-decision").write("reason", reason).submit("/appeal-decision")


def decide_review(li: Seat, number: str, *, upheld: bool, reason: str) -> Seat:
    """Money or not."""
    li.open(f"/cases/{number}/review").choose("decision", "upheld" if upheld else "cleared")
    return li.write("reason", reason).submit("/review")


def verify(wang: Seat, number: str) -> Seat:
    """The company stayed silent: every visit stands, and the station signs."""
    wang.open(f"/cases/{number}").follow("/verification")
    for stands in wang.page.locator("main [name^='visit-'][value=stands]").all():
        stands.check(force=True)
    for name in GATE_STATION:
        wang.choose(name)
    return wang.submit("/verification")
