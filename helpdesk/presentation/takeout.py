"""A copy of somebody's own data as a ZIP: `data.json` for programs, `index.html` to read, `cases.csv` for a table.

The page is drawn from the very values that stand in `data.json`, so that the two cannot differ. Keys are English and
stay; words are in the reader's language.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import IO, Any

from flask import render_template
from flask_babel import gettext

from helpdesk import clock
from helpdesk.adapters.packing import Archive
from helpdesk.adapters.storage import MissingFile, Storage
from helpdesk.domain import attachments, takeouts
from helpdesk.domain.takeouts import CaseParts, ExpertParts
from helpdesk.i18n import N_
from helpdesk.models import (
    Attachment,
    Case,
    Certificate,
    Company,
    Complaint,
    EntryKind,
    Expert,
    ExpertPerson,
    HoursEntry,
    ImportedEntry,
    Offer,
    PaperStatus,
    Scan,
    Side,
    TableKind,
    Visit,
    VisitStatus,
)
from helpdesk.presentation import complaint_page, export, record_page
from helpdesk.presentation.file_views import says, size_words
from helpdesk.presentation.hours_page import VOUCHED
from helpdesk.presentation.inbox_page import hider
from helpdesk.presentation.language import current_locale
from helpdesk.presentation.own_page import LOOKING, SILENT
from helpdesk.presentation.words import (
    CONSENTS,
    VISIT_STATES,
    category_name,
    district_name,
    event_text,
    how_word,
    industry_label,
    named,
    reason_text,
    status_label,
    word,
)
from helpdesk.rules.credit import hours_text
from helpdesk.rules.identifiers import mask_phone
from helpdesk.rules.lifecycle import DECLINE_REASONS
from helpdesk.rules.policy import Who

# Whoever reads data.json by program looks at this first; it changes when a key changes its meaning.
FORMAT = "wenqu-takeout-1"
COLUMNS = (
    N_("案件编号"), N_("标题"), N_("状态"), N_("类别"), N_("主题"), N_("企业"), N_("站点"), N_("专家"),
    N_("提交时间"), N_("办结时间"), N_("服务小时"), N_("评分"),
)  # fmt: skip
# Of a rating: who gave it, and whether they said that money was paid, which others look into (art. 21).
FOR_COMPANY = ("by", "said_paid")
ENTRY_KINDS = {TableKind.TRAININGS: N_("培训"), TableKind.HONOURS: N_("表彰奖励")}
SIDES = {Side.COMPANY: N_("企业"), Side.EXPERT: N_("专家"), Side.STATION: N_("站点")}

Facts = dict[str, Any]


@dataclass(frozen=True)
class Copy:
    """The ZIP: its name, the file at its beginning, its size in bytes."""

    name: str
    file: IO[bytes]
    size: int


@dataclass
class Files:
    """The files on their way into the ZIP, and those that could not be taken along, each with the reason."""

    archive: Archive
    storage: Storage
    wanted: bool
    missing: list[str] = field(default_factory=list)

    def take(self, key: str, *path: str) -> str | None:
        """The path under which the bytes now stand; None when they are not there, which is written down."""
        try:
            pieces = self.storage.stream(key)
        except MissingFile:
            self.miss("/".join(path), gettext("文件暂时打不开，我们会尽快处理"))
            return None
        try:
            name = self.archive.name(*path)
            self.archive.stream(name, pieces)
        finally:
            pieces.close()
        return name

    def miss(self, name: str, why: str) -> None:
        """A line of `missing.txt`."""
        self.missing.append(f"{name}{gettext('：')}{why}")


def for_case(case: Case, who: Who, storage: Storage, *, with_files: bool) -> Copy:
    """One case as its company may have it."""
    with _packing(storage, wanted=with_files) as files:
        parts = takeouts.of_case(case, who)
        content = _head(who, "case", None, with_files) | {
            "cases": [_for_company(part, who, files) for part in parts],
            "complaints": _complaints(takeouts.complaints_in_case(case, who)),
        }
        return _finish(files, content, f"wenqu-{case.number}")


def for_company(company: Company, who: Who, storage: Storage, year: int | None, *, with_files: bool) -> Copy:
    """A company's cases, of one year or all."""
    with _packing(storage, wanted=with_files) as files:
        parts = takeouts.of_company(company, who, year)
        content = _head(who, "company", year, with_files) | {
            "company": _company(company),
            "cases": [_for_company(part, who, files) for part in parts],
            "complaints": _complaints(takeouts.complaints_of_company(company, who, year)),
        }
        return _finish(files, content, "wenqu-company")


def for_expert(expert: Expert, who: Who, storage: Storage, year: int | None, *, with_files: bool) -> Copy:
    """An expert's own data, of one year or all."""
    with _packing(storage, wanted=with_files) as files:
        parts = takeouts.of_expert(expert, who, year)
        content = _head(who, "expert", year, with_files) | _expert(parts, who, files)
        content["complaints"] = _complaints(takeouts.complaints_of_account(who, year))
        return _finish(files, content, "wenqu-expert")


@contextmanager
def _packing(storage: Storage, *, wanted: bool) -> Iterator[Files]:
    archive = Archive()
    try:
        yield Files(archive, storage, wanted)
    except BaseException:
        archive.close()
        raise


def _finish(files: Files, content: Facts, name: str) -> Copy:
    """The words last, because only now it is known which files came along."""
    archive = files.archive
    archive.text("data.json", json.dumps(content, ensure_ascii=False, indent=2))
    page = render_template("takeouts/copy.html", copy=content, missing=files.missing, when=_words)
    archive.text("index.html", page.strip() + "\n")
    archive.text("cases.csv", _table(content["cases"]))
    if files.missing:
        archive.text("missing.txt", export.MARK + "\r\n".join([gettext("这些文件没能放进来："), *files.missing, ""]))
    file, size = archive.finish()
    return Copy(f"{name}-{clock.today().isoformat()}.zip", file, size)


def _head(who: Who, kind: str, year: int | None, with_files: bool) -> Facts:
    account = takeouts.account_of(who)
    mine = None
    if account is not None:
        mine = {"name": account.name, "login": account.login, "phone": account.phone, "email": account.email,
                "since": _iso(account.created_at)}  # fmt: skip
    return {
        "format": FORMAT,
        "kind": kind,
        "made_at": _iso(clock.now()),
        "language": current_locale(),
        "year": year,
        "with_files": with_files,
        "account": mine,
    }


# --- a case for its company ---


def _for_company(parts: CaseParts, who: Who, files: Files) -> Facts:
    """What the company's own page shows of it, whole."""
    case = parts.case
    by_place = _files(parts, files)
    expert = case.expert if case.status not in LOOKING else None
    return _case(case, status_label(case, for_company=True)) | {
        "expert": f"{expert.name} · {expert.title}" if expert else "",
        "contact": _contact(case, who),
        "request": {
            "problem": case.problem,
            "category_wished": category_name(case.wished_category or ""),
            "company": _company(case.company) if case.company else None,
            "files": by_place("", 0),
        },
        "timeline": [
            {"at": _iso(row.at), "text": text}
            for row in parts.events
            if row.kind not in SILENT and (text := event_text(row, for_company=True))
        ],
        "messages": [
            {
                "at": _iso(row.at),
                "side": row.side.value,
                "side_text": gettext(SIDES[row.side]),
                "author": row.author_name,
                "text": row.body,
                "files": by_place("message_id", row.id),
            }
            for row in parts.messages
        ],
        "visits": [_visit(row) | {"files": by_place("visit_id", row.id)} for row in parts.visits],
        "answers": [_answer(row) for row in parts.answers],
        "ratings": [_rating(row) for row in parts.feedback],
        "consents": [
            {
                "purpose": row.purpose,
                "purpose_text": gettext(CONSENTS.get(row.purpose, row.purpose)),
                "wording": row.wording,
                "given_at": _iso(row.given_at),
                "withdrawn_at": _iso(row.withdrawn_at),
            }
            for row in parts.consents
        ],
        "hours": _hours(parts.visits),
    }


def _case(case: Case, status: str) -> Facts:
    return {
        "number": case.number,
        "title": case.title,
        "status": case.status.value,
        "status_text": status,
        "category": named(case.category),
        "topic": named(case.topic),
        "district": district_name(case.district),
        "company_name": case.company.name if case.company else "",
        "station": named(case.station),
        "submitted_at": _iso(case.submitted_at),
        "closed_at": _iso(case.closed_at),
        "personal_data_removed_at": _iso(case.anonymised_at),
    }


def _contact(case: Case, who: Who) -> Facts:
    """Whole for the contact's own account; for colleagues and the link as masked as on the page, and no number at all
    for a viewer, whom its last digits would let find the tracking link."""
    is_mine = who.account_id is not None and case.contact_account_id == who.account_id
    masked = "" if who.only_views(case.company_id) else mask_phone(case.contact_phone)
    return {
        "name": case.contact_name,
        "phone": case.contact_phone if is_mine else masked,
        "email": case.contact_email if is_mine else None,
        "times": case.contact_times or "",
        "meeting": word(case.meeting) if case.meeting else "",
    }


def _company(company: Company) -> Facts:
    return {
        "name": company.name,
        "credit_code": company.credit_code,
        "district": district_name(company.district),
        "industry": industry_label(company.industry),
        "size": word(company.size),
        "employees": company.employees,
        "revenue_wan": company.revenue_wan,
        "assets_wan": company.assets_wan,
    }


def _visit(row: Visit) -> Facts:
    return {
        "expert": row.expert.name,
        "starts_at": _iso(row.starts_at),
        "ends_at": _iso(row.ends_at),
        "mode": row.mode.value,
        "mode_text": word(row.mode),
        "place": row.place,
        "contact_minutes": row.contact_minutes,
        "preparation_minutes": row.preparation_minutes,
        "counted_minutes": row.counted_minutes,
        "summary": row.summary,
        "status": row.status.value,
        "status_text": gettext(VISIT_STATES[row.status][0]),
        "dispute_reason": row.dispute_reason,
        "decided_at": _iso(row.decided_at),
    }


def _answer(row: Any) -> Facts:
    return {
        "at": _iso(row.at),
        "by": row.by_name,
        "problem": row.problem,
        "advice": row.advice,
        "result": row.result,
    }


def _rating(row: Any) -> Facts:
    return {
        "at": _iso(row.at),
        "outcome": row.outcome.value,
        "outcome_text": word(row.outcome),
        "score": row.score,
        "comment": row.comment,
        "said_paid": row.paid,
        "by": row.by_name,
    }


def _files(parts: CaseParts, files: Files) -> Callable[[str, int], list[Facts]]:
    """Takes a case's files along, and gives those of a message, a visit or, without either, of the request."""
    found: dict[tuple[str, int], list[Facts]] = {}
    for row in parts.files:
        place = next(((name, key) for name in ("message_id", "visit_id") if (key := getattr(row, name))), ("", 0))
        found.setdefault(place, []).append(_file(row, files, "files", str(parts.case.number)))
    return lambda name, key: found.get((name, key), [])


def _file(row: Attachment, files: Files, *folder: str) -> Facts:
    if row.removed_at is not None:
        return {"name": "", "sent_at": _iso(row.at), "path": None, "says": gettext("文件已移除")}
    path = None
    if files.wanted:
        if row.scan is Scan.WAITING:
            files.miss("/".join((*folder, row.name)), gettext("正在查毒，请过一会儿再取一次"))
        elif row.scan is not Scan.INFECTED:
            path = files.take(attachments.key_of(row.sha256), *folder, row.name)
    return {
        "name": row.name,
        "media_type": row.media_type,
        "bytes": row.size,
        "sha256": row.sha256 or None,
        "sent_at": _iso(row.at),
        "by": row.author_name,
        "path": path,
        "says": says(row),
    }


def _hours(rows: list[Visit]) -> str:
    return hours_text(sum(row.counted_minutes for row in rows if row.status is not VisitStatus.VOID))


def _complaints(rows: Sequence[Complaint]) -> list[Facts]:
    """What was complained of, and of what was done the steps that whoever complained reads on the page."""
    told = []
    for row in rows:
        seen = complaint_page.view(row)
        steps = [step for step in row.steps if complaint_page.is_told(step)]
        told.append(
            {
                "number": row.number,
                "about": row.about.value,
                "about_text": seen.about,
                "about_number": row.about_number,
                "says": row.says,
                "status": row.state.value,
                "status_text": seen.state,
                "outcome": row.outcome.value if row.outcome else None,
                "outcome_text": seen.outcome,
                "received_at": _iso(row.received_at),
                "answer_due_at": _iso(row.due_at),
                "answered_at": _iso(row.answered_at),
                "steps": [
                    {
                        "at": _iso(step.at),
                        "act": step.act.value,
                        "text": line.text,
                        "reason": line.reason,
                        "done": line.done,
                        "came_of_it": line.link,
                    }
                    for step, line in zip(steps, seen.steps, strict=True)
                ],
            }
        )
    return told


# --- an expert ---


def _expert(parts: ExpertParts, who: Who, files: Files) -> Facts:
    expert = parts.expert
    served = {part.case.id for part in parts.cases}
    return {
        "profile": {
            "name": expert.name,
            "volunteer_number": expert.volunteer_number,
            "title": expert.title,
            "employer": expert.employer,
            "about": expert.bio,
            "status": expert.status.value,
            "status_text": word(expert.status),
            "station": named(expert.station),
            "districts": [district_name(code) for code in expert.districts],
            "languages": list(expert.languages),
            "modes": list(expert.modes),
            "weekly_minutes": expert.weekly_minutes,
            "most_open_cases": expert.max_open_cases,
            "paused_until": _day(expert.paused_until),
            "licence_number": expert.licence_number,
            "licence_valid_until": _day(expert.licence_valid_until),
            "is_public": expert.is_public,
            "registered_on": _day(expert.registered_on),
        },
        "skills": [category_name(code) for code in expert.category_codes],
        "person": _person(parts.person),
        "trainings": [
            {
                "name": row.name,
                "content": row.content,
                "minutes": row.minutes,
                "organiser": row.organiser,
                "held_on": _day(row.held_on),
                "recorded_by": row.recorded_by,
                "struck_reason": row.struck_reason,
                "proofs": [_proof(file, files) for file in parts.proofs if file.training_id == row.id],
            }
            for row in parts.trainings
        ],
        "honours": [
            {
                "name": row.name,
                "granted_on": _day(row.granted_on),
                "granted_by": row.granted_by,
                "note": row.note,
                "status": row.state.value,
                "status_text": record_page.honour_state(row)[0],
                "reason": row.reason,
                "proofs": [_proof(file, files) for file in parts.proofs if file.honour_id == row.id],
            }
            for row in parts.honours
        ],
        "waiting_entries": [_entry(row) for row in parts.entries],
        "offers": [_offer(row, served) for row in parts.offers],
        "cases": [_served(part, expert, who) for part in parts.cases],
        "hours": [_line(row) for row in parts.ledger],
        "certificates": [_certificate(row, files) for row in parts.certificates],
    }


def _person(row: ExpertPerson | None) -> Facts | None:
    """Of the identity number only the last four characters (rule R16): the whole one is shown on the record's page."""
    if row is None:
        return None
    rows = [{"label": label, "text": text} for label, text in record_page.person_rows(row)]
    return {
        "sex": row.sex.value if row.sex else None,
        "born_on": _day(row.born_on),
        "residence": row.residence,
        "contact": row.contact,
        "skills": row.skills,
        "service_kinds": list(row.service_kinds),
        "identity_kind": row.identity_kind.value if row.identity_kind else None,
        "identity_last_four": row.identity_tail,
        "identity_consent_at": _iso(row.identity_consent_at),
        "national_consent_at": _iso(row.national_consent_at),
        "consent_at": _iso(row.consent_at),
        "consent_wording": row.wording,
        "in_words": rows,
    }


def _proof(row: Attachment, files: Files) -> Facts:
    """A scan of the dossier; with the size in words, because a copy without files still tells which file it was."""
    return _file(row, files, "proofs") | {"size_text": size_words(row.size)}


def _entry(row: ImportedEntry) -> Facts:
    """A past training or honour from a table, on no record before somebody has verified it."""
    return {
        "kind": row.kind.value,
        "kind_text": gettext(ENTRY_KINDS[row.kind]),
        "name": row.name,
        "given_by": row.giver,
        "day": _day(row.day),
        "minutes": row.minutes,
        "content": row.content,
        "status": row.state.value,
    }


def _offer(row: Offer, served: set[int]) -> Facts:
    """As the expert was asked: without the company, whose name is taken out where somebody wrote it."""
    hide = hider(row.case)
    return {
        "title": hide(row.case.title),
        "number": row.case.number if row.case_id in served else None,
        "category": named(row.case.category),
        "offered_at": _iso(row.offered_at),
        "offered_by": row.offered_by_name,
        "note": hide(row.note),
        "why_you": [reason_text(reason) for reason in row.reasons],
        "status": row.status.value,
        "status_text": word(row.status),
        "answered_at": _iso(row.answered_at),
        "declined_because": gettext(DECLINE_REASONS.get(row.reason_code or "", row.reason_code or "")),
        "declined_text": row.reason_text,
    }


def _served(parts: CaseParts, expert: Expert, who: Who) -> Facts:
    """A case the expert has or served: the question, and what the expert said and did. Neither the company's contact
    nor what other people wrote."""
    visits = [row for row in parts.visits if row.expert_id == expert.id]
    return _case(parts.case, status_label(parts.case)) | {
        "expert": expert.name,
        "problem": parts.case.problem,
        "messages": [
            {"at": _iso(row.at), "text": row.body}
            for row in parts.messages
            if row.side is Side.EXPERT and row.author_id == who.account_id
        ],
        "visits": [_visit(row) | {"travel_minutes": row.travel_minutes} for row in visits],
        "answers": [_answer(row) for row in parts.answers if row.expert_id == expert.id],
        "ratings": [
            {name: value for name, value in _rating(row).items() if name not in FOR_COMPANY}
            for row in parts.feedback
            if row.expert_id == expert.id
        ],
        "hours": _hours(visits),
    }


def _line(row: HoursEntry) -> Facts:
    return {
        "number": row.service.number,
        "title": row.service.title,
        "served_on": _day(row.served_on),
        "minutes": row.minutes,
        "kind": row.kind.value,
        "is_reversal": row.kind is EntryKind.REVERSAL,
        "mode_text": how_word(row),
        "category": category_name(row.category_code),
        "vouched_text": gettext(VOUCHED[row.confirmed_by]),
        "reason": row.reason,
        "recorded_at": _iso(row.recorded_at),
        "hash": row.hash,
    }


def _certificate(row: Certificate, files: Files) -> Facts:
    name, path = f"{row.number}.pdf", None
    if files.wanted and row.pdf_key is not None:
        path = files.take(row.pdf_key, "certificates", name)
    elif files.wanted and row.status is PaperStatus.VALID:
        files.miss(f"certificates/{name}", gettext("还在生成，请过一会儿再取一次"))
    return {
        "number": row.number,
        "code": row.code,
        "case": row.case.number,
        "minutes": row.minutes,
        "status": row.status.value,
        "status_text": word(row.status),
        "issued_at": _iso(row.issued_at),
        "ended_at": _iso(row.ended_at),
        "revoked_reason": row.revoked_reason,
        "path": path,
    }


# --- plain values ---


def _table(cases: list[Facts]) -> str:
    """The cases as a table that a spreadsheet opens; no cell is ever a formula."""
    out = io.StringIO()
    out.write(export.MARK)
    writer = csv.writer(out)
    writer.writerow([gettext(word) for word in COLUMNS])
    names = ("number", "title", "status_text", "category", "topic", "company_name", "station", "expert")
    for case in cases:
        score = next((str(row["score"]) for row in reversed(case["ratings"]) if row["score"]), "")
        times = (_words(case["submitted_at"]), _words(case["closed_at"]))
        cells = [*(str(case[name] or "") for name in names), *times, case["hours"], score]
        writer.writerow([export.safe(cell) for cell in cells])
    return out.getvalue()


def _iso(moment: datetime | None) -> str | None:
    return clock.local(moment).isoformat(timespec="minutes") if moment is not None else None


def _day(value: date | None) -> str | None:
    return value.isoformat() if value is not None else None


def _words(iso: str | None) -> str:
    """2026-11-18 10:00."""
    return iso[:16].replace("T", " ") if iso else ""
