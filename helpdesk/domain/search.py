"""Finding cases by their words: what is kept of a case, what a question means, and which cases answer it.

The index is written in the transaction that changed the case: `touch` notes the case when its event is recorded, and
the last act before the commit writes its text anew. Internal notes are not in it: whoever may read a case does not
always read its notes, and a search must not tell what a page would not (peers brief, D3).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, cast, event, false, func, or_, select
from sqlalchemy.orm import Session

from helpdesk import clock
from helpdesk.adapters import search as engine
from helpdesk.adapters.search import Index, Part, Text
from helpdesk.db import db
from helpdesk.models import (
    Answer,
    Case,
    CaseTag,
    Category,
    Company,
    District,
    Expert,
    Message,
    Station,
    Status,
    Urgency,
    Visit,
    WaitingOn,
)
from helpdesk.rules.identifiers import read_case_number
from helpdesk.rules.lifecycle import STATES, WAITING_LABEL

# Ranking looks at so many of the newest answers: a word that is in every case says nothing about any.
CANDIDATES = 400
LONGEST_QUESTION = 200
_BATCH = 500

_rests: ContextVar[bool] = ContextVar("index_rests", default=False)


# --- keeping the index in step ---


def touch(case_id: int) -> None:
    """Note that this case's words may have changed: they are written anew before the commit."""
    db.session().info.setdefault("touched", set()).add(case_id)


@event.listens_for(Session, "before_commit")
def _write_touched(session: Session) -> None:
    touched = session.info.pop("touched", None)
    if touched and not _rests.get():
        write(sorted(touched))


@event.listens_for(Session, "after_rollback")
def _forget_touched(session: Session) -> None:
    session.info.pop("touched", None)


@contextmanager
def resting() -> Iterator[None]:
    """Leave the index alone for a while; the caller fills it afterwards with `reindex`."""
    token = _rests.set(True)
    try:
        yield
    finally:
        _rests.reset(token)


def write(case_ids: list[int]) -> None:
    """Write the texts of these cases into the index; a draft has none."""
    _index().put(db.session.connection(), texts_of(case_ids))


def reindex(tell: Any = None) -> int:
    """Write the whole index anew in the caller's transaction; `tell(done, all)` after each part. Returns how many."""
    _index().clear(db.session.connection())
    ids = list(db.session.scalars(select(Case.id).where(Case.number.is_not(None)).order_by(Case.id)))
    for start in range(0, len(ids), _BATCH):
        write(ids[start : start + _BATCH])
        if tell:
            tell(min(start + _BATCH, len(ids)), len(ids))
    return len(ids)


def texts_of(case_ids: list[int]) -> list[Text]:
    """What these cases are found by: number, title, company and people weigh more than what was said."""
    cases = db.session.execute(
        select(Case.id, Case.number, Case.title, Case.problem, Case.contact_name, Case.last_actor, Company.name,
               Expert.name)
        .outerjoin(Company, Company.id == Case.company_id)
        .outerjoin(Expert, Expert.id == Case.expert_id)
        .where(Case.id.in_(case_ids), Case.number.is_not(None))
    ).all()  # fmt: skip
    said: dict[int, list[str]] = {row[0]: [row[3]] for row in cases}
    tags: dict[int, list[str]] = {}
    for case_id, word in db.session.execute(select(CaseTag.case_id, CaseTag.word).where(CaseTag.case_id.in_(said))):
        tags.setdefault(case_id, []).append(word)
    for case_id, *words in _said(list(said)):
        said[case_id].extend(words)
    return [
        Text(
            row[0],
            " ".join(str(x) for x in (row[1], row[2], row[6], row[4], row[7], *tags.get(row[0], ())) if x),
            "\n".join(said[row[0]]),
        )
        for row in cases
    ]


def _said(case_ids: list[int]) -> Iterator[Any]:
    """Messages, summaries and visits of these cases: case id and texts."""
    if not case_ids:
        return
    yield from db.session.execute(
        select(Message.case_id, Message.author_name, Message.body).where(Message.case_id.in_(case_ids))
    )
    yield from db.session.execute(
        select(Answer.case_id, Answer.problem, Answer.advice, Answer.result).where(Answer.case_id.in_(case_ids))
    )
    yield from db.session.execute(select(Visit.case_id, Visit.summary).where(Visit.case_id.in_(case_ids)))


def _index() -> Index:
    return engine.index_for(db.session.get_bind().dialect.name)


# --- what a question means ---


@dataclass(frozen=True)
class Question:
    """A question taken apart: words that must be there, criteria from `name:value`, and what was not understood."""

    parts: tuple[Part, ...] = ()
    criteria: tuple[ColumnElement[bool], ...] = ()
    unknown: tuple[str, ...] = ()
    words: tuple[str, ...] = field(default=())

    @property
    def is_empty(self) -> bool:
        """Nothing to look for: blanks and punctuation alone."""
        return not (self.parts or self.criteria or self.unknown)


# The names of filters in both languages; colons of both widths.
NAMES = {
    "状态": "status", "status": "status", "state": "status",
    "区": "district", "区域": "district", "district": "district",
    "类别": "category", "领域": "category", "category": "category", "field": "category",
    "站点": "station", "工作站": "station", "station": "station",
    "专家": "expert", "expert": "expert",
    "企业": "company", "公司": "company", "company": "company",
    "编号": "number", "number": "number",
    "缓急": "urgency", "urgency": "urgency",
    "标签": "tag", "tag": "tag",
    "起": "since", "since": "since", "止": "until", "until": "until",
}  # fmt: skip
_VALUE = r"\"[^\"]+\"|“[^”]+”|\S+"
_TYPED = re.compile(
    rf"(?:^|(?<=\s))({'|'.join(sorted(NAMES, key=len, reverse=True))})[:：]\s*({_VALUE})", re.IGNORECASE
)


def understand(said: str) -> Question:
    """Take a question apart. Never raises: what means nothing is named in `unknown`, the rest is looked for."""
    said = said[:LONGEST_QUESTION].replace("\0", " ")
    criteria, unknown = [], []
    for found in _TYPED.finditer(said):
        name, value = NAMES[found[1].casefold()], found[2].strip("\"'“”")
        criterion = _CRITERIA[name](value) if value else None
        if criterion is None:
            unknown.append(found[0].strip())
        else:
            criteria.append(criterion)
    rest = _TYPED.sub(" ", said)
    for token in (rest, *rest.split()):
        number = read_case_number(token)
        # As it is stored the index knows it, and ranks it.
        if number is not None and number != token.strip().upper():
            criteria.append(_called(number, token.strip()))
            rest = rest.replace(token, " ")
    return Question(
        tuple(engine.parts(rest)), tuple(criteria), tuple(unknown), tuple(run for run, _ in engine.runs(rest))
    )


def _by_name(model: Any, column: Any, *names: Any, inside: bool = False) -> Any:
    """A criterion for rows whose name begins with the value, or holds it; None when no row does.

    An apostrophe need not be typed: baoan is Bao'an.
    """

    def criterion(value: str) -> ColumnElement[bool] | None:
        if not _plain(value):
            return None
        like = f"{'%' if inside else ''}{_escaped(_plain(value))}%"
        said = (func.replace(func.replace(cast(n, String), "'", ""), "’", "") for n in names)
        rows = db.session.scalars(
            select(names[0]).select_from(model).where(or_(*(n.ilike(like, escape="\\") for n in said))).limit(50)
        ).all()
        return column.in_(rows) if rows else None

    return criterion


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _plain(value: str) -> str:
    return value.replace("'", "").replace("’", "")


# What people call a state besides its Chinese label: the English pages' words and those of the house.
_CALLED = {
    "待分诊": Status.SUBMITTED, "to triage": Status.SUBMITTED, "new": Status.SUBMITTED,
    "to be offered": Status.TRIAGED, "to offer": Status.TRIAGED,
    "first contact due": Status.ACCEPTED, "being helped": Status.CONSULTING,
    "please confirm": Status.ANSWERED, "办结": Status.CLOSED, "not accepted": Status.REJECTED,
}  # fmt: skip


def _status(value: str) -> ColumnElement[bool] | None:
    called = value.casefold().replace("-", " ").replace("_", " ")
    if called in (WAITING_LABEL, "待补充", "waiting", "waiting for company"):
        return and_(Case.waiting_on == WaitingOn.COMPANY, Case.status.notin_([s for s in STATES if STATES[s].is_end]))
    wanted = [
        status
        for status, state in STATES.items()
        if status is not Status.DRAFT
        and (value.casefold() == status.value or state.label.startswith(value) or _CALLED.get(called) is status)
    ]
    return Case.status.in_(wanted) if wanted else None


def _urgency(value: str) -> ColumnElement[bool] | None:
    known = {
        "紧急": Urgency.URGENT, "加急": Urgency.URGENT, "urgent": Urgency.URGENT,
        "一般": Urgency.NORMAL, "normal": Urgency.NORMAL,
    }  # fmt: skip
    wanted = known.get(value.casefold())
    return Case.urgency == wanted if wanted else None


def _company(value: str) -> ColumnElement[bool]:
    return Case.company_id.in_(select(Company.id).where(Company.name.ilike(f"%{_escaped(value)}%", escape="\\")))


def _expert(value: str) -> ColumnElement[bool] | None:
    ids = db.session.scalars(
        select(Expert.id).where(Expert.name.ilike(f"%{_escaped(value)}%", escape="\\")).limit(50)
    ).all()
    return Case.expert_id.in_(ids) if ids else None


def _number(value: str) -> ColumnElement[bool]:
    typed = Case.number.ilike(f"%{_escaped(value)}%", escape="\\")
    number = read_case_number(value)
    return or_(Case.number == number, typed) if number is not None else typed


def _called(number: str, typed: str) -> ColumnElement[bool]:
    """The case of a number that was typed with zeros missing; what the typed words are found by counts, too."""
    words = engine.parts(typed)
    return or_(Case.number == number, Case.id.in_(_index().matching(list(words)))) if words else Case.number == number


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _since(value: str) -> ColumnElement[bool] | None:
    day = _day(value)
    return Case.submitted_at >= clock.from_local(day) if day else None


def _until(value: str) -> ColumnElement[bool] | None:
    day = _day(value)
    # The day itself counts.
    return Case.submitted_at < clock.from_local(day + timedelta(days=1)) if day else None


def _tag(value: str) -> ColumnElement[bool] | None:
    known = db.session.scalar(select(CaseTag.word).where(CaseTag.word == value).limit(1))
    return Case.id.in_(select(CaseTag.case_id).where(CaseTag.word == known)) if known else None


_CRITERIA: dict[str, Any] = {
    "tag": _tag,
    "status": _status,
    "urgency": _urgency,
    "company": _company,
    "expert": _expert,
    "number": _number,
    "since": _since,
    "until": _until,
    "district": _by_name(District, Case.district, District.code, District.zh, District.en),
    "category": _by_name(Category, Case.category_code, Category.code, Category.zh_short, Category.zh, Category.en),
    "station": _by_name(Station, Case.station_id, Station.id, Station.zh, Station.code, Station.en, inside=True),
}


# --- which cases answer it ---


def narrow(query: Select[Any], question: Question) -> Select[Any]:
    """A list of cases narrowed to those that answer the question, in the list's own order."""
    if question.is_empty:
        return query.where(false())
    query = query.where(*question.criteria)
    if question.parts:
        query = query.where(Case.id.in_(_index().matching(list(question.parts))))
    return query


def best(query: Select[Any], question: Question) -> list[int]:
    """The ids of the best answers among the newest CANDIDATES that `query` (of cases) allows, best first."""
    newest = narrow(query.with_only_columns(Case.id), question).order_by(Case.id.desc()).limit(CANDIDATES)
    ids = list(db.session.scalars(newest))
    if not ids or not question.parts:
        return ids
    return list(db.session.scalars(_index().ranked(list(question.parts), ids)))


def excerpts(cases: Iterable[Case], question: Question, *, around: int = 24) -> dict[int, str]:
    """For each case the stretch of its words in which the question is answered; "" where its title shows it already.

    One statement at the most, for the messages of those cases whose title and problem do not show it.
    """
    words = question.words
    found: dict[int, str] = {}
    left: list[int] = []
    for case in cases:
        if not words or _place(case.title, words) is not None:
            found[case.id] = ""
        elif _place(case.problem, words) is not None:
            found[case.id] = _stretch(case.problem, words, around)
        else:
            left.append(case.id)
    for case_id, *texts in _said(left):
        for text in texts:
            if case_id not in found and _place(text, words) is not None:
                found[case_id] = _stretch(text, words, around)
    return found


def _place(text: str, words: Iterable[str]) -> int | None:
    places = [place for place in (text.casefold().find(word) for word in words) if place >= 0]
    return min(places) if places else None


def _stretch(text: str, words: Iterable[str], around: int) -> str:
    place = _place(text, words) or 0
    start, end = max(0, place - around), place + 2 * around
    return ("…" if start else "") + " ".join(text[start:end].split()) + ("…" if end < len(text) else "")
