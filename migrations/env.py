"""How migrations run: on the application's own engine, on SQLite with foreign keys off while tables are rebuilt."""

from __future__ import annotations

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Connection

from helpdesk.db import UtcDateTime, db, is_modelled, is_same_type


def write_type(kind: str, thing: Any, autogen_context: Any) -> str | bool:
    """Migrations write our moment type as plain SQL types, so that an old file never imports the application."""
    if kind == "type" and isinstance(thing, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run(connection: Connection) -> None:
    """Upgrade or downgrade inside one transaction."""
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_as_batch=True,
        compare_type=is_same_type,
        render_item=write_type,
        include_name=is_modelled,
    )
    with context.begin_transaction():
        context.run_migrations()


def online() -> None:
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            # A table rebuilt with foreign keys on would take its ON DELETE children with it; the pragma only works
            # outside a transaction, so it goes to the driver before the first BEGIN.
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
        try:
            run(connection)
            connection.commit()
        finally:
            if sqlite:
                connection.rollback()
                driver = connection.connection.driver_connection
                broken = driver.execute("PRAGMA foreign_key_check").fetchall()
                driver.execute("PRAGMA foreign_keys=ON")
                if broken:
                    raise RuntimeError(f"foreign keys do not hold after the migration: {broken[:5]}")


if context.is_offline_mode():
    raise SystemExit("Migrations need a database: run `flask db upgrade` with DATABASE_URL set.")
online()
