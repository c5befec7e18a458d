"""Wishes to have data erased: a company's handler asks here, the operator answers here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk.domain import erasures
from helpdesk.errors import Refused
from helpdesk.forms.keeping import AskErasureForm, ErasureForm
from helpdesk.models import Case, Company, Erasure
from helpdesk.presentation.words import refusal_text
from helpdesk.routes.guard import company_for, erasure_for, may, me
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt
from helpdesk.rules.keeping import RECORD_YEARS

bp = Blueprint("erasures", __name__)


@dataclass(frozen=True)
class Door:
    """Where the pages of one wish lie: a company's, or one case's by its own door."""

    company: Company
    case: Case | None
    here: str
    confirm: str
    take_back: str
    back: str


def explained(door: Door) -> Response:
    """What goes, what stays and why, where the wish stands; the way on, or which cases have to end first."""
    return page("erasures/ask.html", **_context(door))


def confirmed(door: Door, verb: Callable[[], object]) -> Response:
    """Once more, with a tick: filed by the button and by nothing else."""
    form, status = AskErasureForm(), 200
    if request.method == "POST":
        refused = attempt(form, None, verb)
        if refused is None:
            flash(gettext("已提交，总队会答复。办好之前可以撤回"), "done")
            return answer(door.here)
        status = refused
    elif erasures.open_cases(door.company, door.case, limit=1):
        return answer(door.here)
    return page("erasures/confirm.html", status=status, form=form, has_errors=status != 200, **_context(door))


def taken_back(door: Door, verb: Callable[[], object]) -> Response:
    """The company wishes to keep its data after all."""
    try:
        verb()
    except Refused as refusal:
        flash(refusal_text(refusal), "error")
    else:
        flash(gettext("已撤回，资料照旧"), "done")
    return answer(door.here)


def _context(door: Door) -> dict[str, Any]:
    return {
        "door": door,
        "whole": door.case is None,
        "last": erasures.last_of(door.company, door.case),
        "open_cases": erasures.open_cases(door.company, door.case),
        "record_years": RECORD_YEARS,
        "current": "me" if door.case is None else "",
    }


def _of_company(company: Company) -> Door:
    return Door(
        company=company,
        case=None,
        here=url_for("erasures.ask", company_id=company.id),
        confirm=url_for("erasures.confirm", company_id=company.id),
        take_back=url_for("erasures.take_back", company_id=company.id),
        back=url_for("colleagues.index", company_id=company.id),
    )


@bp.get("/me/companies/<int:company_id>/erasure")
@company_for("company.ask_erasure")
def ask(company: Company) -> Response:
    """Before asking."""
    return explained(_of_company(company))


@bp.route("/me/companies/<int:company_id>/erasure/confirmation", methods=["GET", "POST"])
@company_for("company.ask_erasure")
def confirm(company: Company) -> Response:
    """Ask."""
    return confirmed(_of_company(company), lambda: erasures.ask_for_company(company, me()))


@bp.post("/me/companies/<int:company_id>/erasure/withdrawal")
@company_for("company.ask_erasure")
def take_back(company: Company) -> Response:
    """Ask no more."""
    return taken_back(_of_company(company), lambda: erasures.take_back_for_company(company, me()))


@bp.get("/erasures")
@may("erasures.list")
def index() -> Response:
    """What waits for an answer, oldest first, and what was answered."""
    return page("erasures/index.html", waiting=erasures.waiting(me()), answered=erasures.answered(me()))


@bp.route("/erasures/<int:erasure_id>", methods=["GET", "POST"])
@erasure_for("erasure.decide")
def decide(erasure: Erasure) -> Response:
    """Yes or no, with the reason the company reads."""
    form, status = ErasureForm(), 200
    if request.method == "POST":
        refused = attempt(
            form,
            None,
            lambda: erasures.decide(erasure, me(), granted=form.decision.data == "yes", reason=form.reason.data or ""),
        )
        if refused is None:
            flash(gettext("已答复"), "done")
            return answer(url_for("erasures.index"))
        status = refused
    elif erasure.withdrawn_at is not None or erasure.decision is not None:
        code = "erasure_withdrawn" if erasure.withdrawn_at is not None else "erasure_decided"
        flash(refusal_text(Refused(code)), "warning")
        return answer(url_for("erasures.index"))
    return page("erasures/decide.html", status=status, row=erasure, form=form, has_errors=status != 200)
