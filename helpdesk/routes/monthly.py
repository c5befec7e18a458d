"""The monthly sheet: a month, its lines, and the ledger's lines behind each figure."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext

from helpdesk import clock
from helpdesk.domain import monthly
from helpdesk.domain.monthly import LINES_A_PAGE, Part
from helpdesk.errors import NotFound
from helpdesk.presentation import monthly_page, tables
from helpdesk.routes.guard import may, me
from helpdesk.routes.page import answer, page
from helpdesk.routes.tables import file_of
from helpdesk.rules import policy

bp = Blueprint("monthly", __name__, url_prefix="/monthly")


@bp.get("")
@may("monthly.read")
def index() -> Response:
    """The month that was asked for, or the present one."""
    asked = monthly.read_month(request.args.get("month", ""))
    return answer(url_for("monthly.show", month=f"{asked or clock.today():%Y-%m}"))


@bp.get("/<month>")
@may("monthly.read")
def show(month: str) -> Response:
    """Districts, detachments and stations, as far as this person may see them."""
    return page(
        "monthly/show.html",
        view=monthly_page.build(monthly.sheet(_month(month), me())),
        can_print=_can_print(),
        can_export=policy.can(me(), "exports.read"),
    )


@bp.get("/<month>/table.<any(csv, xlsx):kind>")
@may("monthly.read")
def table(month: str, kind: str) -> Response:
    """The sheet as a file."""
    day = _month(month)
    rows = monthly_page.as_rows(monthly.sheet(day, me()))
    return file_of(tables.pieces(kind, gettext("月报"), rows), f"{gettext('月报')} {month}", kind)


@bp.get("/<month>/lines")
@may("monthly.read")
def lines(month: str) -> Response:
    """The ledger's lines of one station, detachment or district, or of all; pages by key."""
    day, part = _month(month), _part()
    before = request.args.get("before", type=int)
    if before is not None and not 0 < before < 2**31:
        before = None
    found = monthly.lines(day, me(), part, before=before, limit=LINES_A_PAGE + 1)
    shown = found[:LINES_A_PAGE]
    here: dict[str, Any] = {k: v for k, v in request.args.items() if k in ("station", "detachment", "district")}
    older = url_for("monthly.lines", month=month, **here, before=shown[-1].id) if len(found) > len(shown) else ""
    return page(
        "monthly/lines.html",
        title=monthly_page.month_name(day),
        month=month,
        headings=[gettext(word) for word in monthly_page.LINE_HEADINGS],
        rows=[(monthly_page.line_url(entry), monthly_page.line(entry, me())) for entry in shown],
        part=here,
        older=older,
    )


@bp.get("/<month>/lines.<any(csv, xlsx):kind>")
@may("monthly.read")
def lines_file(month: str, kind: str) -> Response:
    """The same lines, all of them, as a file."""
    who = me()
    rows = monthly_page.lines_as_rows(monthly.each_line(_month(month), who, _part()), who)
    return file_of(tables.pieces(kind, gettext("时长明细"), rows), f"{gettext('时长明细')} {month}", kind)


def _can_print() -> bool:
    return policy.can(me(), "print_runs.list")


def _month(text: str) -> date:
    month = monthly.read_month(text)
    if month is None or not 2000 <= month.year <= 2999:
        raise NotFound("month")
    return month


def _part() -> Part:
    def number(name: str) -> int | None:
        text = request.args.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

    return Part(number("station"), number("detachment"), request.args.get("district", "")[:8])
