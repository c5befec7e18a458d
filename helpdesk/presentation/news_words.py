"""What a group reads, and what a text to a phone says.

A group chat is outside the desk: number, title, field, district, due and the way there. No name, no phone, no word of a
message or a note; what looks like one of these in a title is taken out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from flask_babel import force_locale, gettext

from helpdesk.i18n import N_, counted
from helpdesk.models import Case, Event, News, Outage
from helpdesk.presentation import filters, mail_page, outage_words
from helpdesk.presentation.inbox_page import hider
from helpdesk.presentation.words import category_name, district_name

# Bytes: a WeCom robot takes 2048 in all.
LONGEST = 1900
# Entries of one message; the rest is a number.
MOST = 12

# What each kind is called in a line, or beside a box to tick.
KINDS: dict[str, str] = {
    "case.submitted": N_("新求助"), "case.triaged": N_("已受理"), "case.split": N_("拆成两件"),
    "case.rejected": N_("不予受理"), "case.appealed": N_("企业申诉"), "case.appeal_upheld": N_("申诉成立"),
    "case.referred": N_("已转介"), "case.merged": N_("已并案"), "case.unmerged": N_("撤销并案"),
    "case.withdrawn": N_("企业撤回"), "case.resumed": N_("企业恢复求助"), "case.offered": N_("已派单"),
    "case.offered_to_several": N_("同时请几位专家"), "case.accepted": N_("专家接单"),
    "case.declined": N_("专家不方便接"),
    "case.offer_expired": N_("专家逾期未接"), "case.taken": N_("站点直接办理"), "case.handed_back": N_("专家申请换人"),
    "case.asked": N_("请企业补充"), "case.supplied": N_("企业补充了信息"), "case.answered": N_("小结写好了"),
    "case.closed": N_("企业确认办结"), "case.verified": N_("站点核定办结"), "case.disputed": N_("企业说还没解决"),
    "case.payment_reported": N_("报告有收费"), "case.review_decided": N_("收费核查有结论"),
    "case.erasure_asked": N_("企业要求删除资料"), "case.erasure_refused": N_("没有同意删除资料"),
    "case.closed_unreachable": N_("联系不上，先办结"), "case.transfer_requested": N_("申请转站"),
    "case.transferred": N_("转站接收"), "case.transfer_bounced": N_("转站被退回"), "case.reopened": N_("案件重开"),
    "case.at_risk": N_("快到时限"), "case.overdue": N_("已过时限"), "case.overdue_for_district": N_("超时一个工作日"),
    "case.overdue_for_operator": N_("超时两个工作日"), "message.posted": N_("新留言"),
    "message.brought": N_("企业来信"), "visit.logged": N_("记了服务"),
    "visit.changed": N_("改了服务记录"), "visit.disputed": N_("服务时间有异议"), "certificate.issued": N_("出具证书"),
    "mailbox.silent": N_("邮箱读不到了"), "mailbox.back": N_("邮箱恢复了"),
    "record.warned": N_("服务记录待补全"), "record.pressing": N_("服务记录快到期"), "record.missed": N_("服务记录逾期"),
    "certificate.revoked": N_("证书作废"), "hours.reversed": N_("时长冲正"),
    "correction.asked": N_("申请更正服务记录"), "correction.granted": N_("服务记录已更正"),
    "correction.refused": N_("服务记录没有更正"), "case.repeated": N_("定期回访的新案件"),
    "series.begun": N_("设了定期回访"), "series.changed": N_("定期回访改了"), "series.paused": N_("定期回访暂停"),
    "series.stopped": N_("定期回访停下了"), "series.resumed": N_("定期回访恢复"), "series.ended": N_("定期回访结束"),
}  # fmt: skip

_NUMBERS = re.compile(r"[+＋]?\d[\d\s\-－]{5,}\d")
_MAIL = re.compile(r"[^\s@，。；：（(]+@[^\s@，。；：）)]+")


def text_of(rows: Sequence[News]) -> str:
    """The message that tells these rows of one channel, or the text to one phone, in its language."""
    first = rows[0]
    if first.phone is not None:
        if first.event is None or first.case is None:
            raise ValueError(f"news {first.id} names no event")
        with force_locale(first.case.locale):
            return _text(first.event, first.case)
    with force_locale(first.channel.locale if first.channel else "zh_Hans_CN"):
        outages = [_outage(row.outage, is_over=bool(row.is_over)) for row in rows if row.outage is not None]
        told = [(row.event, row.case) for row in rows if row.event is not None and row.case is not None]
        if outages:
            return _fitting([*outages, *([_many(told)] if told else []), mail_page.outside("incomings.index")])
        if not told:
            return gettext("【%(site)s】这是一条测试消息，收到就说明接通了。", site=mail_page.site_name())
        return _one(*told[0]) if len(told) == 1 else _many(told)


def kind_word(kind: str) -> str:
    """What a kind of event is called."""
    return gettext(KINDS[kind])


def safe_title(case: Case) -> str:
    """The title without the company's name, the contact's, or anything that looks like a phone or a mail address."""
    title = mail_page.one_line(hider(case)(case.title))
    if len(case.contact_name) > 1:
        title = title.replace(case.contact_name, "…")
    return _NUMBERS.sub("…", _MAIL.sub("…", title))


def _outage(outage: Outage, *, is_over: bool) -> str:
    """A mailbox that cannot be read: its name is public, what its server said is not said here."""
    what = gettext("【%(what)s】", what=outage_words.title(is_over=is_over))
    return f"{what}{outage_words.sentence(outage, is_over=is_over)}"


def _one(event: Event, case: Case) -> str:
    about = [part for part in (category_name(case.category_code or ""), district_name(case.district)) if part]
    lines = [gettext("【%(what)s】%(number)s", what=kind_word(event.kind), number=case.number), safe_title(case)]
    if about:
        lines.append(" · ".join(about))
    if case.due_at is not None:
        due = f"{filters.day(case.due_at)} {filters.hour(case.due_at)}"
        lines.append(gettext("最晚 %(due)s", due=due))
    return _fitting([*lines, mail_page.outside("cases.show", number=case.number)])


def _many(told: Sequence[tuple[Event, Case]]) -> str:
    lines = [gettext("【%(what)s】", what=counted("%(n)s 条进展", len(told)))]
    lines += [f"{n}. {kind_word(event.kind)} {case.number} {safe_title(case)}" for n, (event, case) in
              enumerate(told[:MOST], 1)]  # fmt: skip
    if len(told) > MOST:
        lines.append(counted("还有 %(n)s 条", len(told) - MOST))
    return _fitting([*lines, mail_page.outside("cases.index")])


def _fitting(lines: list[str]) -> str:
    """The lines, middle ones cut from the end until a robot takes them; the last, the way there, stays."""
    *body, way = lines
    room = LONGEST - len(way.encode()) - 1
    kept = "\n".join(body)
    if len(kept.encode()) > room:
        kept = kept.encode()[: room - 3].decode("utf-8", "ignore") + "…"
    return f"{kept}\n{way}"


def _text(event: Event, case: Case) -> str:
    """Short: a text costs by the seventy characters. The link is the company's own."""
    way = mail_page.outside("tracking.show", token=case.tracking_token)
    if event.kind == "case.asked":
        return gettext("【%(site)s】您的求助 %(number)s 想请您补充一点信息：%(way)s", **_facts(case, way))
    if event.kind == "case.answered":
        return gettext("【%(site)s】您的求助 %(number)s 写好小结了，请您确认：%(way)s", **_facts(case, way))
    if event.kind == "case.repeated":
        return gettext("【%(site)s】按约好的定期回访，为您建了 %(number)s，看进展：%(way)s", **_facts(case, way))
    return gettext("【%(site)s】收到您的求助 %(number)s，看进展：%(way)s", **_facts(case, way))


def _facts(case: Case, way: str) -> dict[str, str]:
    return {"site": mail_page.site_name(), "number": case.number or "", "way": way}
