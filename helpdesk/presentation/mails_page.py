"""The list of letters in words: to whom (masked), about what kind of thing, what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext

from helpdesk.domain import mail_delivery, mailing
from helpdesk.i18n import N_
from helpdesk.models import Mail, MailKind, MailStatus
from helpdesk.presentation import filters, outage_words
from helpdesk.rules.mailing import BY_NAME, Part

SIZE = 50

STATES: dict[MailStatus, tuple[str, str]] = {
    MailStatus.WAITING: (N_("待发"), "wait"),
    MailStatus.DAILY: (N_("等每日汇总"), "off"),
    MailStatus.TOLD: (N_("已汇总"), "done"),
    MailStatus.UNPROVED: (N_("等核对邮箱"), "conf"),
    MailStatus.SENT: (N_("已发"), "done"),
    MailStatus.FAILED: (N_("发不出去"), "bad"),
    MailStatus.DROPPED: (N_("不用发了"), "off"),
}

REASONS = {
    "undone": N_("事情撤销了"), "newer": N_("有更新的一封"), "stopped": N_("对方不再收信"),
    "inactive": N_("账号停用了"), "read": N_("已在网站上看过"), "proved": N_("已核对过"),
    "answered": N_("已经答复"), "no_right": N_("已看不到这一件"),
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One letter."""

    id: int
    number: str
    reader: str
    about: str
    when: str
    state: str
    tone: str
    trouble: str
    can_resend: bool


def build(status: MailStatus | None, before: int | None) -> dict[str, Any]:
    """The page: tabs with counts, rows, and the way to older ones."""
    found = mail_delivery.page(status, before=before, size=SIZE + 1)
    counts = mail_delivery.counts()
    tabs: list[dict[str, Any]] = [{"label": gettext("全部"), "url": url_for("mails.index"), "current": status is None}]
    tabs += [
        {
            "label": gettext(STATES[each][0]),
            "url": url_for("mails.index", state=each.value),
            "current": status is each,
            "count": counts.get(each),
        }
        for each in (MailStatus.FAILED, MailStatus.WAITING, MailStatus.UNPROVED, MailStatus.SENT)
    ]
    older = ""
    if len(found) > SIZE:
        older = url_for("mails.index", state=status.value if status else None, before=found[SIZE - 1].id)
    return {"tabs": tabs, "rows": [_row(mail) for mail in found[:SIZE]], "older": older or None}


def _row(mail: Mail) -> Row:
    label, tone = STATES[mail.status]
    error = mail.error or ""
    return Row(
        id=mail.id,
        number=mail.case.number or "—" if mail.case else "—",
        reader=masked(mail.address),
        about=_about(mail),
        when=filters.moment(mail.created_at),
        state=gettext(label),
        tone=tone,
        trouble=gettext(REASONS[error]) if error in REASONS else error[:160],
        can_resend=mail.status is MailStatus.FAILED,
    )


def _about(mail: Mail) -> str:
    if mail.kind is MailKind.DIGEST:
        return gettext("每日汇总")
    if mail.kind is MailKind.OUTAGE:
        return outage_words.title(is_over=bool(mail.is_over))
    if mail.kind is MailKind.COMPLAINT:
        return gettext("投诉")
    if mail.line is not None:
        return gettext("表彰")
    if mail.kind is MailKind.DOSSIER:
        return gettext("培训、表彰的更正申请")
    if mail.part == Part.INVITED:
        return gettext("请同事加入")
    if mail_delivery.asks_to_complete(mail):
        return gettext("收到您的来信，请补两项")
    group = BY_NAME.get(mailing.group_of(mail))
    return gettext(group.label) if group else gettext("这是您的邮箱吗？")


def masked(address: str) -> str:
    """l***@company.cn: enough to recognise, too little to write to."""
    user, _, host = address.partition("@")
    return f"{user[:1]}***@{host}"
