"""Records that came from elsewhere or went there, on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext

from helpdesk.domain import catalogue, record_transfers
from helpdesk.i18n import N_, counted
from helpdesk.models import ConfirmedBy, ImportedRecord, ImportedStatus, Meeting, RecordExport, RecordImport
from helpdesk.presentation import filters
from helpdesk.presentation.hours_page import VOUCHED
from helpdesk.presentation.words import named, word
from helpdesk.rules.credit import hours_text

STATES = {
    ImportedStatus.PENDING: (N_("待核"), "wait", "s-clock"),
    ImportedStatus.VERIFIED: (N_("已核实"), "done", "s-closed"),
    ImportedStatus.REFUSED: (N_("不予转入"), "off", "s-rejected"),
}


@dataclass(frozen=True)
class Row:
    """A bundle in the list."""

    title: str
    origin: str
    day: str
    url: str
    waiting: str


@dataclass(frozen=True)
class Line:
    """One record as a row of the table."""

    id: int
    day: str
    field: str
    mode: str
    recorder: str
    confirmed: str
    hours: str
    state: str
    tone: str
    icon: str
    reason: str
    waits: bool


@dataclass(frozen=True)
class View:
    """Everything on the page of a bundle."""

    title: str
    facts: list[tuple[str, str]]
    fingerprint: str
    is_known_key: bool
    lines: list[Line]
    waiting: int


def rows(bundles: Sequence[RecordImport]) -> list[Row]:
    """The list; two queries however long."""
    waiting = record_transfers.pending_counts([row.id for row in bundles])
    return [
        Row(
            title=f"{row.expert.name} · {row.expert.volunteer_number}",
            origin=row.origin_name,
            day=filters.full_day(row.received_at),
            url=url_for("record_transfers.show", import_id=row.id),
            waiting=counted("%(n)s 条待核", waiting[row.id]) if row.id in waiting else "",
        )
        for row in bundles
    ]


def build(bundle: RecordImport) -> View:
    """The page of one bundle."""
    minutes = sum(record.minutes for record in bundle.records)
    facts = [
        (gettext("志愿者"), f"{bundle.expert.name} · {bundle.expert.volunteer_number}"),
        (gettext("来自"), bundle.origin_name),
        (gettext("在那边的编号"), bundle.volunteer_number),
        (gettext("签名"), bundle.signer_name),
        (gettext("导出时间"), filters.full_day(bundle.exported_at)),
        (gettext("本人同意"), filters.full_day(bundle.consented_at)),
        (gettext("收到"), f"{filters.full_day(bundle.received_at)} · {bundle.received_by}"),
        (gettext("合计"), gettext("%(hours)s 小时", hours=hours_text(minutes))),
        (gettext("以前收过"), counted("%(n)s 条，没有重复计入", bundle.known) if bundle.known else ""),
    ]
    fields = {row.code: named(row, short=True) for row in catalogue.categories()}
    lines = [_line(record, fields) for record in bundle.records]
    return View(
        title=gettext("%(name)s的转入记录", name=bundle.expert.name),
        facts=[fact for fact in facts if fact[1]],
        fingerprint=" ".join(bundle.fingerprint[i : i + 4] for i in range(0, len(bundle.fingerprint), 4)),
        is_known_key=record_transfers.is_known_key(bundle),
        lines=lines,
        waiting=sum(line.waits for line in lines),
    )


def _line(record: ImportedRecord, fields: dict[str, str]) -> Line:
    state, tone, icon = STATES[record.status]
    # Another organisation's words for fields and ways need not be ours: what we do not know stays as it came.
    known_mode = record.mode in set(Meeting)
    known_side = record.confirmed_by in set(ConfirmedBy)
    return Line(
        id=record.id,
        day=filters.full_day(record.served_on),
        field=fields.get(record.category, record.category),
        mode=word(Meeting(record.mode)) if known_mode else record.mode,
        recorder=record.recorder,
        confirmed=gettext(VOUCHED[ConfirmedBy(record.confirmed_by)]) if known_side else record.confirmed_by,
        hours=hours_text(record.minutes),
        state=gettext(state),
        tone=tone,
        icon=icon,
        reason=gettext("%(name)s：%(value)s", name=record.decided_by, value=record.reason) if record.reason else "",
        waits=record.status is ImportedStatus.PENDING,
    )


def sent(rows: Sequence[RecordExport]) -> list[tuple[str, str, str]]:
    """Where a record was taken: receiver, day, how much."""
    return [
        (
            row.receiver,
            filters.full_day(row.at),
            gettext("%(hours)s 小时", hours=hours_text(row.minutes)),
        )
        for row in rows
    ]
