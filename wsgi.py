"""The WSGI entry point: `gunicorn wsgi:app`, and what `flask` finds with FLASK_APP=wsgi."""

import os
import sys

from helpdesk import create_app, why_not_serve

app = create_app()

# A command of `flask` other than `run` does not serve: `flask db upgrade` must run on an older database.
if os.environ.get("FLASK_RUN_FROM_CLI") != "true" or sys.argv[1:2] == ["run"]:
    if trouble := why_not_serve(app):
        print(f"the web server does not start: {trouble}", file=sys.stderr, flush=True)  # noqa: T201
        # gunicorn's word for "this will not get better by trying again".
        sys.exit(3)
