"""The database object, the types every model uses, and how a transaction begins."""

from __future__ import annotations

import enum
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, Engine, Enum, MetaData, Text, event
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Session, registry
from sqlalchemy.types import JSON, TypeDecorator

from helpdesk.seal import SealBroken, cipher

log = logging.getLogger("helpdesk.db")
T = TypeVar("T")

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC moment; a naive one is a bug and raises ValueError on its way in."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


SEALED = "sealed:1:"
SEALED_COLUMNS = "sealed columns"


class Sealed(TypeDecorator[str]):
    """Words that lie encrypted in the database: whoever has a copy of it, and not the site's key, reads nothing.

    An empty text stays empty. What no key of ours opens reads as empty, and the log says so.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return SEALED + cipher(SEALED_COLUMNS).seal(value) if value else value

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        if not value or not value.startswith(SEALED):
            return value
        try:
            return cipher(SEALED_COLUMNS).open(value.removeprefix(SEALED))
        except SealBroken:
            log.error("a sealed key cannot be read: was SECRET_KEY changed? Name the one before in SECRET_KEY_OLD.")
            return ""


def in_parts(values: Iterable[T], size: int = 500) -> Iterator[list[T]]:
    """Many values in portions that one statement can take."""
    rows = list(values)
    return (rows[start : start + size] for start in range(0, len(rows), size))


def stored_enum(kind: type[enum.StrEnum]) -> Enum:
    """A StrEnum kept by value, with a CHECK, so that the database refuses a word it does not know."""
    return Enum(
        kind,
        values_callable=lambda members: [m.value for m in members],
        native_enum=False,
        create_constraint=True,
        length=32,
        name=kind.__name__.lower(),
        validate_strings=True,
    )


class Base(DeclarativeBase):
    # Flask-SQLAlchemy raises when a type_annotation_map stands on the base itself: give it a registry instead.
    registry = registry(
        metadata=MetaData(naming_convention=NAMING),
        type_annotation_map={datetime: UtcDateTime, dict[str, Any]: JSON, list[Any]: JSON, str: Text},
    )


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})

if TYPE_CHECKING:
    # What `db.Model` is, in a form that type checkers understand.
    class Model(Base):
        __abstract__ = True
else:
    Model = db.Model

# Tables that an adapter makes for itself, with those that FTS5 keeps beside its own: no model describes them.
UNMODELLED = ("case_search", "article_search")


def is_modelled(name: str | None, kind: str, _parents: Any) -> bool:
    """Whether migrations compare this table with the models."""
    return kind != "table" or not (name or "").startswith(UNMODELLED)


def is_same_type(_context: Any, _found: Any, _column: Any, _found_type: Any, kind: Any) -> bool | None:
    """Whether two types differ for a comparison: our moment is a DateTime in every database, no difference."""
    return False if isinstance(kind, UtcDateTime) else None


READ_ONLY = "helpdesk_read_only"


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """SQLite as a real engine: write-ahead log, foreign keys on, our own BEGIN."""
    if type(connection).__module__.split(".")[0] != "sqlite3":
        return
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "busy_timeout=15000",
        "cache_size=-16000",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@event.listens_for(Engine, "begin")
def _begin(connection: Any) -> None:
    """Writers take the lock at once: a read that becomes a write cannot be upgraded on SQLite, it only fails."""
    if connection.dialect.name == "sqlite":
        read_only = connection.get_execution_options().get(READ_ONLY, False)
        connection.exec_driver_sql("BEGIN DEFERRED" if read_only else "BEGIN IMMEDIATE")


def begin(*, read_only: bool) -> None:
    """Open this session's transaction. The first thing a request does: GET reads a snapshot, all else may write."""
    db.session.connection(execution_options={READ_ONLY: read_only})


@contextmanager
def transaction() -> Iterator[None]:
    """One transaction for jobs, commands and tests: returning commits, raising rolls back."""
    begin(read_only=False)
    try:
        yield
    except BaseException:
        db.session.rollback()
        raise
    db.session.commit()


@contextmanager
def reading_apart() -> Iterator[Session]:
    """A session of its own that only reads, and sees one moment of the database until it ends: for what is told while
    it is read, after the request's own transaction is over."""
    options: dict[str, Any] = {READ_ONLY: True}
    if db.engine.dialect.name == "postgresql":
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with db.engine.connect().execution_options(**options) as connection, Session(bind=connection) as session:
        yield session


def only_row(result: Any) -> bool:
    """Whether a conditional UPDATE hit its one row: the way a claim is won or lost."""
    return bool(result.rowcount == 1)
