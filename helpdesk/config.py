"""Settings: one typed row each, read from the environment, loud on nonsense."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


class BadSetting(Exception):
    """A setting in the environment makes no sense; the message is one line saying which and what to do."""


def _whole(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError
    return number


def _yes(text: str) -> bool:
    lowered = text.strip().lower()
    if lowered in ("1", "true", "yes", "on"):
        return True
    if lowered in ("0", "false", "no", "off", ""):
        return False
    raise ValueError


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in re.split(r"[\s,]+", text.strip().lower()) if word)


def _ports(text: str) -> tuple[int, ...]:
    ports = tuple(_whole(word) for word in _words(text))
    if not ports or not all(0 < port < 65536 for port in ports):
        raise ValueError
    return ports


@dataclass(frozen=True)
class Setting:
    """One row: environment variable, how to read it, default, and a sentence for docs/settings.md."""

    name: str
    read: Callable[[str], Any]
    default: Any
    says: str


SETTINGS: tuple[Setting, ...] = (
    Setting("DATABASE_URL", str, "", "Where the data lives; empty means SQLite in the instance folder."),
    Setting("SECRET_KEY", str, "", "Signs sessions; empty means the key file in the instance folder."),
    Setting(
        "SECRET_KEY_OLD",
        str,
        "",
        "The SECRET_KEY before: identity numbers and keys of robots and webhooks sealed with it still open.",
    ),
    Setting("REDIS_URL", str, "", "Wakes workers at once on several hosts; empty means they look twice a second."),
    Setting("FILES_DIR", str, "", "Where files and certificates are kept; empty means the instance folder."),
    Setting(
        "FILES_URL", str, "", "s3://key:secret@host/bucket?region=...: an S3-compatible store instead of a folder."
    ),
    Setting("CLAMD_URL", str, "", "tcp://127.0.0.1:3310 or unix:///run/clamav/clamd.ctl; empty: nothing is scanned."),
    Setting("FONTS_DIR", str, "", "Where set-up put the certificate's fonts; empty means the instance folder."),
    Setting("SITE_NAME", str, "问渠", "The name of the help desk in Chinese; a city may rename it."),
    Setting("SITE_NAME_EN", str, "Wenqu", "The same in English."),
    Setting("CITY_CODE", str, "SZ", "The first letters of every case number."),
    Setting("PUBLIC_URL", str, "http://127.0.0.1:8000", "Address printed on certificates and in links."),
    Setting("HELP_PHONE", str, "0755-0000 0000", "Printed on error pages and receipts."),
    Setting("SESSION_HOURS", _whole, 12, "A signed-in person is asked again after so many hours."),
    Setting("COOKIES_NEED_HTTPS", _yes, False, "Set to 1 when the site is served over HTTPS."),
    Setting("TRUSTED_PROXIES", _whole, 0, "How many reverse proxies stand in front and set X-Forwarded-*."),
    Setting("MAX_REQUEST_KB", _whole, 1024, "A request body larger than this is refused with 413."),
    Setting("MAX_FILE_MB", _whole, 20, "An attached file larger than this is refused."),
    Setting("PRINT_DAYS", _whole, 14, "The ZIP and PDF of a print run are deleted after so many days."),
    Setting("OFFER_UNDO_SECONDS", _whole, 10, "So long an offer may be taken back before the expert hears of it."),
    Setting("MAIL_URL", str, "", "smtp://user:password@host:587 or smtps://...:465; empty keeps letters as files."),
    Setting("MAIL_FROM", str, "", "The sender's address; empty means no-reply@ the site's host."),
    Setting(
        "MAIL_IN", str, "", "help@your.city: where people write to and answers go; empty means letters take no answer."
    ),
    Setting("IMAP_URL", str, "", "imaps://user:password@host/INBOX?done=Done: the mailbox to empty; empty means none."),
    Setting(
        "MAIL_STATION", str, "", "The slug of the station that looks after letters of no case; empty: the operator."
    ),
    Setting(
        "MAIL_AUTHSERV", str, "", "Our mail server's name in Authentication-Results; empty: such results count not."
    ),
    Setting("MAX_MAIL_MB", _whole, 30, "Of a larger letter only the beginning is kept, for a person to decide."),
    Setting("MAIL_DIR", str, "", "Where letters lie without MAIL_URL; empty means the instance folder."),
    Setting("MAIL_RETRY_SECONDS", _whole, 30, "Rest before the second try of a letter or message; doubled after each."),
    Setting(
        "CHANNEL_SCHEMES",
        _words,
        (),
        "Kinds of Apprise addresses the operator may use beside group robots, e.g. lark,slack.",
    ),
    Setting(
        "SMS_URL", str, "", "Apprise address with {phone} for texts to companies without e-mail; empty sends none."
    ),
    Setting("SMS_A_DAY", _whole, 3, "At most so many texts to one number within a day."),
    Setting("WEBHOOK_PORTS", _ports, (443, 8443), "Ports at which webhooks may listen."),
    Setting("WEBHOOK_LOCAL", _yes, False, "For development only: webhooks may be http:// and on this machine."),
    Setting(
        "SIGNING_KEY",
        str,
        "",
        "PKCS#12 or PEM file of the key that signs papers; empty: a development authority's own.",
    ),
    Setting("SIGNING_PASSWORD", str, "", "The password of that file."),
    Setting(
        "SIGNING_IS_SEAL", _yes, False, "Set to 1 when a licensed authority issued the key: papers then call it a seal."
    ),
    Setting("PDF_ENGINE", str, "weasyprint", "weasyprint, or null for a machine that never renders."),
)


def read_settings(environ: dict[str, str] | None = None) -> dict[str, Any]:
    """All settings as a dict for Flask's config. Raises BadSetting with one line naming the setting."""
    env = dict(os.environ) if environ is None else environ
    values: dict[str, Any] = {}
    for row in SETTINGS:
        text = env.get(row.name)
        try:
            values[row.name] = row.default if text is None else row.read(text)
        except ValueError:
            raise BadSetting(f"{row.name}={text!r} cannot be used. {row.says}") from None
    return values


def instance_dir(environ: dict[str, str] | None = None) -> Path:
    """The folder for everything this deployment keeps outside the database. Made when missing."""
    env = dict(os.environ) if environ is None else environ
    folder = Path(env.get("INSTANCE_DIR") or ROOT / "instance")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def secret_key(folder: Path) -> str:
    """The key file's content; made once, readable by its owner only."""
    path = folder / "secret_key"
    if not path.exists():
        # Written whole, readable by its owner from the first byte on, and only then given its name, unless somebody was
        # faster: of processes that start at once none ever reads an empty key, and all agree on one.
        handle, whole = tempfile.mkstemp(prefix=".secret_key-", dir=folder)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):
            os.link(whole, path)
        Path(whole).unlink()
    return path.read_text(encoding="utf-8").strip()


def database_url(url: str, folder: Path) -> str:
    """SQLAlchemy's address: SQLite in the instance folder by default, psycopg 3 for any PostgreSQL spelling."""
    if not url:
        return f"sqlite:///{folder / 'helpdesk.db'}"
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def for_flask(folder: Path, overrides: dict[str, Any]) -> dict[str, Any]:
    """Everything Flask and its extensions read: our settings, then what follows from them."""
    values = {**read_settings(), **overrides}
    return {
        **values,
        "SECRET_KEY": values["SECRET_KEY"] or secret_key(folder),
        "FILES_DIR": values["FILES_DIR"] or str(folder / "files"),
        "MAIL_DIR": values["MAIL_DIR"] or str(folder / "mail"),
        "SQLALCHEMY_DATABASE_URI": database_url(values["DATABASE_URL"], folder),
        "MAX_CONTENT_LENGTH": values["MAX_REQUEST_KB"] * 1024,
        "MAX_FORM_MEMORY_SIZE": values["MAX_REQUEST_KB"] * 1024,
        "WTF_CSRF_TIME_LIMIT": None,
        "SESSION_COOKIE_NAME": "helpdesk",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": values["COOKIES_NEED_HTTPS"],
        "PERMANENT_SESSION_LIFETIME": values["SESSION_HOURS"] * 3600,
        "SEND_FILE_MAX_AGE_DEFAULT": 31536000,
    }


_in_use: dict[str, Any] = {row.name: row.default for row in SETTINGS}


def use(values: dict[str, Any]) -> None:
    """Make these settings the ones the domain reads; called once by the application's wiring."""
    _in_use.update({name: value for name, value in values.items() if name in _in_use})


def setting(name: str) -> Any:
    """The value in use. Raises KeyError for a name without a row."""
    return _in_use[name]
