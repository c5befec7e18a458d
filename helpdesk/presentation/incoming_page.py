"""Letters that came in, in words: from whom, what became of each, and what a desk can do with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext

from helpdesk import config
from helpdesk.domain import incoming, letter_files
from helpdesk.errors import Refused
from helpdesk.i18n import N_
from helpdesk.models import Case, Channel, Incoming, IncomingKind, IncomingStatus, Message
from helpdesk.presentation import filters
from helpdesk.presentation.words import refusal_text
from helpdesk.rules import policy
from helpdesk.rules.policy import Who

S = IncomingStatus
# Letters of a list's line.
EXCERPT = 120

STATES: dict[IncomingStatus, tuple[str, str]] = {
    S.KEPT: (N_("等着读"), "wait"),
    S.BROKEN: (N_("读不出"), "bad"),
    S.FILED: (N_("机器信"), "off"),
    S.SAID: (N_("已放进案件"), "done"),
    S.REQUESTED: (N_("已立案"), "done"),
    S.BEGUN: (N_("等补企业信息"), "conf"),
    S.HELD: (N_("要您决定"), "new"),
    S.DECIDED: (N_("不用办"), "off"),
}  # fmt: skip

# Why it waits for somebody, or was filed.
REASONS: dict[str, str] = {
    "too_large": N_("信太大，只收下了开头"),
    "no_sender": N_("没有发信人"),
    "too_many": N_("这个邮箱一小时内来信太多，可能是两台机器在互相回信"),
    "forged": N_("我们的邮件服务器说发信人是冒充的"),
    "no_right": N_("发信人不能在那一件上说话"),
    "case_ended": N_("那一件已经结束；需要的话，另立一件，或请企业申请重开"),
    "consent_missing": N_("还没有对方的同意"),
    "contact_missing": N_("还缺联系电话"),
    "too_many_open_cases": N_("这家企业正在办的求助已经到上限"),
    "auto-submitted": N_("自动回复"), "subject": N_("自动回复"), "precedence": N_("群发或自动回复"),
    "no-reply": N_("不收回信的邮箱"), "disposition-notification": N_("已读回执"), "delivery-status": N_("退信"),
    "daemon": N_("退信"), "x-failed-recipients": N_("退信"), "return-path": N_("自动发出的信"),
    "x-loop": N_("自动回复"), "from": N_("我们自己发的信"),
}  # fmt: skip
KINDS: dict[IncomingKind, str] = {
    IncomingKind.PERSON: N_("人写的信"), IncomingKind.AUTO: N_("自动回复"), IncomingKind.BOUNCE: N_("退信"),
    IncomingKind.LIST: N_("群发信"), IncomingKind.OWN: N_("我们自己发的信"),
}  # fmt: skip

# Tab, its word, the states in it.
TABS: tuple[tuple[str, str, tuple[IncomingStatus, ...]], ...] = (
    ("todo", N_("要处理"), incoming.TO_DO),
    ("cases", N_("已归入案件"), (S.SAID, S.REQUESTED)),
    ("machines", N_("机器信"), (S.FILED,)),
    ("decided", N_("不用办"), (S.DECIDED,)),
    ("all", N_("全部"), ()),
)


@dataclass(frozen=True)
class Row:
    """One letter of the list."""

    url: str
    subject: str
    sender: str
    excerpt: str
    when: str
    state: str
    tone: str
    why: str
    number: str
    case_url: str


@dataclass(frozen=True)
class Enclosed:
    """A file of a letter; `trouble` says why it was not kept."""

    name: str
    trouble: str
    url: str = ""


@dataclass(frozen=True)
class Came:
    """That some words came by mail, and which of its files were not kept."""

    via: str
    lost: list[str]


NOT_BY_MAIL = Came("", [])


def came(case: Case, messages: list[Message]) -> dict[int, Came]:
    """What of a case came by mail: by message id, 0 for the request itself. Asks nothing where nothing did."""
    if case.channel is not Channel.MAIL and not any(incoming.came_by_mail(message) for message in messages):
        return {}
    found = {}
    for row in incoming.of_case(case):
        lost = [
            gettext("%(name)s：%(value)s", name=each.name, value=each.trouble) for each in files_of(row) if each.trouble
        ]
        found[row.message_id or 0] = Came(gettext("来自邮件"), lost)
    return found


def build_list(who: Who, tab: str, before: int | None) -> dict[str, Any]:
    """The list: tabs with counts, rows, the way to older ones."""
    known = {name: statuses for name, _, statuses in TABS}
    tab = tab if tab in known else "todo"
    found = incoming.listed(who, known[tab], before=before)
    counts = incoming.counts(who)
    tabs = [
        {
            "label": gettext(label),
            "url": url_for("incomings.index", tab=name if name != "todo" else None),
            "current": name == tab,
            "count": sum(counts.values()) if name == "todo" else None,
        }
        for name, label, _ in TABS
    ]
    older = ""
    if len(found) > incoming.PAGE:
        older = url_for("incomings.index", tab=tab, before=found[incoming.PAGE - 1].id)
    return {"tabs": tabs, "rows": [_row(row) for row in found[: incoming.PAGE]], "older": older or None, "tab": tab}


def _row(row: Incoming) -> Row:
    label, tone = STATES[row.status]
    number = row.case.number if row.case is not None and row.case.number else ""
    return Row(
        url=url_for("incomings.show", incoming_id=row.id),
        subject=row.subject or gettext("（没有主题）"),
        sender=sender_of(row),
        excerpt=_excerpt(row.text),
        when=filters.moment(row.received_at),
        state=gettext(label),
        tone=tone,
        why=why_of(row),
        number=number,
        case_url=url_for("cases.show", number=number) if number else "",
    )


def _excerpt(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= EXCERPT else line[: EXCERPT - 1] + "…"


def sender_of(row: Incoming) -> str:
    """Name and address, as far as there are any."""
    return (
        f"{row.name} <{row.address}>" if row.name and row.address else row.address or row.name or gettext("不知道是谁")
    )


def why_of(row: Incoming) -> str:
    """Why it is where it is, in words; what somebody wrote themselves, as they wrote it."""
    if not row.why:
        return gettext(KINDS[row.kind]) if row.status is S.FILED else ""
    if row.status is S.FILED and row.why not in REASONS:
        return gettext(KINDS[row.kind])
    return gettext(REASONS[row.why]) if row.why in REASONS else row.why


def files_of(row: Incoming) -> list[Enclosed]:
    """The files of a letter, and why some were not kept."""
    return [Enclosed(name, trouble_of(name, code)) for name, code in row.files]


def openable(row: Incoming) -> list[Enclosed]:
    """The same with where each opens, as long as the letter is on no case."""
    if letter_files.is_on_a_case(row):
        return files_of(row)
    return [
        Enclosed(name, trouble_of(name, code),
                 "" if code else url_for("incomings.file", incoming_id=row.id, place=place))
        for place, (name, code) in enumerate(row.files)
    ]  # fmt: skip


def scan_words() -> str:
    """How far the files of a letter are to be trusted."""
    if config.setting("CLAMD_URL"):
        return gettext("打开时先认类型、查毒；链接十分钟有效。")
    return gettext("打开时先认类型，图片重新保存；链接十分钟有效。")


def trouble_of(name: str, code: str) -> str:
    """Why a file was not kept; "" when it was."""
    if not code:
        return ""
    if code == "letter_cut":
        return gettext("信太复杂，没有全读出来；原信是完整的")
    facts: dict[str, Any] = {"name": name, "limit": 0}
    return refusal_text(Refused(code, **facts)) if code.startswith("file_") else gettext("附件太多，没有全收下")


def build(row: Incoming, who: Who) -> dict[str, Any]:
    """One letter, with what this person can do with it."""
    label, tone = STATES[row.status]
    may = policy.can(who, "incoming.decide", row)
    waits = row.status in (S.HELD, S.BEGUN)
    maybe = row.maybe_case if row.maybe_case is not None and row.maybe_case.number else None
    return {
        "letter": row,
        "sender": sender_of(row),
        "subject": row.subject or gettext("（没有主题）"),
        "state": gettext(label),
        "tone": tone,
        "why": why_of(row),
        "files": openable(row),
        "scan_words": scan_words(),
        "when": filters.moment(row.received_at),
        "maybe": maybe,
        "case": row.case if row.case is not None and row.case.number else None,
        "may_decide": may and waits,
        "may_complete": may and row.status is S.BEGUN,
        "may_begin": may and row.status in (S.HELD, S.FILED, S.DECIDED) and row.case is None,
        "may_read_again": may and row.status is S.BROKEN,
    }
