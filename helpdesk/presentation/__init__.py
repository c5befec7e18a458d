"""How facts are shown: words, dates, hours, navigation. Between the domain and the templates."""

from __future__ import annotations

from flask import Flask

from helpdesk.presentation import assets, filters, language, words


def register(app: Flask) -> None:
    """Language choice, filters, and the globals that templates and macros use."""
    language.register(app)
    filters.register(app)
    assets.register(app)
    words.register(app)
