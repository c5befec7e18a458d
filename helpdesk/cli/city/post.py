"""Letters that came in: one of each kind a desk meets, for the demo city."""

from __future__ import annotations

from email.message import EmailMessage

from flask import current_app
from sqlalchemy import select

from helpdesk.adapters.letterbox import letter as reader
from helpdesk.adapters.storage.chosen import storage_from
from helpdesk.db import db
from helpdesk.domain import incoming
from helpdesk.models import Case, Station, Status

WORDS: tuple[tuple[str, str, dict[str, str], str], ...] = (
    ("周凯 <zhoukai@hongyu-mold.example>", "想找人看看出口退税的材料", {},
     "你好，我们做注塑模具的，二十来个人。今年开始接越南的单子，退税资料第一次弄，报关单和发票对不上，"
     "代理说要补，我看不太懂。能不能请懂的老师帮忙看一眼？我电话 138 开头，白天都在车间，下午四点后方便。"
     "\n\n发自我的 iPhone"),
    ("Grace Lin <grace@brightpeak.example>", "Trademark question from a small exporter", {},
     "Hello, we are a team of nine in Nanshan selling lamps abroad. A shop on a platform uses a name very close to"
     " ours. Should we register the English mark first, or write to the platform? Half an hour of advice would help."),
    ("何工 <he.gong@xinlida.example>", "回复：[{number}] 材料", {},
     "老师好，我换了公司邮箱，原来那个收不到了。您要的去年设备清单我整理好了，下周一前发。"),
    ("企业服务早报 <news@daily.example>", "今日要闻：专精特新申报窗口开启", {"List-Id": "<daily.example>"},
     "点击查看今日要闻。如不想再收到，请退订。"),
    ("陈志强 <chen.zq@holiday.example>", "自动回复：企业确认", {"Auto-Submitted": "auto-replied"},
     "您好，我正在休假，28 日回来后回复您。急事请打前台电话。"),
)  # fmt: skip


def deliver() -> int:
    """Take them in through the same verbs as a mail server's pipe; returns how many."""
    storage = storage_from(current_app.config)
    named = db.session.scalar(
        select(Case.number)
        .join(Station, Station.id == Case.station_id)
        .where(Station.slug == "baoan-fuyong", Case.status == Status.CONSULTING)
        .order_by(Case.id)
        .limit(1)
    )
    for sender, subject, headers, words in WORDS:
        message = EmailMessage()
        message["From"], message["To"] = sender, "help@desk.example"
        message["Subject"] = subject.format(number=named or "")
        for name, value in headers.items():
            message[name] = value
        message.set_content(words)
        raw = message.as_bytes()
        row, _ = incoming.keep(raw, storage, source="pipe")
        incoming.place(row.id, reader.read(raw), storage)
    return len(WORDS)
