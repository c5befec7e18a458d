"""Which language this reader gets, and the display they chose: Chinese unless they said otherwise."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, has_request_context, request
from flask_babel import Babel, get_locale, gettext

from helpdesk.i18n import DEFAULT_LOCALE, LOCALES, counted

COOKIE_LANGUAGE, COOKIE_DISPLAY = "lang", "display"


@dataclass(frozen=True)
class Display:
    """Theme, text size and keys as the reader set them."""

    theme: str = "system"
    size: str = "normal"
    shortcuts: bool = True


def chosen_locale() -> str:
    """The language in the cookie, or Chinese."""
    wanted = request.cookies.get(COOKIE_LANGUAGE, "") if has_request_context() else ""
    return wanted if wanted in LOCALES else DEFAULT_LOCALE


def chosen_display() -> Display:
    """What the cookie says; nonsense in it counts as nothing."""
    theme, _, rest = request.cookies.get(COOKIE_DISPLAY, "").partition(".")
    size, _, keys = rest.partition(".")
    return Display(
        theme if theme in ("light", "dark") else "system",
        size if size == "large" else "normal",
        keys != "off",
    )


def current_locale() -> str:
    """`zh_Hans_CN` or `en`."""
    return str(get_locale() or DEFAULT_LOCALE)


def is_english() -> bool:
    """Whether this reader reads English."""
    return current_locale().startswith("en")


def register(app: Flask) -> None:
    """Babel with the two languages, gettext in every template and macro."""
    app.config.setdefault("BABEL_DEFAULT_LOCALE", DEFAULT_LOCALE)
    app.config.setdefault("BABEL_DEFAULT_TIMEZONE", "Asia/Shanghai")
    Babel(app, locale_selector=chosen_locale)
    # Flask-Babel installs the i18n extension; `_` must also exist in imported macros without context.
    app.jinja_env.globals.update(_=gettext, gettext=gettext, counted=counted)

    @app.context_processor
    def reader() -> dict[str, object]:
        return {"locale": current_locale(), "display": chosen_display(), "english": is_english()}
