"""Webhooks in words, and what one is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext

from helpdesk.domain import webhooks
from helpdesk.i18n import N_, counted
from helpdesk.models import SendStatus, Webhook, WebhookDelivery
from helpdesk.presentation import filters, mail_page, news_words
from helpdesk.presentation.channels_page import STATES
from helpdesk.rules.mailing import GROUPS

TROUBLES = {
    "no_connection": N_("连不上"), "no_name": N_("找不到这个域名"), "too_slow": N_("对方太慢"),
    "no_answer": N_("对方答非所问"), "bad_certificate": N_("对方的证书不对"), "url_inside": N_("域名指向内网，不发"),
    "paused": N_("暂停了"), "off": N_("停用了"), "undone": N_("事情撤销了"), "url_form": N_("地址有误"),
    "url_scheme": N_("不是 https"), "url_person": N_("地址里有账号"), "url_host": N_("域名有误"),
    "url_port": N_("端口不在许可之列"),
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One webhook in the list."""

    id: int
    url: str
    told: str
    state: str
    tone: str
    went: str
    failed: int


@dataclass(frozen=True)
class Row:
    """One delivery."""

    id: int
    uid: str
    what: str
    number: str
    when: str
    state: str
    tone: str
    code: str
    trouble: str
    tries: str
    can_resend: bool


def body_of(row: WebhookDelivery) -> dict[str, Any]:
    """What a receiver gets: the same in every try. Codes only, in no language."""
    facts = dict(row.payload)
    moment = facts.pop("timestamp")
    if facts.get("number"):
        facts["link"] = mail_page.outside("cases.show", number=facts["number"])
    return {"id": row.uid, "type": row.kind, "timestamp": moment, "data": facts}


def lines(rows: list[Webhook]) -> list[Line]:
    """The webhooks as their list shows them."""
    failed = webhooks.failed(rows)
    return [_line(row, failed.get(row.id, 0)) for row in rows]


def line(webhook: Webhook) -> Line:
    """One webhook: where, what of, how it went."""
    return lines([webhook])[0]


def _line(webhook: Webhook, failed: int) -> Line:
    state, tone = gettext("在用"), "done"
    if not webhook.is_on:
        state, tone = gettext("已停用"), "off"
    elif webhook.paused_at is not None:
        state, tone = gettext("一直不通，已暂停"), "bad"
    elif webhook.failures:
        state, tone = gettext("有问题，还在试"), "wait"
    sent = webhook.last_sent_at
    return Line(
        id=webhook.id,
        url=webhook.url,
        told=counted("%(n)s 种事", len(webhook.kinds)),
        state=state,
        tone=tone,
        went=gettext("上次送到：%(when)s", when=filters.moment(sent)) if sent else gettext("还没送到过"),
        failed=failed,
    )


def build(webhook: Webhook, status: SendStatus | None, before: int | None) -> dict[str, Any]:
    """The page of deliveries: tabs, rows, and the way to older ones."""
    found = webhooks.deliveries(webhook, status, before=before, size=webhooks.SHOWN + 1)
    here: dict[str, Any] = {"webhook_id": webhook.id}
    tabs = [{"label": gettext("全部"), "url": url_for("webhooks.deliveries", **here), "current": status is None}]
    tabs += [
        {
            "label": gettext(STATES[each][0]),
            "url": url_for("webhooks.deliveries", state=each.value, **here),
            "current": status is each,
        }
        for each in (SendStatus.FAILED, SendStatus.WAITING, SendStatus.SENT)
    ]
    older = None
    if len(found) > webhooks.SHOWN:
        last = found[webhooks.SHOWN - 1].id
        older = url_for("webhooks.deliveries", state=status.value if status else None, before=last, **here)
    return {"tabs": tabs, "rows": [_row(row) for row in found[: webhooks.SHOWN]], "older": older}


def _row(row: WebhookDelivery) -> Row:
    label, tone = STATES[row.status]
    error = row.error or ""
    return Row(
        id=row.id,
        uid=row.uid,
        what=gettext("测试") if row.kind == webhooks.TEST else news_words.kind_word(row.kind),
        number=str(row.payload.get("number") or "—"),
        when=filters.moment(row.tried_at or row.leaves_at),
        state=gettext(label),
        tone=tone,
        code=str(row.code) if row.code is not None else "—",
        trouble="" if error.startswith("HTTP ") else gettext(TROUBLES[error]) if error in TROUBLES else error[:160],
        tries=counted("试了 %(n)s 次", row.tries),
        can_resend=row.status is SendStatus.FAILED,
    )


def kinds() -> list[tuple[str, list[tuple[str, str]]]]:
    """Kinds of events to tick, by group, in words."""
    groups = [(group, [kind for kind in group.kinds if kind in webhooks.KINDS]) for group in GROUPS]
    named = [(group.label, some) for group, some in groups if some]
    named.append((N_("网站自己"), [webhooks.SILENT, webhooks.BACK]))
    return [(gettext(label), [(kind, news_words.kind_word(kind)) for kind in some]) for label, some in named]
