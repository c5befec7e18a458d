"""An expert's dossier in words: trainings and awards that stand, those that were corrected or struck, what is asked."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext

from helpdesk.domain import dossier_corrections, honours, trainings
from helpdesk.models import CorrectionState, DossierCorrection, Expert, Honour, HonourState, Training
from helpdesk.presentation import file_views, filters, record_page
from helpdesk.presentation.file_views import FileView
from helpdesk.presentation.record_page import CORRECTION_STATES
from helpdesk.rules.policy import Who


@dataclass(frozen=True)
class Row:
    """One training or award."""

    id: int
    kind: str
    name: str
    meta: str
    text: str
    state: str
    tone: str
    icon: str
    # What became of one that stands no more.
    ended: str
    files: list[FileView]
    can_correct: bool


@dataclass(frozen=True)
class Asked:
    """A correction of one."""

    id: int
    expert: str
    name: str
    kind: str
    says: str
    asked: str
    state: str
    tone: str
    icon: str
    reason: str
    decided: str
    facts: list[tuple[str, str]]
    changes: list[tuple[str, str, str]]


@dataclass(frozen=True)
class Dossier:
    """What the page shows: what stands apart from what was."""

    trainings: list[Row]
    honours: list[Row]
    past: list[Row]
    asked: list[Asked]


def build(expert: Expert, who: Who, *, with_files: bool) -> Dossier:
    """Four queries, and three for the files of whoever may read them."""
    lessons, given = trainings.of_expert(expert.id), honours.of_expert(expert.id)
    asked = dossier_corrections.of_expert(expert)
    pending = {(row.training_id, row.honour_id) for row in asked if row.state is CorrectionState.OPEN}
    proofs: dict[tuple[int | None, int | None], list[FileView]] = {}
    for file, shown in file_views.proofs(expert, who) if with_files else ():
        proofs.setdefault((file.training_id, file.honour_id), []).append(shown)
    replaced = {row.training_id for row in asked if row.new_training_id} | {
        -(row.honour_id or 0) for row in asked if row.new_honour_id
    }
    rows = [
        _training(one, proofs.get((one.id, None), []), (one.id, None) in pending, one.id in replaced) for one in lessons
    ]
    awards = [
        _honour(one, proofs.get((None, one.id), []), (None, one.id) in pending, -one.id in replaced) for one in given
    ]
    return Dossier(
        trainings=[row for row in rows if not row.ended],
        honours=[row for row in awards if not row.ended],
        past=[row for row in (*rows, *awards) if row.ended],
        asked=[view(row) for row in asked],
    )


def _training(row: Training, files: list[FileView], is_asked: bool, is_replaced: bool) -> Row:
    return Row(
        id=row.id,
        kind="trainings",
        name=row.name,
        meta=" · ".join(
            (
                filters.full_day(row.held_on),
                row.organiser,
                gettext("%(n)s 分钟", n=row.minutes),
                gettext("%(who)s记录", who=row.recorded_by),
            )
        ),
        text=row.content,
        state=gettext("等核实更正") if is_asked else "",
        tone="wait",
        icon="clock",
        ended=_ended(row.struck_reason, is_replaced) if row.struck_at is not None else "",
        files=files,
        can_correct=row.struck_at is None and not is_asked,
    )


def _honour(row: Honour, files: list[FileView], is_asked: bool, is_replaced: bool) -> Row:
    state, tone, icon = record_page.honour_state(row)
    is_struck = row.state is HonourState.STRUCK
    return Row(
        id=row.id,
        kind="honours",
        name=row.name,
        meta=f"{filters.full_day(row.granted_on)} · {row.granted_by}",
        text=(row.reason or "") if not is_struck else "",
        state=gettext("等核实更正") if is_asked else state,
        tone="wait" if is_asked else tone,
        icon="clock" if is_asked else icon,
        ended=_ended(row.reason, is_replaced) if is_struck else "",
        files=files,
        can_correct=row.state is HonourState.RECORDED and not is_asked,
    )


def _ended(reason: str | None, is_replaced: bool) -> str:
    why = reason or ""
    return gettext("已更正：%(why)s", why=why) if is_replaced else gettext("已作废：%(why)s", why=why)


def view(row: DossierCorrection) -> Asked:
    """A correction in words, with what was and what is when it was granted."""
    state, tone, icon = CORRECTION_STATES[row.state]
    thing, new = dossier_corrections.thing_of(row), row.new_training or row.new_honour
    before = facts(thing)
    after = facts(new) if new is not None else []
    return Asked(
        id=row.id,
        expert=row.expert.name,
        name=thing.name,
        kind=gettext("培训") if isinstance(thing, Training) else gettext("表彰"),
        says=row.says,
        asked=f"{row.asked_by} · {filters.moment(row.asked_at)}",
        state=gettext("已作废") if row.state is CorrectionState.GRANTED and new is None else gettext(state),
        tone=tone,
        icon=icon,
        reason=row.reason,
        decided=f"{row.decided_by} · {filters.moment(row.decided_at)}" if row.decided_at else "",
        facts=before,
        changes=[(label, old, now) for (label, old), (_, now) in zip(before, after, strict=False) if old != now],
    )


def facts(thing: Training | Honour) -> list[tuple[str, str]]:
    """What the record says."""
    if isinstance(thing, Training):
        return [
            (gettext("培训名称"), thing.name),
            (gettext("主要内容"), thing.content),
            (gettext("学习时长"), gettext("%(n)s 分钟", n=thing.minutes)),
            (gettext("举办单位"), thing.organiser),
            (gettext("培训日期"), filters.full_day(thing.held_on)),
        ]
    return [
        (gettext("表彰名称"), thing.name),
        (gettext("授予单位"), thing.granted_by),
        (gettext("授予日期"), filters.full_day(thing.granted_on)),
    ]


def values(thing: Training | Honour) -> dict[str, str]:
    """What the form of a correction begins with."""
    if isinstance(thing, Training):
        return {
            "name": thing.name, "content": thing.content, "minutes": str(thing.minutes), "organiser": thing.organiser,
            "held_on": thing.held_on.isoformat(),
        }  # fmt: skip
    return {
        "name": thing.name, "granted_by": thing.granted_by, "granted_on": thing.granted_on.isoformat(),
        "note": thing.note,
    }  # fmt: skip
