"""HTTP: read the request, ask the domain, answer. One transaction per request; every refusal has its page."""

from __future__ import annotations

import secrets
from importlib import import_module
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Flask, Response, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import LoginManager, current_user
from flask_wtf.csrf import CSRFError, CSRFProtect
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, RequestURITooLarge
from werkzeug.routing import IntegerConverter, ValidationError

from helpdesk.adapters.storage import StorageTrouble
from helpdesk.db import begin, db
from helpdesk.domain import notices
from helpdesk.errors import HelpdeskError, NotAllowed, NotFound, Refused, Stale, TooMany
from helpdesk.i18n import counted
from helpdesk.models import Account
from helpdesk.presentation.language import is_english
from helpdesk.presentation.navigation import home_for, navigation_for, role_label_for, roles_for
from helpdesk.presentation.words import refusal_text
from helpdesk.routes import guard, uploads
from helpdesk.routes.entry import SignedIn
from helpdesk.routes.files import Sessions
from helpdesk.routes.page import wants_fragment
from helpdesk.rules import policy
from helpdesk.rules.policy import ANYBODY

READING = ("GET", "HEAD", "OPTIONS")
# What PostgreSQL says to one of two transactions that wait for each other: deadlock, serialisation failure.
GIVE_WAY = ("40P01", "40001")

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

# The largest INTEGER of PostgreSQL.
LARGEST_ROW = 2**31 - 1

# Every module with a `bp`, in the order of the address space; `own` is registered under two doors.
BLUEPRINTS = (
    "home", "sessions", "drafts", "tracks", "verify", "notifications",
    "queues", "cases", "triages", "rejections", "referrals", "merges", "appeals", "offers", "recalls", "handlings",
    "handovers", "inquiries", "messages", "visits", "attempts", "answers", "verifications", "unreachables", "transfers",
    "reopenings", "reviews", "similar", "inbox", "hours", "certificates", "experts", "claims", "overviews", "accounts",
    "canned_replies", "bulk_runs", "batches", "saved_views", "presences", "splits", "links", "calendars", "targets",
    "routing_rules", "teams", "tags", "acts", "mails", "incomings", "attachments", "files", "channels", "webhooks",
    "articles", "library", "stations", "health", "follows", "mentions", "colleagues", "invitations",
    "records", "corrections", "complaints", "dossiers", "dossier_corrections", "national", "keeping", "erasures",
    "statements", "record_transfers",
    "print_runs", "print_files", "monthly", "exports",
    "schemes", "cycles", "nominations", "commendations", "honour_roll", "awards",
    "series", "takeouts", "table_imports", "activities",
)  # fmt: skip


class RowNumber(IntegerConverter):
    """A row's number in an address; what no database could hold is no page."""

    def to_python(self, value: str) -> int:
        number = int(super().to_python(value)) if len(value) <= len(str(LARGEST_ROW)) else LARGEST_ROW + 1
        if number > LARGEST_ROW:
            raise ValidationError
        return number


# Bytes of an address that is answered: room for every filter at once. What the server itself refuses is longer
# (script/gunicorn_conf.py), and says so in the same words.
LONGEST_ADDRESS = 8000


def not_too_long() -> None:
    """An address that no page of ours can have: it would come back longer still, in headers and links."""
    if len(quote(request.path)) + len(quote(request.query_string, safe="%=&+")) > LONGEST_ADDRESS:
        raise RequestURITooLarge


def register(app: Flask) -> None:
    """Transactions first, then sign-in, CSRF, blueprints, errors, headers."""
    app.url_map.converters["int"] = RowNumber
    app.before_request(not_too_long)
    app.before_request(uploads.make_room)
    _transactions(app)
    _sign_in(app)
    app.session_interface = Sessions()
    csrf = CSRFProtect(app)
    for name in BLUEPRINTS:
        app.register_blueprint(import_module(f"helpdesk.routes.{name}").bp)
    # A mailbox presses "unsubscribe" without our cookie; the signed address says whose letter it was.
    csrf.exempt(import_module("helpdesk.routes.acts").one_click)
    own = import_module("helpdesk.routes.own").bp
    app.register_blueprint(own, name="tracking", url_prefix="/t/<token>")
    app.register_blueprint(own, name="requests", url_prefix="/me/requests/<number>")
    _errors(app)
    _context(app)
    app.after_request(_headers)


def _transactions(app: Flask) -> None:
    @app.before_request
    def open_transaction() -> None:
        if request.endpoint != "static":
            begin(read_only=request.method in READING)

    @app.after_request
    def settle(response: Response) -> Response:
        if request.endpoint == "static":
            return response
        if response.status_code < 400 or g.get("keep_writes"):
            db.session.commit()
        else:
            db.session.rollback()
        reading = g.pop("log_reading", None)
        if reading is not None and response.status_code < 400:
            begin(read_only=False)
            guard.write_reading(reading)
            db.session.commit()
        return response


def _sign_in(app: Flask) -> None:
    manager = LoginManager(app)
    manager.session_protection = "basic"

    @manager.user_loader
    def load(key: str) -> SignedIn | None:
        number, _, epoch = key.partition(".")
        account = db.session.get(Account, int(number)) if number.isdigit() else None
        if account is None or not account.is_active or str(account.session_epoch) != epoch:
            return None
        return SignedIn(account)

    @manager.unauthorized_handler
    def unauthorized() -> Any:
        return _to_sign_in()


# Elements that ask by themselves while somebody reads or writes: they never take a person away from the page.
BEATS = ("pulse", "present", "history")


# The line under a box that keeps what is typed (templates/components/thread.html).
KEEPER = "draft"


def _is_keeping() -> bool:
    """Whether this is what somebody types being kept: an answer must not take them away from it."""
    return wants_fragment() and request.headers.get("HX-Trigger") == KEEPER


def _not_kept(code: int) -> Any:
    """Why it was not, under the box. The words stay in the browser."""
    if code == 401:
        trouble = gettext("登录过期了，字留在这台设备上。登录后接着写")
    elif code in (403, 404):
        trouble = gettext("您现在不能在这一件里写了。没有存到服务器，字还在这里")
    else:
        trouble = gettext("没存上，字留在这台设备上")
    headers = {"HX-Retarget": f"#{KEEPER}", "HX-Reswap": "innerHTML"}
    return render_template("messages/_draft.html", trouble=trouble, line="", mark=""), code, headers


def _to_sign_in() -> Any:
    """To the sign-in page and back. What was typed waits in the browser (data-keep), the page says so."""
    if wants_fragment() and request.headers.get("HX-Trigger") in BEATS:
        return "", 204
    if _is_keeping():
        return _not_kept(401)
    back = request.full_path.rstrip("?") if request.method in READING else _page_before()
    target = url_for("sessions.new", next=back or None)
    if request.method not in READING:
        flash(gettext("登录过期了。您写的内容还在，登录后接着写"), "warning")
    if wants_fragment():
        return "", 401, {"HX-Redirect": target}
    return redirect(target, 303)


def _page_before() -> str:
    """Path and query of our page that this was sent from; empty when the browser does not say or it was not ours."""
    sent_from = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer", ""))
    if sent_from.netloc != request.host:
        return ""
    return sent_from.path + (f"?{sent_from.query}" if sent_from.query else "")


def _is_for_accounts() -> bool:
    """Whether this view wants a sign-in: a stranger may not do what it asks, and no link of ours is in the address."""
    view = current_app.view_functions.get(request.endpoint or "")
    asks = getattr(view, "asks", "site.read")
    return "token" not in (request.view_args or {}) and not policy.scopes_for(ANYBODY, asks)


def _errors(app: Flask) -> None:
    @app.errorhandler(HelpdeskError)
    def refused(error: HelpdeskError) -> Any:
        if isinstance(error, NotFound):
            return _page(404)
        if isinstance(error, NotAllowed):
            return _page(403)
        if isinstance(error, TooMany):
            return _page(429, counted("请 %(n)s 分钟后再来", error.wait_minutes))
        if isinstance(error, Stale):
            return _page(409, refusal_text(error))
        return _page(422, refusal_text(error) if isinstance(error, Refused) else None)

    @app.errorhandler(StorageTrouble)
    def storage_is_away(error: StorageTrouble) -> Any:
        app.logger.error("files: %s at %s", error, request.path)
        return _page(503, gettext("文件暂时打不开，其余的都能用"))

    @app.errorhandler(CSRFError)
    def csrf(error: CSRFError) -> Any:
        # A session that ran out took its token along: what is missing is the sign-in.
        if not current_user.is_authenticated and _is_for_accounts():
            return _to_sign_in()
        return _page(400, gettext("这一页开得太久了。请返回上一页刷新后再提交，您写的内容还在"))

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Any:
        if error.code == 401:
            return _to_sign_in()
        if error.code is not None and error.code < 400:
            return error
        if error.code == 413:
            uploads.drain()
        return _page(error.code or 500)

    @app.errorhandler(OperationalError)
    def busy(error: OperationalError) -> Any:
        """Two who waited for each other: the database ended one of them, and the same press again goes through."""
        if getattr(error.orig, "sqlstate", None) not in GIVE_WAY:
            return broken(error)
        db.session.rollback()
        g.pop("who", None)
        return _page(503, gettext("刚好有人同时在办，请返回再点一次，您写的内容还在"))

    @app.errorhandler(Exception)
    def broken(error: Exception) -> Any:
        number = secrets.token_hex(2).upper()
        app.logger.exception("error %s at %s %s", number, request.method, request.path)
        db.session.rollback()
        g.pop("who", None)
        return _page(500, error_number=number)


def _page(code: int, detail: str | None = None, **context: Any) -> Any:
    """The page of an error in the house's style, or its one sentence for htmx."""
    if _is_keeping():
        return _not_kept(code)
    known = code if code in (400, 403, 404, 409, 410, 413, 414, 422, 429, 500, 503) else (404 if code < 500 else 500)
    if wants_fragment():
        return render_template(f"errors/{known}.html", detail=detail, fragment=True, **context), code
    return render_template(f"errors/{known}.html", detail=detail, **context), code


def _context(app: Flask) -> None:
    @app.context_processor
    def reader() -> dict[str, Any]:
        who = guard.me() if db.session.is_active else ANYBODY
        return {
            "me": who,
            "site_name": app.config["SITE_NAME_EN"] if is_english() else app.config["SITE_NAME"],
            "help_phone": app.config["HELP_PHONE"],
            "max_file_mb": app.config["MAX_FILE_MB"],
            "navigation": navigation_for(who),
            "role_label": role_label_for(who),
            "roles": roles_for(who),
            "home_url": home_for(who),
            "can_search": policy.can(who, "cases.list"),
            "unread": notices.unread_count(who) if who.is_signed_in and request.method in (*READING, "POST") else 0,
        }


def _headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CSP)
    headers["X-Content-Type-Options"] = "nosniff"
    # Flask-WTF checks the referrer on HTTPS, so it must reach us; nobody else gets it.
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    if request.is_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint not in ("static", "home.htmx", "home.sheet"):
        headers.add("Vary", "HX-Request")
        headers.setdefault("Cache-Control", "no-store")
    return response
