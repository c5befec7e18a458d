"""A copy of one's own data as a ZIP: a company's, an expert's; the door of a single case is in `own`."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, current_app
from werkzeug.wsgi import FileWrapper

from helpdesk.adapters.storage import Storage
from helpdesk.adapters.storage.chosen import storage_from
from helpdesk.db import begin, db
from helpdesk.domain import experts, invitations, takeouts
from helpdesk.forms.base import HouseForm
from helpdesk.forms.takeouts import TakeoutForm
from helpdesk.models import Company, Expert
from helpdesk.presentation import takeout
from helpdesk.presentation.takeout import Copy
from helpdesk.routes.files import disposition
from helpdesk.routes.guard import company_for, expert_for, may, me
from helpdesk.routes.page import page
from helpdesk.routes.steps import attempt

bp = Blueprint("takeouts", __name__)


@bp.get("/me/data")
@may("takeout.read")
def index() -> Response:
    """What one can take along: an expert's own data here, a company's on a page of its own."""
    return _index(experts.expert_of(me()) if me().expert_id is not None else None)


@bp.post("/experts/<int:expert_id>/data")
@expert_for("expert.take_out")
def of_expert(expert: Expert) -> Response:
    """The expert's copy; the page again when it is too large."""
    form = _expert_form(expert)
    made = taking(
        form,
        lambda: takeouts.ask_for_expert(expert, me(), form.chosen, with_files=form.files.data),
        lambda storage: takeout.for_expert(expert, me(), storage, form.chosen, with_files=form.files.data),
    )
    return _index(expert, form, made) if isinstance(made, int) else made


@bp.route("/me/companies/<int:company_id>/data", methods=["GET", "POST"])
@company_for("company.take_out")
def of_company(company: Company) -> Response:
    """What is in the company's copy, and the button."""
    form = TakeoutForm().offer(takeouts.years_of_company(company, me()))
    status = 200
    if form.is_submitted():
        made = taking(
            form,
            lambda: takeouts.ask_for_company(company, me(), form.chosen, with_files=form.files.data),
            lambda storage: takeout.for_company(company, me(), storage, form.chosen, with_files=form.files.data),
        )
        if not isinstance(made, int):
            return made
        status = made
    return page(
        "takeouts/company.html", status=status, company=company, form=form, has_errors=status != 200, current="me"
    )


def taking(form: HouseForm, ask: Callable[[], None], make: Callable[[Storage], Copy]) -> Response | int:
    """Ask, then make the copy and hand it out; the status to answer with when it was refused.

    What was asked is kept first: the copy is then read without holding up anybody who writes.
    """
    refused = attempt(form, None, ask)
    if refused is not None:
        return refused
    db.session.commit()
    begin(read_only=True)
    return _hand_out(make(storage_from(current_app.config)))


def _hand_out(copy: Copy) -> Response:
    response = Response(FileWrapper(copy.file), mimetype="application/zip", direct_passthrough=True)
    response.content_length = copy.size
    response.headers["Content-Disposition"] = disposition(copy.name)
    response.headers["Cache-Control"] = "no-store"
    response.call_on_close(copy.file.close)
    return response


def _expert_form(expert: Expert) -> TakeoutForm:
    return TakeoutForm().offer(takeouts.years_of_expert(expert))


def _index(expert: Expert | None, form: TakeoutForm | None = None, status: int = 200) -> Response:
    return page(
        "takeouts/index.html",
        status=status,
        form=form or (_expert_form(expert) if expert is not None else None),
        expert=expert,
        companies=invitations.companies_of(me()),
        has_errors=status != 200,
    )
