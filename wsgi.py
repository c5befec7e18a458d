"""The WSGI entry point: `gunicorn wsgi:app`, and what `flask` finds with FLASK_APP=wsgi."""

from helpdesk import create_app

app = create_app()
