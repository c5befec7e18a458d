"""Whether the database is the one this code was written for: its revision (cheap, asked at every start and by /health)
and every difference between what stands there and what the models and migrations say (peers brief, B1 no. 10).

What no model describes is named here: append-only protections, the triggers behind the tallies, the search tables.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Connection, inspect, text

from helpdesk import config
from helpdesk.db import UNMODELLED, db, is_modelled, is_same_type

# Service records that no statement deletes before their ten years are over (migrations 0026 and 0034; rule R15).
KEPT: tuple[str, ...] = (
    "certificates", "corrections", "dossier_corrections", "evaluations", "honours", "trainings", "visits",
)  # fmt: skip
# Their rows may be written and never changed (migrations 0002, 0018, 0027, 0033, 0035 and 0037).
APPEND_ONLY: tuple[str, ...] = (
    "accesses",
    "activity_steps",
    "article_versions",
    "assessments",
    "commendation_events",
    "complaint_steps",
    "events",
    "hours_entries",
    "scheme_versions",
    "table_imports",
)
# The triggers on `cases` that keep the desk's numbers (migration 0007).
TALLIES: dict[str, tuple[str, ...]] = {
    "sqlite": ("cases_tally_delete", "cases_tally_enter", "cases_tally_insert", "cases_tally_leave"),
    "postgresql": ("cases_tally",),
}
PROTECTS: dict[str, tuple[str, str]] = {
    "sqlite": ("no_update", "no_delete"),
    "postgresql": ("append_only", "no_truncate"),
}
UPGRADE = "flask db upgrade"


class Standing(enum.StrEnum):
    """The database's revision beside the code's."""

    OK = "ok"
    EMPTY = "empty"
    BEHIND = "behind"
    AHEAD = "ahead"


@dataclass(frozen=True)
class State:
    """Which revision the database is at ("" for none), which one the code wants, and how they stand."""

    database: str
    code: str
    standing: Standing

    @property
    def trouble(self) -> str:
        """One line saying what is wrong and what to do; "" when nothing is."""
        return {
            Standing.OK: "",
            Standing.EMPTY: f"the database has no tables of ours yet. Run: {UPGRADE}",
            Standing.BEHIND: (
                f"the database is at revision {self.database}, this version wants {self.code}."
                f" Make a backup, then run: {UPGRADE}"
            ),
            Standing.AHEAD: (
                f"the database is at revision {self.database}, which this version ({self.code}) does not know: it is"
                " newer than the code. Start the newer version, or restore the backup made before its upgrade."
            ),
        }[self.standing]


@lru_cache(maxsize=1)
def _revisions() -> tuple[str, frozenset[str]]:
    """The newest revision of the code, and all it knows; read once a process."""
    settings = Config()
    settings.set_main_option("script_location", str(config.ROOT / "migrations"))
    scripts = ScriptDirectory.from_config(settings)
    known = frozenset(script.revision for script in scripts.walk_revisions())
    return ", ".join(scripts.get_heads()), known


def state(connection: Connection) -> State:
    """Two short statements."""
    head, known = _revisions()
    found = ""
    if inspect(connection).has_table("alembic_version"):
        found = ", ".join(sorted(connection.execute(text("SELECT version_num FROM alembic_version")).scalars()))
    if not found:
        standing = Standing.EMPTY
    elif found == head:
        standing = Standing.OK
    else:
        standing = Standing.BEHIND if set(found.split(", ")) <= known else Standing.AHEAD
    return State(found, head, standing)


def differences(connection: Connection) -> list[str]:
    """Each difference between the database and the models, as a line that says what and what to do; sorted."""
    context = MigrationContext.configure(
        connection, opts={"compare_type": is_same_type, "include_name": is_modelled, "target_metadata": db.metadata}
    )
    lines = [_line(step) for found in compare_metadata(context, db.metadata) for step in _steps(found)]
    lines += _checks(connection)
    lines += _triggers(connection)
    tables = set(inspect(connection).get_table_names())
    lines += [_missing(f"search table {name}") for name in UNMODELLED if name not in tables]
    return sorted(set(lines))


def _steps(found: Any) -> list[tuple[Any, ...]]:
    """Alembic gathers what changes in one column into a list."""
    return list(found) if isinstance(found, list) else [found]


def _missing(what: str) -> str:
    return f"{what} is missing: restore the backup made before the last upgrade, or make it as its migration does"


def _foreign(what: str) -> str:
    return f"{what} is not of this version: drop it, or keep what is yours in a database of your own"


def _line(step: tuple[Any, ...]) -> str:
    act, *rest = step
    what = {
        "table": lambda: f"table {rest[0].name}",
        "column": lambda: f"column {rest[1]}.{rest[2].name}",
        "index": lambda: f"index {rest[0].name} of {rest[0].table.name}",
        "constraint": lambda: f"constraint {rest[0].name} of {rest[0].table.name}",
        "fk": lambda: f"foreign key {rest[0].name} of {rest[0].parent.name}",
    }
    verb, _, kind = act.partition("_")
    if kind in what and verb in ("add", "remove"):
        return (_missing if verb == "add" else _foreign)(what[kind]())
    # ("modify_nullable", schema, table, column, ..., is, should be)
    return f"column {rest[1]}.{rest[2]} has another {kind}: {rest[-2]!s} instead of {rest[-1]!s}; change it back"


def _checks(connection: Connection) -> list[str]:
    """CHECK constraints by name: alembic does not compare them, and they are half of what keeps rows true."""
    looking, lines = inspect(connection), []
    there = set(looking.get_table_names())
    for table in db.metadata.sorted_tables:
        if table.name not in there:
            continue
        wanted = {_name(each, connection) for each in table.constraints if isinstance(each, CheckConstraint)}
        found = {str(each["name"]) for each in looking.get_check_constraints(table.name) if each["name"]}
        lines += [_missing(f"check {name} of {table.name}") for name in wanted - found]
        lines += [_foreign(f"check {name} of {table.name}") for name in found - wanted]
    return lines


def _name(check: CheckConstraint, connection: Connection) -> str:
    """The name the naming convention gives it."""
    return str(connection.dialect.identifier_preparer.format_constraint(check)).strip('"')


def wanted_triggers(dialect: str) -> dict[str, str]:
    """Every trigger there has to be, and its table."""
    found = {f"{table}_{act}": table for table in APPEND_ONLY for act in PROTECTS[dialect]}
    found |= {f"{table}_kept": table for table in KEPT}
    return found | dict.fromkeys(TALLIES[dialect], "cases")


def _triggers(connection: Connection) -> list[str]:
    dialect = connection.dialect.name
    if dialect == "sqlite":
        query = "SELECT name, tbl_name, 'O' FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = (
            "SELECT t.tgname, c.relname, t.tgenabled::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE NOT t.tgisinternal AND n.nspname = current_schema()"
        )
    found = {row[0]: (row[1], row[2]) for row in connection.execute(text(query))}
    wanted = wanted_triggers(dialect)
    lines = []
    for name, table in wanted.items():
        what = f"append-only protection {name} of {table}" if table in APPEND_ONLY else f"trigger {name} of {table}"
        if name not in found or found[name][0] != table:
            lines.append(_missing(what))
        elif found[name][1] == "D":
            lines.append(f"{what} is switched off: ALTER TABLE {table} ENABLE TRIGGER {name}")
    lines += [_foreign(f"trigger {name} of {table}") for name, (table, _) in found.items() if name not in wanted]
    return lines
