"""Dates, hours and clocks as people here read them: Shenzhen time, plain words, quick (no Babel per row)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import Flask, g
from flask_babel import gettext
from markupsafe import Markup, escape

from helpdesk import clock
from helpdesk.domain import deadlines
from helpdesk.i18n import counted
from helpdesk.models import Case
from helpdesk.presentation.language import is_english
from helpdesk.rules.credit import hours_text
from helpdesk.rules.identifiers import mask_name, mask_phone
from helpdesk.rules.promises import FIRST_ANSWER, Hours, Unit

WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def day(value: date | datetime) -> str:
    """10 月 21 日 周三 / Wed 21 Oct; with the year when it is another one."""
    d = clock.local(value).date() if isinstance(value, datetime) else value
    other_year = d.year != clock.today().year
    if is_english():
        return f"{DAYS[d.weekday()]} {d.day} {MONTHS[d.month - 1]}" + (f" {d.year}" if other_year else "")
    return (f"{d.year} 年 " if other_year else "") + f"{d.month} 月 {d.day} 日 {WEEKDAYS[d.weekday()]}"


def full_day(value: date | datetime) -> str:
    """2026 年 10 月 21 日 / 21 Oct 2026."""
    d = clock.local(value).date() if isinstance(value, datetime) else value
    if is_english():
        return f"{d.day} {MONTHS[d.month - 1]} {d.year}"
    return f"{d.year} 年 {d.month} 月 {d.day} 日"


def hour(value: datetime) -> str:
    """09:12."""
    return f"{clock.local(value):%H:%M}"


def moment(value: datetime) -> str:
    """今天 09:12, 昨天 14:20, 10-21 09:12, 2025-10-21."""
    here, today = clock.local(value), clock.today()
    if here.date() == today:
        return gettext("今天 %(time)s", time=f"{here:%H:%M}")
    if here.date() == today - timedelta(days=1):
        return gettext("昨天 %(time)s", time=f"{here:%H:%M}")
    return f"{here:%m-%d %H:%M}" if here.year == today.year else f"{here:%Y-%m-%d}"


def phone_link(number: str) -> Markup:
    """A number that a finger can call."""
    digits = "".join(c for c in number if c.isdigit() or c == "+")
    return Markup('<a class="num" href="tel:{}">{}</a>').format(digits, number)


def span_words(minutes: float) -> str:
    """3 小时 10 分, 2 天, 45 分: two units at most, rounded down."""
    whole = int(minutes)
    if whole >= 2 * 1440:
        return counted("%(n)s 天", whole // 1440)
    hours, rest = divmod(whole, 60)
    if hours >= 10 or (hours and not rest):
        return counted("%(n)s 小时", hours)
    if hours:
        return gettext("%(h)s 小时 %(m)s 分", h=hours, m=rest)
    return gettext("%(n)s 分", n=rest)


@dataclass(frozen=True)
class ClockWords:
    """A clock in words, and its look: clock, soon, over, paused."""

    text: str
    kind: str


def clock_of(case: Case) -> ClockWords | None:
    """How the case stands with its nearest promise; None when nothing is promised any more."""
    if case.is_paused:
        return ClockWords(gettext("等企业，暂停计时"), "paused")
    if case.due_at is None:
        return None
    left = (case.due_at - clock.now()).total_seconds() / 60
    if left < 0:
        return ClockWords(gettext("已超 %(span)s", span=span_words(-left)), "over")
    soon = case.warn_at is not None and case.warn_at <= clock.now()
    return ClockWords(gettext("剩 %(span)s", span=span_words(left)), "soon" if soon else "clock")


def paragraphs(text: str) -> Markup:
    """Plain text as paragraphs and line breaks; everything in it is shown literally."""
    blocks = [b for b in str(text).replace("\r\n", "\n").split("\n\n") if b.strip()]
    return Markup("").join(
        Markup("<p>{}</p>").format(Markup("<br>").join(escape(line) for line in block.strip("\n").split("\n")))
        for block in blocks
    )


def week_words(week: Sequence[Hours]) -> str:
    """周一至周五 9:00–12:00，14:00–18:00；周六 9:00–12:00: days with the same hours together, days off left out."""
    runs: list[tuple[int, int, Hours]] = []
    for weekday, hours in enumerate(week):
        if hours and runs and runs[-1][1] == weekday - 1 and runs[-1][2] == hours:
            runs[-1] = (runs[-1][0], weekday, hours)
        elif hours:
            runs.append((weekday, weekday, hours))
    names = DAYS if is_english() else WEEKDAYS
    return gettext("；").join(
        (names[first] if first == last else gettext("%(first)s至%(last)s", first=names[first], last=names[last]))
        + " "
        + gettext("，").join(f"{opens.hour}:{opens:%M}–{shuts.hour}:{shuts:%M}" for opens, shuts in hours)
        for first, last, hours in runs
    )


def answer_promise(category: str | None = None) -> str:
    """How soon a request that is sent now gets an answer: the very target that the receipt's date is reckoned from."""
    known: dict[str | None, str] = g.setdefault("answer_promise", {})
    if category not in known:
        target = deadlines.target_for_new(FIRST_ANSWER.kind, category)
        known[category] = {
            Unit.WORKDAYS: counted("%(n)s 个工作日内有回音", target.amount),
            Unit.WORKING_HOURS: counted("%(n)s 个工作小时内有回音", target.amount),
            Unit.DAYS: counted("%(n)s 天内有回音", target.amount),
            Unit.HOURS: counted("%(n)s 小时内有回音", target.amount),
        }[target.unit]
    return known[category]


def quote_lines(text: str) -> str:
    """Every line behind "> ", as a letter in plain text quotes."""
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def register(app: Flask) -> None:
    """Make all of these filters, and the clock a global."""
    app.jinja_env.filters.update(
        day=day,
        full_day=full_day,
        hour=hour,
        moment=moment,
        span=span_words,
        hours=hours_text,
        week_words=week_words,
        masked_phone=mask_phone,
        phone_link=phone_link,
        masked_name=mask_name,
        paras=paragraphs,
        quote_lines=quote_lines,
    )
    app.jinja_env.globals.update(clock_of=clock_of, answer_promise=answer_promise)
