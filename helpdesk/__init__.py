"""create_app(): wiring only. The only module that sees all; nobody imports from here but wsgi.py and the tests.

It imports inside the function, so that importing a leaf such as `helpdesk.clock` does not load the whole house.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask


def create_app(overrides: dict[str, Any] | None = None) -> Flask:
    """The application. `overrides` win over the environment. Raises BadSetting with one clear line."""
    from jinja2 import StrictUndefined

    from helpdesk import cli, config, presentation, routes
    from helpdesk.adapters.scan.chosen import scanner_from
    from helpdesk.adapters.storage.chosen import storage_from
    from helpdesk.db import db

    folder = Path((overrides or {}).get("INSTANCE_DIR") or config.instance_dir())
    app = Flask(__name__, instance_path=str(folder), static_folder="static")
    app.config.update(config.for_flask(folder, overrides or {}))
    config.use(app.config)
    # A setting that cannot be meant is said now, not to the first person who sends a file.
    storage_from(app.config)
    scanner_from(app.config)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    _trust_proxies(app, app.config["TRUSTED_PROXIES"])
    db.init_app(app)
    _migrations(app, str(config.ROOT / "migrations"))
    presentation.register(app)
    routes.register(app)
    cli.register(app)
    return app


def why_not_serve(app: Flask) -> str:
    """One line when the database is not at the revision this code wants, or cannot be asked; "" when all is well."""
    from sqlalchemy.exc import SQLAlchemyError

    from helpdesk.adapters import schema
    from helpdesk.db import db

    with app.app_context():
        try:
            with db.engine.connect() as connection:
                return schema.state(connection).trouble
        except SQLAlchemyError as error:
            reason = str(getattr(error, "orig", error)).strip().partition("\n")[0]
            return f"the database is not there ({reason}). Check DATABASE_URL."
        finally:
            # Processes that are forked later open connections of their own.
            db.engine.dispose()


def _migrations(app: Flask, directory: str) -> None:
    from flask_migrate import Migrate

    from helpdesk.db import db

    Migrate(app, db, directory=directory)


def _trust_proxies(app: Flask, hops: int) -> None:
    """X-Forwarded-* count only from as many proxies as the setting says stand in front; otherwise not at all."""
    from werkzeug.middleware.proxy_fix import ProxyFix

    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
