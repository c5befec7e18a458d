"""A season's certificates for the printer: chosen once, drawn in portions, bound into one ZIP and one PDF.

What was chosen is fixed in rows when the run begins; each certificate has one place. A portion is a job: it draws what
is not drawn and moves `position` in one transaction. Binding is a job of its own that writes both files under fresh
names and only then says so: killed anywhere, it begins again and nothing stands twice. A certificate that is
superseded or revoked before the files are ready is not in them, and the list says so.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import ColumnElement, Select, and_, exists, func, insert, literal, select, update
from sqlalchemy.orm import joinedload

from helpdesk import clock, config
from helpdesk.adapters.pdf import PaperRenderer, RenderingUnavailable
from helpdesk.adapters.signing import Signer
from helpdesk.adapters.storage import Chunks, MissingFile, Storage
from helpdesk.db import db, in_parts
from helpdesk.domain import papers
from helpdesk.domain.later import later
from helpdesk.domain.papers import Drawn
from helpdesk.errors import NotFound, Refused
from helpdesk.models import (
    Case,
    Certificate,
    Expert,
    LeftOut,
    PaperStatus,
    PrintRun,
    PrintRunItem,
    PrintRunState,
    Station,
)
from helpdesk.rules import policy
from helpdesk.rules.policy import Who

log = logging.getLogger("helpdesk.prints")

DRAW, BIND, SWEEP = "print_runs.draw", "print_runs.bind", "print_runs.sweep"
FOLDER = "prints"
# Certificates a portion; so many are drawn again at most when a worker is killed.
PORTION = 25
# A season of a city with room to spare. More are chosen in parts.
MOST = 20_000
# A link to a file works so long: a gigabyte over a slow line is begun within it.
LINK_SECONDS = 600
GOES_ON = (PrintRunState.DRAWING, PrintRunState.BINDING)
ENDED = {PaperStatus.SUPERSEDED: LeftOut.SUPERSEDED, PaperStatus.REVOKED: LeftOut.REVOKED}


@dataclass(frozen=True)
class Wish:
    """Which certificates: days of issue (both included), a station, a field, only those that no run has packed yet."""

    first: date
    last: date
    station_id: int | None = None
    category: str = ""
    unprinted: bool = True

    def params(self) -> dict[str, Any]:
        """As it is kept with the run."""
        return {
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "category": self.category,
            "unprinted": self.unprinted,
        }


def chosen(wish: Wish, by: Who) -> ColumnElement[bool]:
    """The criterion over certificates: valid ones that this person may print."""
    parts = [
        policy.which(by, "certificate.print"),
        Certificate.status == PaperStatus.VALID,
        Certificate.issued_at >= clock.from_local(wish.first),
        Certificate.issued_at < clock.from_local(wish.last + timedelta(days=1)),
    ]
    if wish.station_id is not None:
        parts.append(Certificate.station_id == wish.station_id)
    if wish.category:
        parts.append(Certificate.case_id.in_(select(Case.id).where(Case.category_code == wish.category)))
    if wish.unprinted:
        parts.append(~_printed())
    return and_(*parts)


def _printed() -> ColumnElement[bool]:
    """Whether a run that came to its end has packed the certificate."""
    return exists().where(
        PrintRunItem.certificate_id == Certificate.id,
        PrintRunItem.left_out.is_(None),
        PrintRun.id == PrintRunItem.run_id,
        PrintRun.state.in_((PrintRunState.READY, PrintRunState.SWEPT)),
    )


@dataclass(frozen=True)
class Count:
    """How many certificates a wish finds, of how many experts, and how many of them are not drawn yet."""

    certificates: int
    experts: int
    undrawn: int


def count(wish: Wish, by: Who) -> Count:
    """What a run of this wish would hold."""
    row = db.session.execute(
        select(
            func.count(),
            func.count(func.distinct(Certificate.expert_id)),
            func.count().filter(Certificate.pdf_key.is_(None)),
        ).where(chosen(wish, by))
    ).one()
    return Count(int(row[0]), int(row[1]), int(row[2]))


def start(wish: Wish, by: Who, *, locale: str) -> PrintRun:
    """Fix what was chosen and begin. The same wish of the same person while it is under way is the same run.

    A stack is sorted by station, expert and number, so that it can be cut and handed out. Raises
    Refused("nothing_to_print"), ("too_many_to_print") or ("days_reversed").
    """
    if wish.last < wish.first:
        raise Refused("days_reversed", field="last")
    assert by.account_id is not None  # the right is one of people with an account
    for run in db.session.scalars(
        select(PrintRun).where(PrintRun.account_id == by.account_id, PrintRun.state.in_(GOES_ON))
    ):
        if run.params == wish.params() and run.station_id == wish.station_id:
            return run
    found = count(wish, by).certificates
    if not found:
        raise Refused("nothing_to_print")
    if found > MOST:
        raise Refused("too_many_to_print", n=found, limit=MOST)
    run = PrintRun(
        account_id=by.account_id,
        station_id=wish.station_id,
        params=wish.params(),
        locale=locale,
        total=found,
        started_at=clock.now(),
    )
    db.session.add(run)
    db.session.flush()
    place = func.row_number().over(order_by=(Station.code, Expert.volunteer_number, Certificate.number)) - 1
    stack = (
        select(literal(run.id), place, Certificate.id)
        .join(Station, Station.id == Certificate.station_id)
        .join(Expert, Expert.id == Certificate.expert_id)
        .where(chosen(wish, by))
    )
    db.session.execute(insert(PrintRunItem).from_select(["run_id", "position", "certificate_id"], stack))
    _ask_for(run)
    return run


def _ask_for(run: PrintRun) -> None:
    """Have the worker do what comes next."""
    if run.state is PrintRunState.DRAWING:
        later(DRAW, key=f"{run.id}-{run.round}-{run.position}", run_id=run.id, position=run.position)
    else:
        later(BIND, key=f"{run.id}-{run.round}", run_id=run.id)


# --- drawing, a portion at a time ---


@dataclass(frozen=True)
class Portion:
    """What one job has drawn: by certificate its file, or None where it cannot be drawn."""

    drawn: dict[int, Drawn | None]


def draw_portion(run_id: int, position: int, renderer: PaperRenderer, signer: Signer, storage: Storage) -> Portion:
    """Draw what is not drawn of the next certificates. Writes nothing in the database.

    One that cannot be drawn is left out; when none of several can, the machine lacks something and RenderingUnavailable
    is raised, to be tried again.
    """
    run = db.session.get_one(PrintRun, run_id)
    if run.state is not PrintRunState.DRAWING or run.position != position:
        return Portion({})
    undrawn = db.session.scalars(
        _portion(select(Certificate.id), run).where(
            Certificate.pdf_key.is_(None), Certificate.status == PaperStatus.VALID
        )
    ).all()
    drawn: dict[int, Drawn | None] = {}
    trouble: RenderingUnavailable | None = None
    for certificate_id in undrawn:
        try:
            drawn[certificate_id] = papers.draw(Certificate.kind, certificate_id, renderer, signer, storage)
        except RenderingUnavailable as error:
            log.error("certificate %s of print run %s: %s", certificate_id, run_id, error)
            drawn[certificate_id], trouble = None, error
    if trouble is not None and len(drawn) > 1 and not any(drawn.values()):
        raise trouble
    return Portion(drawn)


def _portion(query: Select[Any], run: PrintRun) -> Select[Any]:
    return query.join(PrintRunItem, PrintRunItem.certificate_id == Certificate.id).where(
        PrintRunItem.run_id == run.id,
        PrintRunItem.position >= run.position,
        PrintRunItem.position < run.position + PORTION,
    )


def finish_portion(run_id: int, position: int, portion: Portion) -> None:
    """Note what was drawn, move on, ask for the next portion. A portion that is done already changes nothing."""
    run = _hold(run_id)
    if run.state is not PrintRunState.DRAWING or run.position != position:
        return
    for certificate_id, drawn in portion.drawn.items():
        papers.mark_drawn(Certificate.kind, certificate_id, drawn)
    run.position = min(run.total, run.position + PORTION)
    if run.position == run.total:
        run.state = PrintRunState.BINDING
    db.session.flush()
    _ask_for(run)


def _hold(run_id: int) -> PrintRun:
    return db.session.get_one(PrintRun, run_id, with_for_update=True, populate_existing=True)


# --- binding ---


@dataclass(frozen=True)
class Sheet:
    """A certificate at its place in the stack, as binding needs it: plain values, because no transaction is open."""

    position: int
    number: str
    name: str
    minutes: int
    station: str
    issued_at: datetime
    key: str | None
    sha256: str
    left_out: LeftOut | None


def sheets(run_id: int) -> list[Sheet]:
    """Every certificate of a run in order, with what keeps it out of the files, if anything."""
    rows = db.session.execute(
        select(
            PrintRunItem.position,
            Certificate.number,
            Expert.name,
            Certificate.minutes,
            Station.zh,
            Certificate.issued_at,
            Certificate.pdf_key,
            Certificate.pdf_sha256,
            Certificate.status,
        )
        .join(Certificate, Certificate.id == PrintRunItem.certificate_id)
        .join(Expert, Expert.id == Certificate.expert_id)
        .join(Station, Station.id == Certificate.station_id)
        .where(PrintRunItem.run_id == run_id)
        .order_by(PrintRunItem.position)
    )
    return [
        Sheet(*row[:7], row[7] or "", ENDED.get(row[8]) or (None if row[6] else LeftOut.UNDRAWN))  # type: ignore[arg-type]
        for row in rows
    ]


@dataclass(frozen=True)
class Kept:
    """A bound file in the storage."""

    key: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Bound:
    """Both files and, by place in the stack, why a certificate is in neither."""

    archive: Kept
    book: Kept
    left_out: dict[int, LeftOut]


def is_to_bind(run_id: int) -> bool:
    """Whether there is anything to bind, asked before minutes of work."""
    return db.session.get_one(PrintRun, run_id).state is PrintRunState.BINDING


def keep(storage: Storage, key: str, pieces: Iterable[bytes]) -> Kept:
    """Store the pieces as they come; size and hash are known at the end."""
    said, size = hashlib.sha256(), 0

    def counted() -> Iterable[bytes]:
        nonlocal size
        for piece in pieces:
            said.update(piece)
            size += len(piece)
            yield piece

    storage.put_pieces(key, counted())
    return Kept(key, size, said.hexdigest())


def finish_binding(run_id: int, bound: Bound | None, storage: Storage) -> None:
    """Say that both files are ready; begin again when one in them is not valid any more. The other files go."""
    run = _hold(run_id)
    if bound is None:
        return
    if run.state is not PrintRunState.BINDING:
        _forget(storage, (bound.archive.key, bound.book.key))
        return
    late = db.session.scalars(
        select(PrintRunItem.position)
        .join(Certificate, Certificate.id == PrintRunItem.certificate_id)
        .where(PrintRunItem.run_id == run_id, Certificate.status != PaperStatus.VALID)
    ).all()
    if any(position not in bound.left_out for position in late):
        run.round += 1
        _forget(storage, (bound.archive.key, bound.book.key))
        db.session.flush()
        _ask_for(run)
        return
    by_reason: dict[LeftOut, list[int]] = {}
    for position, reason in bound.left_out.items():
        by_reason.setdefault(reason, []).append(position)
    for reason, places in by_reason.items():
        for some in in_parts(places):
            db.session.execute(
                update(PrintRunItem)
                .where(PrintRunItem.run_id == run_id, PrintRunItem.position.in_(some))
                .values(left_out=reason)
                .execution_options(synchronize_session=False)
            )
    run.zip_key, run.zip_bytes, run.zip_sha256 = bound.archive.key, bound.archive.size, bound.archive.sha256
    run.pdf_key, run.pdf_bytes, run.pdf_sha256 = bound.book.key, bound.book.size, bound.book.sha256
    run.state, run.finished_at, run.error = PrintRunState.READY, clock.now(), None
    db.session.flush()


def _forget(storage: Storage, keys: Iterable[str]) -> None:
    for key in keys:
        storage.delete(key)


def give_up(run_id: int, error: str) -> None:
    """All tries are used up: the page says why and offers to try again."""
    run = _hold(run_id)
    if run.state in GOES_ON:
        run.state, run.error, run.finished_at = PrintRunState.FAILED, error[-1000:], clock.now()
        db.session.flush()


# --- what people do ---


def cancel(run: PrintRun, by: Who) -> None:
    """Stop a run that is under way; what was drawn stays drawn. Raises Refused("print_run_over")."""
    run = _hold(run.id)
    if run.state not in GOES_ON:
        raise Refused("print_run_over")
    run.state, run.finished_at = PrintRunState.CANCELLED, clock.now()
    db.session.flush()


def go_on(run: PrintRun, by: Who) -> None:
    """Take up a run that was given up, where it stood. Raises Refused("print_run_not_stopped")."""
    run = _hold(run.id)
    if run.state is not PrintRunState.FAILED:
        raise Refused("print_run_not_stopped")
    run.state = PrintRunState.DRAWING if run.position < run.total else PrintRunState.BINDING
    run.finished_at, run.error, run.round = None, None, run.round + 1
    db.session.flush()
    _ask_for(run)


def of(by: Who, *, limit: int = 30) -> list[PrintRun]:
    """The newest runs this person may see."""
    return list(
        db.session.scalars(
            select(PrintRun)
            .where(policy.which(by, "print_run.read"))
            .options(joinedload(PrintRun.account), joinedload(PrintRun.station))
            .order_by(PrintRun.id.desc())
            .limit(limit)
        )
    )


def left_out(run: PrintRun) -> list[tuple[Certificate, LeftOut]]:
    """Which certificates are in neither file, and why, in the order of the stack."""
    rows = db.session.execute(
        select(Certificate, PrintRunItem.left_out)
        .join(PrintRunItem, PrintRunItem.certificate_id == Certificate.id)
        .where(PrintRunItem.run_id == run.id, PrintRunItem.left_out.is_not(None))
        .order_by(PrintRunItem.position)
        .limit(200)
    )
    return [(certificate, reason) for certificate, reason in rows if reason is not None]


def link_token(run: PrintRun, what: str) -> str:
    """A signed address part for the run's "zip" or "pdf", good for ten minutes and without any cookie."""
    return _serializer().dumps([run.id, what])


@dataclass(frozen=True)
class Opened:
    """A bound file on its way out."""

    run: PrintRun
    what: str
    size: int
    chunks: Chunks


def open_by_token(token: str, storage: Storage) -> Opened:
    """The file of a signed address. Raises NotFound for anything else, also when it has been swept."""
    try:
        run_id, what = _serializer().loads(token, max_age=LINK_SECONDS)
        key_column, size_column = {"zip": ("zip_key", "zip_bytes"), "pdf": ("pdf_key", "pdf_bytes")}[what]
    except (BadData, ValueError, TypeError, KeyError):
        raise NotFound("print_run") from None
    run = db.session.get(PrintRun, run_id)
    if run is None or run.state is not PrintRunState.READY:
        raise NotFound("print_run")
    try:
        return Opened(run, what, getattr(run, size_column), storage.stream(getattr(run, key_column)))
    except MissingFile:
        raise NotFound("print_run") from None


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        str(config.setting("SECRET_KEY")), salt="print-run", signer_kwargs={"digest_method": hashlib.sha256}
    )


# --- tidying ---


def ask_to_sweep() -> None:
    """Once a day, by the worker: files whose days are over, and what killed workers left behind."""
    later(SWEEP, key=clock.today().isoformat())


def sweep(storage: Storage) -> int:
    """Delete bound files older than PRINT_DAYS and files that no run has. Returns how many."""
    edge = clock.now() - timedelta(days=config.setting("PRINT_DAYS"))
    for run in db.session.scalars(
        select(PrintRun).where(PrintRun.state == PrintRunState.READY, PrintRun.finished_at < edge)
    ).all():
        run.state, run.zip_key, run.pdf_key = PrintRunState.SWEPT, None, None
    db.session.flush()
    ready = select(PrintRun.zip_key, PrintRun.pdf_key).where(PrintRun.state == PrintRunState.READY)
    wanted = {key for row in db.session.execute(ready) for key in row}
    # What is being bound now is younger than a day.
    needless = [
        one.key
        for one in storage.list(FOLDER)
        if one.key not in wanted and one.modified < clock.now() - timedelta(days=1)
    ]
    _forget(storage, needless)
    return len(needless)
