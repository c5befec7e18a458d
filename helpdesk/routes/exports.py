"""Tables to take away: experts, certificates, lines of the hours ledger, as CSV or XLSX."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from flask import Blueprint, Response, request
from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from helpdesk import clock
from helpdesk.domain import exports
from helpdesk.forms.exports import ExportForm
from helpdesk.forms.visits import read_day
from helpdesk.presentation import export_tables, tables
from helpdesk.presentation.tables import Cell
from helpdesk.routes.guard import may, me
from helpdesk.routes.page import page
from helpdesk.routes.tables import file_of
from helpdesk.rules import policy

bp = Blueprint("exports", __name__, url_prefix="/exports")


@bp.get("")
@may("exports.read")
def index() -> Response:
    """Which tables there are, and for which days."""
    form = ExportForm(_days())
    good = form.validate()
    can_print = policy.can(me(), "print_runs.list")
    return page(
        "exports/index.html",
        status=200 if good else 422,
        form=form,
        has_errors=not good,
        can_print=can_print,
        can_export=True,
    )


@bp.get("/<any(experts, certificates, hours):what>.<any(csv, xlsx):kind>")
@may("exports.read")
def table(what: str, kind: str) -> Response:
    """One of them. Days that cannot be read are those of this year."""
    who, days = me(), _days()
    first, last = _day(days["first"], clock.today().replace(month=1, day=1)), _day(days["last"], clock.today())
    rows: Iterator[list[Cell]]
    if what == "experts":
        name, rows = gettext("专家"), export_tables.experts(exports.experts(who))
    elif what == "certificates":
        name, rows = gettext("证书"), export_tables.certificates(exports.certificates(who, first, last))
    else:
        name, rows = gettext("时长明细"), export_tables.ledger(exports.ledger(who, first, last), who)
    return file_of(tables.pieces(kind, name, rows), f"{name} {clock.today().isoformat()}", kind)


def _days() -> MultiDict[str, str]:
    today = clock.today()
    usual = {"first": today.replace(month=1, day=1).isoformat(), "last": today.isoformat()}
    return MultiDict({name: request.args.get(name, day) for name, day in usual.items()})


def _day(text: str, otherwise: date) -> date:
    return read_day(text) or otherwise
