"""The parts people play in a walk, as one sentence each; by address and field, so they read the same in any language."""

from __future__ import annotations

from datetime import datetime, timedelta

from helpdesk import clock
from helpdesk.rules.credit import GATE
from tests.journeys.seat import Seat


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
