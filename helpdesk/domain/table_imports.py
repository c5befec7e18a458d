"""Tables of experts, companies and past records (XLSX, CSV): read, shown row by row with what is wrong, and then
imported whole or not at all.

What is known already is left as it is and said so; nothing is ever updated by a table. Past trainings and honours are
kept apart as 待核 until somebody has verified them (办法67 art. 8, 9); only then are they on anybody's record.
"""

from __future__ import annotations

import difflib
import enum
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from helpdesk import clock
from helpdesk.adapters.table_file import Row
from helpdesk.db import db, in_parts
from helpdesk.domain import companies, honours, imported_lines, trainings
from helpdesk.domain.companies import CompanyFacts
from helpdesk.domain.honours import HonourFacts
from helpdesk.domain.imported_lines import LONGEST_REASON
from helpdesk.domain.trainings import TrainingFacts
from helpdesk.errors import NotAllowed, Refused
from helpdesk.models import (
    Account,
    Category,
    Company,
    District,
    EntryState,
    Expert,
    ExpertStatus,
    Grant,
    Honour,
    HonourState,
    ImportedEntry,
    Role,
    Skill,
    Station,
    TableImport,
    TableKind,
    TableUpload,
    Training,
)
from helpdesk.rules import given, policy, separation, table_columns
from helpdesk.rules.policy import Who
from helpdesk.rules.table_columns import Problem, pieces, plain

KEEP_HOURS = 24
# So many past records are decided in one press; the page then shows the rest.
MOST_AT_ONCE = 500
PEOPLE = (TableKind.EXPERTS, TableKind.COMPANIES)
RECORDS = (TableKind.TRAININGS, TableKind.HONOURS)
RIGHT_TO_RECORD = {TableKind.TRAININGS: "expert.record_training", TableKind.HONOURS: "expert.record_honour"}
# No hash of any password looks so: nobody signs in with it until the administrator has set one.
NO_PASSWORD = "!"  # noqa: S105


class LineState(enum.StrEnum):
    """What becomes of a line."""

    NEW = "new"
    KNOWN = "known"
    BAD = "bad"
    EXAMPLE = "example"


@dataclass
class Line:
    """One line as it was checked. `note` says why it is passed over: a code, with its facts."""

    number: int
    cells: dict[str, str]
    state: LineState
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    note: tuple[str, dict[str, object]] | None = None


@dataclass(frozen=True)
class Report:
    """Every line of an upload, checked against the database as it is now."""

    lines: list[Line]

    def count(self, state: LineState) -> int:
        """How many lines are so."""
        return sum(line.state is state for line in self.lines)

    @property
    def may_import(self) -> bool:
        """Whether nothing is wrong and something is new."""
        return not self.count(LineState.BAD) and self.count(LineState.NEW) > 0


def kinds_of(who: Who) -> list[TableKind]:
    """What this person may import."""
    return [
        *(PEOPLE if policy.can(who, "table_imports.people") else ()),
        *(RECORDS if policy.can(who, "table_imports.list") else ()),
    ]


def take(
    by: Who, kind: TableKind, *, file_name: str, sha256: str, columns: Sequence[str], rows: Iterable[Row]
) -> TableUpload:
    """Keep a table to be looked at; what this person uploaded of the kind before and did not import goes.

    Nothing is made yet. Raises NotAllowed.
    """
    if kind not in kinds_of(by) or by.account_id is None:
        raise NotAllowed("table_imports.people")
    db.session.execute(delete(TableUpload).where(TableUpload.account_id == by.account_id, TableUpload.kind == kind))
    upload = TableUpload(
        account_id=by.account_id,
        kind=kind,
        file_name=file_name[:120],
        sha256=sha256,
        columns=list(columns),
        rows=[[row.number, row.cells, row.formulas] for row in rows],
        uploaded_at=clock.now(),
    )
    db.session.add(upload)
    db.session.flush()
    return upload


def check(upload: TableUpload, by: Who) -> Report:
    """Every line read, looked up and compared: with the lines above it and with what the database holds.

    The number of statements grows with the lines only by one for each five hundred.
    """
    lines = [_read(upload, *row) for row in upload.rows]
    live = [line for line in lines if line.state is not LineState.EXAMPLE]
    CHECKS[upload.kind](live, by)
    for line in live:
        if line.problems:
            line.state, line.note = LineState.BAD, None
    return Report(lines)


def carry_out(upload: TableUpload, by: Who) -> TableImport:
    """Import it: all lines that are new, in this transaction, or on any fault none.

    Checked again first, since the world may have changed after it was looked at. Raises Refused when a line is bad or
    none is new, and when somebody was quicker.
    """
    policy.require(by, "table_upload.import", upload)
    assert by.account_id is not None
    held = db.session.scalar(select(TableUpload.id).where(TableUpload.id == upload.id).with_for_update())
    if held is None:
        raise Refused("import_gone")
    report = check(upload, by)
    bad, new = report.count(LineState.BAD), [line for line in report.lines if line.state is LineState.NEW]
    if bad:
        raise Refused("import_has_bad_lines", count=bad)
    if not new:
        raise Refused("import_nothing_new")
    made = TableImport(
        account_id=by.account_id,
        by=by.name,
        at=clock.now(),
        kind=upload.kind,
        file_name=upload.file_name,
        sha256=upload.sha256,
        made=len(new),
        known=report.count(LineState.KNOWN),
    )
    try:
        with db.session.begin_nested():
            db.session.add(made)
            db.session.flush()
            MAKERS[upload.kind](new, made)
            db.session.delete(upload)
            db.session.flush()
    except IntegrityError:
        # On PostgreSQL somebody may have added the same at the same moment.
        raise Refused("import_changed") from None
    return made


def drop(upload: TableUpload, by: Who) -> None:
    """Throw an upload away."""
    policy.require(by, "table_upload.import", upload)
    db.session.delete(upload)
    db.session.flush()


def uploads(who: Who) -> list[TableUpload]:
    """What this person uploaded and has not imported, newest first; without the cells."""
    rows = select(TableUpload).where(policy.which(who, "table_upload.read")).order_by(TableUpload.id.desc()).limit(20)
    return list(db.session.scalars(rows))


def imports(who: Who) -> list[TableImport]:
    """What was imported, newest first."""
    rows = select(TableImport).where(policy.which(who, "table_import.read")).order_by(TableImport.id.desc()).limit(100)
    return list(db.session.scalars(rows))


def sweep() -> int:
    """Forget uploads that nobody imported within a day: they are full of names. Returns how many."""
    old = delete(TableUpload).where(TableUpload.uploaded_at < clock.now() - timedelta(hours=KEEP_HOURS))
    gone: Any = db.session.execute(old.execution_options(synchronize_session=False))
    return int(gone.rowcount)


# --- reading ---


def _read(upload: TableUpload, number: int, cells: list[str], formulas: list[int]) -> Line:
    by_key = {key: cell for key, cell in zip(upload.columns, cells, strict=True) if key}
    if table_columns.is_example(by_key):
        return Line(number, by_key, LineState.EXAMPLE)
    at = {upload.columns[n] for n in formulas}
    values, problems = table_columns.read(upload.kind, by_key, at)
    return Line(number, by_key, LineState.NEW, values, problems)


def _wrong(line: Line, column: str, code: str, **facts: object) -> None:
    line.problems.append(Problem(column, code, facts))


def _is_good(line: Line, *columns: str) -> bool:
    """Whether these cells could be read."""
    return all(line.values.get(column) not in (None, "") for column in columns) and not any(
        problem.column in columns for problem in line.problems
    )


def _found(column: Any, values: Collection[str], *more: Any) -> dict[str, Any]:
    """Rows by a column that is one of many values: {value: (value, more...)}."""
    found: dict[str, Any] = {}
    for part in in_parts(set(values)):
        for row in db.session.execute(select(column, *more).where(column.in_(part))):
            found[row[0]] = row
    return found


def _doubled(lines: list[Line], column: str, key: Callable[[Line], Any]) -> None:
    """A line that says the same as one above it is wrong: which of the two is right only a person knows."""
    seen: dict[Any, int] = {}
    for line in lines:
        value = key(line)
        if value is None:
            continue
        if value in seen:
            _wrong(line, column, "doubled", row=seen[value])
        else:
            seen[value] = line.number


def _value(column: str) -> Callable[[Line], Any]:
    return lambda line: line.values.get(column) if _is_good(line, column) else None


# --- experts ---


def _check_experts(lines: list[Line], by: Who) -> None:
    rows = list(db.session.scalars(select(Station).where(Station.closed_at.is_(None)).order_by(Station.id)))
    stations = _by_names((row.id, row.code, row.slug, row.zh, row.en) for row in rows)
    names = [name for row in rows for name in (row.zh, row.en)]
    fields = _by_names(
        (row.code, row.code, row.zh, row.zh_short, row.en) for row in db.session.scalars(select(Category))
    )
    districts = _districts()
    for line in lines:
        _look_up_station(line, stations, names)
        _look_up_all(line, "fields", fields, "field_unknown")
        _look_up_all(line, "districts", districts, "district_unknown")
        if not line.cells.get("email") and not line.cells.get("phone"):
            _wrong(line, "email", "email_or_phone")
        if bool(line.cells.get("licence_number")) != bool(line.cells.get("licence_valid_until")):
            _wrong(line, "licence_valid_until", "licence_incomplete")
    _doubled(lines, "volunteer_number", _value("volunteer_number"))
    _doubled(lines, "email", lambda line: _login(line) if _is_good(line, "email") else None)
    _doubled(
        lines, "phone", lambda line: _login(line) if not line.values.get("email") and _is_good(line, "phone") else None
    )
    known = _found(
        Expert.volunteer_number, [v for line in lines if (v := _value("volunteer_number")(line))], Expert.name
    )
    for line in lines:
        row = known.get(line.values.get("volunteer_number", ""))
        if row is None:
            continue
        if _is_good(line, "name") and row[1] != line.values["name"]:
            _wrong(line, "name", "number_of_another")
        else:
            line.state, line.note = LineState.KNOWN, ("expert_known", {})
    taken = _found(Account.login, [login for line in lines if (login := _login(line))])
    for line in lines:
        if line.state is LineState.NEW and (login := _login(line)) and login in taken:
            _wrong(line, "email" if line.values.get("email") else "phone", "login_taken")


def _login(line: Line) -> str:
    return str(line.values.get("email") or line.values.get("phone") or "")


def _by_names(rows: Iterable[Sequence[Any]]) -> dict[str, Any]:
    """What is meant by any of its names; None where one name is that of several."""
    found: dict[str, Any] = {}
    for meant, *names in rows:
        for name in {plain(str(name)) for name in names if name}:
            found[name] = None if name in found and found[name] != meant else meant
    return found


def _look_up_station(line: Line, known: dict[str, Any], names: list[str]) -> None:
    """As `_look_up`; an unknown name is answered with the nearest that there is."""
    word = str(line.values.get("station", ""))[:40]
    near = [] if not word or plain(word) in known else difflib.get_close_matches(word, names, 1, 0.4)
    if near and _is_good(line, "station"):
        _wrong(line, "station", "station_near", word=word, near=f"“{near[0]}”")
    else:
        _look_up(line, "station", known, "station_unknown")


def _districts() -> dict[str, Any]:
    rows = list(db.session.scalars(select(District).order_by(District.position)))
    found = _by_names(
        (row.code, row.code, row.zh, row.zh.removesuffix("新区").removesuffix("区"), row.en) for row in rows
    )
    return found | {plain(word): [row.code for row in rows] for word in ("全市", "全部", "All districts", "Citywide")}


def _look_up(line: Line, column: str, known: dict[str, Any], code: str) -> None:
    if _is_good(line, column):
        word = plain(line.values[column])
        if known.get(word) is None:
            _wrong(line, column, code if word not in known else "name_of_several", word=line.values[column][:40])
        elif isinstance(known[word], list):
            _wrong(line, column, code, word=line.values[column][:40])
        else:
            line.values[column] = known[word]


def _look_up_all(line: Line, column: str, known: dict[str, Any], code: str) -> None:
    if not _is_good(line, column):
        return
    found: list[Any] = []
    for word in pieces(line.values[column]):
        meant = known.get(plain(word))
        if meant is None:
            _wrong(line, column, code, word=word[:40])
            return
        found += meant if isinstance(meant, list) else [meant]
    line.values[column] = list(dict.fromkeys(found))


def _make_experts(lines: list[Line], batch: TableImport) -> None:
    now, today = clock.now(), clock.today()
    made = []
    for line in lines:
        values = line.values
        expert = Expert(
            volunteer_number=values["volunteer_number"],
            name=values["name"],
            title=values["title"],
            employer=values["employer"],
            bio=values["bio"],
            status=ExpertStatus.SERVING,
            station_id=values["station"],
            districts=values["districts"],
            languages=values["languages"],
            modes=values["modes"],
            weekly_minutes=values["weekly_hours"],
            max_open_cases=values["max_open_cases"],
            licence_number=values["licence_number"],
            licence_valid_until=values["licence_valid_until"],
            registered_on=values["registered_on"] or today,
            created_at=now,
            skills=[Skill(category_code=code) for code in values["fields"]],
        )
        account = Account(
            login=_login(line),
            name=values["name"],
            phone=values["phone"] or None,
            email=values["email"] or None,
            password_hash=NO_PASSWORD,
            created_at=now,
        )
        db.session.add_all((expert, account))
        made.append((expert, account))
    db.session.flush()
    db.session.add_all(
        Grant(account_id=account.id, role=Role.EXPERT, expert_id=expert.id, granted_at=now, confirmed_at=now)
        for expert, account in made
    )


# --- companies ---


def _check_companies(lines: list[Line], by: Who) -> None:
    districts = _districts()
    for line in lines:
        _look_up(line, "district", districts, "district_unknown")
    _doubled(lines, "credit_code", _value("credit_code"))
    _doubled(lines, "name", lambda line: _unregistered(line))
    codes = _found(Company.credit_code, [v for line in lines if (v := _value("credit_code")(line))], Company.name)
    names = _found(Company.name, [line.values["name"] for line in lines if _unregistered(line)], Company.district)
    for line in lines:
        row = codes.get(line.values.get("credit_code") or "")
        if row is not None:
            same = _is_good(line, "name") and plain(row[1]) == plain(line.values["name"])
            line.state = LineState.KNOWN
            line.note = ("company_known", {}) if same else ("company_known_as", {"name": row[1]})
        elif _unregistered(line) and line.values["name"] in names:
            line.state, line.note = LineState.KNOWN, ("company_same_name", {})


def _unregistered(line: Line) -> str | None:
    """The name of a company without a credit code: all there is to know it by."""
    return line.values["name"] if _is_good(line, "name") and not line.cells.get("credit_code") else None


def _make_companies(lines: list[Line], batch: TableImport) -> None:
    now = clock.now()
    for line in lines:
        values = {key: line.values[key] for key in ("name", "credit_code", "district", "industry")}
        facts = CompanyFacts(
            **values,
            employees=line.values["employees"],
            revenue_wan=line.values["revenue_wan"],
            assets_wan=line.values["assets_wan"],
        )
        figures = {"employees": facts.employees, "revenue_wan": facts.revenue_wan, "assets_wan": facts.assets_wan}
        db.session.add(Company(**values, **figures, size=companies.size_of(facts), created_at=now))


# --- past trainings and honours ---


def _check_trainings(lines: list[Line], by: Who) -> None:
    _check_records(lines, by, TableKind.TRAININGS)


def _check_honours(lines: list[Line], by: Who) -> None:
    _check_records(lines, by, TableKind.HONOURS)


def _check_records(lines: list[Line], by: Who, kind: TableKind) -> None:
    numbers = [v for line in lines if (v := _value("volunteer_number")(line))]
    known = _found(Expert.volunteer_number, numbers, Expert.name, Expert.id, Expert.merged_into_id)
    mine = _recordable(by, kind, [row[2] for row in known.values()])
    for line in lines:
        if not _is_good(line, "volunteer_number"):
            continue
        row = known.get(line.values["volunteer_number"])
        if row is None or row[3] is not None:
            _wrong(line, "volunteer_number", "volunteer_unknown")
        elif _is_good(line, "name") and row[1] != line.values["name"]:
            _wrong(line, "name", "name_differs")
        elif row[2] in by.expert_ids:
            _wrong(line, "volunteer_number", "own_record")
        elif row[2] not in mine:
            _wrong(line, "volunteer_number", "other_station")
        else:
            line.values["expert_id"] = row[2]
    _doubled(lines, "entry", _entry_key)
    there = _on_record(kind, {key[0] for line in lines if (key := _entry_key(line))})
    for line in lines:
        if _entry_key(line) in there:
            line.state, line.note = LineState.KNOWN, ("entry_known", {})


def _entry_key(line: Line) -> Any:
    if "expert_id" not in line.values or not _is_good(line, "entry", "day"):
        return None
    return line.values["expert_id"], line.values["entry"], line.values["day"]


def _recordable(by: Who, kind: TableKind, ids: Collection[int]) -> set[int]:
    """Those of these experts for whom this person may record such a thing."""
    found: set[int] = set()
    for part in in_parts(ids):
        found.update(
            db.session.scalars(select(Expert.id).where(Expert.id.in_(part), policy.which(by, RIGHT_TO_RECORD[kind])))
        )
    return found


def _on_record(kind: TableKind, ids: Collection[int]) -> set[Any]:
    """What of these experts is on record or waits already, as (expert, name, day)."""
    found: set[Any] = set()
    columns, stands = _standing(kind)
    for part in in_parts(ids):
        waiting = select(ImportedEntry.expert_id, ImportedEntry.name, ImportedEntry.day).where(
            ImportedEntry.expert_id.in_(part), ImportedEntry.kind == kind, ImportedEntry.state != EntryState.REFUSED
        )
        ours = select(*columns).where(columns[0].in_(part), stands)
        for rows in (waiting, ours):
            found.update(tuple(row) for row in db.session.execute(rows))
    return found


def _make_records(lines: list[Line], batch: TableImport) -> None:
    db.session.add_all(
        ImportedEntry(
            import_id=batch.id,
            expert_id=line.values["expert_id"],
            kind=batch.kind,
            name=line.values["entry"],
            giver=line.values["giver"],
            day=line.values["day"],
            minutes=line.values.get("minutes"),
            content=line.values["content"],
        )
        for line in lines
    )


def entries_of(batch: TableImport, *, after: int = 0, limit: int = 200) -> list[ImportedEntry]:
    """Lines of an import of past records, those that wait first."""
    rows = (
        select(ImportedEntry)
        .where(ImportedEntry.import_id == batch.id)
        .options(joinedload(ImportedEntry.expert))
        .order_by(ImportedEntry.state != EntryState.PENDING, ImportedEntry.id)
    )
    return list(db.session.scalars(rows.offset(after).limit(limit)))


def waiting_of(expert_id: int, *, most: int | None = 100) -> list[ImportedEntry]:
    """What waits to be verified of one expert, newest first."""
    rows = select(ImportedEntry).where(ImportedEntry.expert_id == expert_id, ImportedEntry.state == EntryState.PENDING)
    return list(db.session.scalars(rows.order_by(ImportedEntry.day.desc(), ImportedEntry.id.desc()).limit(most)))


def pending_counts(ids: Collection[int]) -> dict[int, int]:
    """How many lines of each import wait for somebody."""
    return imported_lines.count(ImportedEntry.import_id, ImportedEntry.state == EntryState.PENDING, ids)


def decide(batch: TableImport, by: Who, *, record_ids: Collection[int] | None, verified: bool, reason: str) -> int:
    """Verify lines that wait, so that they are on the record, or leave them out; `record_ids` None means all that wait.

    The reason says how it was found out. Returns how many. Raises Refused: for one's own (rule R05), for experts this
    person may not record for, without reason or lines.
    """
    policy.require(by, "table_import.decide", batch)
    reason = given.reason(reason, LONGEST_REASON)
    rows = db.session.scalars(
        select(ImportedEntry)
        .where(ImportedEntry.import_id == batch.id, ImportedEntry.state == EntryState.PENDING)
        .options(joinedload(ImportedEntry.expert, innerjoin=True))
        .order_by(ImportedEntry.id)
        .with_for_update(of=ImportedEntry)
    )
    chosen = imported_lines.chosen(rows, record_ids)[:MOST_AT_ONCE]
    mine = _recordable(by, batch.kind, {row.expert_id for row in chosen})
    for row in chosen:
        separation.refuse_self(by, row.expert_id)
        if row.expert_id not in mine:
            raise Refused("not_your_expert", field="record_ids", name=row.expert.name)
    there = _already(batch.kind, chosen) if verified else set()
    for row in chosen:
        row.state = EntryState.VERIFIED if verified else EntryState.REFUSED
        imported_lines.mark(row, by, reason)
        # Meanwhile somebody may have written the same down by hand: then it is there once.
        if verified and (row.expert_id, row.name, row.day) not in there:
            _write_down(row, by, reason)
    db.session.flush()
    return len(chosen)


def _already(kind: TableKind, rows: Sequence[ImportedEntry]) -> set[Any]:
    columns, stands = _standing(kind)
    found: set[Any] = set()
    for part in in_parts([(row.expert_id, row.name, row.day) for row in rows], 200):
        rows_there = select(*columns).where(tuple_(*columns).in_(part), stands)
        found.update(tuple(row) for row in db.session.execute(rows_there))
    return found


def _standing(kind: TableKind) -> tuple[tuple[Any, Any, Any], Any]:
    """Expert, name and day of what is on record of a kind, and what makes it stand."""
    if kind is TableKind.TRAININGS:
        return (Training.expert_id, Training.name, Training.held_on), Training.struck_at.is_(None)
    stands = Honour.state.in_((HonourState.ASKED, HonourState.RECORDED))
    return (Honour.expert_id, Honour.name, Honour.granted_on), stands


def _write_down(row: ImportedEntry, by: Who, reason: str) -> None:
    if row.kind is TableKind.TRAININGS:
        facts = TrainingFacts(row.name, row.content, row.minutes or 0, row.giver, row.day)
        trainings.record(row.expert, by, facts)
    else:
        honours.record_from_elsewhere(row.expert, by, HonourFacts(row.name, row.day, row.giver, row.content), reason)


CHECKS: dict[TableKind, Callable[[list[Line], Who], None]] = {
    TableKind.EXPERTS: _check_experts,
    TableKind.COMPANIES: _check_companies,
    TableKind.TRAININGS: _check_trainings,
    TableKind.HONOURS: _check_honours,
}
MAKERS: dict[TableKind, Callable[[list[Line], TableImport], None]] = {
    TableKind.EXPERTS: _make_experts,
    TableKind.COMPANIES: _make_companies,
    TableKind.TRAININGS: _make_records,
    TableKind.HONOURS: _make_records,
}
